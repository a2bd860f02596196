"""Sets as circles."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from audiences.admin.circles import HEIGHT, WIDTH, Circle, picture


def apart(one: Circle, other: Circle) -> float:
    return math.hypot(one.x - other.x, one.y - other.y)


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [
        ([100, 50], {(0,): 75, (1,): 25, (0, 1): 25}),
        ([100, 100], {(0,): 100, (1,): 100}),
        ([100, 30], {(0,): 70, (0, 1): 30}),
        ([70, 70], {(0, 1): 70}),
        (
            [60, 60, 60],
            {(0,): 25, (1,): 25, (2,): 25, (0, 1): 15, (0, 2): 15, (1, 2): 15, (0, 1, 2): 5},
        ),
        ([100, 20, 10], {(0,): 70, (0, 1): 20, (0, 2): 10}),
        ([10, 20, 30], {(0,): 10, (1,): 20, (2,): 30}),
        ([1_000_000, 1], {(0,): 1_000_000, (1,): 1}),
    ],
)
def test_areas_are_in_proportion_and_all_fits_the_picture(
    sizes: list[int], parts: dict[tuple[int, ...], int]
) -> None:
    drawn = picture(sizes, parts)
    assert drawn is not None
    areas = [circle.radius**2 for circle in drawn.circles]
    for (size, area), (other, its_area) in pairwise(zip(sizes, areas, strict=True)):
        assert area / its_area == pytest.approx(size / other)
    for circle in drawn.circles:
        assert circle.radius <= circle.x <= WIDTH - circle.radius
        assert circle.radius <= circle.y <= HEIGHT - circle.radius
    for number in drawn.numbers:
        inside = tuple(
            place
            for place, circle in enumerate(drawn.circles)
            if math.hypot(number.x - circle.x, number.y - circle.y) < circle.radius
        )
        assert parts[inside] == number.count


def test_what_is_apart_does_not_touch_and_what_is_within_stays_within() -> None:
    separate = picture([10, 10], {(0,): 10, (1,): 10})
    assert separate is not None
    one, other = separate.circles
    assert apart(one, other) > one.radius + other.radius
    within = picture([100, 30], {(0,): 70, (0, 1): 30})
    assert within is not None
    one, other = within.circles
    assert apart(one, other) + other.radius < one.radius


def test_half_of_a_circle_is_half_of_its_area() -> None:
    drawn = picture([100, 100], {(0,): 50, (1,): 50, (0, 1): 50})
    assert drawn is not None
    one, other = drawn.circles
    assert apart(one, other) / one.radius == pytest.approx(0.8079, abs=1e-3)  # as is well known


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [
        ([10], {(0,): 10}),
        ([10, 0], {(0,): 10}),
        ([1, 1, 1, 1], {(0,): 1, (1,): 1, (2,): 1, (3,): 1}),
        # each two share half, and nobody is in all: three circles always meet in the middle
        ([40, 40, 40], {(0, 1): 20, (0, 2): 20, (1, 2): 20}),
    ],
)
def test_what_circles_cannot_show_is_not_drawn(
    sizes: list[int], parts: dict[tuple[int, ...], int]
) -> None:
    assert picture(sizes, parts) is None
