"""200 audiences from nothing, against one scan in SQL for each of them.

    python -m benchmarks.many_audiences [--memberships 1000000 5000000] [--audiences 200]

The audiences' rules have three conditions each, 165 distinct ones in all. At each number of
memberships (the later ones are added to the earlier) they are worked out and stored from nothing;
then 10,000 memberships change and they are refreshed, three times. ``SELECT count(*)`` of the rule,
by hand in SQL and with parallel workers, is timed for a sample of the audiences and scaled to all.
Memory is the most that this process has had.
"""

from __future__ import annotations

import argparse
import statistics
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.measure import Costs, execute, machine, most_memory
from benchmarks.ours import Ours
from benchmarks.population import Pool, Said, add, change, fill

CONDITIONS = 165
_CHANGED = 10_000
_CHANGES = 3


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--memberships", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--audiences", type=int, default=200)
    parser.add_argument("--scans", type=int, default=12)
    options = parser.parse_args()
    with scratch_database():
        space, ours, rules = None, None, []
        for memberships in sorted(options.memberships):
            if space is None:
                space = fill(memberships)
                rules = Pool(space, seed=5).rules(options.audiences, CONDITIONS)
                ours = Ours(space, rules)
            else:
                add(space, execute("SELECT count(*) FROM segments_membership") + 1, memberships)
            measure(memberships, ours, rules, options.scans)
        print(machine())


def measure(memberships: int, ours: Any, rules: list[Said], scans: int) -> None:
    ours.clear()
    with Costs() as first:
        ours.refresh()
    every = max(len(rules) // scans, 1)
    scanned, sizes = [], ours.sizes()
    for place in range(0, len(rules), every):
        with Costs() as scan:
            count = execute(f"SELECT count(*) FROM segments_membership m WHERE {rules[place].sql}")
        if count != sizes[place]:
            raise RuntimeError(f"{rules[place]} holds {sizes[place]}, SQL says {count}")
        scanned.append(scan.wall)
    one_by_one = statistics.mean(scanned) * len(rules)
    changed = []
    for turn in range(_CHANGES):
        change(_CHANGED, turn)
        with Costs() as again:
            ours.refresh()
        changed.append(again.wall)
    print(f"memberships {memberships}, audiences {len(rules)}, conditions {CONDITIONS}")
    print(f"  from nothing          {first.wall:8.2f} s")
    print(
        f"  a scan each           {one_by_one:8.2f} s   {one_by_one / first.wall:.1f} ×"
        f"   ({len(scanned)} scans of {statistics.mean(scanned):.3f} s, scaled)"
    )
    print(f"  {_CHANGED} changed       {statistics.median(changed):8.3f} s")
    print(f"  most memory           {most_memory() / 1e6:8.0f} MB", flush=True)


if __name__ == "__main__":
    main()
