"""What clients send: resource objects and resource identifiers, checked for their shape.

A document of any other shape is refused with 400 and a pointer to where it goes wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segments.api.errors import Problem, Refused, escaped, shown


@dataclass(frozen=True)
class Identifier:
    """A row that the client names: by its ``id``, or by ``meta.external_id``."""

    type: str
    id: str | None
    external_id: str | None
    pointer: str


Linkage = Identifier | list[Identifier] | None


@dataclass(frozen=True)
class Resource:
    """A resource object as received; ``id`` is None where the client leaves it to the server."""

    id: str | None
    attributes: dict[str, Any]
    relationships: dict[str, Linkage]


def read_resource(document: Any, *, type: str) -> Resource:
    """The resource object of a document that makes or changes a resource of this type."""
    data = _member(_object(document, ""), "data", "")
    data = _object(data, "/data")
    sent = _text(_member(data, "type", "/data"), "/data/type")
    if sent != type:
        detail = f"{shown(sent)} can't be sent here. Send a resource of type “{type}”."
        raise Refused(409, Problem("type_mismatch", detail, pointer="/data/type"))
    id = _text(data["id"], "/data/id") if "id" in data else None
    attributes = _object(data.get("attributes", {}), "/data/attributes")
    relationships = _object(data.get("relationships", {}), "/data/relationships")
    linkages = {}
    for name, value in relationships.items():
        pointer = f"/data/relationships/{escaped(name)}"
        relationship = _object(value, pointer)
        # Links alone are what the server sent, sent back: they change nothing.
        if "data" in relationship or not relationship:
            data = _member(relationship, "data", pointer)
            linkages[name] = _linkage(data, f"{pointer}/data")
    return Resource(id, dict(attributes), linkages)


def read_linkage(document: Any) -> Linkage:
    """The linkage of a document sent to a relationship's own URL."""
    return _linkage(_member(_object(document, ""), "data", ""), "/data")


def read_identifiers(document: Any) -> list[Identifier]:
    """The linkage of a document sent to the URL of a to-many relationship."""
    linkage = read_linkage(document)
    if not isinstance(linkage, list):
        raise malformed("/data", "A to-many relationship takes a list of resource identifiers.")
    return linkage


def malformed(pointer: str, detail: str) -> Refused:
    return Refused(400, Problem("malformed_document", detail, pointer=pointer))


def _linkage(data: Any, pointer: str) -> Linkage:
    if data is None:
        return None
    if isinstance(data, list):
        return [_identifier(one, f"{pointer}/{place}") for place, one in enumerate(data)]
    return _identifier(data, pointer)


def _identifier(value: Any, pointer: str) -> Identifier:
    identifier = _object(value, pointer)
    type = _text(_member(identifier, "type", pointer), f"{pointer}/type")
    if "id" in identifier:
        return Identifier(type, _text(identifier["id"], f"{pointer}/id"), None, pointer)
    meta = _object(identifier.get("meta", {}), f"{pointer}/meta")
    if "external_id" not in meta:
        raise malformed(pointer, "“id” is missing. Give the id of the resource.")
    external_id = _text(meta["external_id"], f"{pointer}/meta/external_id")
    return Identifier(type, None, external_id, pointer)


def _object(value: Any, pointer: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise malformed(pointer, f"{shown(value)} is not a JSON object. Send an object here.")
    return value


def _member(value: Mapping[str, Any], name: str, pointer: str) -> Any:
    if name not in value:
        raise malformed(pointer, f"“{name}” is missing. Send an object that has it.")
    return value[name]


def _text(value: Any, pointer: str) -> str:
    if not isinstance(value, str) or not value:
        raise malformed(pointer, f"{shown(value)} is not a name. Send a string that isn't empty.")
    return value
