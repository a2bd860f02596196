"""``/rule-fields/NAME/histogram``: how members are spread over a field's values."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from audiences.services.spread import MOST_BUCKETS, NoSpread, histogram, read_spread
from segments.api.errors import Problem, Refused, bad_parameter, shown
from segments.api.operations import AnswerSerializer, Operation
from segments.api.resource import ResourceViewSet
from segments.api.serializer import MomentField

_USUAL = 20


class HistogramSerializer(AnswerSerializer):
    buckets = serializers.ListField(
        child=serializers.DictField(),
        help_text="From the lowest value on, each with its start, its end, which it stops short "
        "of, and how many members have a value there. The last has no end (null) and takes the "
        "one per cent that are far above the others.",
    )
    quintiles = serializers.ListField(
        child=serializers.JSONField(),
        help_text="The values at which a fifth of the members begins, fewer where many are alike: "
        "starts for tiers of one size.",
    )
    members = serializers.IntegerField(help_text="How many have a value.")
    everyone = serializers.IntegerField(help_text="How many the space has.")
    as_of = MomentField()

    class Meta:
        resource_name = "rule-field-histograms"


class Histogram(Operation):
    """Every member is counted. Moments are counted by the day, by the space's clock; a list in the
    metadata by the highest of its values, as tiers do."""

    summary = "Count members by their value of a field"
    gives = HistogramSerializer
    filters = {"buckets": f"About how many buckets, 1 to {MOST_BUCKETS}; {_USUAL} unless given."}

    def answer(self, view: ResourceViewSet) -> Response:
        buckets = _buckets(self.given(view).get("buckets"))
        name, now = view.kwargs["id"], timezone.now()
        try:
            spread = read_spread(space=view.space, attribute=name, at=now)
        except NoSpread as error:
            raise Refused(404, Problem("not_found", str(error))) from error
        values: dict[str, Any] = {
            "buckets": [vars(bucket) for bucket in histogram(spread, buckets)],
            "quintiles": [spread.written(cut) for cut in spread.cuts(5)],
            "members": spread.members,
            "everyone": spread.everyone,
            "as_of": now,
        }
        return self.document(view, name, values)


def _buckets(text: str | None) -> int:
    if text is None:
        return _USUAL
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    if not 1 <= count <= MOST_BUCKETS:
        detail = f"{shown(text)} is not possible here. Give a whole number from 1 to {MOST_BUCKETS}"
        raise bad_parameter("filter[buckets]", f"{detail}.")
    return count
