"""Which list of which source an audience holds: one audience for each list."""

from __future__ import annotations

from audiences.models import Audience, Lifecycle, Source, SyncedList
from audiences.types import ConfigurationError
from audiences.types.base import ListElsewhere


def check_synced_list(audience: Audience, elsewhere: ListElsewhere) -> None:
    """That the audience may hold the list; the source is locked until the end.

    :raises ConfigurationError: the source isn't one of this space, has no lists of this kind, or
        another audience holds the list.
    """
    if audience.lifecycle == Lifecycle.ARCHIVED:
        return
    source = _source(audience, elsewhere)
    if source is None:
        problem = f"There is no source {elsewhere.source}. Give the id of one of this space."
        raise ConfigurationError({("source",): problem})
    if elsewhere.kind not in source.kind.kinds:
        has = " and ".join(f"{kind}s" for kind in source.kind.kinds)
        problem = f"“{source}” has no {elsewhere.kind}s. It has {has}."
        raise ConfigurationError({("kind",): problem})
    other = SyncedList.objects.filter(source=source, kind=elsewhere.kind, list_id=elsewhere.id)
    for taken in other.exclude(audience=audience.pk).select_related("audience"):
        problem = f"This list is synced already, by “{taken.audience}”. Use that audience."
        raise ConfigurationError({("list",): problem})


def keep_synced_list(audience: Audience, elsewhere: ListElsewhere) -> None:
    """Note which list a saved audience holds. One that is archived lets go of it."""
    source = _source(audience, elsewhere)
    if audience.lifecycle == Lifecycle.ARCHIVED or source is None:
        SyncedList.objects.filter(audience=audience).delete()
        return
    SyncedList.objects.update_or_create(
        audience=audience,
        defaults={
            "space_id": audience.space_id,
            "source": source,
            "kind": elsewhere.kind,
            "list_id": elsewhere.id,
        },
    )


def _source(audience: Audience, elsewhere: ListElsewhere) -> Source | None:
    sources = Source.objects.filter(space=audience.space_id, id=elsewhere.source)
    return sources.select_for_update().first()
