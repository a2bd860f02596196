"""Imports the members of segments from a CSV file."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from segments.imports.segment_members import (
    Mode,
    SegmentMembersImported,
    import_segment_members,
)
from segments.management.importing import ImportCommand


class Command(ImportCommand):
    help = (
        "Add, replace or remove members of segments from a CSV file with the columns segment (its "
        "short code) and external_id, email or phone; or, with --segment, without the former. See "
        "docs/imports.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--mode",
            required=True,
            type=Mode,
            choices=list(Mode),
            help="add: the file's memberships join their segments. replace: they become the only "
            "members of each segment that the file names. remove: they leave.",
        )
        parser.add_argument("--segment", metavar="CODE", help="the one segment of all rows")
        parser.add_argument(
            "--create-segments",
            action="store_true",
            help="make segments that are not there, named by their codes",
        )
        parser.add_argument(
            "--confirmed",
            action="store_true",
            help="replace also where a segment would lose more than a fifth of its members",
        )

    def run_import(
        self, arguments: dict[str, Any], options: Mapping[str, Any]
    ) -> SegmentMembersImported:
        return import_segment_members(
            **arguments,
            mode=options["mode"],
            segment=options["segment"],
            create_segments=options["create_segments"],
            confirmed=options["confirmed"],
        )

    def counts(self, imported: SegmentMembersImported) -> Mapping[str, int]:
        return {
            "segments created": imported.segments_created,
            "added": imported.added,
            "removed": imported.removed,
            "unchanged": imported.unchanged,
        }
