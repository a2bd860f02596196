"""Tells others how far an import is, and asks whether it is to go on.

An import is one transaction, of which nobody sees anything before its end. So this writes through
a database connection of its own, from a thread of its own, while the work goes on.
"""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, close_old_connections, connection

from segments.imports.refusals import Cancelled
from segments.models import Import
from segments.models.imports import AT_WORK

_logger = logging.getLogger(__name__)

_EVERY = 0.5  # seconds between two looks
# By the first word of a step: from which to which per cent of all the time it takes.
_SHARES = {"Reading": (0, 20), "Checking": (20, 50), "Counting": (50, 100), "Writing": (50, 100)}
_WRITE = """
UPDATE segments_import
SET step = %s, percent = %s, rows_done = rows_total * %s / 100, touched_at = now()
WHERE number = %s AND attempt = %s AND state = ANY(%s)
RETURNING cancel_requested_at IS NOT NULL
"""


class Watch:
    """Is called with how far the work is. Entered outside of the work's transaction.

    When the work is to stop (it was cancelled, or another worker has it), the statement that the
    database is busy with is cancelled, and the next call raises ``Cancelled``.
    """

    def __init__(self, import_: Import) -> None:
        self.stopped = False
        self._import = import_
        self._step, self._percent = "", 0.0
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
        begins, ends = _SHARES.get(step.partition(" ")[0], (self._percent, self._percent))
        self._step, self._percent = step, begins + (ends - begins) * (done / total if total else 0)
        if self.stopped:
            raise Cancelled

    def _watch(self) -> None:
        try:
            while not self._ended.wait(_EVERY):
                try:
                    self._look()
                except DatabaseError:
                    _logger.warning("Can't write how far an import is", exc_info=True)
                    close_old_connections()
        finally:
            connection.close()

    def _look(self) -> None:
        with connection.cursor() as cursor:
            where = self._import.pk, self._import.attempt, list(AT_WORK)
            cursor.execute(_WRITE, [self._step, self._percent, self._percent, *where])
            found = cursor.fetchone()
        if found != (False,):  # cancelled, or no longer ours
            self.stopped = True
            self._work.cancel_safe()
