"""A named description of who."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from audiences import types
from audiences.querysets import AudienceQuerySet
from segments.models import Segment, Space
from segments.models.row import Row

if TYPE_CHECKING:
    from audiences.rules.tree import Rule


class Audience(Row):
    """A named description of who: a type, and the configuration that the type understands.

    Written only by ``audiences.services.define``, which checks the configuration and keeps
    ``segments`` (what the rule refers to) in step with it.
    """

    number = models.AutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, db_column="space_number", db_index=False
    )
    name = models.CharField(
        max_length=255, blank=True, help_text="Left empty, the audience describes itself."
    )
    description = models.TextField(blank=True)
    audience_type = models.CharField(max_length=63)
    configuration = models.JSONField(default=dict)
    segments = models.ManyToManyField(
        Segment, through="AudienceSegment", related_name="audiences", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AudienceQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "id"],
                name="audience_id_unique_in_space",
                violation_error_message="An audience with this id already exists.",
            ),
            # The target of the foreign keys that keep what refers to audiences in their space.
            models.UniqueConstraint(fields=["space", "number"], name="audience_number_in_space"),
        ]

    class JSONAPIMeta:
        resource_name = "audiences"

    def __str__(self) -> str:
        return self.name or self.type.label

    @property
    def type(self) -> types.AudienceType:
        return types.registry.get(self.audience_type)

    @property
    def rule(self) -> Rule:
        """The rule tree that the configuration means."""
        return self.type.rule(self.configuration)


class AudienceSegment(models.Model):
    """That an audience's rule refers to a segment, which therefore can't be deleted.

    Kept by ``audiences.services.define``; the migration adds the foreign keys that hold both
    ends in one space.
    """

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space,
        on_delete=models.DO_NOTHING,
        db_column="space_number",
        db_constraint=False,
        db_index=False,
    )
    audience = models.ForeignKey(
        Audience,
        on_delete=models.DO_NOTHING,
        db_column="audience_number",
        db_constraint=False,
        db_index=False,
    )
    segment = models.ForeignKey(
        Segment,
        on_delete=models.PROTECT,
        db_column="segment_number",
        db_constraint=False,
        related_name="+",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "segment"], name="audience_refers_to_a_segment_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audience_id} refers to {self.segment_id}"

    @property
    def user(self) -> Audience:
        """Who holds on to the segment, when somebody wants it deleted."""
        return self.audience
