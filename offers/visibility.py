"""Which offers may a member see, and why not the others.

A space's offers are compiled once per process and version of the space's definitions. A request
then costs one query, for the membership's facts, and array work that hardly grows with the offers:
what is wrong with an offer for this member is one integer, a bit for each thing that can be wrong,
and the answer for an offer and such an integer is made once and kept.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from audiences.models import Audience
from audiences.rules.clock import microseconds
from audiences.rules.facts import Facts, read_facts
from audiences.rules.program import Answers, Literal, Program
from audiences.rules.tree import AnyOf, InSegment, Rule, leaves
from audiences.rules.tree import audiences as audiences_in
from audiences.services import (
    Meaning,
    Meanings,
    Part,
    held_now,
    held_stored,
    meanings_now,
    summaries,
)
from audiences.services.meaning import kept_meanings
from audiences.services.what_if import Supposed
from offers.answers import (
    AUDIENCE_INACTIVE,
    AUDIENCE_UNAVAILABLE,
    NOT_IN_AUDIENCE,
    VISIBLE,
    WITHOUT_RULE,
    AudienceName,
    Reason,
    SegmentName,
    Visibility,
)
from offers.models import Offer, Schedule
from segments.models import Membership, Segment, Space

NOBODY = AnyOf(())
_SCHEDULE = (Schedule.DISCONTINUED, Schedule.UNPUBLISHED, Schedule.EXPIRED)  # bits 0, 1 and 2
_ORDER = (
    "age_restricted",
    "missing_required_segments",
    NOT_IN_AUDIENCE,
    AUDIENCE_INACTIVE,
    AUDIENCE_UNAVAILABLE,
)
_WIDEST = 60  # audience parts whose bits, above those three, fit into 63
_MOST_KEPT = 200_000  # answers kept in a catalogue before it starts anew


def membership_offers(
    *, space: Space, membership: UUID, at: datetime.datetime, denied: Collection[str] = ()
) -> list[Visibility]:
    """Every offer of the space, in their order, with its answer for the membership.

    Asked are the membership's facts as they are now; ``at`` is the moment for which ages and the
    offers' schedules are taken. Audiences with a label that is ``denied`` to whoever asks hide
    offers as others do, but are not named.

    :raises Membership.DoesNotExist: the space has no membership of that id.
    """
    facts, version = read_facts(space=space, membership=membership, at=at)
    return _told(_catalogue(space, version).answer(facts, at), _unseen(space, denied))


@dataclass(frozen=True, slots=True)
class Change:
    """One offer's answer for a membership as it is, and as it would be."""

    before: Visibility
    after: Visibility

    @property
    def is_one(self) -> bool:
        return self.before.visible_reasons != self.after.visible_reasons


def what_if(*, space: Space, supposed: Supposed, denied: Collection[str] = ()) -> list[Change]:
    """Every offer of the space, in their order, with both answers; ``denied`` as in
    ``membership_offers``."""
    catalogue, unseen = _catalogue(space, supposed.version), _unseen(space, denied)
    before, after = (
        _told(catalogue.answer(facts, facts.clock.now), unseen)
        for facts in (supposed.now, supposed.then)
    )
    return [Change(*answers) for answers in zip(before, after, strict=True)]


def _unseen(space: Space, denied: Collection[str]) -> Collection[UUID]:
    if not denied:
        return ()
    hidden = Audience.objects.filter(space=space).with_labels(denied)
    return set(hidden.values_list("id", flat=True))


def _told(answers: list[Visibility], unseen: Collection[UUID]) -> list[Visibility]:
    return [answer.without(unseen) for answer in answers] if unseen else answers


def count_viewers(*, offer: Offer, at: datetime.datetime) -> int:
    """How many of the space's memberships may see the offer at that moment."""
    if offer.schedule(at) != Schedule.LIVE:
        return 0
    return count_aimed_at(space=offer.space, audiences=list(offer.audiences.all()), at=at).count


