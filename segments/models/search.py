"""What a search for memberships looks through."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from segments.models.space import Space


class MembershipText(models.Model):
    """A membership's identifiers and name as one text, in capitals, as a worker last read them.

    Apart from the membership, so that no import and no update of it writes to the index.
    """

    pk = models.CompositePrimaryKey("space_id", "membership_number")
    space = models.ForeignKey(
        Space,
        on_delete=models.CASCADE,
        db_column="space_number",
        db_constraint=False,
        db_index=False,
    )
    membership_number = models.IntegerField()
    text = models.TextField()

    class Meta:
        indexes = [
            # Any three letters in a row lead to the texts that have them. The list of what is not
            # yet sorted in is kept short: every search reads it.
            GinIndex(
                fields=["text"],
                opclasses=["gin_trgm_ops"],
                gin_pending_list_limit=1024,
                name="texts_by_three_letters",
            ),
        ]

    def __str__(self) -> str:
        return f"text of {self.membership_number}"


class UnreadTexts(models.Model):
    """Memberships that have changed since their texts were read: a search asks themselves.

    They come out of ``ChangedMemberships`` with the refresh, and go when the texts are read.
    """

    number = models.BigAutoField(primary_key=True)
    space = models.ForeignKey(
        Space,
        on_delete=models.CASCADE,
        db_column="space_number",
        db_constraint=False,
        db_index=False,
    )
    membership_numbers = ArrayField(models.IntegerField())

    def __str__(self) -> str:
        return f"{len(self.membership_numbers)} unread texts"
