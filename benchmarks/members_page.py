"""A page of an audience's members, first and deep, with and without search.

    python -m benchmarks.members_page [--memberships 1500000] [--page 50] [--rounds 60]

The audience has nine tenths of the memberships. Timed, in turn, against a read of as many rows
by their primary keys, through the same queryset:

* page: the set of the version in force, the numbers of the page's members, and their rows;
* search: the first page of those among them whom the API's ``filter[search]`` finds: by a part of
  a name, an e-mail address, an external id, a name that nobody has and what everybody has;
* request: the same by the API, from the WSGI call to the last byte, middleware, token and document
  included; the count of those found is in each answer.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.measure import Costs, execute, in_turn, machine
from benchmarks.ours import Ours
from benchmarks.population import Said, fill
from benchmarks.request import asker

_SEARCHES = ("sophia nguyen", "person.77777@", "member-12345", "nobody at all", "member-")


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
    from audiences.services.members import members_of
    from segments.models import Membership
    from segments.search import numbers_found

    space = fill(memberships)
    ours = Ours(space, [])
    audience = ours.define(Said({"field": "email", "operator": "is_present"}, ""))
    ours.refresh()
    _read_texts(space)
    get = asker(space, f"/api/audiences/{audience.id}/members")
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
            read((members_of(audience) & numbers_found(space=space, words=text))[:page])

        return page_of

    def asked(query: str, place: int = 0) -> Callable[[int], None]:
        def page_of(turn: int) -> None:
            get(f"page[number]={place // page + turn + 1}&page[size]={page}{query}")

        return page_of

    def asked_first(text: str) -> Callable[[int], None]:
        def page_of(_: int) -> None:
            get(f"page[size]={page}&filter[search]={text}")

        return page_of

    def by_key(turn: int) -> None:
        read(everyone[turn * page : (turn + 1) * page])

    size = len(members_of(audience))
    deep = min(1_000_000, size - page * (rounds + 1))
    calls: dict[str, Any] = {
        "primary keys": by_key,
        "first page": at(0),
        "millionth member": at(deep),
        **{f"search {text!r}": searched(text) for text in _SEARCHES},
        "request: first page": asked(""),
        "request: millionth member": asked("", deep),
        **{f"request: {text!r}": asked_first(text) for text in _SEARCHES},
        "request: 'person', deep": asked("&filter[search]=person", deep),
    }
    times = in_turn(list(calls.values()), range(rounds))
    print(machine())
    print(f"memberships {memberships}, members {size}, page {page}, rounds {rounds}, medians")
    bare = statistics.median(times[0])
    for name, taken in zip(calls, times, strict=True):
        middle = statistics.median(taken)
        print(f"{name:30} {middle * 1e3:9.3f} ms   {middle / bare:7.2f} ×")


def _read_texts(space: Any) -> None:
    """As a worker does after an import: what ``fill`` made, it made without a note."""
    from segments.search import read_texts

    execute(
        "INSERT INTO segments_unreadtexts (space_number, membership_numbers)"
        " SELECT space_number, array_agg(number) FROM segments_membership"
        " GROUP BY space_number, number / 5000"
    )
    with Costs() as cost:
        read_texts(space=space)
    execute("VACUUM (ANALYZE) segments_membershiptext")
    print(f"texts read in {cost.wall:.1f} s, {cost.cpu:.1f} s of CPU")


if __name__ == "__main__":
    main()
