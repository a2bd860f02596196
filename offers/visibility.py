"""Which offers may a member see, and why not the others.

A space's offers are compiled once per process and version of the space's definitions. A request
then costs one query, for the membership's facts, and array work that hardly grows with the offers:
what is wrong with an offer for this member is one integer, a bit for each thing that can be wrong,
and the answer for an offer and such an integer is made once and kept.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from audiences.models import Audience
from audiences.rules import tree
from audiences.rules.clock import microseconds
from audiences.rules.facts import Facts, read_facts
from audiences.rules.program import Answers, Literal, Program
from audiences.rules.tree import InSegment, Rule, leaves
from audiences.services import segment_numbers, summaries, work_out
from offers.models import Offer, Schedule
from segments.models import Membership, Segment, Space

VISIBLE = "visible"
_SCHEDULE = (Schedule.DISCONTINUED, Schedule.UNPUBLISHED, Schedule.EXPIRED)  # bits 0, 1 and 2
_ORDER = ("age_restricted", "missing_required_segments")
_WIDEST = 60  # audience parts whose bits, above those three, fit into 63
_MOST_KEPT = 200_000  # answers kept in a catalogue before it starts anew


@dataclass(frozen=True, slots=True)
class AudienceName:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class SegmentName:
    id: UUID
    short_code: str
    name: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that hides an offer from a member; or ``visible``, where nothing does."""

    code: str
    detail: str
    audience: AudienceName | None = None
    missing_segments: tuple[SegmentName, ...] = ()

    def document(self) -> dict[str, Any]:
        """The reason as the JSON object that the API shows."""
        return {
            "code": self.code,
            "detail": self.detail,
            "audience": self.audience and {"id": str(self.audience.id), "name": self.audience.name},
            "missing_segments": [
                {"id": str(segment.id), "short_code": segment.short_code, "name": segment.name}
                for segment in self.missing_segments
            ],
        }


@dataclass(frozen=True, slots=True)
class Visibility:
    """One offer's answer for one membership. ``offer`` is shared: read it, don't change it."""

    offer: Offer
    visible_reasons: tuple[Reason, ...]

    @property
    def visible_status(self) -> str:
        """``visible``, or the first reason to hide it."""
        return self.visible_reasons[0].code

    @property
    def eligible(self) -> bool:
        """False only for a discontinued offer (guide “Offers”: not the same as hidden)."""
        return not self.offer.discontinued


def membership_offers(*, space: Space, membership: UUID, at: datetime.datetime) -> list[Visibility]:
    """Every offer of the space, in their order, with its answer for the membership.

    Asked are the membership's facts as they are now; ``at`` is the moment for which ages and the
    offers' schedules are taken.

    :raises Membership.DoesNotExist: the space has no membership of that id.
    """
    facts, version = read_facts(space=space, membership=membership, at=at)
    return _catalogue(space, version).answer(facts, at)


def count_viewers(*, offer: Offer, at: datetime.datetime) -> int:
    """How many of the space's memberships may see the offer at that moment."""
    if offer.schedule(at) != Schedule.LIVE:
        return 0
    rules = [audience.rule for audience in offer.audiences.all()]
    if not rules:
        return Membership.objects.filter(space=offer.space_id).count()
    return len(BitMap.intersection(*work_out(space=offer.space, rules=rules, at=at)))


_catalogues: dict[int, _Catalogue] = {}


