"""What the tests of every app share: a space with its makers, and a moment."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client, override_settings

from audience_platform import worker
from audience_platform.models import Scope
from audience_platform.services import make_key
from audiences.models import Audience
from audiences.services import define_audience
from offers.models import Offer
from offers.services import aim
from segments.models import Membership, Segment, Space
from segments.services import add_members, save_row

Make = Callable[..., Any]
_serial = count(1)


@pytest.fixture
def space(db: None) -> Space:
    return Space.objects.create(slug="north", name="North", time_zone="Europe/Amsterdam")


@pytest.fixture
def other_space(db: None) -> Space:
    return Space.objects.create(slug="south", name="South", time_zone="UTC")


@pytest.fixture
def at() -> datetime.datetime:
    """A moment at noon on a day without surprises."""
    return datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)


@pytest.fixture
def make_membership(space: Space) -> Make:
    def make(*segments: Segment, **values: Any) -> Membership:
        values = {"space": space, "external_id": f"member-{next(_serial)}", **values}
        membership = save_row(Membership(), **values)
        for segment in segments:
            add_members(segment=segment, memberships=[membership.pk])
        return membership

    return make


@pytest.fixture
def make_segment(space: Space) -> Make:
    def make(short_code: str = "", **values: Any) -> Segment:
        code = short_code or f"segment-{next(_serial)}"
        values = {"space": space, "short_code": code, "name": code.replace("-", " "), **values}
        return save_row(Segment(), **values)

    return make


@pytest.fixture
def make_audience(space: Space) -> Make:
    def make(audience_type: str, *, name: str = "", **configuration: Any) -> Audience:
        return define_audience(
            space=space, audience_type=audience_type, configuration=configuration, name=name
        )

    return make


@pytest.fixture
def make_offer(space: Space) -> Make:
    def make(*audiences: Audience, **values: Any) -> Offer:
        offer = save_row(Offer(), **{"space": space, "name": f"Offer {next(_serial)}", **values})
        aim(offer=offer, audiences=audiences)
        return offer

    return make


class Program:
    """A program that speaks to the API with a token."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    def ask(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        body: bytes | None = None,
        content_type: str = "application/vnd.api+json",
        **headers: str,
    ) -> Any:
        """The answer. A raw ``body`` takes the place of a document; X_Space is ``X-Space``."""
        if body is None:
            body = b"" if document is None else json.dumps(document).encode()
        return self._client.generic(
            method,
            f"/api/{path}",
            body,
            content_type,
            secure=True,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options)

    def post(self, path: str, document: Any = None, **options: Any) -> Any:
        return self.ask("POST", path, document, **options)

    def patch(self, path: str, document: Any = None, **options: Any) -> Any:
        return self.ask("PATCH", path, document, **options)

    def delete(self, path: str, document: Any = None, **options: Any) -> Any:
        return self.ask("DELETE", path, document, **options)


@pytest.fixture
def make_program(space: Space) -> Make:
    def make(*spaces: Space, scope: Scope = Scope.WRITE, **values: Any) -> Program:
        values = {"name": "tests", "at": datetime.datetime.now(datetime.UTC), **values}
        return Program(make_key(spaces=spaces or [space], scope=scope, **values).token)

    return make


@pytest.fixture
def api(make_program: Make) -> Program:
    """A program that may read and write in the space."""
    program: Program = make_program()
    return program


class Colleague(Client):
    """Somebody of staff who has logged in to the admin."""

    def generic(self, *args: Any, **options: Any) -> Any:
        return super().generic(*args, **{**options, "secure": True})

    def page(self, path: str, **asked: Any) -> str:
        """The page's text."""
        response = self.get(f"/admin/{path}", asked)
        assert response.status_code == 200, (response.status_code, path)
        return response.content.decode()

    def save(self, path: str, **fields: Any) -> Any:
        """Send a form; the answer shows the page that one is led to."""
        return self.post(f"/admin/{path}", fields, follow=True)


@pytest.fixture
def make_colleague(db: None) -> Make:
    def make(*spaces: Space, superuser: bool = False) -> Colleague:
        user = User.objects.create(
            username=f"colleague-{next(_serial)}", is_staff=True, is_superuser=superuser
        )
        user.spaces.set(spaces)
        colleague = Colleague()
        colleague.force_login(user)
        return colleague

    return make


@pytest.fixture
def colleague(make_colleague: Make, space: Space) -> Colleague:
    """Somebody who is given the space, and no other."""
    made: Colleague = make_colleague(space)
    return made


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the files of imports are kept: ``PLATFORM_DATA_DIR``, for a worker of its own."""
    folder = tmp_path_factory.mktemp("data")
    imports = settings.STORAGES["imports"]
    options = {**imports["OPTIONS"], "location": folder / "imports"}
    with override_settings(
        STORAGES={**settings.STORAGES, "imports": {**imports, "OPTIONS": options}}
    ):
        yield folder


@pytest.fixture
def worker_environment(transactional_db: None, data_folder: Path) -> dict[str, str]:
    """The environment of a worker as a process of its own, on the test's database and files."""
    known = connection.get_connection_params()
    user = quote(str(known.get("user", "")), safe="")
    password = f":{quote(known['password'], safe='')}" if known.get("password") else ""
    host = quote(str(known["host"]), safe="")
    port = f"&port={known['port']}" if known.get("port") else ""
    url = f"postgresql://{user}{password}@/{known['dbname']}?host={host}{port}"
    return os.environ | {"DATABASE_URL": url, "PLATFORM_DATA_DIR": str(data_folder)}


@pytest.fixture
def work_off(transactional_db: None) -> Callable[[], None]:
    """Carries out all jobs that wait, as a worker does."""

    async def work() -> None:
        with ThreadPoolExecutor(1) as thread:  # one, and so one database connection
            asyncio.get_running_loop().set_default_executor(thread)
            await worker.run(concurrency=1, wait=False)
            thread.submit(connections.close_all).result()
        await sync_to_async(connections.close_all)()  # that of what is done periodically

    return lambda: asyncio.run(work())
