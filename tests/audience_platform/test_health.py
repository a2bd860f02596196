"""``/health/live`` and ``/health/ready``."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client


def test_live_answers_without_asking_the_database(client: Client) -> None:
    response = client.get("/health/live")  # no database is allowed in this test

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_when_the_database_answers_and_has_every_migration(client: Client) -> None:
    response = client.get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"database": "ok", "migrations": "ok"}}


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_pending(client: Client) -> None:
    latest = MigrationRecorder(connection).migration_qs.filter(app="offers").latest("id")
    MigrationRecorder(connection).record_unapplied("offers", latest.name)

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json() == {
        "status": "not ready",
        "checks": {
            "database": "ok",
            "migrations": f"run manage.py migrate, to apply offers.{latest.name}",
        },
    }


def test_not_ready_without_a_database_and_no_secret_is_told() -> None:
    ask = (
        "import django; django.setup(); from django.test import Client;"
        "response = Client().get('/health/ready', headers={'host': 'localhost'});"
        "print(response.status_code, response.content.decode())"
    )
    asked = subprocess.run(
        [sys.executable, "-c", ask],
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "audience_platform.settings",
            "DATABASE_URL": "postgresql://robin:hunter2@127.0.0.1:1/offers",
        },
        cwd=settings.BASE_DIRECTORY,
        capture_output=True,
        text=True,
        check=True,
    )

    status, _, body = asked.stdout.partition(" ")
    assert status == "503"
    assert json.loads(body) == {
        "status": "not ready",
        "checks": {"database": "does not answer", "migrations": "unknown"},
    }
    assert "connection refused" in asked.stderr.lower()  # the log says why
    assert "hunter2" not in asked.stdout + asked.stderr


@pytest.mark.parametrize("name", ["live", "ready"])
@pytest.mark.django_db
def test_answers_plainly_and_is_never_kept(client: Client, name: str) -> None:
    response = client.get(f"/health/{name}")  # over HTTP: those who ask are within the walls

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    assert client.post(f"/health/{name}").status_code == 405
