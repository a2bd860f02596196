"""Who rules mean, worked out from the facts as they are."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from pyroaring import BitMap

from audiences.rules import evaluate, tree
from audiences.rules.clock import Clock
from audiences.rules.columns import Wanted, read_chunks
from audiences.rules.tree import Rule
from segments.models import Segment, Space


def segment_numbers(space: Space, rules: Sequence[Rule]) -> dict[UUID, int]:
    """The numbers of the segments that the rules ask for, by id."""
    asked = {segment for rule in rules for segment in tree.segments(rule)}
    found = Segment.objects.filter(space=space, id__in=asked)
    return dict(found.values_list("id", "number"))


@transaction.atomic
def work_out(*, space: Space, rules: Sequence[Rule], at: datetime.datetime) -> list[BitMap]:
    """For each rule, the numbers of the space's memberships that it holds for.

    Every distinct condition is answered once per chunk; ages are those on the day of ``at``.
    """
    segments = segment_numbers(space, rules)
    found = [BitMap() for _ in rules]
    wanted = Wanted(evaluate.sources(rules), list(segments.values()))
    for chunk in read_chunks(space=space.pk, wanted=wanted, clock=Clock(at, space.zone)):
        answers = evaluate.ColumnAnswers(chunk, segments)
        for held, rule in zip(found, rules, strict=True):
            held |= answers.members(rule)
    return found
