"""What the project says of itself: its requirements, its pages, its migrations."""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = settings.BASE_DIRECTORY
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PAGES += sorted((ROOT / "docs").rglob("*.md"))


def requirements(name: str) -> list[Requirement]:
    lines = (ROOT / name).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r "))]


def needed(wanted: list[Requirement]) -> set[str]:
    """The names of all the packages that these need, and those need in turn."""
    found: set[tuple[str, str]] = set()
    left = [(each.name, extra) for each in wanted for extra in ("", *each.extras)]
    while left:
        name, extra = left.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for line in distribution(name).requires or []:
            each = Requirement(line)
            if each.marker is None or each.marker.evaluate({"extra": extra}):
                left += [(canonicalize_name(each.name), more) for more in ("", *each.extras)]
    return {canonicalize_name(name) for name, _ in found}


@pytest.mark.parametrize(
    "files", [["requirements.txt"], ["requirements.txt", "requirements-dev.txt"]]
)
def test_every_package_is_pinned_to_the_version_in_use(files: list[str]) -> None:
    wanted = [each for name in files for each in requirements(name)]
    pinned = {canonicalize_name(each.name): str(each.specifier) for each in wanted}

    assert len(pinned) == len(wanted)
    assert set(pinned) == needed(wanted)
    assert pinned == {name: f"=={distribution(name).version}" for name in pinned}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    links = re.findall(r"!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    inner = [link for link in links if "://" not in link]

    assert [link for link in inner if not (page.parent / link).exists()] == []


@pytest.mark.django_db
def test_no_migration_is_forgotten() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_two_decisions_have_the_same_number() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")]

    assert len(numbers) == len(set(numbers))
