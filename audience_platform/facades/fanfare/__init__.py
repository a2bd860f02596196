"""Fanfare's ``/api/v1/audiences``, spoken by us; ``docs/facades/fanfare.md`` says how to use it."""
