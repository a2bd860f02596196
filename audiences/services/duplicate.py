"""A copy of an audience, to be changed without changing what the first is used for."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from audiences.models import Audience, Lifecycle, Listed
from audiences.services.by_hand import listed_memberships, put_on_list
from audiences.services.define import define_audience
from audiences.services.describe import titles
from audiences.services.own_list import list_of
from segments.services import copy_members

_KEPT = ("description", "enabled", "refresh_interval", "labels", "ttl_days", "expires_at")
_LONGEST_NAME = 255


class NotDuplicated(Exception):
    """That there can't be a second of an audience: a source's list is one audience's alone."""

    def __init__(self, audience: Audience) -> None:
        super().__init__(
            f"“{audience}” is synced with a list, which one audience alone can hold. Make an "
            "audience of rules that asks for it instead."
        )


@transaction.atomic
def duplicate_audience(*, audience: Audience, name: str = "", id: UUID | None = None) -> Audience:
    """Make another audience of the same members, called “Copy of …” unless named otherwise.

    The type and configuration come along, with who is on its list and who is put in or kept out by
    hand; but not what uses it, nor what it is known by: key, external id, origin and metadata. The
    copy of an archived audience is a draft, any other is in the same state as the first.

    :raises NotDuplicated: it is synced with a source.
    :raises ConfigurationError: what it refers to is gone, or it can't be read.
    :raises ValidationError: the name or the id can't be.
    """
    kind = audience.type
    if kind.elsewhere(audience.configuration):
        raise NotDuplicated(audience)
    archived = audience.lifecycle == Lifecycle.ARCHIVED
    copy = define_audience(
        space=audience.space,
        id=id,
        audience_type=kind.name,
        configuration={} if kind.is_list else audience.configuration,
        name=name or _name(audience),
        lifecycle=Lifecycle.DRAFT if archived else audience.lifecycle,
        **{field: getattr(audience, field) for field in _KEPT},
    )
    if kind.is_list:
        copy_members(source=list_of(audience), to=list_of(copy))
    for listed in Listed:
        there = listed_memberships(audience=audience, listed=listed)
        numbers = there.values_list("pk", flat=True)
        put_on_list(audience=copy, memberships=numbers, listed=listed)
    return copy


def _name(audience: Audience) -> str:
    return f"Copy of {titles([audience])[audience.pk]}"[:_LONGEST_NAME]
