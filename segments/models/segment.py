"""Named lists of memberships, and the places in them."""

from django.db import models
from django.db.models.functions import Now

from segments.models.membership import Membership
from segments.models.row import Row
from segments.models.space import Space
from segments.querysets import SegmentMembershipQuerySet, SegmentQuerySet


class Segment(Row):
    """A named list of memberships, assigned from outside or by hand."""

    number = models.AutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, db_column="space_number", db_index=False
    )
    short_code = models.SlugField(
        max_length=100, help_text="Its name in files and programs, e.g. gold-tier."
    )
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    is_list = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="The list of an audience: named, shown and deleted with it, and never by itself.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ["name", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "short_code"],
                name="segment_short_code_unique_in_space",
                violation_error_message="A segment with this short code already exists.",
            ),
            models.UniqueConstraint(
                fields=["space", "id"],
                name="segment_id_unique_in_space",
                violation_error_message="A segment with this id already exists.",
            ),
            # The target of the foreign keys that keep segment memberships within their space.
            models.UniqueConstraint(fields=["space", "number"], name="segment_number_in_space"),
        ]

    class JSONAPIMeta:
        resource_name = "segments"

    def __str__(self) -> str:
        return self.name


class SegmentMembership(Row):
    """One membership's place in one segment.

    The migration adds the foreign keys (space, segment) and (space, membership): the database
    refuses a place that joins two spaces, and empties the places of what is deleted.
    """

    space = models.ForeignKey(
        Space,
        on_delete=models.DO_NOTHING,
        db_column="space_number",
        db_constraint=False,
        db_index=False,
    )
    segment = models.ForeignKey(
        Segment,
        on_delete=models.DO_NOTHING,
        db_column="segment_number",
        db_constraint=False,
        db_index=False,
        related_name="segment_memberships",
    )
    membership = models.ForeignKey(
        Membership,
        on_delete=models.DO_NOTHING,
        db_column="membership_number",
        db_constraint=False,
        db_index=False,
        related_name="segment_memberships",
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    objects = SegmentMembershipQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            # Also the order of a segment's members, page by page.
            models.UniqueConstraint(
                fields=["segment", "membership"],
                name="segment_membership_once",
                violation_error_message="This membership is already in this segment.",
            ),
            models.UniqueConstraint(
                fields=["space", "id"],
                name="segment_membership_id_unique_in_space",
                violation_error_message="A segment membership with this id already exists.",
            ),
        ]
        indexes = [
            # One member's segments, in one look-up: visibility asks at each request.
            models.Index(fields=["membership", "segment"], name="segments_of_a_membership"),
        ]

    class JSONAPIMeta:
        resource_name = "segment-memberships"

    def __str__(self) -> str:
        return f"{self.membership} in {self.segment}"
