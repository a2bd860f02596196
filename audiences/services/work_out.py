"""Who rules mean, worked out from the facts as they are."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Sequence

from django.db import transaction
from pyroaring import BitMap

from audiences.rules.clock import Clock
from audiences.rules.columns import read_chunks
from audiences.rules.evaluate import ColumnAnswers
from audiences.rules.pql.asked import TooMuchWork
from audiences.rules.tree import Rule
from audiences.services.meaning import Meanings
from segments.models import Space

logger = logging.getLogger(__name__)


@transaction.atomic
def work_out(
    *, space: Space, meanings: Meanings, rules: Sequence[Rule], at: datetime.datetime
) -> list[BitMap]:
    """For each rule, the numbers of the space's memberships that it holds for.

    Every distinct condition is answered once per chunk; the clock is that of ``at``. What takes too
    long for some member holds for nobody, as in the answer for one.
    """
    found = [BitMap() for _ in rules]
    failed: dict[int, str] = {}
    wanted = meanings.wanted(rules)
    for chunk in read_chunks(space=space.pk, wanted=wanted, clock=Clock(at, space.zone)):
        answers = ColumnAnswers(chunk, meanings.segments)
        for place, rule in enumerate(rules):
            if place not in failed:
                try:
                    found[place] |= answers.members(rule)
                except TooMuchWork as error:
                    failed[place] = str(error)
    for place, why in failed.items():
        logger.warning("A rule can't be worked out: %s", why)
        found[place] = BitMap()
    return found
