"""What ``manage.py migrate`` asks of the database."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connections


@pytest.mark.django_db
def test_the_database_in_use_is_new_enough() -> None:
    assert run_checks(databases=["default"]) == []


@pytest.mark.django_db
def test_an_older_postgresql_is_refused_before_anything_is_migrated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(connections["default"].__dict__, "pg_version", 140_012)

    with pytest.raises(CommandError, match=r"on PostgreSQL 14\.") as refused:
        call_command("migrate", skip_checks=False, verbosity=0)
    assert "DATABASE_URL name a server of version 15 or newer" in str(refused.value)
