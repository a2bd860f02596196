"""Klaviyo's API, as much of it as lists need: https://developers.klaviyo.com/en/reference.

A page of a list is asked for until it comes, within reason: Klaviyo limits how often one may ask,
and says with 429 how long to wait.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings

from audiences.sources.base import Access, SourceError
from audiences.sources.web import Answer, Limits, Web

REVISION = "2026-10-15"  # of the API: since this day nothing has changed that is used here
_LIMITS = Limits(bytes=20_000_000, seconds=60)
_TRIES = 6
_LONGEST_WAIT = 120.0  # that Klaviyo may ask for; its windows are a second and a minute
_TRANSIENT = {500, 502, 503, 504, 524}

Document = dict[str, Any]


class KlaviyoClient:
    """Asks Klaviyo with one account's private key, as ``access`` has it."""

    def __init__(self, access: Access) -> None:
        self._headers = {
            "Authorization": f"Klaviyo-API-Key {access.key}",
            "revision": REVISION,
            "Accept": "application/vnd.api+json",
        }
        self._sleep, self._until = access.sleep, access.until
        self._web = Web()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._web.__exit__(kind, error, trace)

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[list[Document]]:
        """The resources at a path, page by page.

        Only the cursor is taken of the link to the next page: the key goes to no other host.

        :raises SourceError: a page can't be had; in words for who looks after the account.
        """
        cursor, seen = "", {""}
        while True:
            asked = {**query, **({"page[cursor]": cursor} if cursor else {})}
            document = self.document(path, asked)
            data, links = document.get("data"), document.get("links")
            if not isinstance(data, list) or not all(map(_is_resource, data)):
                raise _not_understood("there is no list of resources in its answer")
            yield data
            cursor = _cursor(links.get("next") if isinstance(links, dict) else None)
            if not cursor:
                return
            if cursor in seen:
                raise _not_understood("its pages go round in a circle")
            seen.add(cursor)

    def one(self, path: str, query: Mapping[str, str]) -> Document:
        """The resource at a path. Raises what ``pages`` raises."""
        data = self.document(path, query).get("data")
        if not _is_resource(data):
            raise _not_understood("there is no resource in its answer")
        found: Document = data  # type: ignore[assignment]  # it is one
        return found

    def document(self, path: str, query: Mapping[str, str]) -> Document:
        """The document at a path. Raises what ``pages`` raises."""
        url = f"{settings.KLAVIYO_URL}/api/{path}{f'?{urlencode(query)}' if query else ''}"
        for attempt in range(_TRIES):
            last = attempt == _TRIES - 1
            try:
                answer, body = self._ask(url)
            except SourceError as error:
                if last or error.code not in ("broken_off", "too_slow"):
                    raise
                self._sleep(2.0**attempt)
                continue
            if answer.status == 200:
                return _read(body)
            if last or answer.status not in {429, *_TRANSIENT}:
                break
            self._sleep(_wait(answer, 2.0**attempt))
        raise _refused(answer.status, body)

    def _ask(self, url: str) -> tuple[Answer, bytes]:
        into, left = io.BytesIO(), self._until - time.monotonic()
        if left <= 0:
            raise SourceError("slow_down", "Klaviyo takes too long to answer. Try again later.")
        limits = replace(_LIMITS, seconds=min(_LIMITS.seconds, left))
        answer = self._web.get(url, headers=self._headers, into=into, limits=limits)
        return answer, into.getvalue()


def _is_resource(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("id"), str)
        and isinstance(value.get("attributes"), dict)
    )


def _cursor(link: object) -> str:
    """The cursor in a link to the next page; empty where there is none."""
    if link is None:
        return ""
    found = parse_qs(urlsplit(link).query).get("page[cursor]") if isinstance(link, str) else None
    if not found:
        raise _not_understood("its link to the next page has no cursor")
    return found[0]


def _read(body: bytes) -> Document:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise _not_understood("its answer is not JSON") from error
    if not isinstance(document, dict):
        raise _not_understood("its answer is not an object")
    return document


def _wait(answer: Answer, otherwise: float) -> float:
    """How many seconds to wait before asking again.

    :raises SourceError: it is longer than is waited for.
    """
    asked = answer.headers.get("Retry-After", "")
    seconds = float(asked) if asked.isascii() and asked.isdigit() else otherwise
    if seconds > _LONGEST_WAIT:
        raise SourceError(
            "slow_down",
            f"Klaviyo asks us to wait {seconds:,.0f} seconds: too much is being read from this "
            "account. Try again later.",
        )
    return seconds


def _refused(status: int, body: bytes) -> SourceError:
    """What a status means for who looks after the account."""
    said = _said(body)
    if status == 401 or (status == 400 and "api key" in said.lower()):
        return SourceError(
            "key_refused",
            "Klaviyo doesn't know this API key. Make a private key in Klaviyo under Settings → "
            "API keys, and give it to the source.",
        )
    if status == 403:
        return SourceError(
            "not_allowed",
            "The API key may not read this. Make one in Klaviyo that may read lists, profiles and "
            "segments, and give it to the source.",
        )
    if status in (404, 410):
        return SourceError(
            "not_found", "Klaviyo has no such list (any more). Was it deleted there? Pick another."
        )
    if status == 429:
        return SourceError(
            "slow_down",
            "Klaviyo keeps asking us to slow down: too much is being read from this account at "
            "the moment. Try again later.",
        )
    if status in _TRANSIENT:
        return SourceError("unreachable", f"Klaviyo is out of order ({status}). Try again later.")
    return _not_understood(f"it answers {status}{f': “{said}”' if said else ''}")


def _said(body: bytes) -> str:
    """The first error of an error document, in Klaviyo's words; empty where it has none."""
    try:
        error = json.loads(body)["errors"][0]
        return str(error.get("detail") or error.get("title") or "")[:300]
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _not_understood(what: str) -> SourceError:
    return SourceError(
        "not_understood", f"Klaviyo's answer can't be understood: {what}. Tell who runs this."
    )
