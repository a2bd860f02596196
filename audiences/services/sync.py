"""Syncs: a list fetched from its source, whole, and then made the audience's in one transaction.

    PENDING → RUNNING → SUCCESS | FAILED

What is fetched is kept in a file until the vendor has said the last of it: a list that can't be
fetched to its end changes nothing. Who works on a sync holds a lock of the database's, which ends
with them; so one whose worker died is told from one that takes long.
"""

from __future__ import annotations

import csv
import datetime
import io
import logging
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import BinaryIO

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from audiences.models import Audience, Source, Sync, SyncedList, SyncStatus
from audiences.models.source import OPEN
from audiences.services.own_list import list_of
from audiences.services.sources import Patience, access_to
from audiences.sources.base import Kind, Profile, SourceError
from segments.imports.lists import ListImported, ListMode, import_list
from segments.imports.refusals import ImportRefused, TooManyRemoved
from segments.models import Unknown
from segments.services import replace_members

logger = logging.getLogger(__name__)

_LOCK = 0x73796E63  # “sync”: of PostgreSQL's advisory locks, those of audiences at work
# By column of the file: how long a value may be.
_LONGEST = {"external_id": 255, "email": 254, "phone": 32, "full_name": 255}
_is_email = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch
_UNFORESEEN = "Something went wrong here, and is logged. Nothing was changed; sync again."
_CANCELLED = "The sync was cancelled. Nothing was changed."
_INTERRUPTED = "The sync was interrupted each time it was tried. Nothing was changed; sync again."

_NOBODY = ListImported(
    rows=0,
    dry_run=False,
    mode=ListMode.REPLACE,
    listed=0,
    added=0,
    already_in=0,
    removed=0,
    not_in=0,
    created=0,
    updated=0,
    unknown=0,
    repeated=0,
    must_be_confirmed=False,
)

Clock = Callable[[], datetime.datetime]
Progress = Callable[[str, int], None]  # told the step, and how many people have been pulled


class NotSynced(Exception):
    """That an audience holds no list of a source's."""

    def __init__(self, audience: Audience) -> None:
        why = "was archived" if audience.audience_type == "synced" else "is not a synced list"
        super().__init__(f"“{audience}” {why}: there is nothing to sync it with.")


class SyncInProgress(Exception):
    """That an audience is being synced already; ``sync`` is that one."""

    def __init__(self, audience: Audience, sync: Sync) -> None:
        self.sync = sync
        super().__init__(f"“{audience}” is being synced already. Wait until that has ended.")


class NotRunning(Exception):
    """That a sync has ended, and so can't be cancelled."""

    def __init__(self) -> None:
        super().__init__("This sync has ended already: there is nothing to cancel.")


class _Lost(Exception):
    """That somebody else works on the sync, or that it was cancelled or deleted."""


@transaction.atomic
def request_sync(*, audience: Audience, at: datetime.datetime, confirmed: bool = False) -> Sync:
    """Have the audience's list synced. ``confirmed``: though that takes many off it.

    :raises NotSynced: the audience holds no list of a source's.
    :raises SyncInProgress: it is being synced already.
    """
    if not SyncedList.objects.filter(audience=audience).exists():
        raise NotSynced(audience)
    try:
        with transaction.atomic():
            return Sync.objects.create(
                space_id=audience.space_id, audience=audience, requested_at=at, confirmed=confirmed
            )
    except IntegrityError:
        for running in Sync.objects.filter(audience=audience, status__in=OPEN):
            raise SyncInProgress(audience, running) from None
        raise


def sync_now(
    *,
    audience: Audience,
    confirmed: bool = False,
    clock: Clock = timezone.now,
    sleep: Callable[[float], None] = time.sleep,
    progress: Progress | None = None,
) -> Sync:
    """Sync the audience here, to the end; the sync says how it went.

    Raises what ``request_sync`` raises.
    """
    for running in Sync.objects.filter(audience=audience, status__in=OPEN):
        raise SyncInProgress(audience, running)
    # so that nobody takes it for left behind; another may be about to let go
    with _alone(audience.pk, wait=True):
        sync = request_sync(audience=audience, at=clock(), confirmed=confirmed)
        run_sync(number=sync.pk, clock=clock, sleep=sleep, progress=progress)
    sync.refresh_from_db()
    return sync


