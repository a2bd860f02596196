"""The audit trail: who did what to which object, when, from where, and what it changed."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from segments.models import Space
from segments.models.row import Row


class Door(models.TextChoices):
    """By which way somebody came in."""

    API = "api", "API"
    ADMIN = "admin", "Admin"
    COMMAND = "command", "Command"
    JOB = "job", "Job"
    DATABASE = "database", "Database"  # past the platform: what it knows is the role


class Action(models.TextChoices):
    CREATED = "created", "Created"
    CHANGED = "changed", "Changed"
    DELETED = "deleted", "Deleted"


class AuditSeal(models.Model):
    """A link of the chain over the trail: a hash of some events and of the link before.

    Whoever changes, adds or takes away an event that is sealed breaks the chain, which
    ``manage.py check_audit_trail`` finds.
    """

    number = models.BigAutoField(primary_key=True)
    events = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    removed_at = models.DateTimeField(
        null=True, help_text="When its events had been kept long enough, and were removed."
    )

    class Meta:
        indexes = [
            # Of a seal a second, mostly long removed, the oldest that has events: each second.
            models.Index(
                fields=["number"], condition=models.Q(removed_at=None), name="seals_with_events"
            ),
        ]

    def __str__(self) -> str:
        return f"seal {self.number}"


class AuditEvent(Row):
    """One change, or one statement that changed many rows of a kind together.

    Written by triggers in the transaction of the change (the migration has them), so that there is
    an event exactly where there is a change. It says its object's name, and holds no foreign key:
    it outlives what it tells of.
    """

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space,
        on_delete=models.DO_NOTHING,
        db_column="space_number",
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        help_text="Empty for what belongs to no space, such as users.",
    )
    happened_at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=7, choices=Action)
    object_type = models.CharField(max_length=63, help_text="As in the API, such as audiences.")
    object_id = models.CharField(
        max_length=36, blank=True, help_text="Empty where many objects were changed together."
    )
    object_name = models.CharField(max_length=255, blank=True)
    count = models.PositiveIntegerField(default=1, help_text="How many rows the change was about.")
    changes = models.JSONField(
        default=dict, help_text="By field: what was before and after; or how many were added."
    )
    door = models.CharField(max_length=8, choices=Door)
    actor_type = models.CharField(
        max_length=15, help_text="user, api-key, command, job or database-role."
    )
    actor_id = models.CharField(max_length=63, blank=True)
    actor_name = models.CharField(max_length=255)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=200, blank=True)
    seal = models.ForeignKey(
        AuditSeal, on_delete=models.PROTECT, null=True, db_column="seal_number", db_index=False
    )

    class Meta:
        ordering = ["-number"]
        indexes = [
            # The history of one object, and the trail of a space, page by page.
            models.Index(fields=["object_id", "number"], name="events_of_an_object"),
            models.Index(fields=["space", "number"], name="events_of_a_space"),
            # What is not sealed yet: a handful, looked for every second.
            models.Index(
                fields=["number"], condition=models.Q(seal=None), name="events_without_a_seal"
            ),
            models.Index(fields=["seal"], name="events_of_a_seal"),
        ]

    class JSONAPIMeta:
        resource_name = "audit-events"

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """What happened: “Audience “Gold” changed”, “1,200 memberships created”."""
        kind = self.object_type.replace("-", " ")
        if not self.object_id:
            return f"{self.count:,} {kind} {self.action}"
        kind = kind.removesuffix("s").replace("api", "API")
        named = f" “{self.object_name}”" if self.object_name else ""
        return f"{kind[0].upper()}{kind[1:]}{named} {self.action}"

    @property
    def is_sealed(self) -> bool:
        return self.seal_id is not None
