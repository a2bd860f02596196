"""The bodies of requests, read into what the services take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from audience_platform.authentication import KeyAccess
from audience_platform.facades.segment.errors import (
    Error,
    Refused,
    conflict,
    invalid,
    invalid_field,
)
from audience_platform.facades.segment.shapes import INTERVALS, OPTIONS, USERS
from audience_platform.models.refresh_schedule import DAY, WEEK
from audiences.models import Audience, Lifecycle
from audiences.services.define import LifecycleError, TypeStays
from audiences.services.lock import Locked
from audiences.types import ConfigurationError
from segments.models.space import validate_time_zone
from segments.services import InUse

Body = Mapping[str, Any]
Check = Callable[[Any], bool]
_LONGEST_NAME = 255


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0 and len(value) <= _LONGEST_NAME


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _is_users(value: Any) -> bool:
    return isinstance(value, str) and value.upper() == USERS


def _are_within(range: Collection[int]) -> Check:
    return lambda value: (
        isinstance(value, list)
        and 0 < len(value) <= len(range)
        and all(_is_count(one) and one in range for one in value)
    )


def _is_zone(value: Any) -> bool:
    try:
        validate_time_zone(value)
    except (TypeError, ValidationError):
        return False
    return True


# What the config of each strategy of schedules has.
_CONFIGURED = {
    "PERIODIC": ["config.interval"],
    "SPECIFIC_DAYS": ["config.days", "config.hours", "config.timezone"],
}
_KINDS: dict[str, tuple[Check, str]] = {
    "enabled": (_is_truth, "must be a boolean"),
    "name": (_is_name, f"must be a string of 1 to {_LONGEST_NAME} letters"),
    "description": (_is_text, "must be a string"),
    "definition": (_is_object, "must be an object such as {\"query\": \"trait('plan') = 'gold'\"}"),
    "definition.query": (_is_text, "must be a string"),
    "definition.type": (_is_users, f"must be {USERS}: audiences are of people here"),
    "audienceType": (_is_users, f"must be {USERS}: audiences are of people here"),
    "options": (_is_object, "must be an object"),
    "options.filterByExternalIds": (_are_texts, "must be an array of strings"),
    "options.includeHistoricalData": (_is_truth, "must be a boolean"),
    "options.includeAnonymousUsers": (_is_truth, "must be a boolean"),
    "options.backfillEventDataDays": (_is_count, "must be a number"),
}
_KINDS |= {
    "strategy": (
        lambda value: isinstance(value, str) and value in _CONFIGURED,
        f"must be one of {', '.join(_CONFIGURED)}",
    ),
    "config": (_is_object, "must be an object"),
    "config.interval": (
        lambda value: isinstance(value, str) and value in INTERVALS,
        f"must be one of {', '.join(INTERVALS)}",
    ),
    "config.days": (_are_within(WEEK), "must be an array of days, 0 (Sunday) to 6"),
    "config.hours": (_are_within(DAY), "must be an array of hours, 0 to 23"),
    "config.timezone": (_is_zone, "must be a time zone such as Europe/Amsterdam"),
}
_CREATED = frozenset(["name", "definition", "audienceType", "enabled", "description", "options"])
_UPDATED = _CREATED - {"audienceType"}
_PREVIEWED = frozenset(["definition", "audienceType", "options"])


def read_created(body: Body) -> dict[str, Any]:
    """What ``define_audience`` takes.

    :raises Refused: naming every value at fault.
    """
    _check(body, _CREATED, ["name", "definition", "definition.query", *_typed(body)])
    return {"enabled": True, "description": "", **_values(body, {})}


def read_updated(body: Body, audience: Audience) -> dict[str, Any]:
    """What ``redefine_audience`` takes.

    :raises Refused: naming every value at fault.
    """
    needed = ["definition.query"] if "definition" in body else []
    _check(body, _UPDATED, needed if body else ["enabled"])
    values = _values(body, audience.metadata)
    if values.get("enabled") and audience.lifecycle != Lifecycle.PUBLISHED:
        values["lifecycle"] = Lifecycle.PUBLISHED  # Segment has nothing else that rests
    return values


def read_previewed(body: Body) -> str:
    """The definition query that a preview is asked for.

    :raises Refused: naming every value at fault.
    """
    _check(body, _PREVIEWED, ["definition", "definition.query", *_typed(body)])
    query: str = body["definition"]["query"]
    return query


def read_schedule(body: Body) -> dict[str, Any]:
    """What ``refresh_on`` or, where it has ``seconds``, ``refresh_every`` takes.

    :raises Refused: naming every value at fault.
    """
    strategy = body.get("strategy")
    needed = _CONFIGURED.get(strategy, []) if isinstance(strategy, str) else []
    others = {one for names in _CONFIGURED.values() for one in names}.difference(needed)
    _check(
        body,
        frozenset(["strategy", "config"]),
        ["strategy", "config", *needed],
        others if needed else (),
    )
    config = body["config"]
    if strategy == "PERIODIC":
        return {"seconds": INTERVALS[config["interval"]]}
    days, hours = ([int(one) for one in config[name]] for name in ("days", "hours"))
    return {"days": days, "hours": hours, "time_zone": config["timezone"]}


def _typed(body: Body) -> list[str]:
    """``audienceType``, but for who gives the type with the definition, as SDK 50 does."""
    definition = body.get("definition")
    return [] if isinstance(definition, dict) and "type" in definition else ["audienceType"]


def _values(body: Body, metadata: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: body[name] for name in ("name", "description", "enabled") if name in body}
    if "definition" in body:
        values["audience_type"] = "definition_query"
        values["configuration"] = {"query": body["definition"]["query"]}
    if "options" in body:
        values["metadata"] = {**metadata, OPTIONS: body["options"]}
    return values


def _check(
    body: Body, known: frozenset[str], needed: list[str], refused: Collection[str] = ()
) -> None:
    given = {**body}
    for name in ("definition", "options", "config"):
        if isinstance(body.get(name), dict):
            given |= {f"{name}.{inner}": value for inner, value in body[name].items()}
    allowed = known | {name for name in _KINDS if name.partition(".")[0] in known}
    errors = [_error(name, "is required") for name in needed if name not in given]
    for name, value in given.items():
        if name not in allowed or name in refused:
            errors.append(_error(name, "is not allowed"))
        elif not _KINDS[name][0](value):
            errors.append(_error(name, _KINDS[name][1]))
    if errors:
        raise Refused(422, errors)


def _error(name: str, wrong: str) -> Error:
    return invalid_field(name, f'"{name}" {wrong}')


@contextmanager
def translated(access: KeyAccess) -> Iterator[None]:
    """Turn what the services refuse of an audience into Segment's refusals, which name nothing that
    whoever asks may not see."""
    try:
        yield
    except ConfigurationError as error:
        raise Refused(
            422, [invalid_field("definition.query", said) for said in error.problems.values()]
        ) from error
    except TypeStays as error:
        raise invalid("definition", str(error)) from error
    except LifecycleError as error:
        raise invalid("enabled", str(error)) from error
    except Locked as error:
        raise Refused(422, [{"type": "locked", "message": str(error)}]) from error
    except InUse as error:
        told = error.as_seen(access.seen)
        users = [{"id": str(user.id), "name": str(user)} for user in told.users]  # type: ignore[attr-defined]  # rows of a space have one
        hidden = {"hidden": told.hidden} if told.hidden else {}
        raise conflict(str(told), {"usedBy": users, **hidden}) from error
    except IntegrityError as error:  # mostly two changes at one moment
        message = (
            "What this is about was changed at the same moment. Read it again, then try again."
        )
        raise conflict(message) from error
    except ValidationError as error:
        raise Refused(
            422,
            [
                invalid_field(field, message)
                for field, messages in error.message_dict.items()
                for message in messages
            ],
        ) from error
