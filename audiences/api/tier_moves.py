"""``/audience-groups/preview``: who would move between tiers, before anything is saved."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework_json_api.utils import get_resource_type_from_instance

from audiences.api.pointing import pointing
from audiences.models import Audience, AudienceGroup
from audiences.services.tier_moves import TierMoves, preview_tiers
from segments.api.errors import Problem, Refused
from segments.api.operations import AnswerSerializer, Operation
from segments.api.relations import RelatedById
from segments.api.resource import ResourceViewSet
from segments.api.serializer import MomentField
from segments.services import See, seen_among

_BOUND = {"oneOf": [{"type": "number"}, {"type": "string"}]}
_TIERS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid", "nullable": True},
            "name": {"type": "string"},
            "start": _BOUND,
            "end": {**_BOUND, "nullable": True},
        },
        "required": ["name", "start"],
    },
}


@extend_schema_field(_TIERS)
class TiersField(serializers.JSONField):
    """Tiers; what is wrong with them is for the service to say."""


class TierPreviewSerializer(AnswerSerializer):
    attribute = serializers.CharField(
        required=False, help_text="Of which field they are bands. The group's own, unless given."
    )
    tiers = TiersField(
        required=False,
        help_text="As a group takes them; the group's own, unless given. Answered with before, how "
        "many are in the tier now (null: it is new), and members, how many would be.",
    )
    group = RelatedById(queryset=AudienceGroup.objects.all(), required=False, allow_null=True)
    moves = serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text="How many members are in one tier now (from, its name) and would be in another "
        "(to); null is no tier. Those who stay are told too (stays).",
    )
    moved = serializers.IntegerField(read_only=True, help_text="How many would not stay.")
    gone = serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text="The group's tiers that are left out, with their members, and what uses each "
        "(used_by; hidden: how many more you may not see): while something does, the change is "
        "refused.",
    )
    outside = serializers.IntegerField(
        read_only=True, help_text="How many would be in no tier: they have no value, or one outside"
    )
    everyone = serializers.IntegerField(read_only=True, help_text="How many the space has.")
    as_of = MomentField(read_only=True)

    class Meta:
        resource_name = "audience-group-previews"


class PreviewTiers(Operation):
    """Nothing is saved, and every count is exact. The id is that of the answer alone: yours, if
    you send one."""

    summary = "Count who would move between tiers"
    gives = takes = TierPreviewSerializer
    method = "post"
    on_one = False

    def answer(self, view: ResourceViewSet) -> Response:
        id, sent = self.received(view)
        group = sent.get("group") and AudienceGroup.objects.get(pk=sent["group"].pk)  # whole
        if group is not None and not group.is_tiered:
            detail = f"“{group}” is a plain group. Name one of tiers, or leave it out."
            pointer = "/data/relationships/group"
            raise Refused(422, Problem("invalid", detail, pointer=pointer))
        with pointing("/data/attributes"):
            found = preview_tiers(
                space=view.space,
                attribute=sent.get("attribute"),
                tiers=sent.get("tiers"),
                group=group,
                at=timezone.now(),
            )
        return self.document(view, id, {**told(found, view.access.seen), "group": group})


def told(found: TierMoves, see: See) -> dict[str, Any]:
    """What was counted, as attributes; what whoever asks doesn't ``see`` is not named."""
    before = dict(zip(found.there, found.now, strict=True))
    return {
        "attribute": found.bands[0].start.field,
        "tiers": [
            {
                "id": band.audience and str(band.audience.id),
                "name": band.name,
                "start": band.configuration["start"],
                "end": band.configuration["end"],
                "before": before[band.audience] if band.audience else None,
                "members": members,
            }
            for band, members in zip(found.bands, found.then, strict=True)
        ],
        "moves": [
            {
                "from": move.before,
                "to": move.after,
                "members": move.members,
                "stays": move.stays,
            }
            for move in found.moves
        ],
        "moved": found.moved,
        "gone": [
            _gone(audience, before[audience], used, see) for audience, used in found.gone.items()
        ],
        "outside": found.outside,
        "everyone": found.everyone,
        "as_of": found.as_of,
    }


def _gone(audience: Audience, members: int, used: list[Any], see: See) -> dict[str, Any]:
    seen: list[Any] = seen_among(used, see)
    users = [
        {"type": get_resource_type_from_instance(one), "id": str(one.id), "name": str(one)}
        for one in seen
    ]
    return {
        "id": str(audience.id),
        "name": audience.name,
        "members": members,
        "used_by": users,
        "hidden": len(used) - len(seen),
    }
