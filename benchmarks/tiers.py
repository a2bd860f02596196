"""Who would move between tiers, before they are changed; and pages of a group's members.

    python -m benchmarks.tiers [--memberships 1000000] [--rounds 5]

Five tiers are changed into five others: of an amount, and of a number in the metadata. The same
matrix is counted by SQL, by ``width_bucket`` of both; they must agree. Then quintiles of recency,
frequency and monetary value (preview), a histogram, and a page of fifty of the group's members,
from the middle, with the tier each is in.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.measure import Costs, machine
from benchmarks.population import fill

_OLD, _NEW = (0, 100, 500, 1000, 2000), (0, 150, 400, 1200, 3000)
_VALUES = {
    "total_order_value": "total_order_value",
    "metadata.points": "(metadata ->> 'points')::numeric",
}


def _everything(rows: Any) -> Any:
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--memberships", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with scratch_database():
        measure(options.memberships, options.rounds)


def measure(memberships: int, rounds: int) -> None:
    from django.utils import timezone

    from audiences.services import refresh_space
    from audiences.services.group_members import GroupMembers
    from audiences.services.rfm import preview_rfm
    from audiences.services.spread import histogram, read_spread
    from audiences.services.tier_moves import preview_tiers
    from audiences.services.tiers import make_tiers

    space, now = fill(memberships), timezone.now()
    print(machine())
    for attribute, sql in _VALUES.items():
        group = make_tiers(space=space, name="Old", attribute=attribute, tiers=_tiers(_OLD))
        for turn in range(rounds):
            with Costs() as ours:
                found = preview_tiers(space=space, at=now, group=group, tiers=_tiers(_NEW))
            with Costs() as bare:
                counted = _matrix(sql)
            ours_too = {(move.before, move.after): move.members for move in found.moves}
            if ours_too != counted:
                raise RuntimeError(f"{ours_too} is not {counted}")
            print(f"{attribute:20} {turn}   moves {ours}   SQL {bare}   moved {found.moved}")
    refresh_space(space=space, now=now)
    members = GroupMembers(group, _everything)
    middle = len(members.held) // 2
    timed: dict[str, Callable[[], Any]] = {
        "quintiles of all three": lambda: preview_rfm(space=space, at=now),
        "histogram": lambda: histogram(
            read_spread(space=space, attribute="total_order_value", at=now), 20
        ),
        "page of members": lambda: GroupMembers(group, _everything).of(
            list(GroupMembers(group, _everything).held[middle : middle + 50])
        ),
    }
    for name, call in timed.items():
        costs = []
        for _ in range(rounds):
            with Costs() as cost:
                call()
            costs.append(cost.wall)
        print(f"{name:24} {statistics.median(costs) * 1e3:9.1f} ms")


def _tiers(bounds: Sequence[int]) -> list[dict[str, Any]]:
    ends = [*bounds[1:], None]
    return [
        {"name": f"Tier {place + 1}", "start": start, "end": end}
        for place, (start, end) in enumerate(zip(bounds, ends, strict=True))
    ]


def _matrix(value: str) -> dict[tuple[str, str], int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 'Tier ' || width_bucket({value}, %s::numeric[]),"
            f" 'Tier ' || width_bucket({value}, %s::numeric[]), count(*)"
            " FROM segments_membership GROUP BY 1, 2",
            [list(_OLD), list(_NEW)],
        )
        return {(before, after): count for before, after, count in cursor.fetchall()}


if __name__ == "__main__":
    main()
