"""Imports memberships from a CSV file."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from segments.imports.memberships import (
    MembershipsImported,
    MembershipsMode,
    import_memberships,
)
from segments.management.importing import ImportCommand


class Command(ImportCommand):
    help = (
        "Add memberships from a CSV file to a space, and bring those in it up to date. Columns: at "
        "least one of external_id, email and phone, and any of full_name (or first_name and "
        "last_name), birthday, total_orders, total_order_value, last_order_at, created_at, "
        "metadata.… See docs/imports.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--mode",
            default=MembershipsMode.ADD_AND_UPDATE,
            type=MembershipsMode,
            choices=list(MembershipsMode),
            help="add_and_update (as without this): as above. add: those in the space stay as they "
            "are. update_only: nobody is added.",
        )

    def run_import(
        self, arguments: dict[str, Any], options: Mapping[str, Any]
    ) -> MembershipsImported:
        return import_memberships(**arguments, mode=options["mode"])

    def counts(self, imported: MembershipsImported) -> Mapping[str, int]:
        return {
            "added": imported.added,
            "updated": imported.updated,
            "unchanged": imported.unchanged,
            **({"unknown": imported.unknown} if imported.unknown else {}),
        }
