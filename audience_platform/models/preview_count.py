"""How many previews a client of Segment's API has asked for."""

from __future__ import annotations

from django.db import models

from segments.models import Space


class PreviewCount(models.Model):
    """How many previews were asked for in a space in one month, the latest."""

    space = models.OneToOneField(
        Space, on_delete=models.CASCADE, primary_key=True, db_column="space_number"
    )
    month = models.DateField(help_text="Its first day, in UTC.")
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} in {self.month:%Y-%m}"
