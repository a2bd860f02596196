"""Making and changing audiences: the only way in for the API, the admin and the commands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audiences.models import (
    AskedName,
    Audience,
    AudienceDependency,
    AudienceSegment,
    Lifecycle,
    Listed,
    ListedMembership,
)
from audiences.services.groups import AudiencesInUse, users_of
from audiences.services.lock import Locked, is_locked
from audiences.services.names import find_named, id_of
from audiences.services.own_list import keep_list
from audiences.services.synced_list import check_synced_list, keep_synced_list
from audiences.services.tier_stays import check_no_tier, check_tier_stays
from audiences.types import AudienceType, Configuration, ConfigurationError, Path, registry
from segments.models import Segment, Space

_LIFECYCLES = {
    Lifecycle.DRAFT: {Lifecycle.PUBLISHED, Lifecycle.ARCHIVED},
    Lifecycle.PUBLISHED: {Lifecycle.INACTIVE, Lifecycle.ARCHIVED},
    Lifecycle.INACTIVE: {Lifecycle.PUBLISHED, Lifecycle.ARCHIVED},
    Lifecycle.ARCHIVED: set[Lifecycle](),
}


@dataclass(frozen=True)
class Definition:
    """A type and configuration that hold together; the numbers of what they refer to."""

    kind: AudienceType
    configuration: dict[str, Any]
    segments: list[int]
    dependencies: list[int]
    names: set[str]  # by which it asks for them, or for what is not there yet


class LifecycleError(ValueError):
    """A step of the lifecycle that there is not."""

    def __init__(self, now: str, wanted: str) -> None:
        steps = sorted(_LIFECYCLES[Lifecycle(now)])
        right = f"It can become {' or '.join(steps)}." if steps else "It stays so."
        super().__init__(f"An audience that is {now} can't become {wanted}. {right}")


def next_lifecycles(audience: Audience) -> list[Lifecycle]:
    """What its lifecycle can become; of a new audience also what it can begin as."""
    if audience.pk:
        return sorted(_LIFECYCLES[Lifecycle(audience.lifecycle)], key=list(Lifecycle).index)
    return [Lifecycle.PUBLISHED, Lifecycle.DRAFT]


class TypeStays(ValueError):
    """That a list can't become an audience of another type, nor another audience a list."""

    def __init__(self, audience: Audience, wanted: AudienceType) -> None:
        super().__init__(
            f"An audience of the type {audience.audience_type} can't become {wanted.name}: a list "
            "stays what it is. Make a new audience instead."
        )


@transaction.atomic
def define_audience(
    *,
    space: Space,
    audience_type: str,
    configuration: Configuration,
    id: UUID | None = None,
    **values: Any,
) -> Audience:
    """Make an audience; ``values`` are its other fields.

    :raises UnknownAudienceType: there is no such type.
    :raises ConfigurationError: naming each value of the configuration at fault.
    :raises ValidationError: naming each other field at fault.
    """
    audience = Audience(space=space, **({"id": id} if id else {}))
    return redefine_audience(
        audience, audience_type=audience_type, configuration=configuration, **values
    )


@transaction.atomic
def redefine_audience(
    audience: Audience,
    *,
    audience_type: str | None = None,
    configuration: Configuration | None = None,
    **values: Any,
) -> Audience:
    """Change an audience; what is not given stays. Raises what ``define_audience`` raises, and

    :raises TypeStays: for a list that would be of another type, or that another would become.
    :raises LifecycleError: for a step of the lifecycle that there is not.
    :raises AudiencesInUse: it would be archived, and something uses it.
    :raises Locked: what it means was changed a moment ago, and is being worked out.
    """
    definition = check_definition(
        audience, audience_type=audience_type, configuration=configuration
    )
    if "lifecycle" in values and audience.pk:
        check_lifecycle(audience, values["lifecycle"])
    check_tier_stays(audience, definition.kind.name, definition.configuration, values)
    meant = _meant(audience)
    audience.audience_type = definition.kind.name
    audience.configuration = definition.configuration
    for field, value in values.items():
        setattr(audience, field, value)
    if audience.pk and _meant(audience) != meant:
        _check_unlocked(audience)
        audience.defined_at = timezone.now()
    _check_life(audience, definition.kind)
    segments = [keep_list(audience)] if definition.kind.is_list else definition.segments
    audience.full_clean()
    _move_end(audience)
    audience.save()
    _keep_references(audience, segments, definition.dependencies)
    _keep_names(audience, definition.names)
    if elsewhere := definition.kind.elsewhere(definition.configuration):
        keep_synced_list(audience, elsewhere)
    return audience


