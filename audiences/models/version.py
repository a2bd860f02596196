"""What has been worked out: who is in an audience, and how that came about."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from audiences.models.audience import Audience


class Cause(models.TextChoices):
    """Why a version was worked out."""

    FIRST = "first", "First build"
    DEFINITION = "definition", "Its definition changed"
    FACTS = "facts", "Members changed"
    CLOCK = "clock", "Time passed"
    FULL = "full", "Full rebuild"


class AudienceVersion(models.Model):
    """One completed working-out that changed who is in an audience. The latest is in force."""

    number = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    audience = models.ForeignKey(
        Audience, on_delete=models.CASCADE, db_column="audience_number", related_name="versions"
    )
    version = models.PositiveIntegerField(help_text="Counted from 1 for each audience.")
    cause = models.CharField(max_length=10, choices=Cause)
    size = models.PositiveIntegerField()
    entered = models.PositiveIntegerField()
    left = models.PositiveIntegerField()
    as_of = models.DateTimeField(help_text="The moment whose facts it was worked out from.")
    took = models.DurationField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "version"], name="version_counted_once_for_an_audience"
            ),
        ]

    class JSONAPIMeta:
        resource_name = "audience-versions"

    def __str__(self) -> str:
        return f"version {self.version} of {self.audience_id}"


class VersionChunk(models.Model):
    """Who entered or left with a version, within one chunk of membership numbers."""

    number = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(
        AudienceVersion,
        on_delete=models.CASCADE,
        db_column="version_number",
        db_index=False,
        related_name="chunks",
    )
    chunk = models.PositiveIntegerField()
    changed = models.BinaryField(help_text="A compressed bitmap of those who entered or left.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "chunk"], name="version_chunk_once"),
        ]

    def __str__(self) -> str:
        return f"chunk {self.chunk} of version {self.version_id}"


class MemberChunk(models.Model):
    """Who is in an audience, within one chunk of membership numbers, as of its base version.

    Those in it now are these, with what the versions since then changed.
    """

    number = models.BigAutoField(primary_key=True)
    audience = models.ForeignKey(
        Audience,
        on_delete=models.CASCADE,
        db_column="audience_number",
        db_index=False,
        related_name="+",
    )
    chunk = models.PositiveIntegerField()
    members = models.BinaryField(help_text="A compressed bitmap of membership numbers.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["audience", "chunk"], name="member_chunk_once"),
        ]

    def __str__(self) -> str:
        return f"chunk {self.chunk} of {self.audience_id}"


class AudienceStatus(models.Model):
    """How things stand with an audience: what is in force, and what went wrong.

    Apart from the audience, whose every change is a change of definition.
    """

    audience = models.OneToOneField(
        Audience,
        on_delete=models.CASCADE,
        primary_key=True,
        db_column="audience_number",
        related_name="status",
    )
    version = models.PositiveIntegerField(default=0, help_text="In force; 0 before the first.")
    base_version = models.PositiveIntegerField(
        default=0, help_text="The version that the stored chunks of members are as of."
    )
    size = models.PositiveIntegerField(default=0)
    meaning = models.CharField(
        max_length=64, default="", help_text="A hash of the rule that the members answer to."
    )
    as_of = models.DateTimeField(null=True, help_text="When it was last worked out whole.")
    took = models.DurationField(null=True)
    changes_at = models.DateTimeField(
        null=True, help_text="When the clock will change it next, whatever the facts."
    )
    requested_at = models.DateTimeField(null=True, help_text="When a rebuild was asked for.")
    last_error = models.TextField(default="")
    failed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"version {self.version} in force of {self.audience_id}"


class SpaceRefresh(models.Model):
    """When a space's audiences were last brought up to date; its row is the lock of a refresh."""

    space = models.OneToOneField(
        "segments.Space", on_delete=models.CASCADE, primary_key=True, db_column="space_number"
    )
    as_of = models.DateTimeField(null=True)
    took = models.DurationField(null=True)
    definitions_version = models.BigIntegerField(
        null=True, help_text="The version of the definitions that the audiences answer to."
    )

    def __str__(self) -> str:
        return f"refresh of {self.space_id}"


class TakenMemberships(models.Model):
    """Memberships that a refresh took out of the outbox, remembered for an hour.

    By these, and by those in the outbox still, who has read facts before knows of whom they may
    have changed since.
    """

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        "segments.Space", on_delete=models.CASCADE, db_column="space_number", db_index=False
    )
    membership_numbers = ArrayField(
        models.IntegerField(), null=True, help_text="Null: too many to be listed."
    )
    taken_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["space", "number"], name="taken_since_a_taking")]

    def __str__(self) -> str:
        return f"taking {self.number} of {self.space_id}"
