"""``audiences``, as far as this app knows them: the offers app adds whom they are used by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from audiences.api.changes import Changes, WhoChanged
from audiences.api.duplicates import Duplicate
from audiences.api.enrolments import ENROL, WITHDRAW, Extend
from audiences.api.members import MembersOfAnAudience
from audiences.api.members_file import MembersFile
from audiences.api.overlap import Overlap
from audiences.api.pointing import pointing
from audiences.api.previews import PreviewAudience
from audiences.api.standing import AS_OF, Count, Refresh, Status
from audiences.api.syncs import SyncAudience
from audiences.models import Audience, AudienceGroup, AudienceVersion, Listed, Sync
from audiences.services import define_audience, redefine_audience, summaries, warnings
from audiences.services.by_hand import listed_memberships, make_list, put_on_list, take_off_list
from audiences.services.labels import check_asked, check_labels
from audiences.services.standing import sizes
from audiences.types.registry import TYPES
from segments.api.filters import EQUALS, NULLABLE, ORDERED, TEXT, ResourceFilters, SearchFilter
from segments.api.operations import Operation
from segments.api.relations import RelatedById
from segments.api.relationships import Meta as Told
from segments.api.relationships import Relationship, ToMany, ToOne
from segments.api.resource import WritableViewSet
from segments.api.serializer import MomentField, ObjectField, ResourceSerializer
from segments.models import Membership, Segment

# Both are the offers app's, which adds to what this app knows of audiences.
_AUDIENCES = "offers.api.audiences.AudienceViewSet"
INCLUDED = {
    "segments": "segments.api.segments.SegmentSerializer",
    **dict.fromkeys(("dependencies", "dependents"), "offers.api.audiences.AudienceSerializer"),
    "group": "audiences.api.groups.AudienceGroupSerializer",
}


def _group_of(audience: Audience) -> AudienceGroup | None:
    place = getattr(audience, "place", None)
    return place and place.group


class AudienceSerializer(ResourceSerializer):
    included_serializers = INCLUDED

    audience_type = serializers.CharField(
        max_length=63,
        help_text=" ".join(f"{name}: {kind.help_text}" for name, kind in TYPES.items()),
    )
    configuration = ObjectField(
        required=False,
        default=dict,
        help_text="What it holds depends on the audience_type. A list has none to be given.",
    )
    metadata = ObjectField(
        required=False, help_text="Anything else that is known of it, kept as it came."
    )
    summary = serializers.CharField(
        read_only=True, help_text="Who is meant, in words, such as “aged 18 to 35”."
    )
    warnings = serializers.ListField(
        read_only=True,
        child=serializers.CharField(),
        help_text="What in the configuration means less than it seems to.",
    )
    size = serializers.IntegerField(read_only=True, help_text="How many it holds, exactly.")
    version = serializers.IntegerField(
        read_only=True, help_text="In force; 0 before it has been worked out."
    )
    as_of = MomentField(read_only=True, allow_null=True, help_text=AS_OF)
    segments = RelatedById(
        many=True,
        read_only=True,
        model=Segment,
        related=lambda audience: [
            row
            for row in audience.segments.all()
            if str(row.id) != audience.configuration.get("segment")  # its own list
        ],
    )
    dependencies = RelatedById(many=True, read_only=True, model=Audience)
    dependents = RelatedById(many=True, read_only=True, model=Audience)
    group = RelatedById(read_only=True, model=AudienceGroup, via="place__group", related=_group_of)
    # Of any size, so never included, and listed only by their own URLs, page by page.
    members = RelatedById(many=True, read_only=True, model=Membership, linkage=False)
    included = RelatedById(many=True, read_only=True, model=Membership, linkage=False)
    excluded = RelatedById(many=True, read_only=True, model=Membership, linkage=False)
    syncs = RelatedById(many=True, read_only=True, model=Sync, linkage=False)
    versions = RelatedById(many=True, read_only=True, model=AudienceVersion, linkage=False)

    class Meta:
        model = Audience
        fields: ClassVar[list[str]] = [
            "name",
            "key",
            "description",
            "audience_type",
            "configuration",
            "summary",
            "warnings",
            "lifecycle",
            "enabled",
            "refresh_interval",
            "external_id",
            "namespace",
            "origin",
            "labels",
            "ttl_days",
            "expires_at",
            "metadata",
            "size",
            "version",
            "as_of",
            "created_at",
            "updated_at",
            "segments",
            "dependencies",
            "dependents",
            "group",
            "members",
            "included",
            "excluded",
            "syncs",
            "versions",
        ]
        read_only_fields = ["expires_at", "created_at", "updated_at"]

    @classmethod
    def prepare(cls, rows: Sequence[Any], names: Sequence[str]) -> None:
        if "summary" in names:
            phrases = summaries(rows)
            for audience in rows:
                audience.summary = phrases[audience.pk]
        if "warnings" in names:
            found = warnings(rows)
            for audience in rows:
                audience.warnings = found[audience.pk]
        if not {"size", "version", "as_of"}.isdisjoint(names):
            known = sizes(rows)
            for audience in rows:
                size = known[audience.pk]
                audience.size, audience.version = size.size, size.version
                audience.as_of = size.as_of


class AudienceFilters(ResourceFilters):
    searched = ("name", "description")

    search = SearchFilter(help_text="In the name and description.")
    segment = django_filters.UUIDFilter(
        field_name="segments__id", help_text="Those that ask for the segment of this id."
    )
    group = django_filters.UUIDFilter(
        field_name="place__group__id", help_text="Those of the group of this id."
    )

    class Meta(ResourceFilters.Meta):
        model = Audience
        fields = {
            "name": TEXT,
            "key": EQUALS,
            "audience_type": EQUALS,
            "lifecycle": EQUALS,
            "enabled": ["exact"],
            "external_id": [*EQUALS, *NULLABLE],
            "namespace": EQUALS,
            "origin": EQUALS,
            "expires_at": [*ORDERED, *NULLABLE],
            "created_at": ORDERED,
            "updated_at": ORDERED,
        }


class SegmentsOfAnAudience(ToMany):
    """The segments that the rule asks for."""

    def rows(self, row: Audience) -> QuerySet[Segment]:
        return row.segments.filter(is_list=False)


class ListedByHand(ToMany):
    """Who is put in, or kept out, whatever the rule says; being put on one list, they leave the
    other."""

    def __init__(self, listed: Listed) -> None:
        super().__init__("segments.api.memberships.MembershipViewSet", listed)
        self._listed = listed

    def rows(self, row: Audience) -> QuerySet[Membership]:
        return listed_memberships(audience=row, listed=self._listed)

    def add(self, row: Audience, others: Sequence[Membership]) -> Told:
        return self._told(put_on_list, row, others)

    def replace(self, row: Audience, others: Sequence[Membership]) -> Told:
        return self._told(make_list, row, others)

    def remove(self, row: Audience, others: Sequence[Membership]) -> Told:
        return self._told(take_off_list, row, others)

    def _told(self, change: Any, row: Audience, others: Sequence[Membership]) -> Told:
        numbers = [membership.pk for membership in others]
        return dict(change(audience=row, memberships=numbers, listed=self._listed)._asdict())


class AudienceViewSet(WritableViewSet):
    """Named descriptions of who: an ``audience_type``, and the ``configuration`` that it takes."""

    serializer_class = AudienceSerializer
    queryset = Audience.objects.all()
    filterset_class = AudienceFilters
    ordering_fields: ClassVar[list[str]] = [
        "name",
        "audience_type",
        "expires_at",
        "created_at",
        "updated_at",
    ]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "segments": SegmentsOfAnAudience("segments.api.segments.SegmentViewSet", "segments"),
        "dependencies": ToMany(_AUDIENCES, "dependencies"),
        "dependents": ToMany(_AUDIENCES, "dependents"),
        "group": ToOne(
            "audiences.api.groups.AudienceGroupViewSet", "place__group", related=_group_of
        ),
        "members": MembersOfAnAudience("audiences.api.members.MemberViewSet", "members"),
        "included": ListedByHand(Listed.INCLUDED),
        "excluded": ListedByHand(Listed.EXCLUDED),
        "syncs": ToMany("audiences.api.syncs.SyncViewSet", "syncs"),
        "versions": ToMany("audiences.api.versions.AudienceVersionViewSet", "versions"),
    }
    operations: ClassVar[Mapping[str, Operation]] = {
        "overlap": Overlap(),
        "preview": PreviewAudience(),
        "count": Count(),
        "status": Status(),
        "refresh": Refresh(),
        "sync": SyncAudience(),
        "changes": Changes(),
        "changes/entered": WhoChanged("entered"),
        "changes/left": WhoChanged("left"),
        "members.csv": MembersFile(),
        "members/add": ENROL,
        "members/remove": WITHDRAW,
        "extend": Extend(),
        "duplicate": Duplicate(),
    }

    def make(self, id: UUID | None, values: dict[str, Any]) -> Audience:
        with pointing():
            self._check_labels(values, values["audience_type"])
            return define_audience(space=self.space, id=id, **values)

    def change(self, row: Audience, values: dict[str, Any]) -> None:
        with pointing():
            self._check_labels(values, values.get("audience_type", row.audience_type))
            redefine_audience(row, **values)

    def _check_labels(self, values: dict[str, Any], audience_type: str) -> None:
        """:raises LabelDenied: they carry, or ask for, what is denied to whoever sends them."""
        denied = self.access.denied_labels
        check_labels(denied, values.get("labels", ()))
        if "configuration" in values:
            check_asked(
                denied,
                space=self.space,
                audience_type=audience_type,
                configuration=values["configuration"],
            )
