"""Which audiences a member of staff may see: not those with a label that they are denied."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from audiences.querysets import AudienceQuerySet


def denied_labels(request: HttpRequest) -> list[str]:
    """The platform keeps them beside the user, as ``staff_labels``. A superuser is denied none."""
    user: Any = request.user
    known = None if user.is_superuser else getattr(user, "staff_labels", None)
    return known.denied_labels if known else []


def seen(request: HttpRequest, rows: AudienceQuerySet) -> AudienceQuerySet:
    return rows.without_labels(denied_labels(request))
