"""Bringing a space's audiences up to date: the one place where members enter and leave.

One transaction takes the changed memberships out of the outbox, asks them anew, works out whole
what a changed definition or the clock demands, and stores the new versions. So it has happened or
it has not; what was not taken is there for the next.
"""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from pyroaring import BitMap

from audiences import members
from audiences.models import Audience, AudienceStatus, Cause, SpaceRefresh
from audiences.rules.clock import Clock
from audiences.rules.columns import Chunk, read_chunks, read_numbers
from audiences.rules.evaluate import ColumnAnswers
from audiences.rules.moves import next_change
from audiences.rules.tree import Rule
from audiences.services.kept_facts import remember_taken
from audiences.services.meaning import Meaning, Meanings, kept_meanings
from segments.models import ChangedMemberships, Space

logger = logging.getLogger(__name__)

_AT_ONCE = 1 << 17  # changed memberships that are read together
DAY = 86_400  # seconds between full passes of an audience that has no interval of its own
_TRY_AGAIN_AFTER = datetime.timedelta(minutes=5)
_SOONEST = datetime.timedelta(seconds=10)  # between two rebuilds by the clock
_TAKE = """
WITH taken AS (
    DELETE FROM segments_changedmemberships WHERE space_number = %s
    RETURNING space_number, membership_numbers
), unread AS (
    INSERT INTO segments_unreadtexts (space_number, membership_numbers)
    SELECT space_number, membership_numbers[start : start + 19999]
    FROM taken, generate_series(1, cardinality(membership_numbers), 20000) AS start
)
SELECT membership_numbers FROM taken
"""


@dataclass
class Outcome:
    """What a refresh did to one audience."""

    audience: int
    name: str
    cause: Cause | None = None  # None: nothing changed
    size: int = 0
    entered: int = 0
    left: int = 0
    drift: int = 0  # members whom a full rebuild found wrong: there must be none
    error: str = ""


@dataclass
class _Work:
    """One audience on its way through a refresh."""

    meaning: Meaning
    status: AudienceStatus
    cause: Cause
    new: BitMap = field(default_factory=BitMap)
    changes_at: datetime.datetime | None = None
    error: str = ""


def refresh_space(
    *,
    space: Space,
    now: datetime.datetime,
    full: bool = False,
    audiences: Collection[int] = (),
) -> list[Outcome]:
    """Bring the space's audiences up to date, as of ``now``; one at a time for each space.

    ``full`` works out every audience from all members, ``audiences`` (numbers) these. An audience
    that can't be worked out keeps its last version, and its status says why.
    """
    with transaction.atomic():
        return _refresh(space, now, full, set(audiences))


def _refresh(space: Space, now: datetime.datetime, full: bool, asked: set[int]) -> list[Outcome]:
    started = time.monotonic()
    SpaceRefresh.objects.bulk_create([SpaceRefresh(space=space)], ignore_conflicts=True)
    lock = SpaceRefresh.objects.select_for_update().get(space=space)
    # read before the definitions: one that changes meanwhile is due again
    version = Space.objects.values_list("definitions_version", flat=True).get(pk=space.pk)
    lock.definitions_version = version
    meanings = kept_meanings(space, version)
    changed = _take_changed(space)
    works = list(_sorted_out(meanings, now, full, asked))
    whole = [work for work in works if work.cause != Cause.FACTS and not work.error]
    partly = [work for work in works if work.cause == Cause.FACTS] if changed else []
    old = members.load_many([work.status for work in [*whole, *partly]])
    clock = Clock(now, space.zone)
    if whole:
        _work_out(
            whole,
            meanings,
            read_chunks(
                space=space.pk,
                wanted=meanings.wanted([work.meaning.rule for work in whole]),
                clock=clock,
            ),
        )
    if partly:
        rules = [work.meaning.rule for work in partly]
        _work_out(partly, meanings, changed_chunks(space, meanings, rules, changed, clock))
        for work in partly:
            work.new = (old[work.status.pk] - changed) | work.new
    took = datetime.timedelta(seconds=time.monotonic() - started)
    # those noted meanwhile may have been read either way, and are for the next refresh
    outcomes = _store(works, old, changed | noted(space), now, took)
    lock.as_of, lock.took = now, datetime.timedelta(seconds=time.monotonic() - started)
    lock.save()
    return outcomes


