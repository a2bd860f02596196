"""Archiving an audience that nothing uses."""

from __future__ import annotations

from django.db import transaction

from audiences.models import Audience, Lifecycle
from audiences.services.define import redefine_audience
from audiences.services.groups import AudiencesInUse, users_of


@transaction.atomic
def archive(audience: Audience) -> Audience:
    """Archive an audience: it is kept, and holds nobody from then on. One that is stays so.

    :raises AudiencesInUse: naming what uses it; offers would be hidden, and rules mean nobody.
    :raises ValidationError: it is a tier of a group.
    """
    if used := users_of([audience]):
        raise AudiencesInUse(used)
    return redefine_audience(audience, lifecycle=Lifecycle.ARCHIVED)
