"""On which days, at which hours, an audience is worked out from all members."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models

from audiences.models import Audience
from segments.models import Space
from segments.models.row import Row
from segments.models.space import validate_time_zone

WEEK, DAY = list(range(7)), list(range(24))


def _numbers(most: int, help_text: str) -> ArrayField[list[int], list[int]]:
    one = models.PositiveSmallIntegerField(validators=[MaxValueValidator(most)])
    return ArrayField(one, size=most + 1, help_text=help_text)


class RefreshSchedule(Row):
    """That an audience be worked out from all members on some days of the week, at some hours by
    some clock; besides the times that its ``refresh_interval`` makes."""

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.CASCADE, db_column="space_number", db_index=False
    )
    audience = models.OneToOneField(
        Audience,
        on_delete=models.CASCADE,
        db_column="audience_number",
        related_name="refresh_schedule",
    )
    days = _numbers(WEEK[-1], "Days of the week; 0 is Sunday.")
    hours = _numbers(DAY[-1], "Hours of these days, 0 to 23.")
    time_zone = models.CharField(
        max_length=64,
        validators=[validate_time_zone],
        help_text="By whose clock, e.g. Europe/Amsterdam.",
    )
    next_at = models.DateTimeField(
        editable=False, db_index=True, help_text="When it will be worked out next."
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "id"],
                name="refresh_schedule_id_unique_in_space",
                violation_error_message="A schedule with this id already exists.",
            ),
            models.CheckConstraint(
                condition=models.Q(days__contained_by=WEEK, days__len__gte=1),
                name="refresh_schedule_has_days_of_the_week",
                violation_error_message="Give one day or more, from 0 to 6.",
            ),
            models.CheckConstraint(
                condition=models.Q(hours__contained_by=DAY, hours__len__gte=1),
                name="refresh_schedule_has_hours_of_the_day",
                violation_error_message="Give one hour or more, from 0 to 23.",
            ),
        ]

    class JSONAPIMeta:
        resource_name = "refresh-schedules"

    def __str__(self) -> str:
        return f"schedule of {self.audience}"

    def after(self, moment: datetime.datetime) -> datetime.datetime:
        """The next of its times. An hour that a clock skips comes when it is skipped; one that
        comes twice counts once."""
        zone = ZoneInfo(self.time_zone)
        first = moment.astimezone(zone).date() - datetime.timedelta(days=1)
        dates = [first + datetime.timedelta(days=days) for days in range(10)]
        times = (
            datetime.datetime.combine(date, datetime.time(hour), zone).astimezone(datetime.UTC)
            for date in dates
            if date.isoweekday() % 7 in self.days
            for hour in self.hours
        )
        return min(time for time in times if time > moment)
