"""Klaviyo: its lists and its segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from audiences.sources.base import (
    Access,
    Beginning,
    Kind,
    Profile,
    SourceError,
    Vendor,
    VendorList,
)
from audiences.sources.klaviyo.client import Document, KlaviyoClient

_FIELDS = "email,external_id,first_name,last_name,phone_number"
_PLACES = {Kind.LIST: "lists", Kind.SEGMENT: "segments"}


class Klaviyo(Vendor):
    name = "klaviyo"
    label = "Klaviyo"
    help_text = "Lists and segments of a Klaviyo account."
    kinds = (Kind.LIST, Kind.SEGMENT)
    needs_key = True
    key_help = (
        "A private API key, pk_…: in Klaviyo under Settings → API keys. It must be allowed to read "
        "lists, profiles and segments, and nothing more."
    )

    def lists(self, access: Access) -> Iterator[VendorList]:
        with KlaviyoClient(access) as client:
            for kind, place in _PLACES.items():
                query = {f"fields[{kind}]": "name", "page[size]": "10"}
                for page in client.pages(place, query):
                    for one in page:
                        yield VendorList(kind, one["id"], _text(one["attributes"], "name"))

    def check(self, access: Access) -> None:
        for _ in self.lists(access):
            return

    def beginning(self, access: Access, kind: Kind, id: str) -> Beginning:
        with KlaviyoClient(access) as client:
            path = f"{_PLACES[kind]}/{quote(id, safe='')}"
            found = client.one(path, {f"additional-fields[{kind}]": "profile_count"})
            size = found["attributes"].get("profile_count")
        people = next(iter(self.profiles(access, kind, id)), [])
        return Beginning(people, size if isinstance(size, int) else None)

    def profiles(self, access: Access, kind: Kind, id: str) -> Iterator[Sequence[Profile]]:
        """Those of the list, once Klaviyo is done with it: while a segment is being worked out,
        those who are still to be found would seem to have left."""
        with KlaviyoClient(access) as client:
            path = f"{_PLACES[kind]}/{quote(id, safe='')}"
            fields = "name,is_processing" if kind is Kind.SEGMENT else "name"
            found = client.one(path, {f"fields[{kind}]": fields})
            if found["attributes"].get("is_processing"):
                raise SourceError(
                    "not_ready",
                    "Klaviyo is still working out who is in this segment. Try again in a while.",
                )
            query = {"fields[profile]": _FIELDS, "page[size]": "100"}
            for page in client.pages(f"{path}/profiles", query):
                yield [_profile(one) for one in page]


def _profile(resource: Document) -> Profile:
    known = resource["attributes"]
    names = (_text(known, "first_name"), _text(known, "last_name"))
    return Profile(
        external_id=_text(known, "external_id"),
        email=_text(known, "email"),
        phone=_text(known, "phone_number"),
        full_name=" ".join(filter(None, names)),
    )


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value.strip() if isinstance(value, str) else ""
