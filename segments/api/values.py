"""From a resource as received to values for a service, or to a refusal that points at faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from rest_framework_json_api.utils import is_relationship_field

from segments.api.document import shape
from segments.api.errors import Problem, Refused, escaped, shown
from segments.api.received import Linkage, Resource
from segments.api.relations import as_uuid
from segments.api.serializer import ResourceSerializer


def read_values(serializer: ResourceSerializer, received: Resource) -> dict[str, Any]:
    """The values that were sent, each checked for its type.

    Attributes that the server keeps (``created_at``) are passed over, so that a client may send
    back what it got.

    :raises Refused: pointing at each value that can't be used.
    """
    sent = _named(serializer, received)
    serializer.initial_data = sent
    if not serializer.is_valid():
        raise Refused(422, *_problems(serializer, received, serializer.errors))
    values: dict[str, Any] = serializer.validated_data
    return values


def _named(serializer: ResourceSerializer, received: Resource) -> dict[str, Any]:
    """What was sent, by the names of the fields."""
    problems = []
    attributes = {
        name for name, field in serializer.fields.items() if not is_relationship_field(field)
    }
    sent: dict[str, Any] = {}
    for alias, value in received.attributes.items():
        name = serializer.aliases.get(alias, alias)
        if name not in attributes:
            known = ", ".join(
                known
                for known in serializer.fields
                if known in attributes and not serializer.fields[known].read_only
            )
            problems.append(
                Problem(
                    "unknown_attribute",
                    f"There is no attribute “{alias}”. Give some of {known}.",
                    pointer=f"/data/attributes/{escaped(alias)}",
                )
            )
        elif name in sent and sent[name] != value:
            detail = f"“{alias}” is another word for “{name}”, and they differ. Send one of them."
            problems.append(
                Problem("contradiction", detail, pointer=f"/data/attributes/{escaped(alias)}")
            )
        sent[name] = value
    if problems:
        raise Refused(422, *problems)
    return sent | _related(serializer, received)


def _related(serializer: ResourceSerializer, received: Resource) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for name, linkage in received.relationships.items():
        field = serializer.fields.get(name)
        pointer = f"/data/relationships/{escaped(name)}"
        if field is None or not is_relationship_field(field):
            known = [
                known
                for known, field in serializer.fields.items()
                if is_relationship_field(field) and not field.read_only
            ]
            detail = f"There is no relationship “{name}”. There are: {', '.join(known) or 'none'}."
            raise Refused(422, Problem("unknown_relationship", detail, pointer=pointer))
        if not field.read_only:
            sent[name] = linkage
        elif not _is_so(serializer, name, linkage):
            detail = f"The relationship “{name}” follows from other values. Leave it out."
            raise Refused(403, Problem("read_only_relationship", detail, pointer=pointer))
    return sent


def _is_so(serializer: ResourceSerializer, name: str, linkage: Linkage) -> bool:
    """Whether this is what the row is related to: then sending it changes nothing."""
    relation = shape(type(serializer)).relations[name]
    if serializer.instance is None or not relation.linkage:
        return False
    sent = linkage if isinstance(linkage, list) else [linkage] if linkage else []
    return {one.id for one in sent} == {str(one.id) for one in relation.rows(serializer.instance)}


def _problems(serializer: ResourceSerializer, received: Resource, errors: Any) -> Iterator[Problem]:
    for name, details in errors.items():
        value = sent_value(serializer, received, name)
        yield from _walk(pointer_to(serializer, received, name), name, value, details)


def _walk(pointer: str, name: str, value: Any, details: Any) -> Iterator[Problem]:
    """The problems in a field's errors, which are as nested as its value."""
    nested = details.items() if isinstance(details, dict) else enumerate(details)
    for step, detail in nested:
        if isinstance(detail, (dict, list)):
            yield from _walk(f"{pointer}/{escaped(step)}", name, value, detail)
        else:
            yield Problem(detail.code, said(name, value, detail.code, detail), pointer=pointer)


def pointer_to(serializer: ResourceSerializer, received: Resource, name: str) -> str:
    """Where the document has the field: under the name that the client used for it."""
    field = serializer.fields.get(name)
    if field is None:
        return "/data"
    if is_relationship_field(field):
        return f"/data/relationships/{name}"
    used = [
        alias
        for alias, known in serializer.aliases.items()
        if known == name and alias in received.attributes
    ]
    return f"/data/attributes/{used[0] if used else name}"


def sent_value(serializer: ResourceSerializer, received: Resource, name: str) -> Any:
    """What was sent for the field, to be repeated in an error: nothing of what is never shown."""
    field = serializer.fields.get(name)
    hidden = field is not None and field.write_only
    return None if hidden else received.attributes.get(name)


def said(name: str, value: Any, code: str, message: str) -> str:
    """A sentence with the value that was sent, what is wrong with it, and what would be right."""
    if code in ("required", "null", "blank", "empty"):
        return f"{name} is {'missing' if code == 'required' else 'empty'}. Give it a value."
    if value is None or str(value) in message:
        return message
    return f"{shown(value)} is not possible as {name}: {message}"


def chosen_id(received: Resource) -> UUID | None:
    """The id that the client chose, if it did."""
    if received.id is None:
        return None
    id = as_uuid(received.id)
    if id is None:
        detail = f"{shown(received.id)} is not a UUID. Choose a UUID as id, or leave it out."
        raise Refused(403, Problem("invalid_id", detail, pointer="/data/id"))
    return id
