"""What must be so for the platform to work. ``manage.py migrate`` asks, and so does the demo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import Error, Tags, register
from django.db import connections

OLDEST_POSTGRESQL = 15


@register(Tags.database)
def postgresql_is_new_enough(databases: Sequence[str] | None = None, **_: Any) -> list[Error]:
    versions = {alias: connections[alias].get_database_version() for alias in databases or []}
    return [
        Error(
            f"The database “{alias}” is on PostgreSQL {version[0]}.",
            hint=f"Let DATABASE_URL name a server of version {OLDEST_POSTGRESQL} or newer.",
            id="audience_platform.E001",
        )
        for alias, version in versions.items()
        if version[0] < OLDEST_POSTGRESQL
    ]
