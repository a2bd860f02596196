"""A page of an audience's members, first and deep, with and without search.

    python -m benchmarks.members_page [--memberships 1500000] [--page 50] [--rounds 60]

The audience has nine tenths of the memberships. Timed, in turn, against a read of as many rows
by their primary keys, through the same queryset:

* page: the set of the version in force, the numbers of the page's members, and their rows;
* search: the first page of those among them whom the API's ``filter[search]`` finds: by a part of
  a name, an e-mail address, an external id, and a name that nobody has.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.measure import in_turn, machine
from benchmarks.ours import Ours
from benchmarks.population import Said, fill

_SEARCHES = ("sophia nguyen", "person.77777@", "member-12345", "nobody at all")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--memberships", type=int, default=1_500_000)
    parser.add_argument("--page", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    with scratch_database():
        measure(options.memberships, options.page, options.rounds)


def measure(memberships: int, page: int, rounds: int) -> None:
    from audiences.services.members import members_of, numbers_of
    from segments.api.memberships import MembershipFilters
    from segments.models import Membership

    space = fill(memberships)
    ours = Ours(space, [])
    audience = ours.define(Said({"field": "email", "operator": "is_present"}, ""))
    ours.refresh()
    rows = Membership.objects.filter(space=space)
    everyone = random.Random(1).sample(range(1, memberships), page * rounds)

    def read(numbers: Iterable[int]) -> None:
        list(rows.filter(pk__in=list(numbers)))

    def at(place: int) -> Callable[[int], None]:
        def page_at(turn: int) -> None:
            first = place + turn * page
            read(members_of(audience)[first : first + page])

        return page_at

    def searched(text: str) -> Callable[[int], None]:
        def page_of(_: int) -> None:
            found = MembershipFilters({"search": text}, queryset=rows).qs
            read((members_of(audience) & numbers_of(found))[:page])

        return page_of

    def by_key(turn: int) -> None:
        read(everyone[turn * page : (turn + 1) * page])

    size = len(members_of(audience))
    calls: dict[str, Any] = {
        "primary keys": by_key,
        "first page": at(0),
        "millionth member": at(min(1_000_000, size - page * (rounds + 1))),
        **{f"search {text!r}": searched(text) for text in _SEARCHES},
    }
    times = in_turn(list(calls.values()), range(rounds))
    print(machine())
    print(f"memberships {memberships}, members {size}, page {page}, rounds {rounds}, medians")
    bare = statistics.median(times[0])
    for name, taken in zip(calls, times, strict=True):
        middle = statistics.median(taken)
        print(f"{name:28} {middle * 1e3:9.3f} ms   {middle / bare:7.2f} ×")


if __name__ == "__main__":
    main()
