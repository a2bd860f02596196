"""Tells others how far an import is, and asks whether it is to go on.

An import is one transaction, of which nobody sees anything before its end. So this writes through
a database connection of its own, from a thread of its own, while the work goes on.
"""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType
from typing import Any, NamedTuple, Self

import psycopg
from django.db import DatabaseError, close_old_connections, connection

from segments.imports.refusals import Cancelled
from segments.models import Import, ImportState
from segments.models.imports import AT_WORK

_logger = logging.getLogger(__name__)

_EVERY = 0.5  # seconds between two looks
# By the first word of a step: from which to which per cent of all the time it takes, measured with
# a million memberships; by whether it is a dry run.
_SHARES = {
    False: {
        "Reading": (0, 10),
        "Checking": (10, 40),
        "Finding": (10, 40),
        "Writing": (40, 100),
    },
    True: {
        "Reading": (0, 20),
        "Checking": (20, 90),
        "Finding": (20, 90),
        "Counting": (90, 100),
    },
}
_MOST_GUESSED = 0.95  # of a step of which only the time is known
_WRITE = """
UPDATE segments_import
SET step = %s, percent = %s, rows_done = floor(rows_total * %s / 100), touched_at = now()
WHERE number = %s AND attempt = %s AND state = ANY(%s)
RETURNING cancel_requested_at IS NOT NULL
"""


class _Step(NamedTuple):
    name: str
    begins: float  # per cent of all the work
    ends: float
    since: float  # the clock, in seconds
    done: float | None  # of 1, where the step tells

    def percent(self, began: float, now: float) -> float:
        """How much of all the work is done. Within a statement of the database nobody knows: then
        it is taken to go on as fast as until here."""
        done = self.done
        if done is None:
            pace = self.begins / max(self.since - began, 0.001)
            guessed = pace * (now - self.since) / max(self.ends - self.begins, 0.001)
            done = min(guessed, _MOST_GUESSED)
        return self.begins + (self.ends - self.begins) * done


class Watch:
    """Is called with how far the work is. Entered outside of the work's transaction.

    When the work is to stop (it was cancelled, or another worker has it), the statement that the
    database is busy with is cancelled, and the next call raises ``Cancelled``.
    """

    def __init__(self, import_: Import) -> None:
        self.stopped = False
        self._import = import_
        self._shares = _SHARES[import_.state == ImportState.COUNTING]
        self._began = time.monotonic()
        self._step = _Step("", 0, 0, self._began, None)
        self._percent = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._work: Any = None  # the connection that does the work

    def __enter__(self) -> Self:
        connection.ensure_connection()
        self._work = connection.connection
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        begins, ends = self._shares.get(step.partition(" ")[0], (self._percent, self._percent))
        since = self._step.since if step == self._step.name else time.monotonic()
        self._step = _Step(step, begins, ends, since, done / total if total else None)
        if self.stopped:
            raise Cancelled

    def _watch(self) -> None:
        try:
            while not self._ended.wait(_EVERY):
                try:
                    self._look()
                except (DatabaseError, psycopg.Error):  # the latter: of the work's own connection
                    _logger.warning("Can't write how far an import is", exc_info=True)
                    close_old_connections()
        finally:
            connection.close()

    def _look(self) -> None:
        self._percent = max(self._percent, self._step.percent(self._began, time.monotonic()))
        with connection.cursor() as cursor:
            where = self._import.pk, self._import.attempt, list(AT_WORK)
            cursor.execute(_WRITE, [self._step.name, self._percent, self._percent, *where])
            found = cursor.fetchone()
        if found != (False,):  # cancelled, or no longer ours
            self.stopped = True
            self._work.cancel_safe()
