"""Tiers as somebody gives them: read, and held against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeGuard

from audiences.models import Audience
from audiences.rules import document
from audiences.rules.tree import Condition
from audiences.types import ConfigurationError, Path
from audiences.types.tier import at_least, attribute_problem, band_problem, said

MOST_TIERS = 50
_KEYS = {"id", "name", "start", "end"}
_KEPT = {"size"}  # what the API tells of a tier besides: passed over when it is sent back
_FORM = 'Give an object such as {"name": "Gold", "start": 500, "end": null}.'


@dataclass(frozen=True)
class Band:
    """One tier as it shall be, and the audience that it is now, if it is one of those there are."""

    name: str
    start: Condition
    end: Condition | None
    audience: Audience | None = None

    @property
    def configuration(self) -> dict[str, Any]:
        """As the audience type ``tier`` has it."""
        return {
            "attribute": self.start.field,
            "start": document.write(self.start)["value"],
            "end": self.end and document.write(self.end)["value"],
        }


def read_bands(attribute: object, tiers: object, there: Sequence[Audience] = ()) -> list[Band]:
    """The tiers of an attribute, from the lowest to the highest. Each keeps the audience of its
    ``id``, else of its name, of those there are.

    :raises ConfigurationError: at ``attribute``, or at a place in ``tiers``; where two don't go
        together, both are named.
    """
    if problem := attribute_problem(attribute):
        raise ConfigurationError({("attribute",): problem})
    if not isinstance(tiers, list) or not 1 <= len(tiers) <= MOST_TIERS:
        count = f", not {len(tiers)}" if isinstance(tiers, list) else ""
        problem = f"Give a list of 1 to {MOST_TIERS} tiers, from the lowest to the highest{count}."
        raise ConfigurationError({("tiers",): problem})
    reader = _Reader(str(attribute), {str(audience.id): audience for audience in there})
    found = [reader.read(place, tier) for place, tier in enumerate(tiers)]
    reader.check_names(tiers)
    bands = [band for band in found if band is not None]
    if not reader.problems:
        reader.check_neighbours(bands)
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return _kept(bands, there)


@dataclass
class _Reader:
    attribute: str
    there: Mapping[str, Audience]
    problems: dict[Path, str] = field(default_factory=dict)

    def read(self, place: int, tier: Any) -> Band | None:
        """One tier by itself; None where a problem has been noted."""
        before = len(self.problems)
        if not isinstance(tier, dict):
            self._note(f"{tier!r} is not a tier. {_FORM}", place)
            return None
        for key in tier.keys() - _KEYS - _KEPT:
            self._note(f"“{key}” is not known here. {_FORM}", place, key)
        name = tier.get("name")
        if not _is_name(name):
            self._note(f"{name!r} is not a name. Give one of 1 to 255 letters.", place, "name")
        audience = self._audience(place, tier.get("id"))
        start = self._bound(place, "start", tier.get("start"))
        end = None if tier.get("end") is None else self._bound(place, "end", tier["end"])
        if problem := band_problem(start, end):
            self._note(f"“{name}”: {problem}", place, "end")
        if len(self.problems) > before or start is None:
            return None
        return Band(str(name).strip(), start, end, audience)

    def _audience(self, place: int, id: Any) -> Audience | None:
        if id is None:
            return None
        if str(id) not in self.there:
            problem = f"{id!r} is none of the tiers of this group. Leave it out for a new tier."
            self._note(problem, place, "id")
        return self.there.get(str(id))

    def _bound(self, place: int, name: str, raw: Any) -> Condition | None:
        try:
            return at_least(self.attribute, raw)
        except ValueError as error:
            self._note(str(error), place, name)
            return None

    def check_names(self, tiers: Sequence[Any]) -> None:
        for key, spelled in (("name", str.casefold), ("id", str)):
            given = [
                (place, tier[key])
                for place, tier in enumerate(tiers)
                if isinstance(tier, dict) and isinstance(tier.get(key), str)
            ]
            counts = Counter(spelled(value.strip()) for _, value in given)
            for place, value in given:
                if counts[spelled(value.strip())] > 1:
                    problem = f"Two tiers have the {key} “{value}”. Give each its own."
                    self._note(problem, place, key)

    def check_neighbours(self, bands: Sequence[Band]) -> None:
        for place, (low, high) in enumerate(pairwise(bands), 1):
            if problem := _between(low, high):
                wrong, sentence = problem
                self._note(sentence, place if wrong == "start" else place - 1, wrong)

    def _note(self, problem: str, place: int, *steps: str) -> None:
        self.problems["tiers", place, *steps] = problem


def _between(low: Band, high: Band) -> tuple[str, str] | None:
    """What is wrong between a tier and the one after it: at which bound, and a sentence."""
    start, next_start = low.start.value, high.start.value
    one, other = f"“{low.name}”", f"“{high.name}”"
    if type(start) is not type(next_start):
        return "start", (
            f"{one} begins at {said(start)} and {other} at {said(next_start)}, which can't be "
            "compared. Give numbers, days or moments to all."
        )
    if next_start <= start:  # type: ignore[operator]  # bounds of one kind
        return "start", (
            f"{other} begins at {said(next_start)}, not above {one}, which begins at "
            f"{said(start)}. Give the tiers from the lowest to the highest."
        )
    if low.end is None:
        return "end", (
            f"{one} has no end, and {other} comes after it. Only the last tier may be open: let "
            f"{one} end at {said(next_start)}."
        )
    end = low.end.value
    if end == next_start:
        return None
    gap = end < next_start  # type: ignore[operator]
    between = (end, next_start) if gap else (next_start, end)
    return "start", (
        f"{one} ends at {said(end)} and {other} begins at {said(next_start)}: who is from "
        f"{said(between[0])} to under {said(between[1])} would be in {'neither' if gap else 'both'}"
        f". Let {other} begin at {said(end)}, or {one} end at {said(next_start)}."
    )


def _is_name(name: object) -> TypeGuard[str]:
    return isinstance(name, str) and 0 < len(name.strip()) <= 255 and "\0" not in name


def _kept(bands: Sequence[Band], there: Sequence[Audience]) -> list[Band]:
    """Each band with the audience that it keeps: that of its id, else of its name."""
    taken = {band.audience for band in bands if band.audience}
    named = {audience.name: audience for audience in there if audience not in taken}
    return [
        band if band.audience else Band(band.name, band.start, band.end, named.get(band.name))
        for band in bands
    ]
