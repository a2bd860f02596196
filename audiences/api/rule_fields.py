"""``rule-fields``: what a rule can ask for, in this space. To read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.api.histograms import Histogram
from audiences.services.fields import RuleField, rule_field, rule_fields
from segments.api.document import Document
from segments.api.errors import Problem, Refused, shown
from segments.api.operations import AnswerSerializer, Operation
from segments.api.parameters import check_parameters, filters, here
from segments.api.resource import ResourceViewSet
from segments.models import Space

FILTERS = {"search": "In the name and label.", "kind": "Of this kind, such as number."}


class RuleFieldSerializer(AnswerSerializer):
    label = serializers.CharField()
    kind = serializers.CharField(
        help_text="text, number, money, date, moment, or any: what stands in the metadata."
    )
    operators = serializers.ListField(
        child=serializers.DictField(),
        help_text="Each with its name, its label in words, the forms of value that it takes, and "
        "whether it is negative: then it holds for members without a value too.",
    )
    types = serializers.DictField(
        allow_null=True, help_text="Of metadata: how many members have a value of each type."
    )
    members = serializers.IntegerField(
        allow_null=True, help_text="Of metadata: how many have a value there."
    )
    values = serializers.ListField(
        allow_null=True,
        child=serializers.DictField(),
        help_text="Of metadata: the commonest, each with how many members have it.",
    )
    exact = serializers.BooleanField(
        allow_null=True,
        help_text="Of metadata: whether all were counted. False: scaled up from a sample.",
    )

    class Meta:
        resource_name = "rule-fields"


class RuleFieldViewSet(ResourceViewSet):
    """What a rule can ask for: every fact of a membership, and the paths really present in the
    space's metadata. The id is the name that a condition uses."""

    serializer_class = RuleFieldSerializer
    queryset = Space.objects.none()
    filter_backends = ()
    worked_out_filters = FILTERS
    operations: ClassVar[Mapping[str, Operation]] = {"histogram": Histogram()}

    def list(self, request: Request, **kwargs: Any) -> Response:
        check_parameters(request, "filter", "page", "fields")
        selection = self.selection()
        given = filters(request, known=FILTERS)
        found = [one for one in rule_fields(space=self.space) if _passes(one, given)]
        page = self.paginate_queryset(found) or []
        document = Document(request, selection).of(self.serializer_class, _rows(page))
        return self.get_paginated_response(document)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        check_parameters(request, "fields")
        selection = self.selection()
        name = self.kwargs["id"]
        try:
            found = rule_field(space=self.space, name=name)
        except LookupError:
            detail = f"There is no field {shown(name)}. GET rule-fields lists those there are."
            raise Refused(404, Problem("not_found", detail)) from None
        (row,) = _rows([found])
        document = Document(request, selection).of_one(self.serializer_class, row)
        return Response({"links": {"self": here(request)}, **document})


def _passes(found: RuleField, given: Mapping[str, str]) -> bool:
    words = given.get("search", "").casefold()
    return (words in found.name.casefold() or words in found.label.casefold()) and given.get(
        "kind", found.kind
    ) == found.kind


@dataclass(frozen=True)
class _Row:
    """A field as a resource has it."""

    id: str
    label: str
    kind: str
    operators: list[dict[str, Any]]
    types: dict[str, int] | None
    members: int | None
    values: list[dict[str, Any]] | None
    exact: bool | None


def _rows(found: Iterable[RuleField]) -> list[_Row]:
    return [
        _Row(
            one.name,
            one.label,
            one.kind.value,
            [asdict(operator) for operator in one.operators],
            one.types,
            one.members,
            None if one.values is None else [_value(*value) for value in one.values],
            one.exact,
        )
        for one in found
    ]


def _value(value: Any, members: int) -> dict[str, Any]:
    return {"value": value, "members": members}
