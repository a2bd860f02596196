class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL can't be used; the message says what is wrong and what would help."""
