"""What every row of a space has: an inner number and an outer id."""

import uuid
from collections.abc import Collection
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.core.exceptions import ValidationError
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

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Check the constraints. A broken one is told at the field that one would change to keep
        it, where Django would tell it at none."""
        try:
            super().validate_constraints(exclude)
        except ValidationError as error:
            told: dict[str, list[ValidationError]] = {}
            for field, faults in error.error_dict.items():
                for fault in faults:
                    told.setdefault(self.field_at_fault(fault) or field, []).append(fault)
            raise ValidationError(told) from error

    @classmethod
    def field_at_fault(cls, fault: ValidationError) -> str | None:
        """The field that one would change to keep the constraint that the fault is about."""
        for constraint in cls._meta.constraints:
            if constraint.violation_error_message in fault.messages:
                if isinstance(constraint, models.UniqueConstraint):
                    return next(name for name in constraint.fields if name != "space")
                condition: Any = getattr(constraint, "condition", None)
                if isinstance(condition, models.Q) and isinstance(condition.children[0], tuple):
                    return str(condition.children[0][0]).partition("__")[0]
                parts = condition.flatten() if condition else ()
                names = (getattr(part, "name", None) for part in parts)  # an F has one
                return next(filter(None, names), None)
        return None
