"""Imports memberships from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segments.imports.memberships import MembershipsImported, import_memberships
from segments.management.importing import ImportCommand


class Command(ImportCommand):
    help = (
        "Add memberships from a CSV file to a space, and bring those in it up to date. Columns: "
        "external_id and any of email, phone, full_name, birthday, total_orders, "
        "total_order_value, last_order_at, created_at, metadata.… See docs/imports.md."
    )

    def run_import(
        self, arguments: dict[str, Any], options: Mapping[str, Any]
    ) -> MembershipsImported:
        return import_memberships(**arguments)

    def counts(self, imported: MembershipsImported) -> Mapping[str, int]:
        return {
            "added": imported.added,
            "updated": imported.updated,
            "unchanged": imported.unchanged,
        }
