"""Import of one list: who belongs to a segment, found by external id, e-mail or phone."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from segments.imports.loading import Loaded
from segments.imports.staging import Progress, silent
from segments.models import Segment, Space


class ListMode(StrEnum):
    """What becomes of the list and of the people of the file."""

    ADD = "add"  # they join it
    REPLACE = "replace"  # they become all that it lists
    REMOVE = "remove"  # they leave it
    UPDATE_ONLY = "update_only"  # the facts of those on it are brought up to date


class Unknown(StrEnum):
    """What becomes of people whom the space doesn't know."""

    CREATE = "create"  # they become memberships; only when adding or replacing, else as ``skip``
    SKIP = "skip"  # their rows are counted and left out
    REFUSE = "refuse"  # their rows are bad


@dataclass(frozen=True, kw_only=True)
class ListImported(Loaded):
    """What an import did, or (``dry_run``) would do.

    ``rows`` = ``bad`` + ``unknown`` + ``repeated`` + the people, each counted once as ``added`` or
    ``already_in`` (add, replace), as ``removed`` or ``not_in`` (remove), or as ``already_in`` or
    ``not_in`` (update only).
    """

    dry_run: bool
    mode: ListMode
    listed: int  # people on the list before
    added: int
    already_in: int
    removed: int  # by ``replace``: those who are not in the file
    not_in: int
    created: int  # memberships: of those added, who are new to the space
    updated: int  # memberships: whose facts the file changes
    unknown: int  # rows left out, since the space doesn't know whom they mean
    repeated: int  # rows that mean somebody whom another row means too
    must_be_confirmed: bool  # whether doing it needs ``confirmed``: see ``TooManyRemoved``

    @property
    def skipped(self) -> int:
        """Rows that were left out."""
        return self.bad + self.unknown


def import_list(
    *,
    space: Space,
    segment: Segment,
    file: BinaryIO,
    mode: ListMode,
    now: datetime.datetime,
    unknown: Unknown = Unknown.REFUSE,
    mapping: Mapping[str, str | None] | None = None,
    confirmed: bool = False,
    removable_share: float = 0.2,
    dry_run: bool = False,
    skip_bad_rows: bool = False,
    report: Path | None = None,
    failed_rows: Path | None = None,
    progress: Progress = silent,
) -> ListImported:
    """Add, replace or remove who is on a list, or bring those on it up to date.

    ``file`` is CSV (or a zip archive of one) with at least one of the columns external_id, email
    and phone; of these, a row's first that finds somebody tells who is meant. Other columns are
    facts, as in ``import_memberships``, and are not looked at when removing. ``mapping`` has, by
    column of the file, the field it holds, or None to leave it out; what it doesn't name is known
    by its name. ``report`` gets every problem and ``failed_rows`` the bad rows as they came, both
    as CSV. ``progress`` may raise ``Cancelled``. All is done or nothing.

    :raises TooManyRemoved: when ``replace`` would take more than ``removable_share`` of the list
        off it, unless ``confirmed``. A dry run says ``must_be_confirmed`` instead.
    :raises BadRows: when there are bad rows and they are not to be skipped.
    :raises ImportRefused: when the file can't be read, or its header is wrong.
    """
    raise NotImplementedError
