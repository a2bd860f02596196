"""Whom an audience that is not yet saved would hold."""

from __future__ import annotations

import datetime

from audiences.models import Audience
from audiences.rules.pql.asked import TooMuchWork
from audiences.services.define import check_definition
from audiences.services.describe import referred_names, warnings
from audiences.services.meaning import read_meanings
from audiences.services.preview import Preview, preview
from audiences.types import Configuration, ConfigurationError
from segments.models import Space


def preview_draft(
    *,
    space: Space,
    audience_type: str | None,
    configuration: Configuration | None,
    at: datetime.datetime,
    audience: Audience | None = None,
    estimate: bool = False,
) -> tuple[Audience, Preview]:
    """Count whom a type and configuration mean, as the audience that they would make: unsaved.

    Given an audience, what is left out is the audience's own, and the preview says who would enter
    it and leave it.

    :raises UnknownAudienceType: there is no such type.
    :raises ConfigurationError: naming each value of the configuration at fault; or it takes too
        long for some member.
    """
    draft = Audience(space=space, pk=audience.pk if audience else None)
    if audience is not None:
        draft.audience_type, draft.configuration = audience.audience_type, audience.configuration
    definition = check_definition(draft, audience_type=audience_type, configuration=configuration)
    draft.audience_type, draft.configuration = definition.kind.name, definition.configuration
    meanings = read_meanings(space).with_segments_of(space, draft.rule)
    try:
        found = preview(
            space=space,
            rule=meanings.resolved(draft.rule),
            meanings=meanings,
            names=referred_names([draft]).get(space.pk, {}),
            at=at,
            audience=audience,
            estimate=estimate,
        )
    except TooMuchWork as error:
        raise ConfigurationError({(): str(error)}) from error
    found.warnings = [*warnings([draft])[draft.pk], *found.warnings]
    return draft, found
