"""``/audiences/overlap``: how much audiences have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from audiences.models import Audience
from audiences.services.overlap import overlap
from audiences.services.standing import sizes
from segments.api.errors import Problem, Refused, bad_parameter, shown
from segments.api.operations import AnswerSerializer, Operation
from segments.api.relations import as_uuid
from segments.api.resource import ResourceViewSet
from segments.api.serializer import MomentField

MOST = 20


class OverlapSerializer(AnswerSerializer):
    audiences = serializers.ListField(
        child=serializers.DictField(), help_text="Each with its id, name, size and as_of."
    )
    pairs = serializers.ListField(
        child=serializers.DictField(),
        help_text="Each two, by id: how many are in both, and that as a share of those in either "
        "(jaccard).",
    )
    combinations = serializers.ListField(
        child=serializers.DictField(),
        help_text="Of up to 5 audiences, every combination that has anybody: how many (count) are "
        "in all of these audiences, by id, and in none of the others. They add up to in_any.",
    )
    in_any = serializers.IntegerField(help_text="How many are in at least one.")
    in_all = serializers.IntegerField(help_text="How many are in every one.")
    as_of = MomentField(allow_null=True, help_text="The earliest as_of of them.")

    class Meta:
        resource_name = "audience-overlaps"


class Overlap(Operation):
    summary = "Tell how much audiences have in common"
    gives = OverlapSerializer
    on_one = False
    filters = {"id": f"The ids of 2 to {MOST} audiences, between commas."}

    def answer(self, view: ResourceViewSet) -> Response:
        found = named_audiences(view, self.given(view).get("id", ""), least=2, parameter="id")
        common, known = overlap(found), sizes(found)
        ids = {audience.pk: str(audience.id) for audience in found}
        moments = [known[number].as_of for number in ids]
        values: dict[str, Any] = {
            "audiences": [
                {
                    "id": str(audience.id),
                    "name": str(audience),
                    "size": common.sizes[audience.pk],
                    "as_of": known[audience.pk].as_of,
                }
                for audience in found
            ],
            "pairs": [
                {
                    "first": ids[pair.first],
                    "second": ids[pair.second],
                    "both": pair.both,
                    "jaccard": pair.jaccard,
                }
                for pair in common.pairs
            ],
            "combinations": [
                {"audiences": [ids[number] for number in one.audiences], "count": one.count}
                for one in common.combinations
            ],
            "in_any": common.everyone,
            "in_all": common.in_all,
            "as_of": None if None in moments else min(filter(None, moments)),
        }
        return self.document(view, ":".join(ids.values()), values)


def named_audiences(
    view: ResourceViewSet, text: str, *, least: int, parameter: str
) -> Sequence[Audience]:
    """The audiences of the space that a filter names by ids, in its order.

    :raises Refused: there are too few or too many, or one is not there.
    """
    parameter = f"filter[{parameter}]"
    ids = list(dict.fromkeys(filter(None, text.split(","))))
    if not least <= len(ids) <= MOST:
        detail = f"{len(ids)} ids are given. Give {least} to {MOST} ids of audiences, with commas."
        raise bad_parameter(parameter, detail)
    wanted = {as_uuid(id): id for id in ids}
    rows = Audience.objects.filter(space=view.space, id__in=[id for id in wanted if id])
    found = {row.id: row for row in view.access.seen(rows)}
    for id, given in wanted.items():
        if id not in found:
            detail = f"This space has no audience with the id {shown(given)}. Name existing ones."
            raise Refused(404, Problem("not_found", detail, parameter=parameter))
    return [found[id] for id in wanted if id]
