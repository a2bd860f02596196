"""Filling a list from a file."""

from __future__ import annotations

import datetime
from typing import Any, BinaryIO

from django.db import transaction

from audiences.models import Audience
from audiences.services.own_list import list_of, renew
from segments.imports.lists import ListImported, ListMode, import_list


class NotUploaded(Exception):
    """That an audience isn't a list that is filled from files."""

    def __init__(self, audience: Audience) -> None:
        super().__init__(
            f"Who is in “{audience}” follows from {audience.type.follows}. Import into a static or "
            "an external audience."
        )


@transaction.atomic
def upload(
    *,
    audience: Audience,
    file: BinaryIO,
    mode: ListMode,
    now: datetime.datetime,
    dry_run: bool = False,
    **options: Any,
) -> ListImported:
    """Import a file into the list of an audience, whose life it renews. ``options`` are the others
    of ``import_list``, which says what is raised besides

    :raises NotUploaded: it isn't a static or external list.
    """
    if not audience.type.takes_imports:
        raise NotUploaded(audience)
    done = import_list(
        space=audience.space,
        segment=list_of(audience),
        file=file,
        mode=mode,
        now=now,
        dry_run=dry_run,
        **options,
    )
    if not dry_run:
        renew(audience=audience, at=now)
    return done
