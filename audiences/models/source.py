"""Lists that are kept elsewhere: where, which of them an audience holds, and each sync."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import models

from audiences.models.audience import Audience
from audiences.querysets import SourceQuerySet
from audiences.sources import registry
from audiences.sources.base import Kind, Vendor
from segments.models import Space
from segments.models.row import Row


class Source(Row):
    """An account of a vendor's, or a place on the web, from which lists come.

    Written by ``audiences.services.sources``. The key is encrypted, and shown to nobody again.
    """

    number = models.AutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, db_column="space_number", db_index=False
    )
    vendor = models.CharField(max_length=63)
    name = models.CharField(max_length=255)
    settings = models.JSONField(default=dict, blank=True)
    encrypted_key = models.TextField(default="", blank=True, editable=False)
    key_ending = models.CharField(
        max_length=4,
        default="",
        blank=True,
        editable=False,
        help_text="The last characters of the key, to tell it from others.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "id"],
                name="source_id_unique_in_space",
                violation_error_message="A source with this id already exists.",
            ),
            models.UniqueConstraint(
                fields=["name", "space"],
                name="source_name_unique_in_space",
                violation_error_message="A source with this name already exists.",
            ),
            # The target of the foreign key that keeps what is synced in its space.
            models.UniqueConstraint(fields=["space", "number"], name="source_number_in_space"),
        ]

    class JSONAPIMeta:
        resource_name = "sources"

    def __str__(self) -> str:
        return self.name

    @property
    def has_key(self) -> bool:
        return bool(self.encrypted_key)

    @property
    def kind(self) -> Vendor:
        return registry.get(self.vendor)

    @property
    def shown_settings(self) -> dict[str, Any]:
        """The settings without what may be secret in them."""
        return self.kind.shown(self.settings) if self.settings else {}


class SyncedList(models.Model):
    """That an audience holds a source's list, which therefore can't be deleted.

    Kept by ``audiences.services.define``; the migration adds the foreign keys that hold both ends
    in one space.
    """

    held_by = "audience"  # when somebody wants the source deleted

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space,
        on_delete=models.DO_NOTHING,
        db_column="space_number",
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    audience = models.OneToOneField(
        Audience,
        on_delete=models.DO_NOTHING,
        db_column="audience_number",
        db_constraint=False,
        related_name="synced_list",
    )
    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        db_column="source_number",
        db_constraint=False,
        db_index=False,
        related_name="synced_lists",
    )
    kind = models.CharField(
        max_length=7, choices=[(kind.value, kind.value.capitalize()) for kind in Kind]
    )
    list_id = models.CharField(max_length=255)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "kind", "list_id"], name="a_list_is_synced_by_one_audience"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.list_id} of {self.source_id}"


class SyncStatus(models.TextChoices):
    PENDING = "PENDING", "Waits for its turn"
    RUNNING = "RUNNING", "Under way"
    SUCCESS = "SUCCESS", "Done"
    FAILED = "FAILED", "Failed"


OPEN = (SyncStatus.PENDING, SyncStatus.RUNNING)


class Sync(Row):
    """One time that an audience's list is fetched from its source.

    ``attempt`` fences: it is raised whenever somebody takes the work up, and who finds another
    there than their own has lost it.
    """

    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, db_column="space_number", db_index=False
    )
    audience = models.ForeignKey(
        Audience,
        on_delete=models.CASCADE,
        db_column="audience_number",
        db_index=False,
        related_name="syncs",
    )
    status = models.CharField(max_length=7, choices=SyncStatus, default=SyncStatus.PENDING)
    step = models.CharField(max_length=255, default="", blank=True)
    error_code = models.CharField(
        max_length=31, default="", blank=True, help_text="Why it failed, for programs."
    )
    error = models.TextField(default="", blank=True, help_text="Why it failed, in words.")
    confirmed = models.BooleanField(
        default=False, help_text="To be done though it removes more than the set share."
    )
    pulled = models.PositiveIntegerField(default=0, help_text="People on the vendor's list.")
    added = models.PositiveIntegerField(default=0, help_text="Who joined the audience.")
    already_in = models.PositiveIntegerField(default=0, help_text="Who were in it, and stay.")
    left = models.PositiveIntegerField(
        default=0, help_text="Who are no longer on the vendor's list, and left the audience."
    )
    created = models.PositiveIntegerField(default=0, help_text="Of those who joined: memberships.")
    unknown = models.PositiveIntegerField(
        default=0, help_text="Whom the space doesn't know, and who were left out."
    )
    unusable = models.PositiveIntegerField(
        default=0,
        help_text="Of whom it can't be told who they are: nothing known of them, or several have "
        "the same e-mail address or phone.",
    )
    attempt = models.PositiveIntegerField(default=0)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "id"],
                name="sync_id_unique_in_space",
                violation_error_message="A sync with this id already exists.",
            ),
            models.UniqueConstraint(
                fields=["audience"],
                condition=models.Q(status__in=OPEN),
                name="one_sync_of_an_audience_at_a_time",
            ),
        ]
        indexes = [
            # The last sync of an audience: what its page, and the schedule, go by.
            models.Index(fields=["audience", "-number"], name="syncs_of_an_audience"),
        ]

    class JSONAPIMeta:
        resource_name = "syncs"

    def __str__(self) -> str:
        return f"sync of {self.audience_id} at {self.requested_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def needs_confirmation(self) -> bool:
        return self.error_code == "needs_confirmation"

    @property
    def took(self) -> datetime.timedelta | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at
