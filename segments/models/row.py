"""What every row of a space has: an inner number and an outer id."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models


class Row(models.Model):
    """A row with two names.

    ``number`` is the primary key: small, never changed, never reused, and used only inside
    (foreign keys, member sets). ``id`` is the public UUID, unique *within its space*, so that a
    client may choose it and learns nothing of the rows of other spaces by doing so.
    """

    number = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), editable=False)

    class Meta:
        abstract = True
