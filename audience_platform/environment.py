"""Reads the settings out of the environment, one checked value at a time.

Each reader answers the value or, when that can't be used, raises ``ImproperlyConfigured`` with a
sentence that names the variable, what it holds and what it may hold. A variable that is set to
nothing counts as not set. Values that may hold a secret are never repeated.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo
from redis.connection import parse_url

Value = TypeVar("Value")

names_read: set[str] = set()  # docs/settings.md must list each of them

_environment = environ.Env()
_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True}
_BOOLEANS |= {"0": False, "false": False, "no": False, "off": False}
_LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
_HOST = rf"(\.?{_LABEL}(\.{_LABEL})*|\[[0-9a-f:.]+\])"
_IS_HOST = re.compile(rf"\*|{_HOST}", re.IGNORECASE)
_IS_ORIGIN = re.compile(rf"https?://(\*\.)?{_HOST}(:[0-9]+)?", re.IGNORECASE)
# What Django's own deployment check asks of a key.
_SHORTEST_SECRET, _FEWEST_CHARACTERS = 50, 5
_SECRET = f"at least {_SHORTEST_SECRET} characters, {_FEWEST_CHARACTERS} of them different"
# Options of Django's, which libpq doesn't know.
_DJANGO_DATABASE_OPTIONS = {"assume_role", "isolation_level", "pool", "server_side_binding"}


def boolean(name: str, default: bool) -> bool:
    """A yes or no. (django-environ's own reader takes every word that it doesn't know for no.)"""

    return _read(
        name, lambda: _BOOLEANS[os.environ[name].strip().lower()], default, "true or false"
    )


def number(name: str, default: int, unit: str) -> int:
    """A whole number, 0 or more."""

    def read() -> int:
        value: int = _environment.int(name)
        if value < 0:
            raise ValueError
        return value

    return _read(name, read, default, f"a whole number of {unit}, 0 or more")


def numbers(name: str) -> dict[str, int]:
    """Whole numbers, 0 or more, by names: ``name=10,other=20``."""

    def read() -> dict[str, int]:
        pairs = [one.partition("=") for one in os.environ[name].split(",")]
        if not all(key.strip() and value.strip().isdecimal() for key, _, value in pairs):
            raise ValueError
        return {key.strip(): int(value) for key, _, value in pairs}

    return _read(
        name, read, {}, "names with whole numbers, such as memberships-list=600,offers-list=60"
    )


def redis(name: str) -> str:
    """The URL of a Redis server, or nothing."""

    def read() -> str:
        url = os.environ[name].strip()
        parse_url(url)  # type: ignore[no-untyped-call]
        return url

    expected = (
        "the URL of a Redis server, such as redis://host:6379/0 (its value is not shown here)"
    )
    return _read(name, read, "", expected, shown=False)


def choice(name: str, default: str, choices: Collection[str]) -> str:
    """One of the choices, which are upper case; the value's case doesn't matter."""

    def read() -> str:
        value = os.environ[name].strip().upper()
        if value not in choices:
            raise ValueError
        return value

    return _read(name, read, default, f"one of {', '.join(choices)}")


def hosts(name: str, default: list[str]) -> list[str]:
    expected = "host names with commas between, without scheme or port, such as offers.example.com"
    return _read(name, lambda: _matching(name, _IS_HOST), default, expected)


def origins(name: str) -> list[str]:
    expected = "origins with commas between, each with its scheme, such as https://example.com"
    return _read(name, lambda: _matching(name, _IS_ORIGIN), [], expected)


def origin(name: str, default: str) -> str:
    expected = "an origin: scheme and host alone, such as https://example.com"

    def read() -> str:
        (value,) = _matching(name, _IS_ORIGIN)
        return value

    return _read(name, read, default, expected)


def directory(name: str, default: str, base: Path) -> Path:
    """The absolute path of a directory, which need not be there yet; ``base`` is where relative
    paths begin."""

    def read() -> Path:
        path = (base / os.environ[name]).resolve()
        nearest = next(step for step in (path, *path.parents) if step.exists())
        if not nearest.is_dir():
            raise ValueError
        return path

    return _read(name, read, (base / default).resolve(), "the path of a directory, or of none yet")


def secret(name: str, kept_in: Path) -> str:
    """A secret key; the one kept in the file when the variable isn't set, made at first use."""

    def read() -> str:
        value = os.environ[name]
        if not _is_secret(value):
            raise ValueError
        return value

    expected = f"{_SECRET} (its value is not shown here)"
    return _read(name, read, None, expected, shown=False) or _kept_secret(kept_in)


def secrets_in_order(name: str, default: list[str]) -> list[str]:
    """Secrets, of which the first is in use and the others were."""

    def read() -> list[str]:
        values = [value.strip() for value in os.environ[name].split(",")]
        if not all(map(_is_secret, values)):
            raise ValueError
        return values

    expected = f"secrets with commas between, each of {_SECRET} (their values are not shown here)"
    return _read(name, read, default, expected, shown=False)


def database(name: str) -> dict[str, Any] | None:
    """Django's settings of the PostgreSQL database that a URL names, or None when it isn't set."""

    def read() -> dict[str, Any]:
        settings: dict[str, Any] = _environment.db_url(name)
        options = settings.get("OPTIONS", {})
        make_conninfo(**{key: options[key] for key in options.keys() - _DJANGO_DATABASE_OPTIONS})
        if settings["ENGINE"] != "django.db.backends.postgresql" or not settings["NAME"]:
            raise ValueError
        # a server that never answers must not hold a worker for minutes
        return settings | {"OPTIONS": {"connect_timeout": 5} | options}

    expected = (
        "the URL of a PostgreSQL database, such as postgresql://user:password@host:5432/database "
        "(its value is not shown here)"
    )
    return _read(name, read, None, expected, shown=False)


def _read(
    name: str, read: Callable[[], Value], default: Value, expected: str, *, shown: bool = True
) -> Value:
    names_read.add(name)
    if not os.environ.get(name, "").strip():
        return default
    try:
        return read()
    except (ValueError, LookupError, ImproperlyConfigured, ProgrammingError) as error:
        raise ImproperlyConfigured(
            f"The environment variable {name} {f'is {os.environ[name]!r}; it ' if shown else ''}"
            f"must be {expected}."
        ) from (error if shown else None)


def _matching(name: str, pattern: re.Pattern[str]) -> list[str]:
    values = [value.strip() for value in _environment.list(name)]
    if not all(pattern.fullmatch(value) for value in values):
        raise ValueError
    return values


def _is_secret(value: str) -> bool:
    return len(value) >= _SHORTEST_SECRET and len(set(value)) >= _FEWEST_CHARACTERS


def _kept_secret(path: Path) -> str:
    """The key in the file, made at the first start; the same for every process that shares it."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _make_secret(path)
        kept = path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The secret key can't be kept in {path}: {error.strerror}. Let this process read and "
            "write there, or name another directory in the environment variable "
            "PLATFORM_DATA_DIR, or give the key itself in SECRET_KEY."
        ) from error
    if len(kept) < _SHORTEST_SECRET:
        raise ImproperlyConfigured(
            f"The secret key in {path} is cut short. Remove the file: a new key is made, and "
            "whoever was signed in signs in again."
        )
    return kept


def _make_secret(path: Path) -> None:
    """Write a new key to the file, whole or not at all, unless another process was first."""
    made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
