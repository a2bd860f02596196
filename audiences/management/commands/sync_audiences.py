"""``manage.py sync_audiences``: fetch synced lists from their sources now, and say what changed."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audiences.management.named import named_space
from audiences.models import Audience, Lifecycle, Sync, SyncStatus
from audiences.services.sync import NotSynced, SyncInProgress, sync_now


class Command(BaseCommand):
    help = "Fetch synced lists from their sources now, and print a line for each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--space", metavar="SLUG", help="Only this space.")
        parser.add_argument("--audience", metavar="KEY", help="Only this one: its id or name.")
        parser.add_argument(
            "--confirmed",
            action="store_true",
            help="Also where it takes more than the set share off a list. With --audience.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["confirmed"] and not options["audience"]:
            raise CommandError("Confirm for one list at a time: name it with --audience.")
        failed = 0
        audiences = self._audiences(options["space"], options["audience"])
        if not audiences:
            self.stdout.write("No audience follows a list of a source: nothing to sync.")
        for audience in audiences:
            try:
                with tqdm(unit=" people", disable=None, leave=False) as bar:
                    sync = sync_now(
                        audience=audience,
                        confirmed=options["confirmed"],
                        progress=partial(_show, bar),
                    )
            except (NotSynced, SyncInProgress) as error:
                failed += 1
                self.stdout.write(f"{audience.space.slug}: {error}")
                continue
            failed += sync.status != SyncStatus.SUCCESS
            self.stdout.write(f"{audience.space.slug}: {audience}: {_line(sync)}")
        if failed:
            raise CommandError(f"Lists that are not synced: {failed}. See above.")

    def _audiences(self, slug: str | None, key: str | None) -> list[Audience]:
        found = Audience.objects.filter(audience_type="synced").select_related("space")
        if slug is not None:
            found = found.filter(space=named_space(slug))
        if key is None:
            return list(found.exclude(lifecycle=Lifecycle.ARCHIVED).order_by("space", "number"))
        try:
            named = found.filter(id=UUID(key))
        except ValueError:
            named = found.filter(name=key)
        if not named:
            raise CommandError(
                f"There is no synced audience “{key}”. Give its id, or its name in full."
            )
        if len(named) > 1:
            ids = ", ".join(f"{one.id} in {one.space.slug}" for one in named)
            raise CommandError(f"Several lists are called “{key}”. Give the id of one: {ids}.")
        return list(named)


def _show(bar: Any, step: str, pulled: int) -> None:
    bar.set_description_str(step, refresh=False)
    bar.update(pulled - bar.n)


def _line(sync: Sync) -> str:
    if sync.status != SyncStatus.SUCCESS:
        return f"FAILED. {sync.error}"
    counts = {
        "on the list": sync.pulled,
        "joined": sync.added,
        "left": sync.left,
        "new to the space": sync.created,
        "unknown and left out": sync.unknown,
        "unusable": sync.unusable,
    }
    optional = ("new to the space", "unknown and left out", "unusable")
    return ", ".join(
        f"{number:,} {word}" for word, number in counts.items() if number or word not in optional
    )
