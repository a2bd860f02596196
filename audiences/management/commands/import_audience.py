"""``manage.py import_audience``: fill a static or external audience from a file."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from audiences.management.named import named_audience
from audiences.services.upload import NotUploaded, upload
from segments.imports.lists import ListImported, ListMode
from segments.management.importing import ImportCommand
from segments.models import Unknown


class Command(ImportCommand):
    help = (
        "Add, replace or remove the members of a static or external audience from a CSV file with "
        "a column external_id, email or phone. See docs/lists.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("audience", help="its id, or its name in full")
        super().add_arguments(parser)
        parser.add_argument(
            "--mode",
            required=True,
            type=ListMode,
            choices=list(ListMode),
            help="add: the file's people join. replace: they become the only members. remove: they "
            "leave. update_only: the facts of those who are in are brought up to date.",
        )
        parser.add_argument(
            "--unknown",
            type=Unknown,
            choices=list(Unknown),
            default=Unknown.REFUSE,
            help="people whom the space doesn't know: create a membership, skip their rows, or "
            "refuse them as bad (unless given)",
        )
        parser.add_argument(
            "--confirmed",
            action="store_true",
            help="replace also where more than a fifth of the members would leave",
        )

    def run_import(self, arguments: dict[str, Any], options: Mapping[str, Any]) -> ListImported:
        audience = named_audience(arguments.pop("space"), options["audience"])
        try:
            return upload(
                audience=audience,
                **arguments,
                mode=options["mode"],
                unknown=options["unknown"],
                confirmed=options["confirmed"],
            )
        except NotUploaded as error:
            raise CommandError(str(error)) from error

    def counts(self, imported: ListImported) -> Mapping[str, int]:
        return {
            "added": imported.added,
            "removed": imported.removed,
            "unchanged": imported.already_in,
            "not in it": imported.not_in,
            "created": imported.created,
            "updated": imported.updated,
            "unknown, skipped": imported.unknown,
            "repeated": imported.repeated,
        }
