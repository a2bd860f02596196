"""Whom an audience that is not yet saved would hold."""

from __future__ import annotations

import datetime

from pyroaring import BitMap

from audiences.models import Audience
from audiences.rules.evaluate import expand
from audiences.rules.pql.asked import TooMuchWork
from audiences.services.define import check_definition
from audiences.services.describe import referred_names, warnings
from audiences.services.meaning import Meanings, read_meanings
from audiences.services.preview import Preview, preview
from audiences.services.work_out import work_out
from audiences.types import Configuration, ConfigurationError
from segments.models import Space


def _draft(
    draft: Audience, audience_type: str | None, configuration: Configuration | None
) -> tuple[Audience, Meanings]:
    """The draft with the type and configuration, and what the audiences mean that it asks for."""
    definition = check_definition(draft, audience_type=audience_type, configuration=configuration)
    draft.audience_type, draft.configuration = definition.kind.name, definition.configuration
    meanings = read_meanings(draft.space, asked_by=draft.rule)
    return draft, meanings.with_segments_of(draft.space, draft.rule)


def members_of_draft(
    *, space: Space, audience_type: str, configuration: Configuration, at: datetime.datetime
) -> BitMap:
    """The numbers of those whom a type and configuration mean.

    :raises UnknownAudienceType: there is no such type.
    :raises ConfigurationError: naming each value of the configuration at fault.
    """
    draft, meanings = _draft(Audience(space=space), audience_type, configuration)
    rule = meanings.resolved(draft.rule)
    expanded = expand(rule, {id: one.rule for id, one in meanings.by_id.items()})
    (found,) = work_out(space=space, meanings=meanings, rules=[expanded], at=at)
    return found


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
        draft.expires_at = audience.expires_at
    draft, meanings = _draft(draft, audience_type, configuration)
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
