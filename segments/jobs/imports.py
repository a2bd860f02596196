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
_WORKED_ON = """
SELECT (args ->> 'number')::bigint FROM procrastinate_jobs
WHERE task_name = 'carry_out_import' AND status IN ('todo', 'doing')
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


@app.periodic(cron="* * * * *")
@app.task(name="give_up_lost_imports", queueing_lock="give up lost imports")
def give_up_lost_imports(timestamp: int) -> None:  # noqa: ARG001  periodic tasks are told it
    """End imports that no worker will take up again: each that tried died, or was told to stop."""
    with connection.cursor() as cursor:
        cursor.execute(_WORKED_ON)
        worked_on = [number for (number,) in cursor.fetchall()]
    for import_ in Import.objects.at_work().exclude(pk__in=worked_on):
        _logger.error("Import %s has lost its workers, and is given up", import_.id)
        asking.give_up(import_, at=timezone.now())


@app.periodic(cron="23 * * * *")
@app.task(name="remove_old_import_files", queueing_lock="remove old import files")
def remove_old_import_files(timestamp: int) -> None:  # noqa: ARG001  periodic tasks are told it
    """Remove the files of imports with which nothing has happened for a week."""
    for import_ in Import.objects.left_alone_since(timezone.now() - KEPT):
        asking.remove_files(import_)
