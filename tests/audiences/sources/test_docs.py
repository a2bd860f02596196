"""What the page on sources says is so."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import load_command_class
from pytest_django.live_server_helper import LiveServer

import audiences.services.sync
import audiences.sources
from audiences.sources.registry import VENDORS
from audiences.types.synced import _OPTIONS
from tests.audiences.sources.stand_in import KlaviyoStandIn
from tests.conftest import Program

PAGE = (Path(project.BASE_DIRECTORY) / "docs" / "sources.md").read_text()


def table(section: str) -> list[list[str]]:
    """The rows of a section's tables, as their cells."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| (`.*) \|$", text, re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in rows]


def test_it_has_every_vendor_and_its_settings() -> None:
    told = {row[0].strip("`"): re.findall(r"`(\w+)`", row[3]) for row in table("Sources")}

    assert told == {name: list(vendor.settings) for name, vendor in sorted(VENDORS.items())[::-1]}


def test_it_has_every_option_of_a_configuration() -> None:
    told = [row[0].strip("`") for row in table("Making audiences of lists")]

    assert told == ["source", "list", *_OPTIONS]


def test_it_has_every_reason_why_a_sync_fails() -> None:
    told = {code for row in table("Syncs") for code in re.findall(r"`(\w+)`", row[0])}
    files = [*Path(next(iter(audiences.sources.__path__))).rglob("*.py")]
    source = "".join(path.read_text() for path in files)
    source += Path(str(audiences.services.sync.__file__)).read_text()
    raised = re.findall(r'SourceError\(\s*"(\w+)"', source)
    raised += re.findall(r'(?:_fail\(sync, |error_code=)"(\w+)"', source)

    assert told - {"error_code"} == set(raised)


@pytest.mark.parametrize("name", ["sync_audiences", "rotate_source_keys"])
def test_it_names_commands_and_options_that_are_there(name: str) -> None:
    parser = load_command_class("audiences", name).create_parser("manage.py", name)
    own = {
        option
        for action in parser._actions
        for option in action.option_strings
        if option in ("--space", "--audience", "--confirmed")
    }
    usage = re.findall(rf"manage\.py {name}(.*)", PAGE)[-1]

    assert set(re.findall(r"--\w+", usage)) == own


@pytest.fixture
def live_server(settings: Any) -> Iterator[LiveServer]:
    settings.SECURE_SSL_REDIRECT = False
    server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="curl is not installed"
)
def test_its_examples_work_in_their_order(
    transactional_db: None, api: Program, klaviyo: KlaviyoStandIn, live_server: LiveServer
) -> None:
    klaviyo.add_list("Y6nRLr", name="Newsletter")
    environment = os.environ | {"API": f"{live_server.url}/api", "TOKEN": api.token}
    blocks = re.findall(r"^```(sh|json)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    answer: Any = None
    for kind, text in blocks:
        if kind == "json":
            assert has(answer, json.loads(text)), answer
        else:
            done = subprocess.run(
                ["bash", "-c", text], env=environment, capture_output=True, text=True, check=True
            )
            answer = json.loads(done.stdout)
    assert len(blocks) == 10


def has(answer: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return all(name in answer and has(answer[name], value) for name, value in part.items())
    if isinstance(part, list):
        return len(answer) == len(part) and all(map(has, answer, part))
    return bool(answer == part)
