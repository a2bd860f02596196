"""Locks: a changed audience takes no further change until it has been worked out.

Nothing holds a lock: it is told from what is there. So it can't outlive its work, and a worker that
dies leaves none behind.
"""

from __future__ import annotations

import datetime

from django.db import transaction

from audiences.models import Audience, AudienceStatus
from audiences.services.meaning import read_meanings
from audiences.services.standing import is_being_refreshed

AT_MOST = datetime.timedelta(seconds=60)  # unless a refresh of the space is at work


class Locked(Exception):
    """That an audience was changed, and has not been worked out since."""

    def __init__(self, audience: Audience) -> None:
        super().__init__(
            f"“{audience}” was changed a moment ago and is being worked out. Try again when its "
            "status says that it is no longer locked: mostly within a second."
        )


def is_locked(audience: Audience, *, at: datetime.datetime) -> bool:
    """Whether a change of what the audience means waits to be worked out.

    The first working-out locks nothing: nobody relies on it yet. Nor does a change that nobody
    works out, after a minute.
    """
    changed = audience.defined_at
    if changed is None or not audience.is_kept:
        return False
    status = AudienceStatus.objects.filter(pk=audience.pk).first()
    if status is None or status.version == 0 or (status.failed_at and status.failed_at > changed):
        return False
    if at - changed > AT_MOST and not _is_worked_on(audience):
        return False
    meaning = read_meanings(audience.space).by_number.get(audience.pk)
    return meaning is not None and meaning.digest != status.meaning


def _is_worked_on(audience: Audience) -> bool:
    with transaction.atomic():  # what was locked for the look is let go with the savepoint
        found = is_being_refreshed(audience.space_id)
        transaction.set_rollback(True)
    return found
