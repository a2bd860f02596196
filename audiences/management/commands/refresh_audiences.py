"""``manage.py refresh_audiences``: bring audiences up to date now, and say what changed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from audiences.models import Audience
from audiences.services import Outcome, refresh_space
from segments.models import Space
from segments.search import read_texts


class Command(BaseCommand):
    help = "Bring audiences up to date now, and print a line for each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--space", metavar="SLUG", help="Only this space.")
        parser.add_argument("--audience", metavar="KEY", help="Work out this one: its id or name.")
        parser.add_argument(
            "--full", action="store_true", help="Work out every audience from all members."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        spaces = Space.objects.all()
        if options["space"]:
            spaces = spaces.filter(slug=options["space"])
            if not spaces:
                known = ", ".join(Space.objects.values_list("slug", flat=True)) or "none yet"
                raise CommandError(
                    f"There is no space “{options['space']}”. The spaces are: {known}."
                )
        asked = self._audiences(options["audience"], list(spaces))
        if asked:
            spaces = spaces.filter(pk__in={audience.space_id for audience in asked})
        failed = 0
        for space in tqdm(list(spaces), unit="space", disable=None):
            outcomes = refresh_space(
                space=space,
                now=timezone.now(),
                full=options["full"],
                audiences=[audience.pk for audience in asked],
            )
            for outcome in outcomes:
                failed += bool(outcome.error)
                self.stdout.write(f"{space.slug}: {_line(outcome)}")
            read_texts(space=space)
        if failed:
            raise CommandError(f"{failed} audiences can't be worked out: see above.")

    def _audiences(self, key: str | None, spaces: list[Space]) -> list[Audience]:
        if key is None:
            return []
        found = Audience.objects.filter(space__in=spaces)
        try:
            named = found.filter(id=UUID(key))
        except ValueError:
            named = found.filter(name=key)
        if not named:
            raise CommandError(f"There is no audience “{key}”. Give its id, or its name in full.")
        return list(named)


def _line(outcome: Outcome) -> str:
    if outcome.error:
        return f"{outcome.name}: FAILED. {outcome.error}"
    drift = f", DRIFTED by {outcome.drift}" if outcome.drift else ""
    size = "1 member" if outcome.size == 1 else f"{outcome.size:,} members"
    if outcome.cause is None:
        return f"{outcome.name}: {size}, unchanged"
    return (
        f"{outcome.name}: {size}, {outcome.entered:,} entered, "
        f"{outcome.left:,} left ({outcome.cause.label.lower()}){drift}"
    )
