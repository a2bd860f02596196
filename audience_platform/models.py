"""Who may speak to the platform."""

from __future__ import annotations

import datetime
import uuid

from django.db import models
from django.db.models import Q

from segments.models import Space


class Scope(models.TextChoices):
    READ = "read", "Read"
    WRITE = "write", "Read and write"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable_q(self, at: datetime.datetime) -> Q:
        return Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=at))

    def usable(self, at: datetime.datetime) -> ApiKeyQuerySet:
        """Those that open the door at a moment: neither revoked nor expired."""
        return self.filter(self.usable_q(at))


class ApiKey(models.Model):
    """A program's key to one or more spaces.

    The token is shown once, when it is made. Kept are its first characters, to find it by, and
    its SHA-256: the token is 256 random bits, so a slow hash would add nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255, help_text="What the key is for, e.g. “web shop”.")
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    hashed_token = models.CharField(max_length=64, editable=False)
    spaces = models.ManyToManyField(Space, related_name="api_keys")
    scope = models.CharField(max_length=5, choices=Scope, default=Scope.READ)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name


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
