"""``manage.py member_offers``: every offer for one membership, visible or not, and why not."""

from __future__ import annotations

import datetime
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from offers.answers import Visibility
from offers.visibility import membership_offers
from segments.management.spaces import space_named
from segments.models import Membership, Space

_HEADINGS = ("OFFER", "NAME", "STATUS", "WHY")


class Command(BaseCommand):
    help = "Print every offer for one membership: whether it is visible, and why not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("external_id", help="the membership's external id")
        parser.add_argument("--space", required=True, metavar="SLUG", help="of which space")
        parser.add_argument(
            "--at", metavar="T", help="as of a date or moment (ISO 8601); now when left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        space = space_named(options["space"])
        at = _moment(space, options["at"])
        try:
            membership = Membership.objects.get(space=space, external_id=options["external_id"])
        except Membership.DoesNotExist as error:
            raise CommandError(
                f"There is no membership “{options['external_id']}” in {space.slug}. "
                "Give the external id of one."
            ) from error
        answers = membership_offers(space=space, membership=membership.id, at=at)
        local = at.astimezone(space.zone)
        seen = sum(answer.visible_status == "visible" for answer in answers)
        self.stdout.write(f"{membership} ({membership.external_id}) at {local:%Y-%m-%d %H:%M %Z}")
        for line in _table([_HEADINGS, *map(_row, answers)]):
            self.stdout.write(line)
        self.stdout.write(f"{seen} of {len(answers)} offers visible")


def _moment(space: Space, text: str | None) -> datetime.datetime:
    if text is None:
        return timezone.now()
    try:
        return space.read_moment(text)
    except ValueError as error:
        raise CommandError(f"--at: {error}") from error


def _row(answer: Visibility) -> tuple[str, ...]:
    hidden = [reason.detail for reason in answer.visible_reasons if reason.code != "visible"]
    return (
        answer.offer.external_id or str(answer.offer.id),
        answer.offer.name,
        answer.visible_status,
        " ".join(hidden),
    )


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The rows with their columns in line."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADINGS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
