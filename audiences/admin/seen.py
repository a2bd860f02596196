"""Which audiences a member of staff may see: not those with a label that they are denied."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from audiences.models import Audience
from audiences.querysets import AudienceQuerySet
from audiences.services.labels import check_asked
from audiences.types import Configuration
from segments.models import Space


def denied_labels(request: HttpRequest) -> list[str]:
    """The platform keeps them beside the user, as ``staff_labels``. A superuser is denied none."""
    user: Any = request.user
    known = None if user.is_superuser else getattr(user, "staff_labels", None)
    return known.denied_labels if known else []


def seen(request: HttpRequest, rows: AudienceQuerySet) -> AudienceQuerySet:
    return rows.without_labels(denied_labels(request))


def may_see(request: HttpRequest, audience: Audience) -> bool:
    return set(denied_labels(request)).isdisjoint(audience.labels)


def check_asks(
    request: HttpRequest, *, space: Space, audience_type: str, configuration: Configuration
) -> None:
    """As ``check_asked``, of whoever asks."""
    check_asked(
        denied_labels(request),
        space=space,
        audience_type=audience_type,
        configuration=configuration,
    )
