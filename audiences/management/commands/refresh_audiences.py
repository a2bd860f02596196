"""``manage.py refresh_audiences``: bring audiences up to date now, and say what changed."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.text import capfirst
from tqdm import tqdm

from audiences.management.named import named_space
from audiences.models import Audience
from audiences.services import Outcome, refresh_space, summaries
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
            spaces = spaces.filter(pk=named_space(options["space"]).pk)
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
            titles = _titles(outcomes)
            for outcome in outcomes:
                failed += bool(outcome.error)
                self.stdout.write(f"{space.slug}: {titles[outcome.audience]}: {_line(outcome)}")
            read_texts(space=space)
        if failed:
            raise CommandError(f"Audiences that can't be worked out: {failed}. See above.")

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


def _titles(outcomes: list[Outcome]) -> dict[int, str]:
    """What the audiences are called, by their numbers: their names, else who is in them."""
    audiences = Audience.objects.in_bulk([outcome.audience for outcome in outcomes])
    phrases = summaries(audience for audience in audiences.values() if not audience.name)
    return {pk: audience.name or capfirst(phrases[pk]) for pk, audience in audiences.items()}


def _line(outcome: Outcome) -> str:
    if outcome.error:
        return f"FAILED. {outcome.error}"
    drift = f", DRIFTED by {outcome.drift}" if outcome.drift else ""
    size = "1 member" if outcome.size == 1 else f"{outcome.size:,} members"
    if outcome.cause is None:
        return f"{size}, unchanged"
    return (
        f"{size}, {outcome.entered:,} entered, "
        f"{outcome.left:,} left ({outcome.cause.label.lower()}){drift}"
    )
