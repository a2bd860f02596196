"""One new audience of three conditions, saved to ready, against a bare count in SQL.

    python -m benchmarks.one_audience [--memberships 1000000] [--audiences 12]

Each audience in turn is defined and refreshed, its members stored; then ``SELECT count(*)`` of the
same rule, by hand in SQL, which PostgreSQL may spread over parallel workers. Both must agree.
"""

from __future__ import annotations

import argparse
import statistics

from benchmarks.database import scratch_database
from benchmarks.measure import Costs, execute, machine
from benchmarks.ours import Ours
from benchmarks.population import Pool, fill


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--memberships", type=int, default=1_000_000)
    parser.add_argument("--audiences", type=int, default=12)
    options = parser.parse_args()
    with scratch_database():
        measure(options.memberships, options.audiences)


def measure(memberships: int, audiences: int) -> None:
    space = fill(memberships)
    ours = Ours(space, [])
    ratios, ready, counted = [], [], []
    for rule in Pool(space, seed=7).rules(audiences, 3 * audiences):
        with Costs() as saved:
            ours.define(rule)
            ours.refresh()
        with Costs() as bare:
            count = execute(f"SELECT count(*) FROM segments_membership m WHERE {rule.sql}")
        if ours.sizes()[-1] != count:
            raise RuntimeError(f"{rule} holds {ours.sizes()[-1]}, SQL says {count}")
        print(
            f"{saved.wall:7.3f} s  {bare.wall:7.3f} s  {saved.wall / bare.wall:5.2f} ×  {rule.sql}"
        )
        ready.append(saved.wall)
        counted.append(bare.wall)
        ratios.append(saved.wall / bare.wall)
    print(machine())
    print(
        f"memberships {memberships}, audiences {audiences}; medians:"
        f" ready {statistics.median(ready):.3f} s, count(*) {statistics.median(counted):.3f} s,"
        f" {statistics.median(ratios):.2f} × (least {min(ratios):.2f}, most {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
