"""One person in a space."""

import datetime
from decimal import Decimal

from django.contrib.postgres.indexes import BrinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from segments.models.row import Row
from segments.models.space import Space
from segments.querysets import MembershipQuerySet

OLDEST_AGE = 123


def earliest_birthday(today: datetime.date) -> datetime.date:
    """The birthday of somebody who turns 123 today: the earliest that a membership may have."""
    try:
        return today.replace(year=today.year - OLDEST_AGE)
    except ValueError:  # 29 February, and no such day 123 years ago: as PostgreSQL subtracts
        return datetime.date(today.year - OLDEST_AGE, 2, 28)


class Membership(Row):
    """One person in a space: who they are, and the facts that rules ask about.

    ``number`` names the person in member sets (compressed bitmaps of 32-bit integers), so the
    column is a 32-bit integer and the database itself refuses what a set couldn't hold.
    """

    number = models.AutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.PROTECT, db_column="space_number", db_index=False
    )
    external_id = models.CharField(
        max_length=255,
        db_collation="C",  # compared by bytes: a third faster to load, the same on every machine
        help_text="Your own identifier of this person; unique in the space.",
    )
    email = models.CharField(max_length=254, null=True, blank=True)
    phone = models.CharField(max_length=32, null=True, blank=True)
    full_name = models.CharField(max_length=255, null=True, blank=True)
    birthday = models.DateField(null=True, blank=True)
    total_orders = models.PositiveIntegerField(default=0, db_default=0)
    total_order_value = models.DecimalField(
        max_digits=18, decimal_places=2, default=Decimal(0), db_default=Decimal(0)
    )
    last_order_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())
    metadata = models.JSONField(
        default=dict, blank=True, db_default=models.Value({}, models.JSONField())
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "external_id"],
                name="membership_external_id_unique_in_space",
                violation_error_message="A membership with this external id already exists.",
            ),
            models.UniqueConstraint(
                fields=["space", "id"],
                name="membership_id_unique_in_space",
                violation_error_message="A membership with this id already exists.",
            ),
            # Pages of a space's memberships, and the target of the foreign keys that keep
            # segment memberships within their space.
            models.UniqueConstraint(fields=["space", "number"], name="membership_number_in_space"),
            models.CheckConstraint(
                condition=~models.Q(external_id=""),
                name="membership_external_id_not_empty",
                violation_error_message="The external id must not be empty.",
            ),
            models.CheckConstraint(
                condition=models.lookups.Exact(
                    models.Func("metadata", function="jsonb_typeof"), models.Value("object")
                ),
                name="membership_metadata_is_an_object",
                violation_error_message="The metadata must be an object of names and values.",
            ),
        ]

        indexes = [
            # “Changed since …”, for programs that follow. BRIN: a b-tree would make each update
            # of a row write to every index (three times slower imports, measured).
            BrinIndex(fields=["updated_at"], name="memberships_by_change"),
        ]

    class JSONAPIMeta:
        resource_name = "memberships"

    def __str__(self) -> str:
        return self.full_name or self.email or self.external_id

    def clean(self) -> None:
        """Check what the database's trigger on birthdays refuses, with a message for people."""
        if self.birthday is None or self.space_id is None:
            return
        today = self.space.date_at(timezone.now())
        if self.birthday > today:
            raise ValidationError(
                {"birthday": f"{self.birthday} is in the future. Give a date up to {today}."}
            )
        if self.birthday < earliest_birthday(today):
            raise ValidationError(
                {
                    "birthday": f"{self.birthday} is more than {OLDEST_AGE} years ago. Give a date "
                    f"from {earliest_birthday(today)}, or none."
                }
            )
