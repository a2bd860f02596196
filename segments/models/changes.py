"""Which memberships' facts have changed: what keeps audiences right."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from segments.models.space import Space


class ChangedMemberships(models.Model):
    """An outbox: memberships whose facts a statement changed, waiting to be asked anew.

    Written by triggers in the transaction of the change itself, whatever made it, one row for each
    statement and space; taken out by the refresh of the space's audiences.
    """

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space, on_delete=models.CASCADE, db_column="space_number", db_constraint=False
    )
    membership_numbers = ArrayField(models.IntegerField())
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{len(self.membership_numbers)} changed memberships"
