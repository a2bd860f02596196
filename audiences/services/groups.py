"""Groups: audiences in order, each in one group at most. (Tiers: ``audiences.services.tiers``.)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models, transaction

from audiences.models import Audience, AudienceDependency, AudienceGroup, GroupPlace
from segments.models import Space
from segments.services import Change, InUse, See, holders, in_words, save_row, seen_among

MOST_AUDIENCES = 1_000  # in a group


class AudiencesInUse(InUse):
    """That audiences can't be deleted or archived; ``used`` has what uses each."""

    def __init__(
        self, used: Mapping[Audience, Sequence[models.Model]], see: See | None = None
    ) -> None:
        self.used = used
        users = list(dict.fromkeys(user for each in used.values() for user in each))
        seen = seen_among(users, see) if see else users
        super().__init__(next(iter(used)), seen, len(users) - len(seen))
        said = "; ".join(
            f"“{audience}” is in use by {_in_words(each, seen)}" for audience, each in used.items()
        )
        self.args = (f"{said}. Take {'it' if len(used) == 1 else 'them'} off first.",)

    def as_seen(self, see: See) -> AudiencesInUse:
        return AudiencesInUse(self.used, see)


def _in_words(users: Sequence[models.Model], seen: Sequence[models.Model]) -> str:
    named = [user for user in users if user in seen]
    return in_words(named, len(users) - len(named))


@transaction.atomic
def make_group(
    *,
    space: Space,
    name: str,
    audiences: Sequence[Audience] = (),
    id: UUID | None = None,
    description: str = "",
) -> AudienceGroup:
    """Make a group of these audiences, in this order.

    :raises ValidationError: naming each field at fault, or the audiences that are in another group.
    """
    group = AudienceGroup(space=space, **({"id": id} if id else {}))
    save_row(group, name=name, description=description)
    order_group(group=group, audiences=audiences)
    return group


@transaction.atomic
def change_group(group: AudienceGroup, **values: Any) -> None:
    """Change what a group is called and says of itself; a plain one's ``audiences`` too.

    :raises ValidationError: naming each field at fault.
    """
    audiences = values.pop("audiences", None)
    save_row(group, **values)
    if audiences is not None:
        order_group(group=group, audiences=audiences)


@transaction.atomic
def order_group(*, group: AudienceGroup, audiences: Sequence[Audience]) -> Change:
    """Make these, and no others, the audiences of a plain group, in this order.

    :raises ValidationError: one is in another group, there are too many, or they are tiers.
    """
    group = _locked(group)
    wanted = list(dict.fromkeys(audiences))
    if len(wanted) > MOST_AUDIENCES:
        raise ValidationError(
            {"audiences": f"A group holds {MOST_AUDIENCES} audiences at most, not {len(wanted)}."}
        )
    check_free(wanted, group=group)
    places = GroupPlace.objects.filter(group=group)
    before = set(places.values_list("audience", flat=True))
    places.delete()
    place_in_order(group, wanted)
    kept = {audience.pk for audience in wanted}
    return Change(added=len(kept - before), removed=len(before - kept))


@transaction.atomic
def put_in_group(*, group: AudienceGroup, audiences: Sequence[Audience]) -> Change:
    """Put audiences at the end of a plain group; those in it stay where they are."""
    there = audiences_of_group(_locked(group))
    return order_group(group=group, audiences=[*there, *audiences])


@transaction.atomic
def take_out_of_group(*, group: AudienceGroup, audiences: Sequence[Audience]) -> Change:
    """Take audiences out of a plain group; those not in it are passed over."""
    there = audiences_of_group(_locked(group))
    kept = [audience for audience in there if audience not in audiences]
    return order_group(group=group, audiences=kept)


def audiences_of_group(group: AudienceGroup) -> list[Audience]:
    """The group's audiences, in their order."""
    return list(Audience.objects.filter(place__group=group).order_by("place__position"))


@transaction.atomic
def delete_group(*, group: AudienceGroup, with_audiences: bool = False) -> None:
    """Delete a group; with its audiences where asked, and where they are tiers.

    :raises AudiencesInUse: naming each audience that something uses; nothing is deleted then.
    """
    audiences = audiences_of_group(group) if with_audiences or group.is_tiered else []
    GroupPlace.objects.filter(group=group).delete()
    remove_audiences(audiences)
    group.delete()


@transaction.atomic
def remove_audiences(audiences: Sequence[Audience]) -> None:
    """Delete audiences that are in no group. They may use each other.

    :raises AudiencesInUse: naming each that something else uses.
    """
    AudienceDependency.objects.filter(from_audience__in=audiences).delete()
    if used := users_of(audiences):
        raise AudiencesInUse(used)
    for audience in audiences:
        audience.delete()


def users_of(audiences: Sequence[Audience]) -> dict[Audience, list[models.Model]]:
    """What uses each of the audiences, for those that anything but their group uses. As many
    queries for one as for a thousand."""
    held = [
        (getattr(row, relation.field.attname), row)
        for relation in _protecting()
        for row in relation.related_model._base_manager.filter(
            **{f"{relation.field.name}__in": audiences}
        )
    ]
    holders([row for _, row in held])  # who they are is read for all at once
    rows: dict[int, list[models.Model]] = {}
    for number, row in held:
        rows.setdefault(number, []).append(row)
    return {one: holders(rows[one.pk]) for one in audiences if one.pk in rows}


def _protecting() -> list[models.ManyToOneRel]:
    """What points at audiences so that they can't be deleted, other than their place in a group."""
    return [
        relation
        for relation in Audience._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel)
        and relation.on_delete is models.PROTECT
        and relation.related_model is not GroupPlace
    ]


def check_free(audiences: Sequence[Audience], *, group: AudienceGroup) -> None:
    """That none is in another group; until the transaction ends, nobody else puts them into one.

    :raises ValidationError: naming each that is, and its group.
    """
    numbers = [audience.pk for audience in audiences]
    held = Audience.objects.filter(pk__in=numbers).order_by("number")  # or two wait for each other
    list(held.select_for_update(no_key=True).values_list("pk"))
    elsewhere = GroupPlace.objects.filter(audience__in=numbers).exclude(group=group.pk)
    taken = [
        ValidationError(
            f"“{place.audience}” is in the group “{place.group}” already. Take it out there first.",
            code="conflict",
        )
        for place in elsewhere.select_related("audience", "group")
    ]
    if taken:
        raise ValidationError({"audiences": taken})


def place_in_order(group: AudienceGroup, audiences: Sequence[Audience]) -> None:
    """Give the audiences their places in a group that has none."""
    GroupPlace.objects.bulk_create(
        GroupPlace(space_id=group.space_id, group=group, audience=audience, position=position)
        for position, audience in enumerate(audiences)
    )


def _locked(group: AudienceGroup) -> AudienceGroup:
    """The group, for this transaction alone to change.

    :raises ValidationError: its audiences are tiers.
    """
    locked = AudienceGroup.objects.select_for_update().get(pk=group.pk)
    if locked.is_tiered:
        raise ValidationError(
            {"audiences": f"The audiences of “{group}” are its tiers. Change those instead."}
        )
    return locked
