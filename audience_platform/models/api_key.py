"""Who may speak to the platform."""

from __future__ import annotations

import datetime
import uuid
from functools import cached_property

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from segments.models import Space


class Scope(models.TextChoices):
    READ = "read", "Read"
    WRITE = "write", "Read and write"


def denied_labels(who: str) -> ArrayField[list[str], list[str]]:
    """The labels of audiences that somebody is kept from."""
    return ArrayField(
        models.CharField(max_length=255),
        default=list,
        db_default=[],
        blank=True,
        size=100,
        help_text=f"Audiences that carry one of these labels {who} neither sees nor makes; labels "
        "are separated by commas.",
    )


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
    denied_labels = denied_labels("the key")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name

    @cached_property
    def opens(self) -> list[Space]:
        """Its spaces, by their slugs: there already, where ``services.find_key`` found the key."""
        return sorted(self.spaces.all(), key=lambda space: space.slug)
