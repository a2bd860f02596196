"""Audiences that belong together, in order."""

from __future__ import annotations

from django.db import models

from audiences.models.audience import Audience
from audiences.querysets import AudienceGroupQuerySet
from segments.models import Space
from segments.models.row import Row


class GroupKind(models.TextChoices):
    """What its audiences are to each other."""

    PLAIN = "plain", "Group"
    TIERS = "tiers", "Tiers"
    RFM = "rfm", "Quintiles"


class AudienceGroup(Row):
    """Audiences in order. Those of any kind but plain are tiers: bands of one attribute, each
    where the one before it ends, so that a member is in one of them at most.

    Written by ``audiences.services.groups`` and ``audiences.services.tiers``.
    """

    number = models.AutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, db_column="space_number", db_index=False
    )
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=5, choices=GroupKind, default=GroupKind.PLAIN)
    attribute = models.TextField(
        blank=True, help_text="Of tiers: the field of which they are bands."
    )
    audiences = models.ManyToManyField(Audience, through="GroupPlace", related_name="groups")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AudienceGroupQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "id"],
                name="audience_group_id_unique_in_space",
                violation_error_message="A group with this id already exists.",
            ),
            # The target of the foreign key that keeps a group's places in its space.
            models.UniqueConstraint(
                fields=["space", "number"], name="audience_group_number_in_space"
            ),
            models.UniqueConstraint(
                fields=["space", "attribute"],
                condition=models.Q(kind="rfm"),
                name="quintiles_of_an_attribute_once_in_space",
                violation_error_message="The space has quintiles of this attribute already.",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="plain", attribute="")
                | (~models.Q(kind="plain") & ~models.Q(attribute="")),
                name="tiers_and_they_alone_have_an_attribute",
                violation_error_message="Tiers, and they alone, have an attribute.",
            ),
        ]

    class JSONAPIMeta:
        resource_name = "audience-groups"

    def __str__(self) -> str:
        return self.name

    @property
    def is_tiered(self) -> bool:
        return self.kind != GroupKind.PLAIN


class GroupPlace(models.Model):
    """An audience's place in its group; it has one at most, and can't be deleted while it has.

    The migration adds the foreign keys that hold both ends in one space.
    """

    held_by = "group"  # when somebody wants the audience deleted

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space,
        on_delete=models.DO_NOTHING,
        db_column="space_number",
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    group = models.ForeignKey(
        AudienceGroup,
        on_delete=models.DO_NOTHING,
        db_column="group_number",
        db_constraint=False,
        db_index=False,
        related_name="places",
    )
    audience = models.OneToOneField(
        Audience,
        on_delete=models.PROTECT,
        db_column="audience_number",
        db_constraint=False,
        related_name="place",
    )
    position = models.PositiveIntegerField(help_text="From 0, within the group.")

    class Meta:
        ordering = ["group", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "position"],
                name="one_audience_at_a_position_of_a_group",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audience_id} at {self.position} of {self.group_id}"
