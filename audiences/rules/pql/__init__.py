"""PQL, Adobe's profile query language: read, written, answered."""
