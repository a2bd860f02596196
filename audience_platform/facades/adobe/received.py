"""What clients send of an audience, as values for the services that define it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError

from audience_platform.facades.adobe.errors import Refusal, invalid, unreadable
from audience_platform.facades.adobe.representation import (
    EVALUATED,
    EXTERNAL,
    OWN,
    PLATFORM,
    PROFILE,
    WORKED_OUT,
    defaults,
    evaluation,
    expression_of,
    is_external,
    lifecycle_of,
    namespace_of,
)
from audiences.models import Audience, Lifecycle
from audiences.services.define import LifecycleError, TypeStays
from audiences.services.lock import Locked
from audiences.types import ConfigurationError, UnknownAudienceType, registry
from segments.models import Space

Document = dict[str, Any]
_TYPES = {PLATFORM: "pql", EXTERNAL: "external", "ExternalAudience": "external"}
_STATES = {"active", *Lifecycle.values} - {Lifecycle.ARCHIVED}
_OURS = {  # the columns, as clients know them
    "external_id": "audienceId",
    "origin": "originName",
    "ttl_days": "ttlInDays",
    "lifecycle": "lifecycleState",
}
_TEXTS = {"description": "description", "audienceId": "external_id", "originName": "origin"}
_LABELS = re.compile(r"\S(.*\S)?", re.DOTALL)


def read_new(sent: Document, space: Space) -> Document:
    """What ``define_audience`` takes, besides the space.

    :raises Refusal: naming what is wrong.
    """
    _check_name(sent)
    kind = sent.get("type", PLATFORM if "expression" in sent else None)
    if kind not in _TYPES:
        raise invalid(f"{kind!r} is no type. Give {PLATFORM} or {EXTERNAL}.")
    if sent.get("lifecycleState") == "deleted":
        raise invalid("Cannot set lifecycleState as deleted")
    if kind == PLATFORM and "expression" not in sent:
        raise invalid("The expression is missing. Give one of PQL.")
    audience = Audience(space=space, audience_type=_TYPES[kind])
    namespace = {"namespace": _text("namespace", sent["namespace"])} if "namespace" in sent else {}
    return {
        "audience_type": audience.audience_type,
        "configuration": {},
        **({} if kind == PLATFORM else {"namespace": "CustomerAudienceUpload"}),
        **namespace,
        **read_changes(audience, sent),
    }


def read_whole(audience: Audience, sent: Document) -> Document:
    """What ``redefine_audience`` takes to make the audience what is sent, and nothing besides.

    What it can't be without stays where it isn't sent: the expression, and its state.

    :raises Refusal: naming what is wrong.
    """
    _check_name(sent)
    kind = sent.get("type", PLATFORM)
    if "type" in sent and _TYPES.get(kind) != ("external" if is_external(audience) else "pql"):
        raise invalid(f"The type is immutable: it can't become {kind!r}.")
    if sent.get("namespace", namespace_of(audience)) != namespace_of(audience):
        raise invalid("Namespace is immutable field")
    left_out = {"description", "labels", "originName", "audienceId", *_extra(audience)} - {*sent}
    return read_changes(audience, sent, left_out)


def read_changes(audience: Audience, sent: Document, removed: Iterable[str] = ()) -> Document:
    """What ``redefine_audience`` takes to change what is sent, and take away what is removed.

    :raises Refusal: naming what is wrong.
    """
    values: Document = {}
    metadata = dict(audience.metadata)
    for name in removed:
        if name in _TEXTS:
            values[_TEXTS[name]] = None if name == "audienceId" else ""
        elif name == "labels":
            values["labels"] = []
        elif name in metadata:
            del metadata[name]
        else:
            raise invalid(f"{name} can't be removed.")
    for name, value in sent.items():
        if name in WORKED_OUT or name == "namespace":
            continue
        if name == "ttlInDays":
            days = _days(value)
            if audience.type.days_to_live is None:
                metadata[name] = days
            else:
                values["ttl_days"] = days
        elif name == "expression":
            values |= _expression(audience, value, metadata)
        elif name == "evaluationInfo":
            wished = _evaluation(value)
            if name in metadata or not audience.pk or wished != evaluation(audience):
                metadata[name] = wished
        elif name in OWN:
            values |= _column(audience, name, value)
        elif value != defaults(audience).get(name):
            _check_schema(name, value)
            metadata[name] = value
        else:
            metadata.pop(name, None)
    return {**values, "metadata": metadata}


@contextmanager
def refusing() -> Iterator[None]:
    """Say in Adobe's way what the services refuse."""
    try:
        yield
    except ConfigurationError as error:
        raise invalid(*error.problems.values()) from error
    except (LifecycleError, TypeStays, UnknownAudienceType) as error:
        raise invalid(str(error)) from error
    except ValidationError as error:
        said = [
            f"{_OURS.get(field, field)}: {message}"
            for field, messages in error.message_dict.items()
            for message in messages
        ]
        raise invalid(*said) from error
    except Locked as error:
        # a status that clients try again after: nothing has happened
        raise Refusal(429, "UPAPI-113000-429", str(error), headers={"Retry-After": "1"}) from error


