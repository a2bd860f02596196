"""Stand-ins for the servers of others, on this machine: Klaviyo's API, and any other.

Klaviyo's contract as its reference has it (revision 2026-10-15): which headers it wants, how it
pages, what its errors look like. A ``script`` has it go wrong: each entry answers one request in
its place, ``None`` lets it answer as it does.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

KEY = "pk_0123456789abcdef0123456789abcdef01"
JSON_API = "application/vnd.api+json"
_MOST = {"lists": 10, "segments": 10, "profiles": 100}
_USUALLY = {"lists": 10, "segments": 10, "profiles": 20}


@dataclass(frozen=True)
class Said:
    """An answer. Fewer bytes than ``promised`` is an answer that breaks off."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    promised: int | None = None


Script = Callable[["Request"], Said]


@dataclass(frozen=True)
class Request:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class StandIn:
    """A server that answers what ``answer`` says, and remembers what it was asked."""

    def __init__(self, answer: Script) -> None:
        self.answer = answer
        self.script: list[Script | None] = []
        self.asked: list[Request] = []
        self.connections = 0

    def take(self, request: Request) -> Said:
        self.asked.append(request)
        scripted = self.script.pop(0) if self.script else None
        return scripted(request) if scripted else self.answer(request)

    url: str

    @contextmanager
    def serving(self) -> Iterator[str]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                stand_in.connections += 1
                super().setup()

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                said = stand_in.take(Request(parts.path, query, dict(self.headers.items())))
                self.send_response(said.status)
                promised = len(said.body) if said.promised is None else said.promised
                self.send_header("Content-Length", str(promised))
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said.body)
                self.close_connection = promised != len(said.body)

            def log_message(self, *args: Any) -> None:
                """Silence."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self.url
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class KlaviyoStandIn(StandIn):
    """An account of lists and segments: their names by id, and their people."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.names: dict[str, dict[str, str]] = {"lists": {}, "segments": {}}
        self.people: dict[str, list[dict[str, Any]]] = {}
        self.processing: set[str] = set()

    def add_list(
        self, id: str, *people: dict[str, Any], name: str = "", place: str = "lists"
    ) -> None:
        self.names[place][id] = name or f"List {id}"
        self.people[id] = list(people)

    def _answer(self, request: Request) -> Said:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("authorization") != f"Klaviyo-API-Key {KEY}":
            return error(401, "not_authenticated", "Missing or invalid private key.")
        if not headers.get("revision"):
            return error(400, "invalid", "The API revision header is missing.")
        match request.path.removeprefix("/api/").split("/"):
            case [("lists" | "segments") as place]:
                return self._page(
                    request, place, list(self.names[place]), lambda id: self._list(place, id)
                )
            case [("lists" | "segments") as place, id] if id in self.names[place]:
                return _document({"data": self._one(request, place, id)})
            case [("lists" | "segments") as place, id, "profiles"] if id in self.names[place]:
                return self._page(request, "profiles", self.people[id], _profile)
        return error(404, "not_found", f"A resource with path {request.path} does not exist.")

    def _one(self, request: Request, place: str, id: str) -> dict[str, Any]:
        found = _only(request, self._list(place, id))
        if request.query.get(f"additional-fields[{found['type']}]") == "profile_count":
            found["attributes"]["profile_count"] = len(self.people[id])
        return found

    def _list(self, place: str, id: str) -> dict[str, Any]:
        attributes: dict[str, Any] = {
            "name": self.names[place][id],
            "created": "2022-11-08T00:00:00+00:00",
            "updated": "2026-01-08T10:20:30+00:00",
        }
        if place == "lists":
            attributes["opt_in_process"] = "double_opt_in"
        else:
            attributes |= {
                "definition": None,
                "is_active": True,
                "is_processing": id in self.processing,
                "is_starred": False,
            }
        url = f"https://a.klaviyo.com/api/{place}/{id}"
        return {
            "type": place.removesuffix("s"),
            "id": id,
            "attributes": attributes,
            "relationships": {
                "profiles": {
                    "links": {
                        "self": f"{url}/relationships/profiles/",
                        "related": f"{url}/profiles/",
                    }
                }
            },
            "links": {"self": f"{url}/"},
        }

    def _page(
        self, request: Request, place: str, rows: list[Any], told: Callable[[Any], dict[str, Any]]
    ) -> Said:
        size = request.query.get("page[size]", str(_USUALLY[place]))
        if not size.isdigit() or not 1 <= int(size) <= _MOST[place]:
            return error(400, "invalid", f"page[size] must be from 1 to {_MOST[place]}.")
        # the Python SDK puts an equals sign before a cursor
        cursor = request.query.get("page[cursor]", "").removeprefix("=")
        try:
            first = int(base64.b64decode(cursor, validate=True)) if cursor else 0
        except ValueError:
            return error(400, "invalid", "page[cursor] is not a cursor of ours.")
        rest = first + int(size)
        more = base64.b64encode(f"{rest:06}".encode()).decode() if rest < len(rows) else None
        here = f"https://a.klaviyo.com{request.path}"
        links = {
            "self": here,
            "next": more and f"{here}?page%5Bsize%5D={size}&page%5Bcursor%5D={quote(more)}",
            "prev": None,
        }
        data = [_only(request, told(row)) for row in rows[first:rest]]
        return _document({"data": data, "links": links})


def _profile(person: dict[str, Any]) -> dict[str, Any]:
    nothing = dict.fromkeys(("email", "phone_number", "external_id", "first_name", "last_name"))
    attributes = {
        **nothing,
        "organization": None,
        "location": {"city": "Utrecht", "country": "Netherlands"},
        "properties": {"plan": "gold"},
        "created": "2023-01-08T10:20:30+00:00",
        "updated": "2026-01-08T10:20:30+00:00",
        "joined_group_at": "2026-01-08T10:20:30+00:00",
        **{name: value for name, value in person.items() if name != "id"},
    }
    return {
        "type": "profile",
        "id": person["id"],
        "attributes": attributes,
        "links": {"self": f"https://a.klaviyo.com/api/profiles/{person['id']}/"},
    }


def _only(request: Request, resource: dict[str, Any]) -> dict[str, Any]:
    """The resource with the fields that are asked for."""
    wanted = request.query.get(f"fields[{resource['type']}]")
    if wanted is None:
        return resource
    names = wanted.split(",")
    attributes = {name: resource["attributes"][name] for name in names}
    return {**resource, "attributes": attributes}


def _document(document: dict[str, Any]) -> Said:
    limits = {"RateLimit-Limit": "75, 75;w=1, 750;w=60", "RateLimit-Remaining": "74"}
    return Said(200, json.dumps(document).encode(), {"Content-Type": JSON_API, **limits})


def error(status: int, code: str, detail: str, **headers: str) -> Said:
    """What Klaviyo answers when it refuses: header names have _ for -."""
    told = {
        "id": "8a4b7c9e-0000-4000-8000-000000000000",
        "status": status,
        "code": code,
        "title": code.replace("_", " ").capitalize() + ".",
        "detail": detail,
        "source": {"pointer": "/data/"},
        "links": {},
        "meta": {},
    }
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"errors": [told]}).encode()
    return Said(status, body, {"Content-Type": JSON_API, **headers})


def slow_down(seconds: str | None = "1") -> Script:
    headers = {"Retry_After": seconds} if seconds else {}
    return says(error(429, "throttled", "Request was throttled.", **headers))


def says(said: Said) -> Script:
    return lambda _request: said
