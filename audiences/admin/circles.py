"""Two or three sets as circles: their areas, and what each two share, in proportion."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 360, 260
_MARGIN = 8
_STEPS = 160  # of the grid that is looked at, along each side
_TOLERATED = 0.06  # of all: how far a part's area may be from what it stands for
_ROOM = 13  # around the middle of a number

Those = tuple[int, ...]


@dataclass(frozen=True)
class Circle:
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Number:
    """How many are in just these sets (their places), and where to write it."""

    x: float
    y: float
    count: int


@dataclass(frozen=True)
class Picture:
    circles: list[Circle]
    numbers: list[Number]


def picture(sizes: Sequence[int], parts: Mapping[Those, int]) -> Picture | None:
    """Draw two or three sets, each of somebody, within ``WIDTH`` by ``HEIGHT``.

    ``parts`` has how many are in just these sets (by their places) and no others. None where
    circles can't show it: with three, the areas of the seven parts don't always allow for it.
    """
    if not 2 <= len(sizes) <= 3 or not all(sizes):
        return None
    radii = [math.sqrt(size / math.pi) for size in sizes]
    shared = {
        (one, two): sum(count for those, count in parts.items() if {one, two} <= set(those))
        for one in range(len(sizes))
        for two in range(one + 1, len(sizes))
    }
    apart = {pair: _distance(radii[pair[0]], radii[pair[1]], both) for pair, both in shared.items()}
    circles = _fitted(_placed(radii, apart))
    numbers = _numbers(circles, parts)
    return Picture(circles, numbers) if numbers is not None else None


def _distance(one: float, two: float, both: float) -> float:
    """How far apart the middles are when the circles share an area of ``both``."""
    if both <= 0:
        return (one + two) * 1.04
    nearest, farthest = abs(one - two), one + two
    if both >= math.pi * min(one, two) ** 2 * (1 - 1e-9):
        return nearest * 0.8
    for _ in range(60):
        middle = (nearest + farthest) / 2
        if _lens(one, two, middle) > both:
            nearest = middle
        else:
            farthest = middle
    return nearest


def _lens(one: float, two: float, apart: float) -> float:
    """The area that two circles share; their edges cross."""
    first = (apart**2 + one**2 - two**2) / (2 * apart * one)
    second = (apart**2 + two**2 - one**2) / (2 * apart * two)
    triangle = (
        (-apart + one + two) * (apart + one - two) * (apart - one + two) * (apart + one + two)
    )
    return (
        one**2 * math.acos(min(1, max(-1, first)))
        + two**2 * math.acos(min(1, max(-1, second)))
        - math.sqrt(max(0, triangle)) / 2
    )


def _placed(radii: Sequence[float], apart: Mapping[tuple[int, int], float]) -> list[Circle]:
    second = apart[0, 1]
    circles = [Circle(0, 0, radii[0]), Circle(second, 0, radii[1])]
    if len(radii) == 3:
        to_first, to_second = apart[0, 2], apart[1, 2]
        x = (to_first**2 - to_second**2 + second**2) / (2 * second) if second else to_first
        x = max(-to_first, min(to_first, x))
        circles.append(Circle(x, math.sqrt(max(0, to_first**2 - x**2)), radii[2]))
    return circles


def _fitted(circles: Sequence[Circle]) -> list[Circle]:
    """The same, as large as there is room, in the middle."""
    left = min(one.x - one.radius for one in circles)
    right = max(one.x + one.radius for one in circles)
    top = min(one.y - one.radius for one in circles)
    bottom = max(one.y + one.radius for one in circles)
    scale = min((WIDTH - 2 * _MARGIN) / (right - left), (HEIGHT - 2 * _MARGIN) / (bottom - top))
    x, y = (WIDTH - (left + right) * scale) / 2, (HEIGHT - (top + bottom) * scale) / 2
    return [Circle(x + one.x * scale, y + one.y * scale, one.radius * scale) for one in circles]


def _numbers(circles: Sequence[Circle], parts: Mapping[Those, int]) -> list[Number] | None:
    """Where to write how many are in each part that has room; None where the areas are not so."""
    across = np.linspace(0, WIDTH, _STEPS)
    x, y = np.meshgrid(across, np.linspace(0, HEIGHT, _STEPS))
    inward = [one.radius - np.hypot(x - one.x, y - one.y) for one in circles]
    drawn = np.sum([(edge > 0) * (1 << place) for place, edge in enumerate(inward)], axis=0)
    room = np.minimum.reduce([np.abs(edge) for edge in inward])
    everywhere, everyone = np.count_nonzero(drawn), sum(parts.values())
    numbers = []
    for which in range(1, 1 << len(circles)):
        those = tuple(place for place in range(len(circles)) if which >> place & 1)
        here, count = drawn == which, parts.get(those, 0)
        area = np.count_nonzero(here) / everywhere
        if abs(area - count / everyone) > _TOLERATED:
            return None
        best = np.unravel_index(np.argmax(np.where(here, room, -1)), room.shape)
        if count and here[best] and room[best] >= _ROOM:
            numbers.append(Number(float(x[best]), float(y[best]), count))
    return numbers