def _move_end(audience: Audience) -> None:
    """Let a list that has been renewed run out so many days after that as it lives now."""
    if audience.pk and audience.ttl_days:
        # as saved: a form's instance has the new days already, and an upload may have renewed it
        saved = Audience.objects.select_for_update().filter(pk=audience.pk)
        lived, end = saved.values_list("ttl_days", "expires_at").get()
        days = audience.ttl_days - (lived or audience.ttl_days)
        audience.expires_at = end and end + timedelta(days=days)


@transaction.atomic
def check_definition(
    audience: Audience, *, audience_type: str | None, configuration: Configuration | None
) -> Definition:
    """What ``redefine_audience`` would make of the audience, saved or not. Nothing is changed.

    :raises UnknownAudienceType: there is no such type.
    :raises TypeStays: a list would be of another type, or another audience would become one.
    :raises ConfigurationError: naming each value of the configuration at fault.
    """
    kind = registry.get(audience.audience_type if audience_type is None else audience_type)
    was = registry.TYPES.get(audience.audience_type, kind)
    if audience.pk and was != kind and (was.is_list or kind.is_list):
        raise TypeStays(audience, kind)
    clean = kind.clean(audience.configuration if configuration is None else configuration)
    if kind.is_list:
        if elsewhere := kind.elsewhere(clean):
            check_synced_list(audience, elsewhere)
        return Definition(kind, _own_list(audience, clean), [], [], set())
    named = kind.asked_by_name(clean)
    found = find_named(space=audience.space_id, names=named)
    _refuse_itself(audience, named)
    audiences = {one.id: named[name] for name, one in found.items() if one.kind == "audience"}
    segments = {one.number for one in found.values() if one.kind == "segment"}
    return Definition(
        kind,
        clean,
        [*segments.union(_referred_segments(audience.space, kind.segments(clean)))],
        _referred_audiences(audience, {**audiences, **kind.audiences(clean)}),
        {name for one in named for name in (one, str(id_of(one) or one)) if len(name) < 256},
    )


def _own_list(audience: Audience, clean: dict[str, Any]) -> dict[str, Any]:
    """The configuration of a list; the list itself nobody can give it.

    :raises ConfigurationError: another list is named than that of the audience.
    """
    own = audience.configuration.get("segment")
    if clean.get("segment", own) != own:
        problem = "A list is made with its audience and stays its own. Leave it out."
        raise ConfigurationError({("segment",): problem})
    return {**clean, "segment": own} if own else clean


def _check_life(audience: Audience, kind: AudienceType) -> None:
    """That what lives for some days, and nothing else, says so; and that a list has a name."""
    if kind.is_list and not audience.name.strip():
        raise ValidationError({"name": "A list has no other words for itself. Give it a name."})
    if kind.days_to_live is None:
        if audience.ttl_days is not None:
            wrong = f"{kind.label}: it doesn't run out. Leave ttl_days out, or make it external."
            raise ValidationError({"ttl_days": wrong})
    elif audience.ttl_days is None:
        audience.ttl_days = kind.days_to_live


def _meant(audience: Audience) -> tuple[Any, ...]:
    """What a change of it locks against others: names and descriptions may change meanwhile."""
    return (
        audience.audience_type,
        audience.configuration,
        audience.lifecycle,
        audience.enabled,
    )


def _check_unlocked(audience: Audience) -> None:
    """As it stands in the database, whatever the row in hand says by now.

    :raises Locked: it is locked.
    """
    rows = Audience.objects.select_for_update(of=("self",)).select_related("space")
    stored = rows.get(pk=audience.pk)  # after whoever changes it at this moment
    if is_locked(stored, at=timezone.now()):
        raise Locked(audience)


def _refuse_itself(audience: Audience, named: Mapping[str, Path]) -> None:
    """:raises ConfigurationError: the audience, new or not, asks for itself by its id."""
    itself = {path: name for name, path in named.items() if id_of(name) == audience.id}
    if itself:
        raise ConfigurationError(
            {path: f"{name} is the audience itself. Leave it out." for path, name in itself.items()}
        )


def check_lifecycle(audience: Audience, wanted: str) -> None:
    """Check a step of a saved audience. Archived, it hides the offers that are aimed at it, and
    rules that ask for it mean nobody.

    :raises LifecycleError: there is no such step.
    :raises AudiencesInUse: it would be archived, and something but its group uses it.
    """
    now = audience.lifecycle
    if wanted == now or wanted not in Lifecycle:
        return
    if wanted not in _LIFECYCLES[Lifecycle(now)]:
        raise LifecycleError(now, wanted)
    if wanted == Lifecycle.ARCHIVED and (used := users_of([audience])):
        raise AudiencesInUse(used)


