"""How things stand with audiences: how many they hold, as of when, and what is still to be done."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Func, IntegerField, Sum

from audiences.models import Audience, AudienceStatus, SpaceRefresh
from segments.models import ChangedMemberships, Space


class NotInForce(Exception):
    """That an audience is not kept up to date, and so isn't refreshed."""

    def __init__(self, audience: Audience) -> None:
        why = audience.get_lifecycle_display().lower() if audience.enabled else "off"
        super().__init__(
            f"“{audience}” is {why}, and so is not worked out. Publish and enable it first."
        )


@dataclass(frozen=True)
class Size:
    """How many an audience holds by the version in force (0: it has none yet).

    ``as_of`` is the moment whose facts the members answer to: while an audience is in force changes
    are followed, so it is that of the space's last refresh; else that of its last working-out.
    """

    size: int = 0
    version: int = 0
    as_of: datetime.datetime | None = None


@dataclass(frozen=True)
class Standing:
    """``stale``: the members may not answer to the facts and the definition as they are now."""

    size: Size
    in_force: bool
    stale: bool
    in_progress: bool  # whether the space is being refreshed at this moment
    pending_changes: int  # noted changes of memberships in the space, one counted as often as made
    status: AudienceStatus


def sizes(audiences: Sequence[Audience]) -> dict[int, Size]:
    """The size of each audience, by its number. Two queries, however many there are."""
    statuses = AudienceStatus.objects.in_bulk([audience.pk for audience in audiences])
    refreshed: dict[int, datetime.datetime | None] = dict(
        SpaceRefresh.objects.filter(
            space__in={audience.space_id for audience in audiences}
        ).values_list("space", "as_of")
    )
    return {
        audience.pk: _size(audience, statuses[audience.pk], refreshed.get(audience.space_id))
        if audience.pk in statuses
        else Size()
        for audience in audiences
    }


def standing(*, audience: Audience, at: datetime.datetime) -> Standing:
    """How things stand with one audience at this moment."""
    return standings(audiences=[audience], at=at)[audience.pk]


def standings(*, audiences: Sequence[Audience], at: datetime.datetime) -> dict[int, Standing]:
    """How things stand with each audience at this moment, by its number. One query, and four for
    each of their spaces, however many audiences there are."""
    statuses = AudienceStatus.objects.in_bulk([audience.pk for audience in audiences])
    spaces = {number: _space(number) for number in {audience.space_id for audience in audiences}}
    return {
        audience.pk: _standing(
            audience,
            statuses.get(audience.pk) or AudienceStatus(audience=audience),
            spaces[audience.space_id],
            at,
        )
        for audience in audiences
    }


@dataclass(frozen=True)
class _Space:
    """How far a space's refreshes are; ``up_to_date``: with what changed, not with the clock."""

    refreshed: datetime.datetime | None
    pending_changes: int
    up_to_date: bool
    in_progress: bool


def _space(number: int) -> _Space:
    refresh = SpaceRefresh.objects.filter(space=number).first()
    noted = Func("membership_numbers", function="cardinality", output_field=IntegerField())
    changes = ChangedMemberships.objects.filter(space=number)
    pending = changes.aggregate(count=Sum(noted))["count"] or 0
    version = Space.objects.values_list("definitions_version", flat=True).get(pk=number)
    up_to_date = not pending and refresh is not None and refresh.definitions_version == version
    as_of = refresh.as_of if refresh else None
    return _Space(as_of, pending, up_to_date, is_being_refreshed(number))


def _standing(
    audience: Audience, status: AudienceStatus, space: _Space, at: datetime.datetime
) -> Standing:
    up_to_date = (
        _is_followed(audience, status)
        and status.requested_at is None
        and space.up_to_date
        and not (status.changes_at and status.changes_at <= at)
    )
    return Standing(
        size=_size(audience, status, space.refreshed),
        in_force=audience.is_kept,
        stale=not up_to_date,
        in_progress=space.in_progress,
        pending_changes=space.pending_changes,
        status=status,
    )


@transaction.atomic
def request_refresh(*, audience: Audience, at: datetime.datetime) -> None:
    """Ask that the audience be worked out anew from all members by the next refresh of its space.

    :raises NotInForce: it is not kept up to date, so it would not be.
    """
    if not audience.is_kept:
        raise NotInForce(audience)
    AudienceStatus.objects.update_or_create(audience=audience, defaults={"requested_at": at})


def withdraw_request(*, audiences: Iterable[Audience], at: datetime.datetime) -> None:
    """Take back that the audiences be worked out anew, where they haven't been and nobody has asked
    since. ``at`` is when it was asked."""
    AudienceStatus.objects.filter(audience__in=list(audiences), requested_at=at).update(
        requested_at=None
    )


def _is_followed(audience: Audience, status: AudienceStatus) -> bool:
    return audience.is_kept and bool(status.meaning) and status.failed_at is None


def _size(audience: Audience, status: AudienceStatus, refreshed: datetime.datetime | None) -> Size:
    known = [status.as_of, refreshed if _is_followed(audience, status) else None]
    as_of = max((moment for moment in known if moment is not None), default=None)
    return Size(status.size, status.version, as_of)


def is_being_refreshed(space: int) -> bool:
    """Whether somebody holds the row that is the lock of the space's refresh."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM audiences_spacerefresh WHERE space_number = %(space)s)"
            " AND NOT EXISTS (SELECT FROM (SELECT FROM audiences_spacerefresh"
            " WHERE space_number = %(space)s FOR KEY SHARE SKIP LOCKED) AS free)",
            {"space": space},
        )
        return bool(cursor.fetchone()[0])
