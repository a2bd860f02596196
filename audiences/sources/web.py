"""Asking other people's servers, within limits: of where they are, of size, of time.

On the standard library's HTTP client, which lets a caller make the connection itself. The ones with
more comfort look the name up again when they connect, after it was checked, and follow redirects
on their own.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import SplitResult, urljoin, urlsplit

from audiences.sources.addresses import connect, is_allowed
from audiences.sources.base import SourceError

_SILENT_SECONDS = 30.0  # between two signs of life
_CHUNK = 256 * 1024
_REDIRECTS = {301, 302, 303, 307, 308}
_SAME = {"Accept-Encoding": "identity", "User-Agent": "audience-platform"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    url: str  # that answered, after redirects
    is_whole: bool = True


@dataclass(frozen=True)
class Limits:
    """What is taken of one answer at most, its redirects included. Of a longer one, ``cut`` takes
    the beginning; else it is refused."""

    bytes: int
    seconds: float
    cut: bool = False


class Web:
    """Asks, one request after the other, and keeps the connection between two to one host."""

    def __init__(self, *, trust: Callable[[], ssl.SSLContext] = ssl.create_default_context) -> None:
        self._trust = trust
        self._connection: _Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        into: BinaryIO,
        limits: Limits,
        redirects: int = 0,
    ) -> Answer:
        """Ask for the URL and write what is answered ``into`` a file, whatever its status.

        At most so many ``redirects`` are followed: to HTTPS alone, and to another host without the
        header ``Authorization``.

        :raises SourceError: it can't be asked, or its answer isn't whole within the limits.
        """
        with self._watched(limits.seconds):
            for _ in range(redirects + 1):
                answer = self._ask(url, headers, into, limits)
                to = answer.headers.get("Location")
                if answer.status not in _REDIRECTS or not to:
                    return answer
                url, headers = _next(url, to, headers)
        most = "and is not followed" if not redirects else f"more than {redirects} times"
        raise SourceError("redirected", f"“{_host(url)}” sends us on, {most}. Give the last URL.")

    def _ask(self, url: str, headers: Mapping[str, str], into: BinaryIO, limits: Limits) -> Answer:
        parts = split(url)
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        try:
            with self._respond(parts, target, {**_SAME, **headers}) as response:
                into.seek(0)
                into.truncate()
                is_whole = _take(response, into, limits, _host(url))
        except SourceError:
            self._close()
            raise
        except TimeoutError as error:
            self._close()
            raise _too_slow(url) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._close()
            if self._expired.is_set():
                raise _too_slow(url) from error
            message = f"“{_host(url)}” broke off its answer. Try again later."
            raise SourceError("broken_off", message) from error
        if self._expired.is_set():
            raise _too_slow(url)
        if response.will_close or not is_whole:
            self._close()
        return Answer(response.status, response.msg, url, is_whole)

    def _respond(
        self, parts: SplitResult, target: str, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        """The answer's beginning. One that a kept connection has no more is asked for once more."""
        kept = self._connection is not None and self._connection.leads_to(parts)
        if not kept:
            self._close()
            self._connection = _Connection(parts, self._trust)
        assert self._connection is not None
        try:
            if not kept:
                self._connection.connect()
            if self._expired.is_set():  # before there was a connection to cut
                raise TimeoutError
            self._connection.request("GET", target, headers=dict(headers))
            return self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            if not kept:
                raise
            self._close()
            return self._respond(parts, target, headers)

    @contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        """Cut the connection when time is up: a server that sends a byte now and then, and never
        ends, is never silent for long."""
        self._expired = threading.Event()
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self._expired.set()
        if self._connection is not None and self._connection.line is not None:
            with suppress(OSError):  # closed meanwhile
                socket.socket.shutdown(self._connection.line, socket.SHUT_RDWR)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Connection(http.client.HTTPConnection):
    """To an address that was looked at; with TLS, to who can prove to have the host's name."""

    def __init__(self, parts: SplitResult, trust: Callable[[], ssl.SSLContext]) -> None:
        self._place = _place(parts)
        self._trust = trust
        # The socket, also while an answer is read after which the server closes: ``sock`` is None
        # then.
        self.line: socket.socket | None = None
        self.default_port = 443 if parts.scheme == "https" else 80
        super().__init__(parts.hostname or "", self._place[2], timeout=_SILENT_SECONDS)

    def leads_to(self, parts: SplitResult) -> bool:
        return self._place == _place(parts)

    def connect(self) -> None:
        scheme, host, port = self._place
        made = connect(host, port)
        made.settimeout(_SILENT_SECONDS)
        self.sock = self.line = made
        if scheme == "http":
            return
        try:
            self.sock = self.line = self._trust().wrap_socket(
                made,
                server_hostname=host,
                do_handshake_on_connect=False,  # it can be cut off then
                suppress_ragged_eofs=False,  # an end that anybody could have made is none
            )
            self.sock.do_handshake()
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or error.reason or "it fails"
            message = f"The certificate or encryption of “{host}” can't be trusted: {reason}."
            raise SourceError("unreachable", message) from error


def split(url: str) -> SplitResult:
    """The parts of a URL that may be asked for.

    :raises SourceError: it is none, or not HTTPS (but for hosts that the settings allow). It is
        repeated without its query, in which secrets are given.
    """
    shown = url.partition("?")[0][:200]
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or url != url.strip() or not url.isascii() or not url.isprintable() or " " in url:
        raise SourceError("unreachable", f"“{shown}” is not a URL. Give one: https://….")
    if parts.username is not None:
        message = "A URL can't hold a name and a password. Give them as the key instead."
        raise SourceError("unreachable", message)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_allowed(host)):
        message = f"“{shown}” is not encrypted. Only URLs that begin with https:// are asked."
        raise SourceError("unreachable", message)
    return parts


def _next(url: str, to: str, headers: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """The URL of a redirect, and the headers for it.

    :raises SourceError: nobody must be sent there.
    """
    further = urljoin(url, to)
    before, after = split(url), split(further)
    if before.scheme == "https" and after.scheme != "https":
        message = f"“{_host(url)}” sends us on to a URL that is not encrypted. Give the last URL."
        raise SourceError("redirected", message)
    if _place(before) != _place(after):
        headers = {name: value for name, value in headers.items() if name != "Authorization"}
    return further, headers


def _take(response: http.client.HTTPResponse, into: BinaryIO, limits: Limits, host: str) -> bool:
    """Write the body to the file; whether that is all of it.

    :raises SourceError: it is too large, or breaks off.
    """
    taken = 0
    while chunk := response.read(min(_CHUNK, limits.bytes + 1)):
        if taken + len(chunk) > limits.bytes:
            if limits.cut:
                into.write(chunk[: limits.bytes - taken])
                return False
            most = limits.bytes // 1_000_000
            message = f"What “{host}” sends is larger than {most:,} MB, the most."
            raise SourceError("too_large", message)
        taken += len(chunk)
        into.write(chunk)
    if response.length:  # of the bytes that were promised, so many are missing
        raise http.client.IncompleteRead(b"", response.length)
    return True


def _place(parts: SplitResult) -> tuple[str, str, int]:
    return (
        parts.scheme,
        parts.hostname or "",
        parts.port or (443 if parts.scheme == "https" else 80),
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _too_slow(url: str) -> SourceError:
    return SourceError("too_slow", f"“{_host(url)}” takes too long to answer. Try again later.")
