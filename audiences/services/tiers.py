"""Tiers: a group whose audiences are bands of one attribute, each where the one before it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from audiences.models import Audience, AudienceGroup, GroupKind, GroupPlace
from audiences.services.bands import Band, read_bands
from audiences.services.define import define_audience, redefine_audience
from audiences.services.groups import audiences_of_group, place_in_order, remove_audiences
from audiences.services.tier_stays import TYPE
from segments.models import Space
from segments.services import save_row


@transaction.atomic
def make_tiers(
    *,
    space: Space,
    name: str,
    attribute: Any,
    tiers: Any,
    kind: GroupKind = GroupKind.TIERS,
    id: UUID | None = None,
    description: str = "",
) -> AudienceGroup:
    """Make a group of tiers, and an audience for each.

    ``tiers`` are objects with a ``name``, a ``start`` and an ``end``, from the lowest to the
    highest; only the last may have no end.

    :raises ConfigurationError: at the attribute, or a place in the tiers (``tiers``, 1, ``start``).
    :raises ValidationError: naming each other field at fault.
    """
    bands = read_bands(attribute, tiers)
    group = AudienceGroup(space=space, kind=kind, **({"id": id} if id else {}))
    save_row(group, name=name, description=description, attribute=attribute)
    _place(group, bands, [])
    return group


@transaction.atomic
def change_tiers(
    group: AudienceGroup, *, attribute: Any = None, tiers: Any = None, **values: Any
) -> AudienceGroup:
    """Change a group of tiers; what is not given stays.

    The tiers that stay (by ``id``, else by name) keep their audiences, and those whose bounds stay
    keep their members too. Those left out are deleted. Raises what ``make_tiers`` raises, and

    :raises AudiencesInUse: naming each tier left out that something uses, and what.
    """
    group = AudienceGroup.objects.select_for_update().get(pk=group.pk)
    there = audiences_of_group(group)
    bands = read_bands(
        group.attribute if attribute is None else attribute,
        tiers_as_given(there) if tiers is None else tiers,
        there,
    )
    save_row(group, attribute=bands[0].start.field, **values)
    _place(group, bands, there)
    return group


def tiers_as_given(audiences: Sequence[Audience]) -> list[dict[str, Any]]:
    """The tiers that audiences are, in the form in which tiers are given."""
    return [
        {
            "id": str(audience.id),
            "name": audience.name,
            "start": audience.configuration["start"],
            "end": audience.configuration["end"],
        }
        for audience in audiences
    ]


def gone_of(bands: Sequence[Band], there: Sequence[Audience]) -> list[Audience]:
    """The audiences that none of the bands keeps."""
    kept = {band.audience for band in bands}
    return [audience for audience in there if audience not in kept]


def _place(group: AudienceGroup, bands: Sequence[Band], there: Sequence[Audience]) -> None:
    # out of the group meanwhile: a tier that is in one is changed by nobody else
    GroupPlace.objects.filter(group=group).delete()
    remove_audiences(gone_of(bands, there))
    place_in_order(group, [_audience(group, band) for band in bands])


def _audience(group: AudienceGroup, band: Band) -> Audience:
    audience, configuration = band.audience, band.configuration
    if audience is None:
        return define_audience(
            space=group.space, audience_type=TYPE, configuration=configuration, name=band.name
        )
    if (audience.name, audience.configuration) == (band.name, configuration):
        return audience
    return redefine_audience(audience, configuration=configuration, name=band.name)
