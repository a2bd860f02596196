"""Making and changing audiences: the only way in for the API, the admin and the commands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from audiences.models import Audience, AudienceSegment
from audiences.types import Configuration, ConfigurationError, registry
from segments.models import Segment, Space


@transaction.atomic
def define_audience(
    *,
    space: Space,
    audience_type: str,
    configuration: Configuration,
    name: str = "",
    description: str = "",
    id: UUID | None = None,
) -> Audience:
    """Make an audience.

    :raises UnknownAudienceType: there is no such type.
    :raises ConfigurationError: naming each value of the configuration at fault.
    :raises ValidationError: naming each other field at fault.
    """
    audience = Audience(space=space, **({"id": id} if id else {}))
    return redefine_audience(
        audience,
        audience_type=audience_type,
        configuration=configuration,
        name=name,
        description=description,
    )


@transaction.atomic
def redefine_audience(
    audience: Audience,
    *,
    audience_type: str | None = None,
    configuration: Configuration | None = None,
    **values: Any,
) -> Audience:
    """Change an audience; what is not given stays. Raises what ``define_audience`` raises."""
    kind = registry.get(audience.audience_type if audience_type is None else audience_type)
    clean = kind.clean(audience.configuration if configuration is None else configuration)
    segments = _referred_segments(audience.space, kind.segments(clean))
    audience.audience_type, audience.configuration = kind.name, clean
    for field, value in values.items():
        setattr(audience, field, value)
    audience.full_clean()
    audience.save()
    AudienceSegment.objects.filter(audience=audience).exclude(segment__in=segments).delete()
    AudienceSegment.objects.bulk_create(
        [
            AudienceSegment(space_id=audience.space_id, audience=audience, segment_id=segment)
            for segment in segments
        ],
        ignore_conflicts=True,
    )
    return audience


def _referred_segments(space: Space, paths: dict[UUID, tuple[str | int, ...]]) -> list[int]:
    """The numbers of the segments.

    :raises ConfigurationError: at each id that is no segment of this space.
    """
    found = dict(Segment.objects.filter(space=space, id__in=paths).values_list("id", "number"))
    unknown = {
        path: f"There is no segment {id}. Give the id of a segment of this space."
        for id, path in paths.items()
        if id not in found
    }
    if unknown:
        raise ConfigurationError(unknown)
    return list(found.values())