def _extra(audience: Audience) -> set[str]:
    """What clients see of the metadata, and so can leave out. The expression goes apart."""
    return {*audience.metadata} - WORKED_OUT - OWN | ({"evaluationInfo"} & {*audience.metadata})


def _check_name(sent: Document) -> None:
    if not isinstance(sent.get("name"), str) or not sent["name"].strip():
        raise unreadable(
            "No usable value for name",
            "Did not find value which can be converted into java.lang.String",
        )


def _column(audience: Audience, name: str, value: Any) -> Document:
    if name == "labels":
        return {"labels": _labels(value)}
    if name == "lifecycleState":
        if value == "deleted":
            raise invalid("Cannot set lifecycleState as deleted")
        if value not in tuple(_STATES):
            raise invalid(f"{value!r} is no lifecycleState. Give draft, published or inactive.")
        return {"lifecycle": lifecycle_of(value)}
    if name == "name":
        _check_name({"name": value})
        return {"name": value}
    if name == "audienceId":
        own = value in (None, "", str(audience.id))
        return {"external_id": None if own else _text(name, value)}
    return {_TEXTS[name]: "" if value is None else _text(name, value)}


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise unreadable(f"{name} is {value!r}. Give a text.")
    return value


def _labels(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(
        isinstance(label, str) and _LABELS.fullmatch(label) for label in value
    ):
        raise unreadable(f"labels is {value!r}. Give a list of texts, such as core/C1.")
    return list(dict.fromkeys(value))


def _days(value: Any) -> int:
    """Also as a text, as Adobe's own samples have it."""
    days = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,6}", value) else value
    if isinstance(days, bool) or not isinstance(days, int) or not 0 < days < 1_000_000:
        raise invalid(f"ttlInDays is {value!r}. Give a number of days, 1 or more.")
    return days


def _expression(audience: Audience, value: Any, metadata: Document) -> Document:
    """An expression that is sent back as it was shown changes nothing: the audience may be of
    another type than PQL."""
    if is_external(audience):
        raise invalid(f"An {EXTERNAL} has no expression. Leave it out.")
    if not isinstance(value, dict):
        raise unreadable(f"expression is {value!r}. Give an object with type, format and value.")
    known = {key: value[key] for key in ("type", "format", "value") if key in value}
    if isinstance(known.get("type"), str):
        known["type"] = known["type"].upper()  # Adobe writes both pql and PQL
    if isinstance(known.get("value"), dict):
        known["value"] = json.dumps(known["value"], separators=(",", ":"))
    extra = {key: inner for key, inner in value.items() if key not in known}
    metadata.pop("expression", None)
    if extra:
        metadata["expression"] = extra
    if audience.pk:
        shown = expression_of(audience)
        if known == {key: shown[key] for key in ("type", "format", "value")}:
            return {}
    configuration = registry.get("pql").clean({"expression": known})
    return {"audience_type": "pql", "configuration": configuration}


def _evaluation(value: Any) -> Document:
    wrong = unreadable(
        f'evaluationInfo is {value!r}. Give {{"batch": {{"enabled": true}}}}; '
        f"the ways are {', '.join(EVALUATED)}."
    )
    if not isinstance(value, dict) or not {*value} <= {*EVALUATED}:
        raise wrong
    for way in value.values():
        if not isinstance(way, dict) or not isinstance(way.get("enabled"), bool):
            raise wrong
    if not any(way["enabled"] for way in value.values()):
        return {"batch": {"enabled": True}}
    return {way: value.get(way, {"enabled": False}) for way in EVALUATED}


def _check_schema(name: str, value: Any) -> None:
    if name == "schema" and not (isinstance(value, Mapping) and value.get("name") == PROFILE):
        raise invalid(f"The schema is {value!r}. There are audiences of {PROFILE} only.")
