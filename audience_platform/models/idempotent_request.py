"""POSTs that are carried out once."""

from __future__ import annotations

from django.db import models

from audience_platform.models.api_key import ApiKey
from segments.models import Space


class IdempotentRequest(models.Model):
    """A POST that came with an ``Idempotency-Key``, and its answer, to be given again.

    Written in the transaction of the change itself: there is an answer exactly where there is a
    change. See ``audience_platform.api.idempotency``.
    """

    number = models.BigAutoField(primary_key=True)
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, db_index=False)
    space = models.ForeignKey(
        Space, on_delete=models.CASCADE, db_column="space_number", db_index=False
    )
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    location = models.TextField(blank=True, db_default="")
    body = models.BinaryField(db_default=b"")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Two at one moment: the second waits here for the first, then finds its answer.
            models.UniqueConstraint(
                fields=["api_key", "space", "key"], name="idempotent_request_carried_out_once"
            ),
        ]
        indexes = [
            # Those past their day are looked up, to be deleted, at each new one.
            models.Index(fields=["created_at"], name="old_idempotent_requests"),
        ]

    def __str__(self) -> str:
        return self.key
