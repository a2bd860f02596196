"""Previews that are asked for now and read later."""

from __future__ import annotations

from django.db import models

from segments.models import Space
from segments.models.row import Row


class KeptPreview(Row):
    """Whom a definition would mean, as it was worked out when somebody asked. Kept for a day."""

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.CASCADE, db_column="space_number", db_index=False
    )
    asked = models.JSONField(help_text="As it was asked, in the words of the client.")
    answer = models.JSONField(help_text="As it is told.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["space", "id"], name="preview_id_unique_in_space"),
        ]
        indexes = [
            # Those past their day are looked up, to be deleted, at each new one.
            models.Index(fields=["created_at"], name="old_previews"),
        ]

    def __str__(self) -> str:
        return f"preview {self.id}"
