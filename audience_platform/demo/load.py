"""Loads the sample data into its space, through the same imports and services as everybody's."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from django.db import transaction

from audience_platform.demo.sample import Row, Sample
from audiences.models import Audience
from audiences.services import define_audience
from audiences.types import Configuration
from offers.models import Offer
from offers.services import aim
from segments.imports.memberships import import_memberships
from segments.imports.segment_members import Mode, import_segment_members
from segments.models import Membership, Segment, SegmentMembership, Space
from segments.services import save_row

SLUG = "complete-journey"
NAME = "Complete Journey"

_BOUNDS = ("minimum_age", "maximum_age")


class Holdings(NamedTuple):
    """How many rows the sample space holds."""

    memberships: int
    segments: int
    segment_memberships: int
    offers: int


@transaction.atomic
def load(sample: Sample, *, now: datetime.datetime) -> Space:
    """Make the sample space with all its data, or empty and refill the one that is there.

    The space itself stays then, and with it its API keys and its staff.
    """
    space = Space.objects.filter(slug=SLUG).first() or Space(slug=SLUG)
    space.name, space.time_zone = NAME, "UTC"
    space.full_clean()
    space.save()
    _empty(space)
    import_memberships(space=space, file=sample.file("memberships"), now=now)
    segments = {row["code"]: _segment(space, row) for row in sample.rows("segments")}
    places = sample.file("segment_memberships")
    import_segment_members(space=space, file=places, mode=Mode.ADD, now=now)
    for row in sample.rows("offers"):
        _offer(space, row, segments)
    return space


def holdings(space: Space) -> Holdings:
    return Holdings(
        *(
            model._default_manager.filter(space=space).count()
            for model in (Membership, Segment, SegmentMembership, Offer)
        )
    )


def _empty(space: Space) -> None:
    for model in (Offer, Audience, SegmentMembership, Segment, Membership):
        model._default_manager.filter(space=space).delete()


def _segment(space: Space, row: Row) -> Segment:
    return save_row(
        Segment(),
        space=space,
        short_code=row["code"],
        name=row["name"],
        description=row["description"],
    )


def _offer(space: Space, row: Row, segments: dict[str, Segment]) -> None:
    """An offer, published from the first day's midnight until the midnight after its last day."""
    offer = save_row(
        Offer(),
        space=space,
        external_id=row["code"],
        name=row["name"],
        publish_at=_midnight(row["starts_at"], space),
        expire_at=_midnight(row["ends_at"], space, days_later=1),
    )
    aim(
        offer=offer,
        audiences=[
            define_audience(space=space, audience_type=audience_type, configuration=configuration)
            for audience_type, configuration in _audiences(row, segments)
        ],
    )


def _midnight(day: str, space: Space, days_later: int = 0) -> datetime.datetime | None:
    if not day:
        return None
    date = datetime.date.fromisoformat(day) + datetime.timedelta(days=days_later)
    return datetime.datetime.combine(date, datetime.time.min, space.zone)


def _audiences(row: Row, segments: dict[str, Segment]) -> list[tuple[str, Configuration]]:
    """The type and configuration of each audience that the row of an offer names."""
    found: list[tuple[str, Configuration]] = [
        (f"in_{which}", {"segments": [str(segments[code].id) for code in codes.split("|")]})
        for which in ("any_segment", "all_segments")
        if (codes := row[f"in_{which}"])
    ]
    ages = {bound: int(row[bound]) if row[bound] else None for bound in _BOUNDS}
    if any(age is not None for age in ages.values()):
        found.append(("age_within", ages))
    return found
