"""Labels that somebody is denied: of audiences that carry one, they neither see nor make any."""

from __future__ import annotations

from collections.abc import Collection

from audiences.models import Audience
from audiences.services.names import find_named
from audiences.types import Configuration, registry
from segments.models import Space


class LabelDenied(Exception):
    """That an audience would carry a denied label (``labels``), or ask for one that does."""

    def __init__(self, labels: Collection[str] = ()) -> None:
        self.labels = sorted(labels)
        super().__init__(
            f"You are denied {'the labels' if len(labels) > 1 else 'the label'} "
            f"{', '.join(self.labels)}. Leave them out."
            if labels
            else "It asks for an audience that you may not see. Leave that out."
        )


def check_labels(denied: Collection[str], labels: Collection[str]) -> None:
    """:raises LabelDenied: one of the labels is denied."""
    if wrong := set(denied) & set(labels):
        raise LabelDenied(wrong)


def check_asked(
    denied: Collection[str], *, space: Space, audience_type: str, configuration: Configuration
) -> None:
    """:raises LabelDenied: the configuration asks for an audience that carries a denied label.
    :raises UnknownAudienceType: there is no such type.
    :raises ConfigurationError: naming each value of the configuration at fault.
    """
    if not denied:
        return
    kind = registry.get(audience_type)
    clean = kind.clean(configuration)
    named = find_named(space=space.pk, names=kind.asked_by_name(clean)).values()
    ids = {one.id for one in named if one.kind == "audience"}.union(kind.audiences(clean))
    asked = Audience.objects.filter(space=space, id__in=ids)
    if asked.with_labels(denied).exists():
        raise LabelDenied