def _keep_references(
    audience: Audience, segments: Iterable[int], dependencies: Iterable[int]
) -> None:
    AudienceSegment.objects.filter(audience=audience).exclude(segment__in=segments).delete()
    AudienceSegment.objects.bulk_create(
        [
            AudienceSegment(space_id=audience.space_id, audience=audience, segment_id=segment)
            for segment in segments
        ],
        ignore_conflicts=True,
    )
    AudienceDependency.objects.filter(from_audience=audience).exclude(
        to_audience__in=dependencies
    ).delete()
    AudienceDependency.objects.bulk_create(
        [
            AudienceDependency(
                space_id=audience.space_id, from_audience=audience, to_audience_id=dependency
            )
            for dependency in dependencies
        ],
        ignore_conflicts=True,
    )


def _keep_names(audience: Audience, names: Collection[str]) -> None:
    """Written anew each time: what came since it was looked for is then held on to as well.

    :raises ConfigurationError: it asks for itself, or for what asks for it, by name.
    """
    AskedName.objects.filter(audience=audience).delete()
    AskedName.objects.bulk_create(
        AskedName(space_id=audience.space_id, audience=audience, name=name) for name in names
    )
    if audience.key in names:
        _refuse_circle(audience, {}, audience.pk, ())
    if AudienceDependency.objects.filter(to_audience=audience).exists():
        ways = _dependencies(audience.space)
        for number in ways.get(audience.pk, ()):
            _refuse_circle(audience, ways, number, ())


def _referred_segments(space: Space, paths: Mapping[UUID, Path]) -> list[int]:
    """The numbers of the segments.

    :raises ConfigurationError: at each id that is no segment of this space.
    """
    rows = Segment.objects.without_lists().filter(space=space, id__in=paths)
    found = dict(rows.values_list("id", "number"))
    _refuse_unknown("segment", paths, found)
    return list(found.values())


def _referred_audiences(audience: Audience, paths: Mapping[UUID, Path]) -> list[int]:
    """The numbers of the audiences.

    :raises ConfigurationError: at each id that is no audience of this space, or that depends, by
        whatever way, on the audience itself.
    """
    if not paths:
        return []
    space = Space.objects.select_for_update().get(pk=audience.space_id)
    found = dict(Audience.objects.filter(space=space, id__in=paths).values_list("id", "number"))
    _refuse_unknown("audience", paths, found)
    if audience.pk:
        ways = _dependencies(space)
        for id, number in found.items():
            _refuse_circle(audience, ways, number, paths[id])
    return list(found.values())


def _refuse_unknown(thing: str, paths: Mapping[UUID, Path], found: Mapping[UUID, int]) -> None:
    unknown = {
        path: f"There is no {thing} {id}. Give the id of one of this space."
        for id, path in paths.items()
        if id not in found
    }
    if unknown:
        raise ConfigurationError(unknown)


def _refuse_circle(
    audience: Audience, ways: Mapping[int, list[int]], number: int, path: Path
) -> None:
    """:raises ConfigurationError: the audience of this number depends on the audience itself."""
    if way := _way(ways, number, audience.pk):
        names = {one.pk: str(one) for one in Audience.objects.filter(pk__in=way)}
        names[audience.pk] = str(audience)
        said = " → ".join(f"“{names[one]}”" for one in [audience.pk, *way])
        raise ConfigurationError({path: f"This would go round in a circle: {said}. Leave it out."})


def _dependencies(space: Space) -> dict[int, list[int]]:
    ways: dict[int, list[int]] = {}
    rows = AudienceDependency.objects.filter(space=space)
    for number, dependency in rows.values_list("from_audience", "to_audience"):
        ways.setdefault(number, []).append(dependency)
    return ways


def _way(ways: Mapping[int, list[int]], start: int, goal: int) -> list[int]:
    """A way along dependencies from one audience to another, both ends included; or none."""
    pending, seen = [[start]], {start}
    while pending:
        way = pending.pop()
        if way[-1] == goal:
            return way
        for following in ways.get(way[-1], ()):
            if following not in seen:
                seen.add(following)
                pending.append([*way, following])
    return []


@transaction.atomic
def list_by_hand(*, audience: Audience, memberships: Iterable[int], listed: Listed | None) -> None:
    """Put memberships (their numbers) into the audience by hand, or keep them out; ``None`` leaves
    them to the rule again. They stay so through every rebuild."""
    check_no_tier(audience)
    numbers = list(memberships)
    rows = ListedMembership.objects.filter(audience=audience)
    if listed is None:
        rows.filter(membership__in=numbers).delete()
        return
    ListedMembership.objects.bulk_create(
        [
            ListedMembership(
                space_id=audience.space_id, audience=audience, membership_id=number, listed=listed
            )
            for number in numbers
        ],
        update_conflicts=True,
        update_fields=["listed"],
        unique_fields=["audience", "membership"],
    )
