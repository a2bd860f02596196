"""Resources and documents as schemas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.plumbing import ResolvedComponent, append_meta

from segments.api.document import Relation, reachable, shape
from segments.api.serializer import ObjectField, ResourceSerializer

Schema = dict[str, Any]
Serializer = type[ResourceSerializer]

# Types of no rows, whose ids are made of others' ids, or names.
_WORKED_OUT = (
    "membership-offers",
    "rule-fields",
    "rule-field-histograms",
    "audience-changes",
    "audience-overlaps",
    "audience-explanations",
    "import-problems",
    "source-lists",
)
_TEXT: Schema = {"type": "string"}
_LINKS: Schema = {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}
_META: Schema = {"type": "object", "additionalProperties": True}
_VERSION: Schema = {
    "type": "object",
    "properties": {"version": {"type": "string", "enum": ["1.1"]}},
    "required": ["version"],
}
_ERROR: Schema = {
    "type": "object",
    "description": "One thing that is wrong.",
    "properties": {
        "status": _TEXT,
        "code": {"type": "string", "description": "For programs: it never changes."},
        "title": _TEXT,
        "detail": {"type": "string", "description": "What is wrong, and what would be right."},
        "source": {
            "type": "object",
            "properties": dict.fromkeys(("pointer", "parameter", "header"), _TEXT),
        },
        "meta": _META,
    },
    "required": ["status", "code", "title", "detail"],
    "additionalProperties": False,
}


class Components:
    """Makes schemas, and registers those that have a name once in the whole description."""

    def __init__(self, operation: Any) -> None:
        self._operation = operation

    def document(self, serializer: Serializer, *, many: bool, may_be_none: bool) -> Schema:
        """A document whose primary data are resources of this type."""
        name = f"{_name(serializer)}{'List' if many else 'OrNone' if may_be_none else 'Document'}"
        return self._named(name, lambda: self._read(serializer, many, may_be_none))

    def _read(self, serializer: Serializer, many: bool, may_be_none: bool) -> Schema:
        data = self.resource(serializer)
        if many:
            data = {"type": "array", "items": data}
        elif may_be_none:
            data = {"allOf": [data], "nullable": True}
        members: Schema = {"data": data, "links": _LINKS}
        others = [self.resource(other) for other in self._others(serializer)]
        if others:
            members["included"] = {"type": "array", "items": {"oneOf": others}}
        if many:
            members["meta"] = _counted()
        return _document(members, required=["data", "links"])

    def sent(self, serializer: Serializer, *, new: bool) -> Schema:
        """A document that makes a resource, or changes one."""
        name = f"{_name(serializer)}{'New' if new else 'Change'}"
        return self._named(name, lambda: self._sent(serializer, new))

    def linkage(self, serializer: Serializer, *, many: bool) -> Schema:
        """A document of identifiers, or of one."""
        one = _identifier(shape(serializer).type)
        data = {"type": "array", "items": one} if many else {**one, "nullable": True}
        members: Schema = {"data": data, "links": _LINKS, "meta": _META}
        name = f"{_name(serializer)}{'Identifiers' if many else 'Identifier'}"
        return self._named(name, lambda: _document(members, required=["data"]))

    def told(self) -> Schema:
        return self._named("Done", lambda: _document({"meta": _META}, required=["meta"]))

    def errors(self) -> Schema:
        errors = {"type": "array", "minItems": 1, "items": _ERROR}
        return self._named("Errors", lambda: _document({"errors": errors}, required=["errors"]))

    def resource(self, serializer: Serializer) -> Schema:
        return self._named(_name(serializer), lambda: self._resource(serializer))

    def _named(self, name: str, make: Callable[[], Schema]) -> Schema:
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, object=name)  # type: ignore[no-untyped-call]
        if component not in self._operation.registry:
            component.schema = make()
            self._operation.registry.register(component)
        reference: Schema = component.ref
        return reference

    def _others(self, serializer: Serializer) -> list[Serializer]:
        """Those of what can come along."""
        found = {
            relation.serializer
            for one in reachable(serializer).values()
            for relation in one.relations.values()
            if relation.serializer
        }
        return sorted(found, key=_name)

    def _resource(self, serializer: Serializer) -> Schema:
        described = shape(serializer)
        attributes = self._attributes(serializer, described.attributes)
        properties: Schema = {
            "type": _type(described.type),
            "id": _id(described.type),
            "attributes": _closed(attributes),
            "links": _LINKS,
            "meta": _META,
        }
        if described.relations:
            properties["relationships"] = _closed(
                {name: _relationship(one) for name, one in described.relations.items()}
            )
        return {**_closed(properties), "required": ["type", "id"]}

    def _sent(self, serializer: Serializer, new: bool) -> Schema:
        fields, described = serializer().fields, shape(serializer)
        writable = [
            name
            for name, field in fields.items()
            if name not in described.relations and not field.read_only
        ]
        attributes = self._attributes(serializer, writable)
        relationships = {
            name: {"type": "object", "properties": {"data": _data(one)}, "required": ["data"]}
            for name, one in described.relations.items()
            if not fields[name].read_only
        }
        data: Schema = {
            "type": "object",
            "properties": {
                "type": _type(described.type),
                "id": _id(described.type),
                "attributes": {"type": "object", "properties": attributes},
            },
            "required": ["type"] if new else ["type", "id"],
        }
        if relationships:
            data["properties"]["relationships"] = {"type": "object", "properties": relationships}
        required = [name for name in writable if fields[name].required]
        if new and required:
            data["properties"]["attributes"]["required"] = required
            data["required"].append("attributes")
        return {"type": "object", "properties": {"data": data}, "required": ["data"]}

    def _attributes(self, serializer: Serializer, names: Any) -> Schema:
        fields = serializer().fields
        return {name: self._attribute(fields[name]) for name in names}

    def _attribute(self, field: Any) -> Schema:
        if isinstance(field, ObjectField):
            schema = {"type": "object", "additionalProperties": True}
        else:
            schema = self._operation._map_serializer_field(field, "response")
            self._operation._insert_field_validators(field, schema)
        meta = self._operation._get_serializer_field_meta(field, "response")
        meta.pop("readOnly", None)  # of no use where what is sent has its own schema
        described: Schema = append_meta(schema, meta)
        return described


def _name(serializer: Serializer) -> str:
    return serializer.__name__.removesuffix("Serializer")


def _type(type: str) -> Schema:
    return {"type": "string", "enum": [type]}


def _id(type: str) -> Schema:
    return _TEXT if type in _WORKED_OUT else {"type": "string", "format": "uuid"}


def _identifier(type: str) -> Schema:
    return {
        "type": "object",
        "properties": {"type": _type(type), "id": _id(type), "meta": _META},
        "required": ["type"],
    }


def _data(relation: Relation) -> Schema:
    one = _identifier(relation.type)
    return {"type": "array", "items": one} if relation.many else {**one, "nullable": True}


def _relationship(relation: Relation) -> Schema:
    return _closed({"links": _LINKS, "data": _data(relation)})


def _closed(properties: Schema) -> Schema:
    """An object of these members and no others, any of which may be left out."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _document(members: Schema, required: list[str]) -> Schema:
    return {**_closed({"jsonapi": _VERSION, **members}), "required": required}


def _counted() -> Schema:
    return _closed(
        {
            "record_count": {"type": "integer", "minimum": 0},
            "counted_at": {"type": "string", "format": "date-time"},
        }
    )
