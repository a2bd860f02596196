"""``/audience-groups/rfm``: quintiles of recency, frequency and monetary value, in one call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from audiences.api.tier_moves import told
from audiences.models import AudienceGroup
from audiences.services.rfm import NothingToMeasure, Quintiles, make_rfm, preview_rfm
from segments.api.errors import Problem, Refused
from segments.api.operations import AnswerSerializer, Operation
from segments.api.refusals import in_use
from segments.api.relations import RelatedById
from segments.api.resource import ResourceViewSet
from segments.api.space import Access
from segments.services import InUse


class RfmSerializer(AnswerSerializer):
    measures = serializers.ListField(
        child=serializers.DictField(),
        help_text="Recency, frequency and monetary: each with its name, attribute and tiers, the "
        "best last, and a warning where there are fewer than five. In a preview also with the rest "
        "of what audience-group-previews say.",
    )
    groups = RelatedById(many=True, read_only=True, model=AudienceGroup)

    class Meta:
        resource_name = "rfm-groups"


class PreviewRfm(Operation):
    """Nothing is saved. The groups are those that there are, if any."""

    summary = "Count who would move if quintiles were worked out now"
    gives = RfmSerializer
    method = "post"
    on_one = False

    def answer(self, view: ResourceViewSet) -> Response:
        self.given(view)
        with _refused(view.access):
            found = preview_rfm(space=view.space, at=timezone.now())
        see = view.access.seen
        measures = [{**_measure(quintiles), **told(moves, see)} for quintiles, moves in found]
        groups = [quintiles.group for quintiles, _ in found if quintiles.group]
        values = {"measures": measures, "groups": groups}
        return self.document(view, view.space.id, values)


class MakeRfm(Operation):
    """A space has each of the three groups once: asked again, their bounds are worked out anew, and
    the tiers keep their audiences."""

    summary = "Make quintiles of recency, frequency and monetary value, or work them out anew"
    gives = RfmSerializer
    method = "post"
    on_one = False
    changes_nothing = False

    def answer(self, view: ResourceViewSet) -> Response:
        self.given(view)
        with _refused(view.access):
            found = make_rfm(space=view.space, at=timezone.now())
        values = {
            "measures": [_measure(one) for one in found],
            "groups": [one.group for one in found],
        }
        return self.document(view, view.space.id, values)


@contextmanager
def _refused(access: Access) -> Iterator[None]:
    try:
        yield
    except NothingToMeasure as error:
        raise Refused(409, Problem("nothing_to_measure", str(error))) from error
    except InUse as error:
        raise in_use(error, access) from error


def _measure(found: Quintiles) -> dict[str, Any]:
    return {
        "name": found.measure.name,
        "attribute": found.measure.attribute,
        "tiers": found.tiers,
        "warning": found.warning or None,
    }
