"""Who rules mean, worked out from the facts as they are."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db import transaction
from pyroaring import BitMap

from audiences.rules.clock import Clock
from audiences.rules.columns import read_chunks
from audiences.rules.evaluate import ColumnAnswers
from audiences.rules.tree import Rule
from audiences.services.meaning import Meanings
from segments.models import Space


@transaction.atomic
def work_out(
    *, space: Space, meanings: Meanings, rules: Sequence[Rule], at: datetime.datetime
) -> list[BitMap]:
    """For each rule, the numbers of the space's memberships that it holds for.

    Every distinct condition is answered once per chunk; the clock is that of ``at``.
    """
    found = [BitMap() for _ in rules]
    wanted = meanings.wanted(rules)
    for chunk in read_chunks(space=space.pk, wanted=wanted, clock=Clock(at, space.zone)):
        answers = ColumnAnswers(chunk, meanings.segments)
        for held, rule in zip(found, rules, strict=True):
            held |= answers.members(rule)
    return found