def _take_changed(space: Space) -> BitMap:
    """The changed memberships, which are no longer noted: or again, should this be undone.

    What they are searched by is for another job to read.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [space.pk])
        taken = BitMap().union(*(BitMap(numbers) for (numbers,) in cursor.fetchall()))
    if taken:
        remember_taken(space.pk, taken)
    return taken


def noted(space: Space) -> BitMap:
    """The changed memberships that no refresh has taken yet."""
    rows = ChangedMemberships.objects.filter(space=space)
    return BitMap().union(*map(BitMap, rows.values_list("membership_numbers", flat=True)))


def _sorted_out(
    meanings: Meanings, now: datetime.datetime, full: bool, asked: set[int]
) -> Iterator[_Work]:
    """The audiences that are kept up to date, each with what it wants."""
    statuses = AudienceStatus.objects.in_bulk(list(meanings.by_number))
    missing = [AudienceStatus(audience_id=pk) for pk in meanings.by_number if pk not in statuses]
    AudienceStatus.objects.bulk_create(missing)
    statuses |= {status.pk: status for status in missing}
    resting = [
        pk
        for pk, meaning in meanings.by_number.items()
        if not meaning.audience.is_kept and statuses[pk].meaning
    ]
    # what rests misses changes: it is worked out whole when it is published again
    AudienceStatus.objects.filter(pk__in=resting).update(meaning="")
    for pk, meaning in meanings.by_number.items():
        status = statuses[pk]
        if meaning.audience.is_kept and (
            full or pk in asked or not _failed_lately(meaning, status, now)
        ):
            cause = _cause(meaning, status, now, full or pk in asked)
            yield _Work(meaning, status, cause, error=meaning.error)


def _failed_lately(meaning: Meaning, status: AudienceStatus, now: datetime.datetime) -> bool:
    return (
        status.failed_at is not None
        and status.requested_at is None
        and status.meaning == meaning.digest
        and now - status.failed_at < _TRY_AGAIN_AFTER
    )


def _cause(meaning: Meaning, status: AudienceStatus, now: datetime.datetime, full: bool) -> Cause:
    """Why an audience is worked out whole; ``FACTS`` where only changed memberships are asked."""
    if status.version == 0:
        return Cause.FIRST
    if status.meaning != meaning.digest or status.failed_at is not None:
        return Cause.DEFINITION
    if full or status.requested_at is not None:
        return Cause.FULL
    if status.changes_at is not None and status.changes_at <= now:
        return Cause.CLOCK
    if status.as_of is not None and now - status.as_of >= full_pass_after(meaning.audience):
        return Cause.FULL
    return Cause.FACTS


def full_pass_after(audience: Audience) -> datetime.timedelta:
    """How long after the last time an audience is worked out whole again: to find any drift."""
    return datetime.timedelta(seconds=audience.refresh_interval or DAY)


def changed_chunks(
    space: Space, meanings: Meanings, rules: Sequence[Rule], changed: BitMap, clock: Clock
) -> Iterator[Chunk]:
    """The facts that the rules are answered from, of the changed memberships."""
    wanted = meanings.wanted(rules)
    numbers = changed.to_array()
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        yield read_numbers(space=space.pk, wanted=wanted, clock=clock, numbers=part)


def _work_out(works: Sequence[_Work], meanings: Meanings, chunks: Iterator[Chunk]) -> None:
    for chunk in chunks:
        answers = ColumnAnswers(chunk, meanings.segments)
        for work in works:
            if work.error:
                continue
            try:
                work.new |= answers.members(work.meaning.rule)
                moment = next_change(work.meaning.rule, chunk)
            except Exception as error:
                logger.exception("Audience %s can't be worked out", work.meaning.audience)
                work.error = f"It can't be worked out: {error}"
            else:
                known = [at for at in (work.changes_at, moment) if at is not None]
                work.changes_at = min(known, default=None)


def _store(
    works: Sequence[_Work],
    old: dict[int, BitMap],
    changed: BitMap,
    now: datetime.datetime,
    took: datetime.timedelta,
) -> list[Outcome]:
    changes = []
    stand = []
    outcomes = []
    for work in works:
        outcome = Outcome(work.meaning.audience.pk, str(work.meaning.audience), error=work.error)
        outcomes.append(outcome)
        before = old.get(work.status.pk)
        still = stands_still(work.status, now)
        if _stand(work, now, took):
            stand.append(work.status)
        outcome.size = work.status.size
        if work.error or before is None:
            continue
        if work.new != before or work.cause == Cause.FIRST:
            changes.append(members.Change(work.status, work.cause, before, work.new, took))
            outcome.cause, outcome.size = work.cause, len(work.new)
            outcome.entered, outcome.left = len(work.new - before), len(before - work.new)
        if work.cause == Cause.FULL and still:
            outcome.drift = len((work.new ^ before) - changed)
            if outcome.drift:
                logger.error("%s had drifted by %d members", outcome.name, outcome.drift)
    members.store(changes, as_of=now)
    AudienceStatus.objects.bulk_update(
        stand,
        ["meaning", "as_of", "took", "changes_at", "requested_at", "last_error", "failed_at"],
    )
    return outcomes


def stands_still(status: AudienceStatus, now: datetime.datetime) -> bool:
    """Whether the clock has moved nobody since the last time: what a full rebuild then finds
    otherwise has drifted. (A move by the clock may wait for ``_SOONEST``.)"""
    return status.changes_at is None or status.changes_at > now + _SOONEST


def _stand(work: _Work, now: datetime.datetime, took: datetime.timedelta) -> bool:
    """Bring the status up to date with what was worked out; whether that changed it."""
    status = work.status
    if work.error:
        status.last_error, status.failed_at = work.error, now
        status.meaning = work.meaning.digest
    elif work.cause == Cause.FACTS:
        before = status.changes_at
        known = [at for at in (before, work.changes_at) if at is not None]
        status.changes_at = min(known, default=None)
        return status.changes_at != before
    else:
        status.meaning, status.as_of, status.took = work.meaning.digest, now, took
        status.changes_at = work.changes_at and max(work.changes_at, now + _SOONEST)
        status.requested_at, status.last_error, status.failed_at = None, "", None
    return True
