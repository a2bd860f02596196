"""A browser on a server with a space's data. Chromium is Debian's own, or what CHROMIUM names."""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from segments.models import Space
from segments.services import add_members

from .hands import PASSWORD

Make = Callable[..., Any]

# Root, as in a container, has no sandbox; the others keep Chromium from calling home.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PLAIN_HTTP = {
    "SECURE_SSL_REDIRECT": False,
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_SECURE": False,
    "SECURE_HSTS_SECONDS": 0,
}


@pytest.fixture(scope="module")
def live_server() -> Iterator[LiveServer]:
    with override_settings(**PLAIN_HTTP):
        server = LiveServer("127.0.0.1")
        yield server
        server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium here; on Debian: apt-get install chromium")
    # Playwright keeps an event loop in this thread, in which Django would refuse the database. The
    # tests wait for each answer of the browser, so nothing runs at the same time.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture
def vera(space: Space) -> User:
    """A marketer, who is given the space."""
    user = User.objects.create_user("vera", password=PASSWORD, is_staff=True)
    space.staff.add(user)
    return user


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Open a window. At the end of the test nothing may have gone wrong in any: no error in a
    script or on the console (a broken policy is one), no answer of a failure, no other host."""
    wrong: list[str] = []
    contexts = []

    def open_page(user: User | None = None, **options: Any) -> Page:
        viewport = {"width": options.pop("width", 1280), "height": 900}
        options = {"locale": "en-GB", "viewport": viewport, **options}
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        _watch(page, live_server.url, wrong)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def _watch(page: Page, url: str, wrong: list[str]) -> None:
    host = urlsplit(url).netloc
    page.on(
        "console",
        lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None,
    )
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on(
        "request",
        lambda asked: (
            wrong.append(f"elsewhere: {asked.url}")
            if urlsplit(asked.url).scheme.startswith("http") and urlsplit(asked.url).netloc != host
            else None
        ),
    )
    page.on(
        "response",
        lambda answer: (
            wrong.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None
        ),
    )


@pytest.fixture
def programme(
    make_membership: Make, make_segment: Make, make_audience: Make, make_offer: Make
) -> SimpleNamespace:
    """A space in use: members, segments, and offers in each state."""
    now = timezone.now()
    day = datetime.timedelta(days=1)
    gold = make_segment("gold-tier", name="Gold tier", description="Spent 500 or more this year")
    wine = make_segment("wine-drinkers", name="Wine drinkers")
    members = [
        make_membership(
            external_id=f"household-{number}",
            full_name=f"{name} Ekberg",
            email=f"{name.lower()}@example.com",
            birthday=birthday,
            total_orders=number * 7,
            metadata={"income": "35-49K"},
        )
        for number, (name, birthday) in enumerate(
            [("Ada", "2000-05-04"), ("Bo", "1950-02-01"), ("Cleo", None), ("Dina", "1999-12-31")], 1
        )
    ]
    add_members(segment=gold, memberships=[members[0].pk, members[1].pk])
    add_members(segment=wine, memberships=[member.pk for member in members])
    young = make_audience("age_within", minimum_age=18, maximum_age=35)
    drinkers = make_audience("in_any_segment", segments=[str(wine.id)], name="Wine lovers")
    offer = make_offer(
        young, drinkers, name="Wine club", publish_at=now - 3 * day, expire_at=now + 9 * day
    )
    make_offer(name="5 % off every basket")
    make_offer(young, name="Spring box", publish_at=now + 3 * day)
    make_offer(drinkers, name="Autumn box", expire_at=now - 2 * day, publish_at=now - 30 * day)
    make_offer(name="Withdrawn", discontinued=True)
    return SimpleNamespace(gold=gold, wine=wine, members=members, young=young, offer=offer)
