"""Locks: a changed audience takes no further change until it has been worked out.

Nothing holds a lock: it is told from what is there. So it can't outlive its work, and a worker that
dies leaves none behind.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction

from audiences.models import Audience, AudienceStatus
from audiences.rules.tree import AnyOf, InAudience
from audiences.services.meaning import read_meanings
from audiences.services.standing import is_being_refreshed
from segments.models import Space

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
    return audience.pk in locked_among([audience], at=at)


def locked_among(audiences: Iterable[Audience], *, at: datetime.datetime) -> set[int]:
    """The numbers of those that are locked. The queries are as many as their spaces make."""
    changed = {one.pk: one for one in audiences if one.defined_at is not None and one.is_kept}
    statuses = AudienceStatus.objects.in_bulk(list(changed)) if changed else {}
    waiting: dict[Space, list[Audience]] = {}
    for pk, status in statuses.items():
        if _may_wait(changed[pk], status):
            waiting.setdefault(changed[pk].space, []).append(changed[pk])
    return {
        audience.pk
        for space, those in waiting.items()
        for audience in _locked(space, those, statuses, at)
    }


def _may_wait(audience: Audience, status: AudienceStatus) -> bool:
    """Whether it has been worked out before, and has not failed since it was changed."""
    failed, changed = status.failed_at, audience.defined_at
    return status.version > 0 and not (failed and changed and failed > changed)


def _locked(
    space: Space,
    audiences: Sequence[Audience],
    statuses: Mapping[int, AudienceStatus],
    at: datetime.datetime,
) -> list[Audience]:
    lately = [one for one in audiences if one.defined_at and at - one.defined_at <= AT_MOST]
    if len(lately) < len(audiences) and _is_worked_on(space):
        lately = list(audiences)
    asked = AnyOf(tuple(InAudience(one.id) for one in lately))
    meanings = read_meanings(space, asked_by=asked).by_number if lately else {}
    return [
        one
        for one in lately
        if one.pk in meanings and meanings[one.pk].digest != statuses[one.pk].meaning
    ]


def _is_worked_on(space: Space) -> bool:
    with transaction.atomic():  # what was locked for the look is let go with the savepoint
        found = is_being_refreshed(space.pk)
        transaction.set_rollback(True)
    return found
