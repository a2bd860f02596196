"""What clients receive: rows as JSON:API documents, as much of them as the request selects.

The library's own renderer makes a serializer, and asks the database, for each related row. Here a
serializer only describes its resource, once per process; whatever is related or included comes
with one query per relationship, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from rest_framework.relations import ManyRelatedField
from rest_framework.request import Request
from rest_framework_json_api.utils import get_resource_type_from_model, is_relationship_field

from segments.api.errors import bad_parameter, unknown_parameter
from segments.api.parameters import in_brackets
from segments.api.space import access_of

if TYPE_CHECKING:
    from segments.api.serializer import ResourceSerializer

Serializer = type["ResourceSerializer"]
Model = type[Any]
Tree = dict[str, "Tree"]
DEEPEST_INCLUDE = 3


@dataclass(frozen=True)
class Relation:
    name: str
    type: str
    model: Model
    many: bool
    linkage: bool
    via: str
    related: Callable[[Any], Any]
    serializer: Serializer | None  # None where it can't be included

    def rows(self, row: Any) -> list[Any]:
        """What a row is related to, as a list whether it can be one or many."""
        related = self.related(row)
        if self.many:
            return list(related)
        return [] if related is None else [related]


@dataclass(frozen=True)
class Shape:
    """What a serializer says of its resource."""

    type: str
    attributes: Mapping[str, str]  # name to where a row has it
    relations: Mapping[str, Relation]


_shapes: dict[Serializer, Shape] = {}


def shape(serializer: Serializer) -> Shape:
    """The shape of a serializer: made once, since a serializer makes its fields anew each time."""
    if serializer not in _shapes:
        _shapes[serializer] = _describe(serializer)
    return _shapes[serializer]


def _describe(serializer: Serializer) -> Shape:
    fields = serializer().fields
    return Shape(
        type=serializer.resource_type(),
        attributes={
            name: ".".join(field.source_attrs)
            for name, field in fields.items()
            if not is_relationship_field(field) and not field.write_only
        },
        relations={
            name: _relation(serializer, name, field)
            for name, field in fields.items()
            if is_relationship_field(field) and not field.write_only
        },
    )


def _relation(serializer: Serializer, name: str, field: Any) -> Relation:
    many = isinstance(field, ManyRelatedField)
    one = field.child_relation if many else field
    model = one.queryset.model if one.queryset is not None else one.model
    return Relation(
        name=name,
        type=get_resource_type_from_model(model),
        model=model,
        many=many,
        linkage=one.linkage,
        via=one.via or field.source,
        related=one.related or (_all(field.source) if many else attrgetter(field.source)),
        serializer=getattr(serializer, "included_serializers", {}).get(name),
    )


def _all(source: str) -> Callable[[Any], Any]:
    manager = attrgetter(source)
    return lambda row: manager(row).all()


@dataclass(frozen=True)
class Selection:
    """Which related resources a request includes, and which fields of each type it wants."""

    include: Tree
    fields: Mapping[str, frozenset[str]]
    seen: Callable[[QuerySet[Any]], QuerySet[Any]]  # of related rows, those that may be seen

    @classmethod
    def of(cls, request: Request, serializer: Serializer) -> Selection:
        """What the query asks for.

        :raises Refused: it names something that this resource doesn't have.
        """
        include: Tree = {}
        for path in filter(None, str(request.query_params.get("include", "")).split(",")):
            _include(include, path, serializer)
        known = reachable(serializer)
        fields = {
            type: frozenset(filter(None, names.split(",")))
            for type, names in in_brackets(request, "fields").items()
        }
        for type, names in fields.items():
            _check_fields(type, names, known)
        return cls(include, fields, access_of(request).seen)

    def names(self, type: str, names: Iterable[str]) -> list[str]:
        """Those of the names that are wanted of the type."""
        wanted = self.fields.get(type)
        return [name for name in names if wanted is None or name in wanted]


def _include(tree: Tree, path: str, serializer: Serializer) -> None:
    steps = path.split(".")
    if len(steps) > DEEPEST_INCLUDE:
        detail = f"“{path}” goes deeper than {DEEPEST_INCLUDE} relationships. Ask in two requests."
        raise bad_parameter("include", detail)
    for step in steps:
        relations = shape(serializer).relations
        includable = [name for name, relation in relations.items() if relation.serializer]
        relation = relations.get(step)
        if relation is None or relation.serializer is None:
            known = ", ".join(includable) or "nothing"
            detail = f"“{path}” can't be included: {shape(serializer).type} include {known}."
            raise bad_parameter("include", detail)
        tree, serializer = tree.setdefault(step, {}), relation.serializer


def reachable(serializer: Serializer) -> Mapping[str, Shape]:
    """The shapes of the resource and of all that can be included with it, by their type."""
    found: dict[str, Shape] = {}
    waiting = [serializer]
    while waiting:
        described = shape(waiting.pop())
        if described.type not in found:
            found[described.type] = described
            relations = described.relations.values()
            waiting += [relation.serializer for relation in relations if relation.serializer]
    return found


def _check_fields(type: str, names: frozenset[str], shapes: Mapping[str, Shape]) -> None:
    parameter = f"fields[{type}]"
    if type not in shapes:
        detail = f"No resource of type “{type}” comes here. Give one of {', '.join(shapes)}."
        raise unknown_parameter(parameter, detail)
    known = [*shapes[type].attributes, *shapes[type].relations]
    unknown = sorted(names.difference(known))
    if unknown:
        detail = f"{type} have no field “{unknown[0]}”. Their fields are {', '.join(known)}."
        raise bad_parameter(parameter, detail)


def plan(
    serializer: Serializer,
    rows: QuerySet[Any],
    selection: Selection,
    include: Tree | None = None,
) -> QuerySet[Any]:
    """The rows, with all that the document will say of them fetched ahead.

    ``include`` is what comes with these rows, where they are not the primary data themselves.
    """
    include = selection.include if include is None else include
    described = shape(serializer)
    wanted = set(selection.names(described.type, described.relations))
    included: dict[str, tuple[Relation, Tree]] = {}
    linked: dict[str, Relation] = {}
    for name, relation in described.relations.items():
        if name in include:
            _, tree = included.get(relation.via, (relation, {}))
            included[relation.via] = relation, merged(tree, include[name])
        elif relation.linkage and name in wanted:
            linked[relation.via] = relation
    related = {
        via: selection.seen(relation.model.objects.only("id")) for via, relation in linked.items()
    }
    for via, (relation, tree) in included.items():
        found = selection.seen(relation.model.objects.all())
        related[via] = plan(relation.serializer, found, selection, tree)  # type: ignore[arg-type]  # included, so it has one
    # In order, since what is related through another comes after that.
    return rows.prefetch_related(*(Prefetch(via, queryset=related[via]) for via in sorted(related)))


def merged(one: Tree, other: Tree) -> Tree:
    """What either of two trees includes."""
    names = dict.fromkeys([*one, *other])
    return {name: merged(one.get(name, {}), other.get(name, {})) for name in names}


class Document:
    """Makes the members ``data`` and ``included`` of a document."""

    def __init__(self, request: Request, selection: Selection) -> None:
        self._request = request
        self._selection = selection

    def of(self, serializer: Serializer, rows: Sequence[Any]) -> dict[str, Any]:
        """A document of many rows, as ``plan`` has fetched them."""
        tree = self._selection.include
        data = self._write(serializer, rows, tree)
        if not tree:
            return {"data": data}
        found: dict[tuple[str, str], dict[str, Any]] = {}
        self._collect(serializer, rows, tree, found)
        primary = {(one["type"], one["id"]) for one in data}
        return {"data": data, "included": [found[key] for key in sorted(found.keys() - primary)]}

    def of_one(self, serializer: Serializer, row: Any) -> dict[str, Any]:
        """A document of one row."""
        document = self.of(serializer, [row])
        return {**document, "data": document["data"][0]}

    def _collect(
        self,
        serializer: Serializer,
        rows: Sequence[Any],
        include: Tree,
        found: dict[tuple[str, str], dict[str, Any]],
    ) -> None:
        """Add what is related to the rows, and included, to what was found."""
        for name, tree in include.items():
            relation = shape(serializer).relations[name]
            assert relation.serializer is not None  # or the selection would have refused it
            related: dict[Any, Any] = {}
            for row in rows:
                for one in relation.rows(row):
                    related.setdefault(one.pk, one)
            children = list(related.values())
            for resource in self._write(relation.serializer, children, tree):
                known = found.setdefault((resource["type"], resource["id"]), resource)
                _add_linkage(known, resource)
            self._collect(relation.serializer, children, tree, found)

    def _write(
        self, serializer: Serializer, rows: Sequence[Any], include: Tree
    ) -> list[dict[str, Any]]:
        """Resource objects of rows of one type."""
        described, type = shape(serializer), shape(serializer).type
        names = self._selection.names(type, described.attributes)
        serializer.prepare(rows, names)
        base = self._request.build_absolute_uri(reverse(f"{type}-list"))
        values = [attrgetter(described.attributes[name]) for name in names]
        relations = [
            described.relations[name] for name in self._selection.names(type, described.relations)
        ]
        resources = []
        for row in rows:
            link = f"{base}/{quote(str(row.id), safe=':')}"
            resource: dict[str, Any] = {"type": type, "id": str(row.id)}
            if names:
                resource["attributes"] = {
                    name: value(row) for name, value in zip(names, values, strict=True)
                }
            if relations:
                resource["relationships"] = {
                    relation.name: _relationship(relation, row, link, relation.name in include)
                    for relation in relations
                }
            resource["links"] = {"self": link}
            resources.append(resource)
        return resources


def _relationship(relation: Relation, row: Any, link: str, included: bool) -> dict[str, Any]:
    relationship: dict[str, Any] = {
        "links": {
            "self": f"{link}/relationships/{relation.name}",
            "related": f"{link}/{relation.name}",
        }
    }
    if relation.linkage or included:
        linked = [{"type": relation.type, "id": str(one.id)} for one in relation.rows(row)]
        relationship["data"] = linked if relation.many else next(iter(linked), None)
    return relationship


def _add_linkage(known: dict[str, Any], resource: dict[str, Any]) -> None:
    """Keep the linkage that either of two copies of a resource has: full linkage needs all."""
    for name, relationship in resource.get("relationships", {}).items():
        known["relationships"][name].update(relationship)
