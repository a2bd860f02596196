"""What is shown to members, when, and to which audiences."""

from __future__ import annotations

import datetime
from enum import StrEnum

from django.db import models

from audiences.models import Audience
from offers.querysets import OfferQuerySet
from segments.models import Space
from segments.models.row import Row


class Schedule(StrEnum):
    """Where an offer stands in its own time, whoever looks."""

    DISCONTINUED = "discontinued"
    UNPUBLISHED = "unpublished"
    EXPIRED = "expired"
    LIVE = "live"


class Offer(Row):
    """Shown from ``publish_at`` until just before ``expire_at`` to those in *all* its audiences."""

    number = models.AutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, db_column="space_number", db_index=False
    )
    name = models.CharField(max_length=255, help_text="For your own use: members never see it.")
    external_id = models.CharField(
        max_length=255,
        null=True,
        blank=True,
        help_text="Your own identifier of this offer; unique in the space when given.",
    )
    category = models.CharField(max_length=100, blank=True)
    description = models.TextField(blank=True)
    publish_at = models.DateTimeField(
        null=True, blank=True, help_text="Visible from this moment on. Empty: from the beginning."
    )
    expire_at = models.DateTimeField(
        null=True, blank=True, help_text="Hidden from this moment on. Empty: never expires."
    )
    discontinued = models.BooleanField(
        default=False, help_text="Withdrawn: hidden from everybody, whatever its dates."
    )
    custom_data = models.JSONField(
        default=dict, blank=True, help_text="Anything your own programs need, as a JSON object."
    )
    audiences = models.ManyToManyField(Audience, through="OfferAudience", related_name="offers")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "id"],
                name="offer_id_unique_in_space",
                violation_error_message="An offer with this id already exists.",
            ),
            models.UniqueConstraint(
                fields=["space", "external_id"],
                name="offer_external_id_unique_in_space",
                violation_error_message="An offer with this external id already exists.",
            ),
            models.UniqueConstraint(fields=["space", "number"], name="offer_number_in_space"),
            models.CheckConstraint(
                condition=models.Q(expire_at__gt=models.F("publish_at")),
                name="offer_expires_after_it_is_published",
                violation_error_message="The offer must expire after it is published.",
            ),
            models.CheckConstraint(
                condition=~models.Q(external_id=""),
                name="offer_external_id_not_empty",
                violation_error_message="The external id must not be empty: leave it out instead.",
            ),
            models.CheckConstraint(
                condition=models.lookups.Exact(
                    models.Func("custom_data", function="jsonb_typeof"), models.Value("object")
                ),
                name="offer_custom_data_is_an_object",
                violation_error_message="The custom data must be an object of names and values.",
            ),
        ]

    class JSONAPIMeta:
        resource_name = "offers"

    def __str__(self) -> str:
        return self.name

    def schedule(self, at: datetime.datetime) -> Schedule:
        """Where the offer stands at a moment. Both ends as in ``OfferQuerySet.live``."""
        if self.discontinued:
            return Schedule.DISCONTINUED
        if self.publish_at is not None and at < self.publish_at:
            return Schedule.UNPUBLISHED
        if self.expire_at is not None and at >= self.expire_at:
            return Schedule.EXPIRED
        return Schedule.LIVE


class OfferAudience(models.Model):
    """That an offer is only for the members of an audience (and of its other audiences).

    The migration adds the foreign keys that hold both ends in one space: the audiences of a
    deleted offer are let go, an audience in use can't be deleted.
    """

    held_by = "offer"  # when somebody wants the audience deleted

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space,
        on_delete=models.DO_NOTHING,
        db_column="space_number",
        db_constraint=False,
        db_index=False,
    )
    offer = models.ForeignKey(
        Offer,
        on_delete=models.DO_NOTHING,
        db_column="offer_number",
        db_constraint=False,
        db_index=False,
        related_name="offer_audiences",
    )
    audience = models.ForeignKey(
        Audience,
        on_delete=models.PROTECT,
        db_column="audience_number",
        db_constraint=False,
        related_name="offer_audiences",
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "audience"],
                name="offer_aimed_at_an_audience_once",
                violation_error_message="The offer has this audience already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} for {self.audience_id}"
