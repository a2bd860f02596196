"""The list of an audience: a segment of its own, made, named and deleted with it."""

from __future__ import annotations

import datetime
from uuid import uuid4

from django.db import transaction

from audiences.models import Audience
from segments.models import Segment
from segments.services import save_row


def list_of(audience: Audience) -> Segment:
    """The segment whose members are those of the audience.

    :raises Segment.DoesNotExist: it has none: its type is not that of a list.
    """
    return Segment.objects.get(audiences=audience, is_list=True)


def keep_list(audience: Audience) -> int:
    """See to it that an audience, about to be saved, has its list, of its own name; its number."""
    id = audience.configuration.get("segment")
    made = Segment.objects.filter(space=audience.space_id, id=id, is_list=True).first()
    if made is None:
        made = Segment(space=audience.space, id=uuid4(), is_list=True)
        made.short_code = f"list-{made.id}"
        audience.configuration = {**audience.configuration, "segment": str(made.id)}
    if made.name != audience.name:
        save_row(made, name=audience.name)
    return made.pk


@transaction.atomic
def renew(*, audience: Audience, at: datetime.datetime) -> Audience:
    """Let the list of an audience live for its days from ``at`` on; who had left comes back.

    One that never runs out stays as it is.
    """
    if audience.ttl_days is not None:
        audience.expires_at = at + datetime.timedelta(days=audience.ttl_days)
        audience.save(update_fields=["expires_at", "updated_at"])
    return audience


class NeverRunsOut(Exception):
    def __init__(self, audience: Audience) -> None:
        super().__init__(
            f"“{audience}” never runs out: only an external list does. There is nothing to extend."
        )


def extend(*, audience: Audience, at: datetime.datetime) -> Audience:
    """Renew a list that runs out.

    :raises NeverRunsOut: it isn't one that does.
    """
    if audience.ttl_days is None:
        raise NeverRunsOut(audience)
    return renew(audience=audience, at=at)
