"""Taking a change back: the object gets again what it had before, as a new change of its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime

from audience_platform.models.audit import Action, AuditEvent
from audiences.models import Audience
from audiences.services import redefine_audience
from audiences.services.labels import check_asked, check_labels
from offers.models import Offer
from segments.models.row import Row
from segments.services import save_row

_MODELS: dict[str, type[Audience] | type[Offer]] = {"audiences": Audience, "offers": Offer}


class CannotUndo(ValueError):
    """That an event can't be taken back: a sentence that says why."""


def can_undo(event: AuditEvent) -> bool:
    """Whether the event is a change of one audience's or offer's own values."""
    return (
        event.object_type in _MODELS
        and event.action == Action.CHANGED
        and bool(_before(event, _MODELS[event.object_type]))
    )


@dataclass(frozen=True)
class Restored:
    """The object as it is now, and the values that it gets again when the event is undone."""

    row: Audience | Offer
    values: dict[str, Any]


def restored(event: AuditEvent, *, denied: Collection[str] = ()) -> Restored:
    """What undoing an event would do, for somebody who is denied some labels. Nothing is changed.

    :raises CannotUndo: the object is gone, or the event changed no values of its own.
    :raises LabelDenied: an audience would carry a denied label, or ask for one that does.
    :raises ConfigurationError: the audience's earlier definition no longer holds together.
    """
    model = _MODELS.get(event.object_type)
    values = _before(event, model) if model and event.action == Action.CHANGED else {}
    if model is None or not values:
        raise CannotUndo("Only changes of an audience's or an offer's own values are taken back.")
    row: Audience | Offer | None = model.objects.filter(
        space=event.space_id, id=event.object_id
    ).first()
    if row is None:
        raise CannotUndo(f"“{event.object_name}” is no longer there.")
    if isinstance(row, Audience):
        _check_denied(row, values, denied)
    return Restored(row, values)


def _check_denied(row: Audience, values: dict[str, Any], denied: Collection[str]) -> None:
    check_labels(denied, values.get("labels", ()))
    if not {"audience_type", "configuration"}.isdisjoint(values):
        check_asked(
            denied,
            space=row.space,
            audience_type=values.get("audience_type", row.audience_type),
            configuration=values.get("configuration", row.configuration),
        )


def undo(event: AuditEvent, *, denied: Collection[str] = ()) -> Row:
    """Give the object again the values that the event took from it; others stay as they are now.

    Raises what ``restored`` raises, and:

    :raises LifecycleError: an audience can't go back to the state it was in.
    :raises ValidationError: naming each other field that can't be as it was.
    """
    found = restored(event, denied=denied)
    if isinstance(found.row, Audience):
        return redefine_audience(found.row, **found.values)
    return save_row(found.row, **found.values)


def _before(event: AuditEvent, model: type[models.Model]) -> dict[str, Any]:
    names = {field.attname: field for field in model._meta.concrete_fields if field.editable}
    return {
        names[name].name: _value(names[name], change["before"])
        for name, change in event.changes.items()
        if name in names and "before" in change
    }


def _value(field: models.Field[Any, Any], told: Any) -> Any:
    if isinstance(field, models.DateTimeField) and told is not None:
        return parse_datetime(told)
    return told
