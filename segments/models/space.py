"""The wall around one programme's data."""

import datetime
import uuid
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from segments.phones import COUNTRIES
from segments.querysets import SpaceQuerySet


def validate_time_zone(value: str) -> None:
    """Refuse a name that the IANA time zone database doesn't have."""
    if value not in available_timezones():
        raise ValidationError(
            f"“{value}” is not a time zone. Use a name such as “Europe/Amsterdam” or “UTC”."
        )


def validate_country(value: str) -> None:
    """Refuse what is not the code of a country."""
    if value not in COUNTRIES:
        raise ValidationError(
            f"“{value}” is not a country. Use its two letters of ISO 3166, such as “NL” or “US”."
        )


class Space(models.Model):
    """One programme: every other row belongs to exactly one space and never points out of it."""

    number = models.AutoField(primary_key=True)
    id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    slug = models.SlugField(max_length=63, unique=True, help_text="Its name in URLs and headers.")
    name = models.CharField(max_length=255)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="Ages, birthdays and days begin and end by this clock, e.g. Europe/Amsterdam.",
    )
    country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[validate_country],
        help_text="Phone numbers without a country's code are of this one: its two letters, e.g. "
        "NL. Without it, such numbers find nobody.",
    )
    definitions_version = models.BigIntegerField(
        default=0,
        editable=False,
        help_text="Raised by database triggers at each change of a definition (offers, audiences, "
        "segments): what was compiled from an older version is out of date.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    staff = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="spaces",
        help_text="Staff who may see and change this space in the admin. Superusers see all.",
    )

    objects = SpaceQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    class JSONAPIMeta:
        resource_name = "spaces"

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def read_moment(self, text: str) -> datetime.datetime:
        """The moment that somebody writes in ISO 8601: a day is its midnight, by this clock.

        :raises ValueError: a sentence that says what would be right.
        """
        try:
            moment = datetime.datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is None and len(text) == len("2026-05-01"):
            moment = moment.replace(tzinfo=self.zone)
        if moment is None or moment.tzinfo is None or not 1900 <= moment.year <= 9000:
            raise ValueError(
                f"“{text}” is not a moment of the years 1900 to 9000. Give a date such as "
                "2026-05-01, or a time with its zone such as 2026-05-01T09:00:00Z."
            )
        return moment

    def date_at(self, moment: datetime.datetime) -> datetime.date:
        """The calendar date of a moment, by this space's clock."""
        return moment.astimezone(self.zone).date()