def run_sync(
    *,
    number: int,
    clock: Clock = timezone.now,
    sleep: Callable[[float], None] = time.sleep,
    progress: Progress | None = None,
) -> None:
    """Carry out a sync (its number). One that has ended, or that somebody works on, is left alone.

    Whatever fails is told by the sync; what nobody foresaw is raised, besides.
    """
    sync = Sync.objects.filter(pk=number).first()
    if sync is None:
        return
    with _alone(sync.audience_id) as alone:
        if not alone or not _take_up(sync, clock()):
            return
        try:
            _Work(sync, clock, sleep, progress).do()
        except _Lost:
            logger.warning("Sync %s was cancelled, deleted or taken over", sync.id)
        except SourceError as error:
            _fail(sync, error.code, str(error), clock())
        except TooManyRemoved as error:
            _fail(sync, "needs_confirmation", _question(error), clock())
        except ImportRefused as error:
            _fail(sync, "refused", str(error), clock())
        except Exception:
            _fail(sync, "unforeseen", _UNFORESEEN, clock())
            raise


def give_up(*, sync: Sync, at: datetime.datetime) -> bool:
    """End a sync that nobody works on, or will; False where somebody does."""
    with _alone(sync.audience_id) as alone:
        if alone:
            _fail(sync, "interrupted", _INTERRUPTED, at)
        return alone


@transaction.atomic
def cancel_sync(*, sync: Sync, at: datetime.datetime) -> None:
    """Let it not happen. Who works on it finds out at the next page, and has changed nothing.

    :raises NotRunning: it has ended already.
    """
    cancelled = Sync.objects.filter(pk=sync.pk, status__in=OPEN).update(
        status=SyncStatus.FAILED, error_code="cancelled", error=_CANCELLED, step="", ended_at=at
    )
    if not cancelled:
        raise NotRunning
    sync.refresh_from_db()


@contextmanager
def _alone(audience: int, *, wait: bool = False) -> Iterator[bool]:
    """Whether the audience (its number) is ours to sync, or once it is: until the end, or that of
    this process."""
    take = "pg_advisory_lock(%s, %s) IS NOT NULL" if wait else "pg_try_advisory_lock(%s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {take}", [_LOCK, audience])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, audience])


def _take_up(sync: Sync, at: datetime.datetime) -> bool:
    """Make the sync ours. What another attempt at it has told is forgotten."""
    mine = Sync.objects.filter(pk=sync.pk, status__in=OPEN, attempt=sync.attempt)
    sync.attempt += 1
    return bool(
        mine.update(status=SyncStatus.RUNNING, attempt=sync.attempt, started_at=at, pulled=0)
    )


def _write(sync: Sync, **values: object) -> None:
    """:raises _Lost: the sync is no longer ours."""
    mine = Sync.objects.filter(pk=sync.pk, status__in=OPEN, attempt=sync.attempt)
    if not mine.update(**values):
        raise _Lost


def _fail(sync: Sync, code: str, error: str, at: datetime.datetime) -> None:
    if connection.connection is not None and not connection.is_usable():
        connection.close()  # the database went away meanwhile; it may be back
    mine = Sync.objects.filter(pk=sync.pk, status__in=OPEN, attempt=sync.attempt)
    mine.update(status=SyncStatus.FAILED, error_code=code, error=error, step="", ended_at=at)


def _question(refusal: TooManyRemoved) -> str:
    share = _percent(refusal.removed / refusal.listed)
    return (
        f"This would take {refusal.removed:,} of the {refusal.listed:,} out of the audience: "
        f"{share}, where up to {_percent(refusal.share)} go without asking. Look whether the list "
        "is as it should be where it comes from, then sync again and confirm."
    )


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"


@dataclass(frozen=True)
class _Pulled:
    """A list that was fetched to its end: how many are on it, and how many rows the file has."""

    people: int
    rows: int


