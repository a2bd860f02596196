"""A tier is one of several that go together: what it means is changed with them alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from audiences.models import Audience, AudienceGroup, GroupKind, Lifecycle
from audiences.types import Configuration, ConfigurationError

TYPE = "tier"


def tier_group(audience: Audience) -> AudienceGroup | None:
    """The group of which the audience is a tier, if it is one's."""
    if not audience.pk or audience.audience_type != TYPE:
        return None
    tiered = AudienceGroup.objects.exclude(kind=GroupKind.PLAIN)
    return tiered.filter(places__audience=audience).first()


def check_tier_stays(
    audience: Audience, audience_type: str, configuration: Configuration, values: Mapping[str, Any]
) -> None:
    """Check a change of an audience that may be a tier of a group.

    :raises ConfigurationError: it would be of other members.
    :raises ValidationError: it would have another name, or be archived.
    """
    group = tier_group(audience)
    if group is None:
        return
    said = f"“{audience}” is a tier of “{group}”"
    if (audience_type, configuration) != (TYPE, audience.configuration):
        raise ConfigurationError({(): f"{said}. Change the tiers of that group instead."})
    if values.get("name", audience.name) != audience.name:
        raise ValidationError({"name": f"{said}. Change its name there."})
    if values.get("lifecycle") == Lifecycle.ARCHIVED:
        raise ValidationError({"lifecycle": f"{said}. Take it off there instead."})


def check_no_tier(audience: Audience) -> None:
    """Check that nobody is put into a tier, or kept out, by hand: a member is in one tier.

    :raises ValidationError: the audience is a tier of a group.
    """
    if group := tier_group(audience):
        raise ValidationError(
            f"“{audience}” is a tier of “{group}”: who is in it follows from the bounds alone. "
            "Make an audience of rules that asks for this tier, and list members there."
        )