def _catalogue(space: Space, version: int) -> _Catalogue:
    """The space's compiled offers. Any other version is out of date: also a later one, which a
    transaction that was rolled back may have left."""
    catalogue = _catalogues.get(space.pk)
    if catalogue is None or catalogue.version != version:
        catalogue = _catalogues[space.pk] = _Catalogue(space, version)
    return catalogue


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the rules that together make an audience: what a reason can point at."""

    audience: Audience
    name: AudienceName
    literal: Literal
    segments: tuple[SegmentName, ...]


class _Catalogue:
    """A space's offers, compiled."""

    def __init__(self, space: Space, version: int) -> None:
        self.version = version
        self._offers = list(
            Offer.objects.filter(space=space).order_by("number").prefetch_related("audiences")
        )
        self._program, self._parts = _compile(
            space, [list(offer.audiences.all()) for offer in self._offers]
        )
        self._publish = _moments([offer.publish_at for offer in self._offers], -(2**63))
        self._expire = _moments([offer.expire_at for offer in self._offers], 2**63 - 1)
        self._discontinued = np.array([offer.discontinued for offer in self._offers], np.int64)
        self._lay_out_bits()
        self._made: list[dict[int, Visibility]] = [{} for _ in self._offers]
        self._kept = 0

    def _lay_out_bits(self) -> None:
        """For each part of each offer, in one row of arrays: its answer's place, and its bit."""
        sizes = [len(parts) for parts in self._parts]
        aimed = [offer for offer, size in enumerate(sizes) if 0 < size <= _WIDEST]
        literals = [part.literal for offer in aimed for part in self._parts[offer]]
        self._aimed = np.array(aimed, np.intp)
        self._wide = [offer for offer, size in enumerate(sizes) if size > _WIDEST]
        self._places = np.array([literal.place for literal in literals], np.intp)
        self._negated = np.array([literal.negated for literal in literals], np.bool_)
        self._bits = np.array(
            [8 << bit for offer in aimed for bit in range(sizes[offer])], np.int64
        )
        ends = accumulate(sizes[offer] for offer in aimed)
        self._firsts = np.array([0, *ends][: len(aimed)], np.intp)

    def answer(self, facts: Facts, at: datetime.datetime) -> list[Visibility]:
        """Every offer's answer, in the order of the offers."""
        wrong = self._wrong(self._program.ask(facts), at)
        try:
            return list(map(dict.__getitem__, self._made, wrong))
        except KeyError:
            return [self._make(offer, bits) for offer, bits in enumerate(wrong)]

    def _wrong(self, answers: Answers, at: datetime.datetime) -> list[int]:
        """For each offer, the bits of what is wrong with it: its schedule's, then its parts'."""
        moment = microseconds(at)
        wrong = self._discontinued | (moment < self._publish) * 2 | (moment >= self._expire) * 4
        if len(self._aimed):
            failed = answers[self._places] == self._negated
            wrong[self._aimed] |= np.add.reduceat(failed * self._bits, self._firsts)
        found: list[int] = wrong.tolist()
        for offer in self._wide:
            for bit, part in enumerate(self._parts[offer]):
                found[offer] |= (not part.literal.holds(answers)) * (8 << bit)
        return found

    def _make(self, offer: int, wrong: int) -> Visibility:
        made = self._made[offer].get(wrong)
        if made is None:
            if self._kept >= _MOST_KEPT:
                self._kept, self._made = 0, [{} for _ in self._offers]
            made = Visibility(self._offers[offer], self._reasons(offer, wrong))
            self._made[offer][wrong] = made
            self._kept += 1
        return made

    def _reasons(self, offer: int, wrong: int) -> tuple[Reason, ...]:
        """The reasons that the bits stand for: the schedule's, then ages, then segments."""
        if not wrong:
            return (Reason(VISIBLE, "The member may see this offer."),)
        failed: dict[int, list[_Part]] = defaultdict(list)
        for bit, part in enumerate(self._parts[offer]):
            if wrong & (8 << bit):
                failed[part.audience.pk].append(part)
        refusals = [_refusal(parts) for parts in failed.values()]
        return (
            *(_scheduled(self._offers[offer], bit) for bit in range(3) if wrong & (1 << bit)),
            *sorted(refusals, key=lambda reason: _ORDER.index(reason.code)),
        )


def _scheduled(offer: Offer, bit: int) -> Reason:
    state = _SCHEDULE[bit]
    if state == Schedule.DISCONTINUED:
        return Reason(state, "The offer is discontinued.")
    if state == Schedule.UNPUBLISHED:
        return Reason(state, f"The offer is published on {offer.publish_at:%Y-%m-%d %H:%M %Z}.")
    return Reason(state, f"The offer expired on {offer.expire_at:%Y-%m-%d %H:%M %Z}.")


def _refusal(parts: Sequence[_Part]) -> Reason:
    """Why an audience, some of whose parts failed, hides the offer."""
    audience = parts[0].audience
    missing = tuple(segment for part in parts for segment in part.segments)
    detail = audience.type.refusal(audience.configuration, [segment.name for segment in missing])
    return Reason(audience.type.hidden_because, detail, parts[0].name, missing)


def _compile(
    space: Space, audiences: Sequence[Sequence[Audience]]
) -> tuple[Program, list[list[_Part]]]:
    """The program of all the audiences, and each offer's parts in the order of its audiences."""
    distinct = {audience.pk: audience for aimed in audiences for audience in aimed}
    rules = {
        number: audience.type.parts(audience.configuration) for number, audience in distinct.items()
    }
    flat = [rule for parts in rules.values() for rule in parts]
    program = Program(flat, segment_numbers(space, flat))
    segments = _segment_names(space, flat)
    phrases = summaries(distinct.values())
    parts = {
        number: [
            _Part(
                audience,
                AudienceName(audience.id, audience.name or phrases[number]),
                program.literal(rule),
                tuple(
                    segments[leaf.segment] for leaf in leaves(rule) if isinstance(leaf, InSegment)
                ),
            )
            for rule in rules[number]
        ]
        for number, audience in distinct.items()
    }
    return program, [[part for one in aimed for part in parts[one.pk]] for aimed in audiences]


def _segment_names(space: Space, rules: Sequence[Rule]) -> dict[UUID, SegmentName]:
    asked = {segment for rule in rules for segment in tree.segments(rule)}
    found = Segment.objects.filter(space=space, id__in=asked)
    return {row[0]: SegmentName(*row) for row in found.values_list("id", "short_code", "name")}


def _moments(moments: list[datetime.datetime | None], none: int) -> NDArray[np.int64]:
    """Microseconds since 1970, exactly; ``none`` where there is no moment."""
    return np.array([none if at is None else microseconds(at) for at in moments], np.int64)
