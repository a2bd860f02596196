"""What the page on imports says of columns and options is so."""

from __future__ import annotations

import datetime
import re
from enum import StrEnum
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import load_command_class

from segments.imports.columns import membership_columns
from segments.imports.lists import ListMode
from segments.imports.memberships import MembershipsMode
from segments.imports.segment_members import Mode
from segments.models import Unknown

PAGE = (Path(settings.BASE_DIRECTORY) / "docs" / "imports.md").read_text()
FIRST_CELLS = re.findall(r"^\| `([^`]+)`", PAGE, re.MULTILINE)


def test_lists_every_column() -> None:
    columns = [*membership_columns(datetime.date(2026, 1, 1)), "metadata.…"]

    assert [cell for cell in FIRST_CELLS if cell in columns] == columns


@pytest.mark.parametrize(
    ("section", "choices"),
    [
        ("Memberships", MembershipsMode),
        ("Members of segments", Mode),
        ("One list", ListMode),
        ("One list", Unknown),
    ],
)
def test_lists_every_choice(section: str, choices: type[StrEnum]) -> None:
    (text,) = re.findall(rf"^## {section}\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    told = re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)

    assert [cell for cell in told if cell in list(choices)] == list(choices)


@pytest.mark.parametrize("name", ["import_memberships", "import_segment_members"])
def test_names_every_option(name: str) -> None:
    parser = load_command_class("segments", name).create_parser("manage.py", name)
    usage = set(re.findall(r"--[a-z-]+", parser.format_usage()))
    common = {"--version", "--verbosity", "--settings", "--pythonpath", "--traceback"}
    options = usage - common - {"--no-color", "--force-color", "--skip-checks"}

    assert options <= set(re.findall(r"--[a-z-]+", PAGE))


def test_names_no_option_that_is_not_there() -> None:
    parser = load_command_class("segments", "import_segment_members").create_parser("manage.py", "")

    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) <= set(
        re.findall(r"--[a-z-]+", parser.format_help())
    )
