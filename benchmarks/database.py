"""A database for a benchmark: made beside the configured one, migrated, and dropped at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def scratch_database() -> Iterator[None]:
    """Django set up, on an empty database of its own; what was configured is not touched."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "audience_platform.settings")
    import django

    django.setup()
    from django.db import connection

    configured = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(configured, verbosity=0)
