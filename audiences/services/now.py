"""Whom audiences mean at this moment, by what is stored wherever that is as good."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from pyroaring import BitMap

from audiences import members
from audiences.models import AudienceStatus
from audiences.rules.clock import Clock
from audiences.rules.evaluate import ColumnAnswers
from audiences.rules.pql.asked import TooMuchWork
from audiences.services.meaning import Meaning, Meanings
from audiences.services.refresh import changed_chunks, noted, stands_still
from audiences.services.work_out import work_out
from segments.models import Space

_MANY = 100_000  # changed memberships: then all are asked


def held_now(
    *, space: Space, meanings: Meanings, asked: Sequence[Meaning], at: datetime.datetime
) -> list[BitMap]:
    """The members of each, by the facts as they are and the clock of ``at``.

    All memberships are asked only for those that ``held_stored`` leaves out.
    """
    found = held_stored(space=space, meanings=meanings, asked=asked, at=at)
    rules = {meaning.audience.pk: meaning.rule for meaning in asked}
    if absent := [pk for pk in rules if pk not in found]:
        whole = [rules[pk] for pk in absent]
        worked_out = work_out(space=space, meanings=meanings, rules=whole, at=at)
        found.update(zip(absent, worked_out, strict=True))
    return [found[meaning.audience.pk] for meaning in asked]


def held_stored(
    *, space: Space, meanings: Meanings, asked: Sequence[Meaning], at: datetime.datetime
) -> dict[int, BitMap]:
    """The same, by the audiences' numbers, of those that cost little: only the changed memberships
    are asked.

    Left out is an audience whose definition is another than was worked out, or in which the clock
    has moved somebody since.
    """
    changed = noted(space)  # first: a set read later may know of more, never of less
    statuses = AudienceStatus.objects.in_bulk([meaning.audience.pk for meaning in asked])
    followed = {
        pk: status
        for meaning in asked
        if (status := statuses.get(pk := meaning.audience.pk))
        and _is_followed(meaning, status, at)
        and len(changed) < _MANY
    }
    found = {pk: one - changed for pk, one in members.load_many(followed.values()).items()}
    rules = {meaning.audience.pk: meaning.rule for meaning in asked}
    if changed:
        partly = [rules[pk] for pk in found]
        for chunk in changed_chunks(space, meanings, partly, changed, Clock(at, space.zone)):
            answers = ColumnAnswers(chunk, meanings.segments)
            for pk in list(found):
                try:
                    found[pk] |= answers.members(rules[pk])
                except TooMuchWork:
                    del found[pk]  # and ``work_out`` has the last word
    return found


def _is_followed(meaning: Meaning, status: AudienceStatus, at: datetime.datetime) -> bool:
    return (
        status.version > 0
        and status.meaning == meaning.digest
        and status.failed_at is None
        and stands_still(status, at)
    )
