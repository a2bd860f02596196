"""Which audiences a member of staff is kept from."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from audience_platform.models.api_key import denied_labels


class StaffLabels(models.Model):
    """The labels that a member of staff is denied. A superuser is denied none."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="staff_labels",
    )
    denied_labels = denied_labels("they")

    def __str__(self) -> str:
        return ", ".join(self.denied_labels)
