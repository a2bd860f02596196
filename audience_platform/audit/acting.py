"""Who acts: told to the database before each write, for the events that its triggers note.

A write that comes past this (psql, another program) is noted all the same, as done by the
database role.
"""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.backends.signals import connection_created
from django.http import HttpRequest

from audience_platform.models.audit import Door

AUDITED = frozenset(
    {
        "segments_space",
        "segments_space_staff",
        "segments_membership",
        "segments_segment",
        "segments_segmentmembership",
        "segments_import",
        "audiences_audience",
        "audiences_audiencestatus",
        "audiences_listedmembership",
        "audiences_audiencegroup",
        "audiences_groupplace",
        "audiences_source",
        "audiences_sync",
        "offers_offer",
        "offers_offeraudience",
        "audience_platform_apikey",
        "audience_platform_keptpreview",
        "audience_platform_apikey_spaces",
        "audience_platform_refreshschedule",
        "audience_platform_stafflabels",
        "auth_user",
    }
)


@dataclass(frozen=True)
class Acting:
    """Who acts, and by which way."""

    door: Door
    actor_type: str
    actor_name: str
    actor_id: str = ""
    address: str | None = None
    request_id: str = ""

    def __call__(self) -> Acting:
        return self


# Asked at the first write: only then is it known who a request turned out to be from.
_acting: ContextVar[Callable[[], Acting] | None] = ContextVar("acting", default=None)
_process: list[Acting] = []  # what this process is, where nothing nearer is known


@contextmanager
def acting(who: Callable[[], Acting]) -> Iterator[None]:
    """Within it, what is written was done by whom ``who`` answers."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def act_as_process(who: Acting) -> None:
    """From now on, what this process writes of its own accord was done by ``who``."""
    _process[:] = [who]


def by_command(name: str) -> Acting:
    """A command of ``manage.py``, given by somebody on this machine."""
    door = Door.JOB if name == "run_jobs" else Door.COMMAND
    return Acting(door, door.value, f"manage.py {name}", actor_id=getpass.getuser())


def by_job(name: str, id: int | None) -> Acting:
    """A job that a worker carries out; its number stands where a request's id does."""
    return Acting(Door.JOB, Door.JOB.value, name, request_id="" if id is None else f"job {id}")


def by_request(request: HttpRequest, id: str) -> Acting:
    """Whoever sent the request: a program by its key, or a member of staff."""
    door = Door.ADMIN if request.path_info.startswith("/admin/") else Door.API
    where = address(request), id
    key = getattr(request, "api_key", None)
    if key is not None:
        return Acting(door, "api-key", key.name, str(key.pk), *where)
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return Acting(door, "user", user.get_username(), str(user.pk), *where)
    return Acting(door, "anonymous", "nobody who is known", "", *where)


def address(request: HttpRequest) -> str | None:
    """The client's: behind a proxy of ours, the one that this proxy saw."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    given = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(given))
    except ValueError:  # a socket of this machine has none
        return None


_WRITE = re.compile(r'(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?"?(\w+)', re.IGNORECASE)
_MAY_WRITE = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_EMPTIES = re.compile(r"\s*TRUNCATE\b", re.IGNORECASE)  # perhaps other tables than it names


def _writes(sql: str) -> bool:
    """Whether a statement writes to an audited table."""
    if _EMPTIES.match(sql):
        return True
    return bool(_MAY_WRITE.match(sql)) and any(
        found[1].lower() in AUDITED for found in _WRITE.finditer(sql)
    )


def tell(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Wraps the execution of every statement. Told anew before each write, in its transaction: a
    savepoint that is rolled back, or another's turn on the connection, takes it away."""
    who = _acting.get() or (_process[0] if _process else None)
    if who is None or not isinstance(sql, str) or not _writes(sql):
        return execute(sql, params, many, context)
    connection = context["connection"]
    if connection.in_atomic_block:
        _tell(connection, who())
        return execute(sql, params, many, context)
    with transaction.atomic(using=connection.alias):
        _tell(connection, who())
        return execute(sql, params, many, context)


def tell_on_every_connection() -> None:
    """Have every connection of this process told who acts, from its beginning."""
    connection_created.connect(_listen, dispatch_uid="tell who acts")


def _listen(connection: Any, **_: Any) -> None:
    if tell not in connection.execute_wrappers:
        connection.execute_wrappers.append(tell)


def _tell(connection: Any, who: Acting) -> None:
    with connection.connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('audience_platform.acting', %s, true)",
            [json.dumps(asdict(who))],
        )
