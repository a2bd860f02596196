"""``audience-groups``: audiences in order, and tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from audiences.api.group_members import MembersOfAGroup
from audiences.api.pointing import pointing
from audiences.api.rfm import MakeRfm, PreviewRfm
from audiences.api.tier_moves import PreviewTiers, TiersField
from audiences.models import Audience, AudienceGroup, GroupKind
from audiences.services.groups import (
    audiences_of_group,
    change_group,
    delete_group,
    make_group,
    order_group,
    put_in_group,
    take_out_of_group,
)
from audiences.services.standing import sizes
from audiences.services.tiers import change_tiers, make_tiers, tiers_as_given
from segments.api.errors import Problem, Refused
from segments.api.filters import EQUALS, ORDERED, TEXT, ResourceFilters, SearchFilter
from segments.api.operations import Operation
from segments.api.relations import RelatedById
from segments.api.relationships import Meta as Told
from segments.api.relationships import Relationship, ToMany
from segments.api.resource import ResourceViewSet, WritableViewSet
from segments.api.serializer import ResourceSerializer
from segments.models import Membership
from segments.services import with_unseen


class AudienceGroupSerializer(ResourceSerializer):
    included_serializers = {"audiences": "offers.api.audiences.AudienceSerializer"}

    kind = serializers.ChoiceField(
        choices=GroupKind.choices,
        required=False,
        help_text="plain, unless given; tiers: bands of the attribute; rfm: quintiles of it. "
        "It stays what it is.",
    )
    attribute = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Of tiers: the field of which they are bands, such as total_order_value.",
    )
    tiers = TiersField(
        required=False,
        allow_null=True,
        help_text="From the lowest to the highest, each from its start to just under its end, where"
        " the next one starts; only the last may have no end. The id is that of the tier's"
        " audience: with it, or else by its name, a tier stays the audience that it is. Null for a "
        "plain group.",
    )
    audiences = RelatedById(
        many=True,
        required=False,
        queryset=Audience.objects.all(),
        via="places__audience",
        related=lambda group: [place.audience for place in group.places.all()],
    )
    members = RelatedById(many=True, read_only=True, model=Membership, linkage=False)

    class Meta:
        model = AudienceGroup
        fields: ClassVar[list[str]] = [
            "name",
            "description",
            "kind",
            "attribute",
            "tiers",
            "created_at",
            "updated_at",
            "audiences",
            "members",
        ]
        read_only_fields = ["created_at", "updated_at"]

    @classmethod
    def prepare(cls, rows: Sequence[Any], names: Sequence[str]) -> None:
        if "tiers" in names:
            tiered: dict[int, list[dict[str, Any]]] = {
                group.pk: [] for group in rows if group.is_tiered
            }
            audiences = Audience.objects.filter(place__group__in=tiered).order_by("place__position")
            found = list(audiences.select_related("place"))
            known = sizes(found)
            for audience, tier in zip(found, tiers_as_given(found), strict=True):
                told = {**tier, "size": known[audience.pk].size}
                tiered[audience.place.group_id].append(told)
            for group in rows:
                group.tiers = tiered.get(group.pk)


class AudienceGroupFilters(ResourceFilters):
    searched = ("name", "description")

    search = SearchFilter(help_text="In the name and description.")

    class Meta(ResourceFilters.Meta):
        model = AudienceGroup
        fields = {"name": TEXT, "kind": EQUALS, "created_at": ORDERED, "updated_at": ORDERED}


class AudiencesOfAGroup(ToMany):
    def rows(self, row: AudienceGroup) -> QuerySet[Audience]:
        return Audience.objects.filter(place__group=row).order_by("place__position")

    def instead(
        self, view: ResourceViewSet, row: Any, others: Sequence[Audience]
    ) -> Sequence[Audience]:
        return with_unseen(others, there=audiences_of_group(row), see=view.access.seen)

    def add(self, row: AudienceGroup, others: Sequence[Audience]) -> Told:
        return self._told(put_in_group, row, others)

    def replace(self, row: AudienceGroup, others: Sequence[Audience]) -> Told:
        return self._told(order_group, row, others)

    def remove(self, row: AudienceGroup, others: Sequence[Audience]) -> Told:
        return self._told(take_out_of_group, row, others)

    def _told(self, change: Any, row: AudienceGroup, others: Sequence[Audience]) -> Told:
        if row.is_tiered:
            raise _follow_from_tiers()
        return dict(change(group=row, audiences=others)._asdict())


def _follow_from_tiers(pointer: str | None = None) -> Refused:
    detail = "The audiences of this group are its tiers. Change the attribute “tiers” instead."
    return Refused(403, Problem("read_only_relationship", detail, pointer=pointer))


def _refuse(name: str, detail: str) -> Refused:
    return Refused(422, Problem("invalid", detail, pointer=f"/data/attributes/{name}"))


class AudienceGroupViewSet(WritableViewSet):
    """Audiences in order, each in one group at most; and tiers: bands of one attribute, each where
    the one before it ends, so that a member is in one of them at most. Deleting a group of tiers
    deletes its audiences; with ``include=audiences``, so does deleting a plain one."""

    serializer_class = AudienceGroupSerializer
    queryset = AudienceGroup.objects.all()
    filterset_class = AudienceGroupFilters
    ordering_fields: ClassVar[list[str]] = ["name", "kind", "created_at", "updated_at"]
    deletes_along = ("audiences",)
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "audiences": AudiencesOfAGroup("offers.api.audiences.AudienceViewSet", "audiences"),
        "members": MembersOfAGroup("audiences.api.group_members.GroupMemberViewSet", "members"),
    }
    operations: ClassVar[Mapping[str, Operation]] = {
        "preview": PreviewTiers(),
        "rfm": MakeRfm(),
        "rfm/preview": PreviewRfm(),
    }

    def make(self, id: UUID | None, values: dict[str, Any]) -> AudienceGroup:
        kind = values.pop("kind", GroupKind.PLAIN)
        if kind == GroupKind.PLAIN:
            _check_plain(values)
            return make_group(space=self.space, id=id, **values)
        if kind == GroupKind.RFM:
            raise _refuse("kind", "Quintiles are worked out: POST to audience-groups/rfm.")
        if values.pop("audiences", []):
            raise _follow_from_tiers("/data/relationships/audiences")
        told = {"attribute": None, "tiers": None, **values}
        with pointing("/data/attributes"):
            return make_tiers(space=self.space, id=id, **told)

    def change(self, row: AudienceGroup, values: dict[str, Any]) -> None:
        if values.pop("kind", row.kind) != row.kind:
            raise _refuse("kind", f"This group is {row.kind} and stays so. Make a new one.")
        if not row.is_tiered:
            _check_plain(values)
            if "audiences" in values:
                there, see = audiences_of_group(row), self.access.seen
                values["audiences"] = with_unseen(values["audiences"], there=there, see=see)
            change_group(row, **values)
            return
        if values.pop("audiences", None) not in (None, audiences_of_group(row)):
            raise _follow_from_tiers("/data/relationships/audiences")
        if row.kind == GroupKind.RFM:
            _check_quintiles(row, values)
        with pointing("/data/attributes"):
            change_tiers(row, **values)

    def remove(self, row: AudienceGroup) -> None:
        delete_group(group=row, with_audiences=bool(self.request.query_params.get("include")))


def _check_plain(values: dict[str, Any]) -> None:
    """Refuse what only tiers have; empty, as it is told, it may be sent back."""
    for name in ("attribute", "tiers"):
        if values.pop(name, None):
            raise _refuse(name, f"A plain group has no {name}. Make a group of kind “tiers”.")


def _check_quintiles(row: AudienceGroup, values: dict[str, Any]) -> None:
    """Refuse other bounds than those that were worked out; as they are told, they may be sent."""
    AudienceGroupSerializer.prepare([row], ["tiers"])
    for name in ("attribute", "tiers"):
        if name in values and values.pop(name) != getattr(row, name):
            raise _refuse(
                name, "Quintiles are worked out: POST to audience-groups/rfm does so anew."
            )
