"""Who rules mean, worked out from the facts as they are."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from pyroaring import BitMap

from audiences.rules import evaluate
from audiences.rules.facts import read_chunks
from audiences.rules.tree import InSegment, Rule, leaves
from segments.models import Segment, Space


def segment_numbers(space: Space, rules: Sequence[Rule]) -> dict[UUID, int]:
    """The numbers of the segments that the rules ask for, by id."""
    asked = {leaf.segment for rule in rules for leaf in leaves(rule) if isinstance(leaf, InSegment)}
    found = Segment.objects.filter(space=space, id__in=asked)
    return dict(found.values_list("id", "number"))


@transaction.atomic
def work_out(*, space: Space, rules: Sequence[Rule], at: datetime.datetime) -> list[BitMap]:
    """For each rule, the numbers of the space's memberships that it holds for.

    Every distinct condition is answered once per chunk; ages are those on the day of ``at``.
    """
    segments = segment_numbers(space, rules)
    found = [BitMap() for _ in rules]
    for chunk in read_chunks(space, segments.values(), space.date_at(at)):
        everyone = chunk.everyone
        answers = evaluate.answer_columns(rules, chunk, segments)
        for held, rule in zip(found, rules, strict=True):
            held |= evaluate.members(rule, answers, everyone)
    return found
