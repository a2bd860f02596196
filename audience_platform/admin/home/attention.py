"""What needs somebody's attention in a space: sentences, each with where to go."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models import Max, Min, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateWorker

from audience_platform.labels import seen
from audiences.admin import titles
from audiences.admin.seen import denied_labels
from audiences.models import Audience, AudienceStatus, Lifecycle, Sync, SyncStatus
from offers.admin.schedule import moment
from offers.models import Offer
from segments.models import ChangedMemberships, Import, ImportState, Space

_EACH = 4  # of a kind; then how many more there are
_RECENT = datetime.timedelta(days=7)  # imports: older failures have been seen, or don't matter
_SILENT = datetime.timedelta(seconds=30)  # a worker says every 2 seconds that it is there
_LONG = datetime.timedelta(minutes=5)  # for changes to wait, or a new audience


class Note(NamedTuple):
    sentence: str
    link: str = ""
    leads_to: str = ""  # what the link says


class _Asked(NamedTuple):
    request: HttpRequest
    space: Space
    now: datetime.datetime

    def seen(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return seen(rows, denied_labels(self.request))

    def audiences(self) -> QuerySet[Any]:
        return self.seen(Audience.objects.filter(space=self.space))

    def kept(self) -> QuerySet[Any]:
        return self.audiences().filter(enabled=True, lifecycle=Lifecycle.PUBLISHED)


def notes(request: HttpRequest, space: Space, now: datetime.datetime) -> list[Note]:
    """What stops everything first, then what asks for an answer, then what failed."""
    asked = _Asked(request, space, now)
    return [note for notes_of in _KINDS for note in notes_of(asked)]


def _background(asked: _Asked) -> Iterator[Note]:
    """That nobody works, or that changes wait long although somebody does."""
    last = ProcrastinateWorker.objects.aggregate(last=Max("last_heartbeat"))["last"]
    if last is None or last < asked.now - _SILENT:
        yield Note(
            "Nothing is being done in the background: imports, syncs and changes of members wait. "
            "Have whoever runs the platform start “manage.py run_jobs”."
        )
        return
    waiting = ChangedMemberships.objects.filter(space=asked.space)
    since = waiting.aggregate(since=Min("created_at"))["since"]
    if since is not None and since < asked.now - _LONG:
        yield Note(
            f"Changes of members have waited since {moment(since)}: audiences are not right until "
            "they are done. Should that last, tell whoever runs the platform."
        )


def _syncs(asked: _Asked) -> Iterator[Note]:
    """The last sync of each list that failed, or asks."""
    last = Sync.objects.filter(audience=OuterRef("pk")).order_by("-number").values("number")[:1]
    synced = asked.kept().filter(audience_type="synced").values(last=Subquery(last))
    failed = Sync.objects.filter(pk__in=synced, status=SyncStatus.FAILED)
    rows = failed.exclude(error_code="cancelled").select_related("audience")
    shown, others = _first(rows.order_by("-number"))
    for row in shown:
        page = reverse("admin:audiences_audience_change", args=[row.audience_id]) + "#sync"
        if row.needs_confirmation:
            said = f"The sync of “{row.audience}” asks you first. {row.error}"
            yield Note(said, page, "Look and decide")
        else:
            yield Note(f"“{row.audience}” could not be synced. {row.error}", page, "See its sync")
    page = reverse("admin:audiences_audience_changelist") + "?type=synced"
    yield from _more(others, "syncs", page)


def _imports(asked: _Asked) -> Iterator[Note]:
    states = [ImportState.FAILED, ImportState.NEEDS_CONFIRMATION]
    recent = Import.objects.filter(
        space=asked.space, state__in=states, touched_at__gt=asked.now - _RECENT
    )
    shown, others = _first(asked.seen(recent).order_by("-number"))
    for row in shown:
        page = reverse("admin:segments_import_change", args=[row.pk])
        asks = row.state == ImportState.NEEDS_CONFIRMATION
        said = "asks you first" if asks else "failed"
        yield Note(
            f"The import of {row} {said}. {row.error}",
            page,
            "Look and decide" if asks else "Mend it",
        )
    yield from _more(others, "imports", reverse("admin:segments_import_changelist"))


def _failed_audiences(asked: _Asked) -> Iterator[Note]:
    rows = AudienceStatus.objects.filter(audience__in=asked.kept(), failed_at__isnull=False)
    shown, others = _first(rows.select_related("audience").order_by("-failed_at"))
    names = titles([row.audience for row in shown])
    for row in shown:
        stands = "its last members stand" if row.version else "it has no members yet"
        yield Note(
            f"“{names[row.pk]}” can't be worked out since {moment(row.failed_at)}; {stands}. "
            f"{row.last_error}",
            reverse("admin:audiences_audience_change", args=[row.pk]),
            "Open it",
        )
    page = reverse("admin:audiences_audience_changelist") + "?state=failed"
    yield from _more(others, "audiences", page)


def _never_built(asked: _Asked) -> Iterator[Note]:
    old = asked.kept().filter(created_at__lt=asked.now - _LONG)
    never = old.filter(
        Q(status__isnull=True) | Q(status__version=0, status__as_of=None),
        status__failed_at__isnull=True,
    )
    shown, others = _first(never.order_by("number"))
    names = titles(shown)
    for row in shown:
        page = reverse("admin:audiences_audience_change", args=[row.pk])
        yield Note(f"“{names[row.pk]}” has never been worked out.", page, "Open it")
    yield from _more(others, "audiences", reverse("admin:audiences_audience_changelist"))


def _hidden_offers(asked: _Asked) -> Iterator[Note]:
    """Offers that are or will be on show, and that nobody sees because of an audience."""
    on_show = Offer.objects.filter(
        Q(expire_at=None) | Q(expire_at__gt=asked.now), space=asked.space, discontinued=False
    )
    dead = asked.audiences().exclude(
        Q(enabled=True, lifecycle=Lifecycle.PUBLISHED)
        & (Q(expires_at=None) | Q(expires_at__gt=asked.now))
    )
    through: Any = Offer.audiences.through
    aimed = through.objects.filter(offer__in=on_show, audience__in=dead)
    rows, others = _first(aimed.select_related("offer", "audience").order_by("-offer"))
    names = titles([row.audience for row in rows])
    for row in rows:
        yield Note(
            f"Nobody sees “{row.offer}”: its audience “{names[row.audience.pk]}” "
            f"{_why(row.audience)}.",
            reverse("admin:offers_offer_change", args=[row.offer.pk]),
            "Open the offer",
        )
    yield from _more(others, "offers", reverse("admin:offers_offer_changelist"))


def _why(audience: Audience) -> str:
    if audience.lifecycle != Lifecycle.PUBLISHED:
        return f"is {audience.get_lifecycle_display().lower()}"
    return "has run out" if audience.enabled else "is off"


def _first(rows: QuerySet[Any]) -> tuple[list[Any], int]:
    """The first of them, and how many others there are (counted to a hundred)."""
    found = list(rows[: _EACH + 100])
    return found[:_EACH], len(found) - _EACH


def _more(others: int, what: str, page: str) -> Iterator[Note]:
    if others > 0:
        least = "at least " if others == 100 else ""
        yield Note(f"So it is with {least}{others} more {what}.", page, f"All {what}")


_KINDS: Sequence[Callable[[_Asked], Iterator[Note]]] = (
    _background,
    _syncs,
    _imports,
    _failed_audiences,
    _hidden_offers,
    _never_built,
)
