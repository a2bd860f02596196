"""Work that imports need in the background: counting and importing files, and tidying up."""

from __future__ import annotations

import datetime
import logging

from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from segments.imports import asking
from segments.imports.carrying_out import carry_out
from segments.models import Import

_logger = logging.getLogger(__name__)

KEPT = datetime.timedelta(days=7)  # files, after the last that happened to their import
NAMED_WITHIN = datetime.timedelta(days=1)  # files, by their import, of being stored
_LOST = """
SELECT number FROM segments_import
WHERE state IN ('counting', 'running') AND NOT EXISTS (
    SELECT FROM procrastinate_jobs
    WHERE task_name = 'carry_out_import' AND status IN ('todo', 'doing')
        AND (args ->> 'number')::bigint = segments_import.number)
"""


@app.task(name="carry_out_import")
def carry_out_import(number: int) -> None:
    """Count or import the file of an import (its number)."""
    carry_out(number=number, now=timezone.now())


@transaction.atomic
def start_import(
    import_: Import, *, dry_run: bool, at: datetime.datetime, confirmed: bool = False
) -> None:
    """Have a worker count an import's file (``dry_run``) or import it. See ``asking.start``.

    One at a time for each space: a second waits, and no worker waits with it.
    """
    asking.start(import_, dry_run=dry_run, confirmed=confirmed, at=at)
    carry_out_import.configure(lock=f"import into space {import_.space_id}").defer(
        number=import_.pk
    )


def look_after_imports(*, now: datetime.datetime) -> None:
    """End imports that no worker will take up again, for each that tried died under them; and
    remove the files of those with which nothing has happened for a week."""
    with connection.cursor() as cursor:
        cursor.execute(_LOST)
        lost = [number for (number,) in cursor.fetchall()]
    for import_ in Import.objects.filter(pk__in=lost):
        _logger.error("Import %s has lost its workers, and is given up", import_.id)
        asking.give_up(import_, at=now)
    for import_ in Import.objects.left_alone_since(now - KEPT):
        asking.remove_files(import_)


@app.periodic(cron="41 3 * * *")
@app.task(name="remove_nameless_files", queueing_lock="remove nameless files")
def remove_nameless_files(timestamp: int) -> None:
    """Remove the files that no import names, once a day; ``timestamp`` is when it was due."""
    now = datetime.datetime.fromtimestamp(timestamp, datetime.UTC)
    removed = asking.remove_nameless_files(before=now - NAMED_WITHIN)
    if removed:
        _logger.warning("Removed %s file(s) that no import names", removed)