@dataclass(frozen=True)
class Aim:
    """How many the space has; how many of them are in all of some audiences; and for each of these,
    in their order, how many are in it, how many it takes out of those that the ones before it
    leave, and how many are left then."""

    everyone: int
    count: int
    sizes: list[int]
    removes: list[int]
    left: list[int]


def count_aimed_at(*, space: Space, audiences: Sequence[Audience], at: datetime.datetime) -> Aim:
    """Count whom an offer aimed at these audiences is for. Fail closed: an audience that is not in
    force holds nobody."""
    everyone = Membership.objects.filter(space=space).count()
    if not audiences:
        return Aim(everyone, everyone, [], [], [])
    meanings = meanings_now(space)
    asked = _in_force(meanings, audiences)
    sets = held_now(space=space, meanings=meanings, asked=list(asked.values()), at=at)
    held = dict(zip(asked, sets, strict=True))
    each = [held.get(audience.pk, BitMap()) for audience in audiences]
    passed: Iterator[BitMap] = accumulate(each, BitMap.__and__)
    left = [len(members) for members in passed]
    removes = [before - after for before, after in pairwise([everyone, *left])]
    return Aim(everyone, left[-1], [len(one) for one in each], removes, left)


def count_cheaply(
    *, space: Space, offers: Iterable[Offer], at: datetime.datetime
) -> dict[int, int | None]:
    """How many are in all audiences of each offer, by the offers' numbers; their audiences are
    prefetched. ``None`` where not all of its audiences' stored sets are as good as the facts."""
    everyone = Membership.objects.filter(space=space).count()
    aimed = {
        offer.pk: {audience.pk: audience for audience in offer.audiences.all()} for offer in offers
    }
    distinct = {pk: audience for audiences in aimed.values() for pk, audience in audiences.items()}
    meanings = meanings_now(space)
    asked = _in_force(meanings, distinct.values())
    held = held_stored(space=space, meanings=meanings, asked=list(asked.values()), at=at)
    held |= {pk: BitMap() for pk in distinct.keys() - asked.keys()}

    def count(audiences: Collection[int]) -> int | None:
        if not audiences:
            return everyone
        sets = [held[pk] for pk in audiences if pk in held]
        return len(sets[0].intersection(*sets[1:])) if len(sets) == len(audiences) else None

    return {pk: count(audiences) for pk, audiences in aimed.items()}


def _in_force(meanings: Meanings, audiences: Iterable[Audience]) -> dict[int, Meaning]:
    """What those audiences mean that can hold anybody, by their numbers."""
    return {
        audience.pk: meaning
        for audience in audiences
        if audience.is_kept
        and (meaning := meanings.by_number.get(audience.pk))
        and not meaning.error
    }


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
    code: str
    literal: Literal
    written: Rule | None  # None: no rule, but what ``code`` says


