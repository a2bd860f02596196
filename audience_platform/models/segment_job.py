"""Refreshes that a client of Adobe's API asked for, to be asked about later."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from segments.models import Space
from segments.models.row import Row


class SegmentJob(Row):
    """That some audiences be worked out anew. How far that is follows from the audiences."""

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.CASCADE, db_column="space_number", db_index=False
    )
    audiences = ArrayField(models.UUIDField(), help_text="Their ids; they may be gone by now.")
    requested_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["space", "id"], name="segment_job_id_unique_in_space"),
        ]
        indexes = [
            # Those past their days are looked up, to be deleted, at each new one.
            models.Index(fields=["requested_at"], name="old_segment_jobs"),
        ]

    def __str__(self) -> str:
        return f"segment job {self.id}"
