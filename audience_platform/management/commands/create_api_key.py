"""``manage.py create_api_key``: make a key and print its token, once."""

from __future__ import annotations

import datetime
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audience_platform.models import Scope
from audience_platform.services import make_key
from segments.models import Space


class Command(BaseCommand):
    help = "Make an API key. Its token is the last line printed, and is never shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--space",
            action="append",
            required=True,
            metavar="SLUG",
            help="a space that the key opens; give it again for more spaces",
        )
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument("--scope", choices=Scope.values, default=Scope.READ)
        parser.add_argument(
            "--deny-label",
            action="append",
            default=[],
            metavar="LABEL",
            help="audiences that carry it the key neither sees nor makes; again for more labels",
        )
        parser.add_argument(
            "--expires", metavar="DATE", help="the day (UTC) from which it opens nothing any more"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = make_key(
                name=options["name"],
                spaces=_spaces(options["space"]),
                scope=Scope(options["scope"]),
                denied_labels=options["deny_label"],
                expires_at=_day(options["expires"]),
                at=timezone.now(),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stderr.write(f"Made the key “{made.key}”. Keep its token: it isn't shown again.")
        self.stdout.write(made.token)


def _spaces(slugs: list[str]) -> list[Space]:
    spaces = list(Space.objects.filter(slug__in=slugs))
    unknown = set(slugs) - {space.slug for space in spaces}
    if unknown:
        known = ", ".join(Space.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(
            f"There is no space “{'”, “'.join(sorted(unknown))}”. The spaces are: {known}."
        )
    return spaces


def _day(text: str | None) -> datetime.datetime | None:
    if text is None:
        return None
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"--expires {text} is not a date. Give one such as 2027-01-31."
        ) from None
    return datetime.datetime.combine(day, datetime.time.min, datetime.UTC)
