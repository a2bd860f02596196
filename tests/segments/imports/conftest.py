from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segments.imports.lists import ListImported, ListMode, import_list
from segments.imports.memberships import MembershipsImported, import_memberships
from segments.imports.refusals import BadRows, Problem
from segments.models import Membership, Segment, SegmentMembership, Space, Unknown

Import = Callable[..., MembershipsImported]


@pytest.fixture
def steps() -> list[str]:
    """What an import told of its progress, each step once."""
    return []


@pytest.fixture
def run(space: Space, at: datetime.datetime, steps: list[str]) -> Import:
    """Import a file of memberships, given as text or bytes, into the space."""

    def progress(step: str, done: int = 0, total: int = 0) -> None:
        if step not in steps:
            steps.append(step)

    def run(file: str | bytes, **options: Any) -> MembershipsImported:
        content = file.encode() if isinstance(file, str) else file
        return import_memberships(
            **{"space": space, "now": at, "progress": progress, **options},
            file=io.BytesIO(content),
        )

    return run


@pytest.fixture
def problems(run: Import) -> Callable[[str], list[Problem]]:
    """What an import refuses a file for, row by row."""

    def problems(file: str) -> list[Problem]:
        with pytest.raises(BadRows) as refusal:
            run(file)
        return refusal.value.first

    return problems


@pytest.fixture
def stored(space: Space) -> Callable[[str], Membership]:
    """The membership of the space with this external id."""

    def stored(external_id: str) -> Membership:
        return Membership.objects.get(space=space, external_id=external_id)

    return stored


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "problems.csv"


@pytest.fixture
def vips(make_segment: Callable[..., Segment]) -> Segment:
    return make_segment("vips")


@pytest.fixture
def enlist(space: Space, vips: Segment, at: datetime.datetime) -> Callable[..., ListImported]:
    """Import a file, given as text, into the list of the VIPs; by itself people are created."""

    def enlist(
        file: str, mode: ListMode = ListMode.ADD, unknown: Unknown = Unknown.CREATE, **options: Any
    ) -> ListImported:
        return import_list(
            **{"space": space, "segment": vips, "now": at, "unknown": unknown, **options},
            mode=mode,
            file=io.BytesIO(file.encode()),
        )

    return enlist


@pytest.fixture
def listed(vips: Segment) -> Callable[[], set[str]]:
    """The external ids of those on the list of the VIPs."""

    def listed() -> set[str]:
        places = SegmentMembership.objects.filter(segment=vips)
        return set(places.values_list("membership__external_id", flat=True))

    return listed
