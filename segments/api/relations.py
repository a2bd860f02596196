"""Relationships to rows named by their public id, found in the request's space alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from rest_framework.relations import MANY_RELATION_KWARGS, ManyRelatedField
from rest_framework_json_api.relations import ResourceRelatedField
from rest_framework_json_api.utils import get_resource_type_from_model

from segments.api.errors import Problem, Refused, shown
from segments.api.received import Identifier, malformed
from segments.api.space import access_of

Related = Callable[[Any], Any]
Key = UUID | str | None  # an id, an external id, or what names nothing


class RelatedById(ResourceRelatedField):  # type: ignore[misc]  # the library is untyped
    """A relationship; to-one, or with ``many=True`` to-many.

    ``related`` gives a row's related row or rows from what ``via`` (a prefetch lookup) has fetched;
    both follow the field's source unless given. Without ``linkage`` the document names the related
    rows only where they are included: for relationships of any size.
    """

    def __init__(
        self,
        *,
        linkage: bool = True,
        via: str | None = None,
        related: Related | None = None,
        **kwargs: Any,
    ) -> None:
        self.linkage = linkage
        self.via = via
        self.related = related
        super().__init__(**kwargs)

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> ManyRelatedById:
        shared = {key: value for key, value in kwargs.items() if key in MANY_RELATION_KWARGS}
        return ManyRelatedById(child_relation=cls(*args, **kwargs), **shared)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Identifier):
            raise malformed(
                f"/data/relationships/{self.field_name}/data",
                f"{self.field_name} is a to-one relationship. Give one resource identifier.",
            )
        return self.resolve([data])[0]

    def resolve(self, identifiers: Sequence[Identifier]) -> list[Any]:
        access = access_of(self.context["request"])
        return resolve(identifiers, rows=access.seen(self.queryset.filter(space=access.space)))


class ManyRelatedById(ManyRelatedField):
    child_relation: RelatedById

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise malformed(
                f"/data/relationships/{self.field_name}/data",
                f"{self.field_name} is a to-many relationship. Give a list.",
            )
        return self.child_relation.resolve(data)


def resolve(identifiers: Sequence[Identifier], *, rows: QuerySet[Any]) -> list[Any]:
    """The rows that are named, each once, in one query however many there are.

    A row named by ``meta.external_id`` is found by that, where such rows have one.

    :raises Refused: pointing at each identifier of another type (409), or that names none of the
        rows (404): it is not told whether there is such a row elsewhere.
    """
    type = get_resource_type_from_model(rows.model)
    strangers = [
        Problem(
            "type_mismatch",
            f"{shown(one.type)} can't be related here. Name a resource of type “{type}”.",
            pointer=f"{one.pointer}/type",
        )
        for one in identifiers
        if one.type != type
    ]
    if strangers:
        raise Refused(409, *strangers)
    keys = [_key(one) for one in identifiers]
    found = _find(keys, rows)
    kind = str(rows.model._meta.verbose_name)
    unknown = [
        _unknown(one, kind)
        for one, key in zip(identifiers, keys, strict=True)
        if key is None or key not in found
    ]
    if unknown:
        raise Refused(404, *unknown)
    return list({found[key].pk: found[key] for key in keys}.values())


def as_uuid(text: str) -> UUID | None:
    """The UUID that the text spells, or None: such a text is the id of nothing."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _key(identifier: Identifier) -> Key:
    """What the row is found by: the external id as text, or the id."""
    return identifier.external_id if identifier.id is None else as_uuid(identifier.id)


def _find(keys: Sequence[Key], rows: QuerySet[Any]) -> dict[Key, Any]:
    """The rows by what they are named by, a query for each way to name them."""
    ids = {key for key in keys if isinstance(key, UUID)}
    external_ids = {key for key in keys if isinstance(key, str)}
    found: dict[Key, Any] = {}
    if ids:
        found |= {row.id: row for row in rows.filter(id__in=_listed("uuid", ids)).only("id")}
    if external_ids and hasattr(rows.model, "external_id"):
        named = rows.filter(external_id__in=_listed("text", external_ids)).only("external_id")
        found |= {row.external_id: row for row in named}
    return found


def _listed(type: str, values: Set[Any]) -> RawSQL:
    """The values as one parameter: PostgreSQL reads a list of a hundred thousand of them slowly."""
    return RawSQL(f"SELECT unnest(%s::{type}[])", [list(values)])


def _unknown(identifier: Identifier, kind: str) -> Problem:
    if identifier.id is None:
        named, place = f"external id {shown(identifier.external_id)}", "meta/external_id"
    else:
        named, place = f"id {shown(identifier.id)}", "id"
    detail = f"This space has no {kind} with the {named}. Name an existing one."
    return Problem("not_found", detail, pointer=f"{identifier.pointer}/{place}")
