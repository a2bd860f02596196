"""Which audiences grew or shrank unusually."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from audiences.models import Audience, AudienceStatus, AudienceVersion
from audiences.services.unusual import unusual
from segments.models import Space
from tests.conftest import Make

Give = Callable[..., Audience]


@pytest.fixture
def with_sizes(make_audience: Make, at: datetime.datetime) -> Give:
    """An audience with sizes by how many days ago they were worked out; the first was built."""

    def give(*sizes: tuple[float, int], cause: str = "facts") -> Audience:
        audience: Audience = make_audience("static", name=f"Of {sizes}")
        before = 0
        for version, (days, size) in enumerate(sizes, 1):
            AudienceVersion.objects.create(
                audience=audience,
                version=version,
                cause="first" if version == 1 else cause,
                size=size,
                entered=max(size - before, 0),
                left=max(before - size, 0),
                as_of=at - datetime.timedelta(days=days),
                took=datetime.timedelta(),
            )
            before = size
        AudienceStatus.objects.create(audience=audience, version=len(sizes), size=before)
        return audience

    return give


@pytest.mark.parametrize(
    ("sizes", "change", "most"),
    [
        ([(40, 100), (0.1, 150)], 50, 0),
        ([(40, 100), (0.1, 40)], -60, 0),
        ([(40, 100), (5, 130), (0.5, 150), (0.1, 170)], 40, 30),  # two versions, one day
        ([(40, 0), (0.1, 12)], 12, 0),
        ([(40, 1000), (35, 100), (0.1, 150)], 50, 0),  # longer ago than 30 days
    ],
)
def test_one_that_changed_more_than_before_is_found(
    sizes: list[tuple[float, int]],
    change: int,
    most: int,
    with_sizes: Give,
    space: Space,
    at: datetime.datetime,
) -> None:
    audience = with_sizes(*sizes)
    (found,) = unusual(space=space, at=at)
    assert (found.audience, found.size) == (audience, sizes[-1][1])
    assert (found.change, found.most, found.redefined) == (change, most, False)


@pytest.mark.parametrize(
    "sizes",
    [
        [(40, 100), (0.1, 109)],  # less than 10 members
        [(40, 1000), (0.1, 1040)],  # less than a twentieth
        [(40, 100), (5, 150), (0.1, 200)],  # as on another day
        [(40, 100), (5, 40), (0.1, 100)],  # likewise, the other way round
        [(40, 100), (0.2, 200), (0.1, 100)],  # there and back
        [(0.5, 100), (0.1, 200)],  # it was not there a day ago
        [(0.5, 100)],
        [(40, 100), (2, 200)],  # not in the last day
    ],
)
def test_others_are_not(
    sizes: list[tuple[float, int]], with_sizes: Give, space: Space, at: datetime.datetime
) -> None:
    with_sizes(*sizes)
    assert unusual(space=space, at=at) == []


def test_that_a_definition_was_changed_is_told(
    with_sizes: Give, space: Space, at: datetime.datetime
) -> None:
    with_sizes((40, 100), (0.1, 150), cause="definition")
    (found,) = unusual(space=space, at=at)
    assert found.redefined
    assert found.share == 0.5


def test_those_that_changed_most_come_first_and_only_those_in_force(
    with_sizes: Give, space: Space, other_space: Space, at: datetime.datetime
) -> None:
    some = with_sizes((40, 100), (0.1, 150))
    more = with_sizes((40, 100), (0.1, 10))
    off = with_sizes((40, 100), (0.1, 10))
    Audience.objects.filter(pk=off.pk).update(enabled=False)
    assert [one.audience for one in unusual(space=space, at=at)] == [more, some]
    assert unusual(space=other_space, at=at) == []