class _Catalogue:
    """A space's offers, compiled."""

    def __init__(self, space: Space, version: int) -> None:
        self.version = version
        self._zone = space.zone
        self._offers = list(
            Offer.objects.filter(space=space).order_by("number").prefetch_related("audiences")
        )
        aimed = [list(offer.audiences.all()) for offer in self._offers]
        meanings = kept_meanings(space, version)
        self._program, self._parts = _compile(meanings, aimed)
        self._segments = _segment_names(space, meanings)
        self._names = {audience.id: str(audience) for audience in _all(meanings)}
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
        """The reasons that the bits stand for: the schedule's, then those of the audiences."""
        if not wrong:
            return (Reason(VISIBLE, "The member may see this offer."),)
        failed: dict[int, list[_Part]] = defaultdict(list)
        for bit, part in enumerate(self._parts[offer]):
            if wrong & (8 << bit):
                failed[part.audience.pk].append(part)
        refusals = [self._refusal(parts) for parts in failed.values()]
        bits = [bit for bit in range(3) if wrong & (1 << bit)]
        return (
            *(_scheduled(self._offers[offer], bit, self._zone) for bit in bits),
            *sorted(refusals, key=lambda reason: _ORDER.index(reason.code)),
        )

    def _refusal(self, parts: Sequence[_Part]) -> Reason:
        """Why an audience, some of whose parts failed, hides the offer."""
        part = parts[0]
        if part.code in WITHOUT_RULE:
            return Reason(part.code, WITHOUT_RULE[part.code], part.name)
        failed = [part.written for part in parts if part.written is not None]
        if len(failed) < len(parts):
            return Reason(NOT_IN_AUDIENCE, "Kept out of the audience by hand.", part.name)
        asked = {
            leaf.segment: leaf.is_list
            for rule in failed
            for leaf in leaves(rule)
            if isinstance(leaf, InSegment) and leaf.segment in self._segments
        }
        missing = tuple(self._segments[id] for id, is_list in asked.items() if not is_list)
        names = {**self._names, **{id: self._segments[id].name for id in asked}}
        kind, configuration = part.audience.type, part.audience.configuration
        said = kind.refusal(configuration, failed, names)
        named = frozenset[UUID]().union(*map(audiences_in, failed))
        return Reason(part.code, said, part.name, missing, named)


def _scheduled(offer: Offer, bit: int, zone: ZoneInfo) -> Reason:
    state = _SCHEDULE[bit]
    if state == Schedule.DISCONTINUED:
        return Reason(state, "The offer is discontinued.")
    early = state == Schedule.UNPUBLISHED
    moment = offer.publish_at if early else offer.expire_at
    assert moment is not None
    local = f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
    return Reason(state, f"The offer {'is published' if early else 'expired'} on {local}.")


def _parts_of(meaning: Meaning | None, audience: Audience) -> list[tuple[str, Part]]:
    """An audience's parts, each with the reason that it gives. Fail closed: an audience that is
    not in force, or can't be worked out, holds nobody."""
    if not audience.is_kept:
        return [(AUDIENCE_INACTIVE, Part(None, NOBODY))]
    if meaning is None or meaning.error:
        return [(AUDIENCE_UNAVAILABLE, Part(None, NOBODY))]
    return [(audience.type.hidden_because, part) for part in meaning.parts]


def _compile(
    meanings: Meanings, audiences: Sequence[Sequence[Audience]]
) -> tuple[Program, list[list[_Part]]]:
    """The program of all the audiences, and each offer's parts in the order of its audiences."""
    distinct = {audience.pk: audience for aimed in audiences for audience in aimed}
    parts = {
        number: _parts_of(meanings.by_number.get(number), audience)
        for number, audience in distinct.items()
    }
    program = Program(
        [part.asked for known in parts.values() for _, part in known], meanings.segments
    )
    phrases = summaries(
        audience for number, audience in distinct.items() if _is_readable(meanings, number)
    )
    made = {
        number: [
            _Part(
                distinct[number],
                AudienceName(distinct[number].id, distinct[number].name or phrases.get(number, "")),
                code,
                program.literal(part.asked),
                part.written,
            )
            for code, part in known
        ]
        for number, known in parts.items()
    }
    return program, [[part for one in aimed for part in made[one.pk]] for aimed in audiences]


def _is_readable(meanings: Meanings, number: int) -> bool:
    meaning = meanings.by_number.get(number)
    return meaning is not None and not meaning.error


def _all(meanings: Meanings) -> list[Audience]:
    return [meaning.audience for meaning in meanings.by_number.values()]


def _segment_names(space: Space, meanings: Meanings) -> dict[UUID, SegmentName]:
    found = Segment.objects.filter(space=space, id__in=meanings.segments)
    return {row[0]: SegmentName(*row) for row in found.values_list("id", "short_code", "name")}


def _moments(moments: list[datetime.datetime | None], none: int) -> NDArray[np.int64]:
    """Microseconds since 1970, exactly; ``none`` where there is no moment."""
    return np.array([none if at is None else microseconds(at) for at in moments], np.int64)
