"""The settings: read from the environment, checked at the start, safe when nothing is given."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from audience_platform import environment

PRODUCTION = {
    "DATABASE_URL": "postgresql://platform:secret@db.internal:5432/platform",
    "ALLOWED_HOSTS": "offers.example.com",
    "BEHIND_PROXY": "true",
}
# For each variable: values that can't be used, and words of the error that say what would be right.
WRONG = {
    "ALLOWED_HOSTS": (
        ["https://example.com", "example.com:8000", "two words", "::1"],
        "without scheme or port, such as offers.example.com",
    ),
    "BEHIND_PROXY": (["maybe", "2"], "true or false"),
    "CONN_MAX_AGE": (["soon", "-1", "1.5"], "a whole number of seconds, 0 or more"),
    "CSRF_TRUSTED_ORIGINS": (
        ["example.com", "https://example.com/path", "ftp://example.com"],
        "each with its scheme, such as https://example.com",
    ),
    "DATABASE_URL": (
        [
            "hunter2",
            "mysql://robin:hunter2@localhost/offers",
            "postgresql://robin:hunter2@localhost",
            "postgresql://robin:hunter2@localhost:port/offers",
            "postgresql://robin:hunter2@localhost/offers?sslmod=hunter2",
        ],
        "such as postgresql://user:password@host:5432/database",
    ),
    "AUDIT_TRAIL_DAYS": (["a year", "-1"], "a whole number of days, 0 or more"),
    "DEBUG": (["verbose"], "true or false"),
    "HTTPS": (["none"], "true or false"),
    "IMPORT_LARGEST_FILE": (["huge", "-1", "1.5"], "a whole number of megabytes, 0 or more"),
    "KLAVIYO_URL": (
        ["a.klaviyo.com", "https://a.klaviyo.com/api", "https://a.klaviyo.com,https://b.com"],
        "scheme and host alone, such as https://example.com",
    ),
    "LOG_LEVEL": (["loud", "10"], "one of CRITICAL, ERROR, WARNING, INFO, DEBUG"),
    "PLATFORM_KEEP_DATABASE": (["always"], "true or false"),
    "PLATFORM_DATA_DIR": (["manage.py", "manage.py/below"], "the path of a directory"),
    "RATE_LIMIT": (["many", "-1"], "a whole number of requests a minute, 0 or more"),
    "SEGMENT_PREVIEWS_A_MONTH": (["many", "-1"], "a whole number of previews a month, 0 or more"),
    "RATE_LIMITS": (["600", "a=b", "=5"], "names with whole numbers"),
    "REDIS_URL": (["hunter2", "http://hunter2"], "the URL of a Redis server"),
    "SECRET_KEY": (["hunter2", "2" * 60], "at least 50 characters, 5 of them different"),
    "SOURCES_ALLOWED_HOSTS": (
        ["http://127.0.0.1", "127.0.0.1:8000"],
        "without scheme or port, such as offers.example.com",
    ),
    "SOURCE_SECRETS": (
        ["hunter2", f"{'correct horse battery staple ' * 3},hunter2"],
        "each of at least 50 characters, 5 of them different",
    ),
    "SYNCS_DAYS": (["a year", "-1"], "a whole number of days, 0 or more"),
    "SECURE_HSTS_SECONDS": (["a year", "-3600"], "a whole number of seconds, 0 or more"),
}


def python(code: str, *, data: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the code in an environment that holds no setting but these."""
    kept = {name: value for name, value in os.environ.items() if name not in WRONG}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=kept | {"PLATFORM_DATA_DIR": str(data)} | variables,
        cwd=settings.BASE_DIRECTORY,
        capture_output=True,
        text=True,
        check=False,
    )


def read(*names: str, data: Path, **variables: str) -> list[object]:
    """These settings, as they are with these variables."""
    code = "import json; from audience_platform.settings import *;"
    code += f"print(json.dumps([{','.join(names)}]))"
    started = python(code, data=data, **variables)
    assert started.returncode == 0, started.stderr
    values: list[object] = json.loads(started.stdout)
    return values


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, (values, _) in WRONG.items() for value in values]
)
def test_a_wrong_value_stops_the_start_and_names_its_variable(
    name: str, value: str, tmp_path: Path
) -> None:
    started = python("import audience_platform.settings", data=tmp_path, **{name: value})

    assert started.returncode == 1
    error = started.stderr.strip().splitlines()[-1]
    assert f"The environment variable {name}" in error
    assert WRONG[name][1] in error
    assert "hunter2" not in started.stderr
    if name not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SOURCE_SECRETS"}:
        assert repr(value) in error


