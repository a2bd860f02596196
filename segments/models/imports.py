"""An import of a file, from the wish to its end: what is asked for, how far it is, what it did."""

from __future__ import annotations

import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.timezone import localtime

from segments.models.row import Row
from segments.models.segment import Segment
from segments.models.space import Space
from segments.querysets import ImportQuerySet


class ImportTarget(models.TextChoices):
    """What the rows of the file are."""

    MEMBERSHIPS = "memberships", "Memberships of the space"
    SEGMENT = "segment", "Members of a segment"
    AUDIENCE = "audience", "Members of an audience"  # by its own list, which ``segment`` is


class ImportMode(models.TextChoices):
    ADD_AND_UPDATE = "add_and_update", "Add those who are new, bring the others up to date"
    ADD = "add", "Add: those in the file join"
    REPLACE = "replace", "Replace: those in the file, and nobody else"
    REMOVE = "remove", "Remove: those in the file leave"
    UPDATE_ONLY = "update_only", "Update only: nobody joins and nobody leaves"


class Unknown(models.TextChoices):
    """What becomes of a person in the file whom the space doesn't know."""

    CREATE = "create", "Add them to the space"  # when adding or replacing; else as ``skip``
    SKIP = "skip", "Leave them out"
    REFUSE = "refuse", "Take their rows for bad"


REMOVABLE_SHARE = 0.2  # of a list, that a file or a sync may take off it without asking


class ImportState(models.TextChoices):
    WAITING = "waiting", "Waiting for a file"
    UPLOADED = "uploaded", "Uploaded"
    COUNTING = "counting", "Dry run under way"
    COUNTED = "counted", "Dry run done"
    RUNNING = "running", "Running"
    NEEDS_CONFIRMATION = "needs_confirmation", "Needs confirmation"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


AT_WORK = (ImportState.COUNTING, ImportState.RUNNING)


class Import(Row):
    """One file's import into a space.

    ``attempt`` fences: it is raised whenever a worker takes the work up, and who finds another
    there than its own has lost it. The migration adds the foreign key (space, segment), by which
    an import outlives its segment.
    """

    space = models.ForeignKey(
        Space, on_delete=models.CASCADE, db_column="space_number", db_index=False
    )
    target = models.CharField(
        max_length=16, choices=ImportTarget, default=ImportTarget.MEMBERSHIPS, editable=False
    )
    segment = models.ForeignKey(
        Segment,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_column="segment_number",
        db_constraint=False,
        db_index=False,
        related_name="imports",
    )
    mode = models.CharField(max_length=16, choices=ImportMode)
    unknown = models.CharField(
        "unknown people", max_length=8, choices=Unknown, default=Unknown.REFUSE
    )
    removable_share = models.FloatField(
        default=REMOVABLE_SHARE,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="The share of a list, of 1, that a replacement may take off it without asking.",
    )
    skip_bad_rows = models.BooleanField(
        default=False, help_text="Import the other rows. Otherwise one bad row stops them all."
    )
    mapping = models.JSONField(
        null=True,
        blank=True,
        help_text="By column of the file: the field that it holds, or null to leave it out.",
    )
    state = models.CharField(
        max_length=24, choices=ImportState, default=ImportState.WAITING, editable=False
    )
    error = models.TextField(blank=True, editable=False)

    # The file, by its names in the storage “imports”, and what was seen in it at first sight
    file = models.CharField(max_length=255, blank=True, editable=False)
    file_name = models.CharField(max_length=255, blank=True, editable=False)
    file_size = models.BigIntegerField(null=True, editable=False)
    look = models.JSONField(null=True, editable=False)
    problems_file = models.CharField(max_length=255, blank=True, editable=False)
    failed_rows_file = models.CharField(max_length=255, blank=True, editable=False)
    problem_count = models.PositiveIntegerField(default=0, editable=False)
    first_problems = models.JSONField(default=list, editable=False)

    # How far the work is
    attempt = models.PositiveIntegerField(default=0, editable=False)
    confirmed = models.BooleanField(default=False, editable=False)
    cancel_requested_at = models.DateTimeField(null=True, editable=False)
    step = models.CharField(max_length=255, blank=True, editable=False)
    rows_done = models.BigIntegerField(default=0, editable=False)
    rows_total = models.BigIntegerField(null=True, editable=False)
    percent = models.FloatField(default=0, editable=False)

    # What a dry run said that would happen, and what did
    expected = models.JSONField(null=True, editable=False)
    result = models.JSONField(null=True, editable=False)

    made_by = models.CharField(max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    uploaded_at = models.DateTimeField(null=True, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    touched_at = models.DateTimeField(auto_now=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "id"],
                name="import_id_unique_in_space",
                violation_error_message="An import with this id already exists.",
            ),
            models.CheckConstraint(
                condition=~models.Q(target=ImportTarget.MEMBERSHIPS)
                | models.Q(segment__isnull=True),
                name="import_of_memberships_has_no_segment",
                violation_error_message="An import of memberships has no segment.",
            ),
        ]
        indexes = [
            # The imports of a list, and those to let go of when it is deleted.
            models.Index(fields=["space", "segment"], name="imports_of_a_segment"),
        ]

    class JSONAPIMeta:
        resource_name = "imports"

    def __str__(self) -> str:
        return self.file_name or f"Import of {localtime(self.created_at):%Y-%m-%d %H:%M}"

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK

    def rate(self, now: datetime.datetime) -> float | None:
        """Rows a second since the work began, or over all of it; None before the first."""
        if self.started_at is None or not self.rows_done:
            return None
        seconds = ((self.ended_at or now) - self.started_at).total_seconds()
        return round(self.rows_done / max(seconds, 0.001), 1)