class _Work:
    """One attempt at a sync."""

    def __init__(
        self,
        sync: Sync,
        clock: Clock,
        sleep: Callable[[float], None],
        progress: Progress | None,
    ) -> None:
        self._sync = sync
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._audience = Audience.objects.select_related("space").get(pk=sync.audience_id)
        self._pulled = 0

    def do(self) -> None:
        held = SyncedList.objects.select_related("source").filter(audience=self._audience).first()
        if held is None:
            raise SourceError("not_found", str(NotSynced(self._audience)))
        with tempfile.TemporaryFile() as file:
            self._tell(f"Reading from “{held.source}”")
            pulled = self._pull(held.source, Kind(held.kind), held.list_id, file)
            self._tell("Writing")
            with transaction.atomic():
                self._store(pulled, file)
                self._refuse_unless_it_holds(held)

    def _tell(self, step: str) -> None:
        _write(self._sync, step=step[:255], pulled=self._pulled)
        if self._progress:
            self._progress(step, self._pulled)

    def _pull(self, source: Source, kind: Kind, list_id: str, file: BinaryIO) -> _Pulled:
        """Write those on the list to the file, as CSV."""
        rows = 0
        text = io.TextIOWrapper(file, "utf-8", "replace", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(_LONGEST)
        access = access_to(source, Patience(self._sleep))
        for page in source.kind.profiles(access, kind, list_id):
            named = [row for profile in page if (row := _row(profile))]
            writer.writerows(named)
            rows += len(named)
            self._pulled += len(page)
            self._tell(f"Reading from “{source}”")
        text.detach()  # it would close the file
        file.seek(0)
        return _Pulled(self._pulled, rows)

    def _store(self, pulled: _Pulled, file: BinaryIO) -> None:
        done = self._replace(file) if pulled.rows else self._empty()
        _write(
            self._sync,
            status=SyncStatus.SUCCESS,
            step="",
            pulled=pulled.people,
            added=done.added,
            already_in=done.already_in,
            left=done.removed,
            created=done.created,
            unknown=done.unknown,
            unusable=done.bad + pulled.people - pulled.rows,
            error_code="",
            error="",
            ended_at=self._clock(),
        )

    def _refuse_unless_it_holds(self, held: SyncedList) -> None:
        """:raises SourceError: meanwhile the audience was given another list, or archived."""
        same = {"source": held.source_id, "kind": held.kind, "list_id": held.list_id}
        if not SyncedList.objects.filter(pk=held.pk, **same).exists():
            raise SourceError(
                "changed",
                f"“{self._audience}” was given another list, or archived, while this one was read. "
                "Nothing was changed; sync again.",
            )

    def _replace(self, file: BinaryIO) -> ListImported:
        options = self._audience.configuration
        done = import_list(
            space=self._audience.space,
            segment=list_of(self._audience),
            file=file,
            mode=ListMode.REPLACE,
            now=self._clock(),
            unknown=Unknown(options["unknown"]),
            removable_share=options["removable_share"],
            confirmed=self._sync.confirmed,
            keep_known=True,
            skip_bad_rows=True,
        )
        if done.added or done.already_in:
            return done
        # A file of strangers, which it may be by mistake, empties no list; a list of strangers does
        return replace(done, removed=self._empty().removed)

    def _empty(self) -> ListImported:
        """Take everybody off the list, as the import does that has nobody to put on it."""
        segment, share = list_of(self._audience), self._audience.configuration["removable_share"]
        removed = replace_members(segment=segment, memberships=[]).removed
        if removed and share < 1 and not self._sync.confirmed:
            raise TooManyRemoved(segment.short_code, listed=removed, removed=removed, share=share)
        return replace(_NOBODY, removed=removed)


def _row(profile: Profile) -> list[str] | None:
    """The person as a row of the file, without what can't be kept of them; None where nobody can
    be found or made by the rest."""
    known = {name: getattr(profile, name).replace("\0", "") for name in _LONGEST}
    row = {name: value if len(value) <= _LONGEST[name] else "" for name, value in known.items()}
    if not _is_email(row["email"]):
        row["email"] = ""
    return [*row.values()] if row["external_id"] or row["email"] or row["phone"] else None