def test_every_variable_is_tried_with_a_wrong_value_and_documented() -> None:
    document = (settings.BASE_DIRECTORY / "docs" / "settings.md").read_text()
    documented = re.findall(r"^\| `(\w+)` \|", document, re.MULTILINE)

    assert set(documented) == environment.names_read
    assert len(documented) == len(set(documented))
    assert set(WRONG) == environment.names_read


def test_a_wrong_value_is_one_sentence_on_the_command_line(tmp_path: Path) -> None:
    run = "import sys, runpy; sys.argv = ['manage.py', 'check'];"
    run += "runpy.run_path('manage.py', run_name='__main__')"
    started = python(run, data=tmp_path, DEBUG="verbose")

    assert started.returncode == 1
    assert started.stderr.splitlines() == [
        "Can't start. The environment variable DEBUG is 'verbose'; it must be true or false."
    ]


def test_nothing_set_is_safe(tmp_path: Path) -> None:
    names = ["DEBUG", "ALLOWED_HOSTS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE"]
    names += ["CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SECURE_HSTS_SECONDS"]

    safe = [False, ["localhost", "127.0.0.1", "[::1]"], True, True, True, True, 3600]
    assert read(*names, data=tmp_path) == safe
    nothing = dict.fromkeys(WRONG.keys() - {"PLATFORM_DATA_DIR"}, " ")
    assert read(*names, data=tmp_path, **nothing) == safe


def test_values_are_taken_from_the_environment(tmp_path: Path) -> None:
    given = {"HTTPS": "No", "DEBUG": "on", "LOG_LEVEL": "warning", "CONN_MAX_AGE": "0"}
    given |= {"ALLOWED_HOSTS": "a.example, .b.example,[::1]", "SECRET_KEY": "abcde" * 10}
    names = ["HTTPS", "SECURE_SSL_REDIRECT", "DEBUG", "LOGGING['root']['level']"]
    names += ["DATABASES['default']['CONN_MAX_AGE']", "ALLOWED_HOSTS", "SECRET_KEY"]

    assert read(*names, data=tmp_path, **given) == [
        *(False, False, True, "WARNING", 0, ["a.example", ".b.example", "[::1]"], "abcde" * 10),
    ]


def test_the_database_is_the_one_named_or_our_own(tmp_path: Path) -> None:
    [named] = read("DATABASES['default']", data=tmp_path, **PRODUCTION)
    assert isinstance(named, dict)
    assert named["ENGINE"] == "django.db.backends.postgresql"
    assert (named["HOST"], named["PORT"], named["NAME"]) == ("db.internal", 5432, "platform")

    own = "DATABASES['default']['ENGINE']", "str(DATABASES['default']['DATA_DIRECTORY'])"
    assert read(*own, data=tmp_path) == ["audience_platform.postgresql", str(tmp_path)]


def test_a_relative_data_directory_begins_at_the_checkout(tmp_path: Path) -> None:
    [directory] = read("str(DATA_DIRECTORY)", data=Path("elsewhere"), SECRET_KEY="abcde" * 10)
    assert directory == str(settings.BASE_DIRECTORY / "elsewhere")
    assert not Path(directory).exists()  # nothing needed it


def test_the_secret_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    data = tmp_path / "not there yet"

    [key] = read("SECRET_KEY", data=data)

    assert isinstance(key, str)
    assert len(key) >= 50
    assert read("SECRET_KEY", data=data) == [key]
    assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == ["secret_key"]


def test_those_who_start_at_once_agree_on_the_secret_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with ThreadPoolExecutor(8) as pool:
        keys = pool.map(lambda _: environment.secret("SECRET_KEY", tmp_path / "key"), range(64))
        assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_secret_key_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("")

    started = python("import audience_platform.settings", data=tmp_path)

    assert started.returncode == 1
    assert f"The secret key in {tmp_path / 'secret_key'} is cut short" in started.stderr


def test_a_data_directory_that_cannot_be_made_is_named() -> None:
    started = python("import audience_platform.settings", data=Path("/proc/nowhere"))

    assert started.returncode == 1
    assert "can't be kept in /proc/nowhere/secret_key" in started.stderr
    assert "PLATFORM_DATA_DIR" in started.stderr


def test_production_passes_djangos_deployment_check(tmp_path: Path) -> None:
    check = "import django; django.setup(); from django.core.management import call_command;"
    check += "call_command('check', deploy=True, fail_level='WARNING')"

    started = python(
        check, data=tmp_path, DJANGO_SETTINGS_MODULE="audience_platform.settings", **PRODUCTION
    )

    assert started.returncode == 0, started.stderr
