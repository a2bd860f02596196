"""Sources: made, changed, asked which lists they have, and their lists made audiences."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from audiences.models import Audience, Source, SyncedList
from audiences.services.define import define_audience
from audiences.sources import keys, registry
from audiences.sources.base import Access, Kind, SettingsError, SourceError, VendorList
from segments.models import Space
from segments.services import save_row

_LONGEST_KEY = 1_000
_PATIENCE = 20.0  # seconds for all of the asking while somebody waits, perhaps in a transaction


@transaction.atomic
def make_source(
    *,
    space: Space,
    vendor: str,
    name: str,
    key: str = "",
    settings: Mapping[str, Any] | None = None,
    id: UUID | None = None,
) -> Source:
    """Make a source. Whether its key opens anything shows when its lists are asked for.

    :raises ValidationError: naming each field at fault.
    """
    if vendor not in registry.VENDORS:
        raise ValidationError({"vendor": str(registry.UnknownVendor(vendor))})
    source = Source(space=space, vendor=vendor, **({"id": id} if id else {}))
    return change_source(source, name=name, key=key, settings=settings or {})


@transaction.atomic
def change_source(source: Source, **values: Any) -> Source:
    """Change a source, as ``set_values`` does, and save it. Raises what ``make_source`` raises."""
    set_values(source, **values)
    return save_row(source)


def set_values(
    source: Source,
    *,
    name: str | None = None,
    key: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Set what is given on a source that is about to be saved. A key that isn't given is as it is
    stored by now, and stays that until the transaction ends. Settings as they are shown, without
    what may be secret in them, leave those there are.

    :raises ValidationError: naming each field at fault.
    """
    if key is None and source.pk:
        stored = Source.objects.select_for_update().get(pk=source.pk)
        source.encrypted_key, source.key_ending = stored.encrypted_key, stored.key_ending
    if settings is not None and not (source.settings and settings == source.shown_settings):
        clean = _clean(source, settings)
        if source.encrypted_key and clean != source.settings and key is None:
            # or it could be had by sending it elsewhere
            again = "With other settings the key must be given again: it may go somewhere else now."
            raise ValidationError({"key": again})
        source.settings = clean
    if key is not None:
        _check_key(source, key.strip())
        source.encrypted_key = keys.encrypt(key.strip())
        source.key_ending = keys.ending(key.strip())
    if name is not None:
        source.name = name


def _clean(source: Source, settings: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return source.kind.clean(settings)
    except SettingsError as error:
        raise ValidationError(
            {"settings": [str(problem) for problem in error.problems.values()]}
        ) from error


def _check_key(source: Source, key: str) -> None:
    if not key and source.kind.needs_key:
        raise ValidationError({"key": f"Give the key. {source.kind.key_help}"})
    if len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise ValidationError({"key": "This can't be a key. Copy it again, and nothing else."})


@transaction.atomic
def encrypt_keys_anew() -> int:
    """Encrypt the keys of all sources by the first of ``SOURCE_SECRETS``; how many there are.

    :raises SourceError: one can't be read; all stay as they are then.
    """
    sources = list(Source.objects.exclude(encrypted_key="").select_for_update())
    for source in sources:
        source.encrypted_key = keys.encrypt_anew(source.encrypted_key)
    Source.objects.bulk_update(sources, ["encrypted_key"])
    return len(sources)


class Patience(NamedTuple):
    """How a vendor is waited for: between two tries, and until when by the monotonic clock."""

    sleep: Callable[[float], None] = time.sleep
    until: float = math.inf


ENDLESS = Patience()


def access_to(source: Source, patience: Patience = ENDLESS) -> Access:
    """What the vendor is asked with.

    :raises SourceError: the key can't be read.
    """
    return Access(keys.decrypt(source.encrypted_key), source.settings, *patience)


def check_source(source: Source, *, patience: Patience = ENDLESS) -> None:
    """Ask the vendor whether the key and the settings, saved or not, open anything.

    :raises SourceError: they don't, or it can't be asked now.
    """
    source.kind.check(access_to(source, patience))


def briefly() -> Patience:
    """As long as somebody waits for an answer, from now on: not longer, however many pages a vendor
    has and however slowly it sends them."""
    until = time.monotonic() + _PATIENCE

    def sleep(seconds: float) -> None:
        if time.monotonic() + seconds >= until:
            raise SourceError(
                "slow_down", "The source asks us to wait, or doesn't answer. Try again in a minute."
            )
        time.sleep(seconds)

    return Patience(sleep, until)


@dataclass(frozen=True)
class ListOfSource:
    """A vendor's list, and the audience that holds it."""

    found: VendorList
    audience: Audience | None


def lists_of(source: Source, *, patience: Patience = ENDLESS) -> list[ListOfSource]:
    """The lists that the source has now.

    :raises SourceError: it can't be read.
    """
    held = _held(source)
    found = source.kind.lists(access_to(source, patience))
    return [ListOfSource(one, held.get((one.kind, one.id))) for one in found]


def _held(source: Source) -> dict[tuple[Kind, str], Audience]:
    rows = SyncedList.objects.filter(source=source).select_related("audience__space")
    return {(Kind(row.kind), row.list_id): row.audience for row in rows}


@dataclass(frozen=True)
class ListsImported:
    """By the vendor's id of each list: the audience made of it, or the one that has it already."""

    made: dict[str, Audience]
    skipped: dict[str, Audience]


class NoSuchLists(LookupError):
    """That the source has no lists of these ids."""

    def __init__(self, source: Source, kind: Kind, ids: Sequence[str]) -> None:
        self.ids = list(ids)
        named = ", ".join(f"“{id}”" for id in ids[:10])
        super().__init__(f"“{source}” has no {kind} {named}. sources/ID/lists says what it has.")


def import_lists(
    *,
    source: Source,
    ids: Sequence[str],
    kind: Kind = Kind.LIST,
    options: Mapping[str, Any] | None = None,
    patience: Patience = ENDLESS,
    afterwards: Callable[[Collection[Audience]], object] | None = None,
) -> ListsImported:
    """Make a synced audience of each list, called as the vendor calls it; all of them, or none.

    ``options`` are further values of their configurations. ``afterwards`` is done with those made,
    or else none is made: their syncs are begun, which is for ``jobs``.

    :raises SourceError: the source can't be read.
    :raises NoSuchLists: it hasn't got them all.
    :raises ConfigurationError: naming each of the options at fault.
    """
    wanted = list(dict.fromkeys(ids))
    names = {
        found.found.id: found.found.name
        for found in lists_of(source, patience=patience)
        if found.found.kind is kind
    }
    if missing := [id for id in wanted if id not in names]:
        raise NoSuchLists(source, kind, missing)
    with transaction.atomic():
        Source.objects.select_for_update().get(pk=source.pk)  # two at once make each one once
        held = _held(source)
        skipped = {id: held[kind, id] for id in wanted if (kind, id) in held}
        made = {
            id: define_audience(
                space=source.space,
                audience_type="synced",
                name=names[id][:255] or id,
                configuration={
                    **(options or {}),
                    "source": str(source.id),
                    "kind": kind.value,
                    "list": id,
                },
            )
            for id in wanted
            if id not in skipped
        }
        if afterwards:
            afterwards(made.values())
    return ListsImported(made, skipped)
