"""``manage.py export_audience``: an audience's members as a file that imports again."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audiences.management.named import named_audience, named_space
from audiences.services.members import members_of
from audiences.services.members_file import members_file
from audiences.services.standing import sizes


class Command(BaseCommand):
    help = (
        "Write the members of an audience as CSV, with the columns that import_memberships and "
        "import_audience take."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("audience", help="its id, or its name in full")
        parser.add_argument("--space", required=True, metavar="SLUG", help="in which space it is")
        parser.add_argument(
            "--output", default="-", metavar="FILE", help="where to; - is standard output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        audience = named_audience(named_space(options["space"]), options["audience"])
        if sizes([audience])[audience.pk].version == 0:
            raise CommandError(
                f"“{audience}” has not been worked out yet. Run refresh_audiences first."
            )
        members = members_of(audience)
        parts = members_file(members)
        if options["output"] == "-":
            for part in parts:
                sys.stdout.buffer.write(part)
            return
        try:
            with Path(options["output"]).open("wb") as file:
                file.writelines(parts)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error
        self.stdout.write(f"{options['output']}: {len(members):,} members of “{audience}”")
