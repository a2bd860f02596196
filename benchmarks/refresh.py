"""Working out 20 rule audiences, against the statements of Mautic's and listmonk's way.

    python -m benchmarks.refresh [--memberships 1000000] [--rounds 3]

Twenty rules of three conditions each, 60 distinct ones, over the same rows. Rules are written by
hand in SQL for the rivals: their statements (an INSERT of who is new and a DELETE of who has left,
into tables with their keys, indexes and foreign keys), a transaction for each segment. Timed:

* first: from nothing;
* nothing: once more, no membership having changed;
* changed: after 10,000 memberships have changed.

CPU is that of this process and its server process, PostgreSQL's parallel workers being off for all.
At the end of each round every size is checked to be the same in all three ways.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

from benchmarks.database import scratch_database
from benchmarks.measure import Cost, Costs, execute, machine, median_cost, single_process
from benchmarks.ours import Ours
from benchmarks.population import Pool, Said, change, fill

AUDIENCES, CONDITIONS = 20, 60
_CHANGED = 10_000
_STAGES = ("first", "nothing", "changed")


class Rival:
    """Keeps a row for each member of each list."""

    name: str
    table: str
    create: str
    statements: tuple[str, ...]
    count: str

    def __init__(self, rules: list[Said]) -> None:
        self._rules = [rule.sql for rule in rules]
        self.tables = (self.table,)

    def clear(self) -> None:
        lists = f"{self.table}_of"
        execute(f"DROP TABLE IF EXISTS {self.table}, {lists}")
        execute(f"CREATE TABLE {lists} (id int PRIMARY KEY)")
        execute(f"INSERT INTO {lists} SELECT generate_series(1, {len(self._rules)})")
        execute(self.create)

    def refresh(self) -> None:
        for number, rule in enumerate(self._rules, 1):
            for statement in self.statements:
                execute(statement.format(number=number, rule=rule))
            execute(self.count.format(number=number))

    def sizes(self) -> list[int]:
        numbers = range(1, len(self._rules) + 1)
        return [execute(self.count.format(number=number)) for number in numbers]


class Mautic(Rival):
    name = "Mautic's way"
    table = "lead_lists_leads"
    create = """
        CREATE TABLE lead_lists_leads (
            leadlist_id int NOT NULL REFERENCES lead_lists_leads_of,
            lead_id int NOT NULL REFERENCES segments_membership,
            date_added timestamptz NOT NULL, manually_removed bool NOT NULL,
            manually_added bool NOT NULL, PRIMARY KEY (leadlist_id, lead_id));
        CREATE INDEX ON lead_lists_leads (lead_id);
        CREATE INDEX ON lead_lists_leads (manually_removed)"""
    statements = (
        "INSERT INTO lead_lists_leads SELECT {number}, m.number, now(), false, false"
        " FROM segments_membership m WHERE ({rule}) AND NOT EXISTS ("
        "SELECT 1 FROM lead_lists_leads x WHERE x.leadlist_id = {number} AND x.lead_id = m.number)",
        "DELETE FROM lead_lists_leads o WHERE o.leadlist_id = {number} AND NOT o.manually_added"
        " AND NOT EXISTS ("
        "SELECT 1 FROM segments_membership m WHERE m.number = o.lead_id AND ({rule}))",
    )
    count = (
        "SELECT count(*) FROM lead_lists_leads"
        " WHERE leadlist_id = {number} AND NOT manually_removed"
    )


class Listmonk(Rival):
    name = "listmonk's way"
    table = "subscriber_lists"
    create = """
        CREATE TABLE subscriber_lists (
            subscriber_id int REFERENCES segments_membership ON DELETE CASCADE,
            list_id int REFERENCES subscriber_lists_of ON DELETE CASCADE,
            meta jsonb NOT NULL DEFAULT '{}', status text NOT NULL DEFAULT 'unconfirmed',
            created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
            PRIMARY KEY (subscriber_id, list_id));
        CREATE INDEX ON subscriber_lists (subscriber_id);
        CREATE INDEX ON subscriber_lists (list_id);
        CREATE INDEX ON subscriber_lists (status)"""
    statements = (
        "WITH subs AS (SELECT m.number AS id FROM segments_membership m WHERE {rule})"
        " INSERT INTO subscriber_lists (subscriber_id, list_id, status)"
        " SELECT a, b, 'unconfirmed' FROM unnest(ARRAY(SELECT id FROM subs)) a,"
        " unnest(ARRAY[{number}]) b ON CONFLICT DO NOTHING",
        "WITH subs AS (SELECT m.number AS id FROM segments_membership m JOIN subscriber_lists l"
        " ON l.subscriber_id = m.number AND l.list_id = {number} WHERE ({rule}) IS NOT TRUE)"
        " DELETE FROM subscriber_lists WHERE (subscriber_id, list_id) = ANY("
        "SELECT a, b FROM unnest(ARRAY(SELECT id FROM subs)) a, unnest(ARRAY[{number}]) b)",
    )
    count = "SELECT count(*) FROM subscriber_lists WHERE list_id = {number}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--memberships", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with scratch_database():
        measure(options.memberships, options.rounds)


def measure(memberships: int, rounds: int) -> None:
    space = fill(memberships)
    single_process()
    rules = Pool(space, seed=3).rules(AUDIENCES, CONDITIONS)
    ways = (Ours(space, rules), Mautic(rules), Listmonk(rules))
    costs: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    stored: dict[str, int] = {}
    for turn in range(rounds):
        for way in ways:
            way.clear()
        _in_turn(ways, turn, costs, stored)
    print(machine())
    print(f"memberships {memberships}, audiences {AUDIENCES}, conditions {CONDITIONS};", end=" ")
    print(f"members in all {sum(ways[0].sizes())}; rounds {rounds}, medians")
    for stage in _STAGES:
        ours = median_cost(costs[ways[0].name, stage])
        for way in ways:
            cost = median_cost(costs[way.name, stage])
            ratio = f"{cost.wall / ours.wall:8.1f} × {cost.cpu / max(ours.cpu, 0.001):8.1f} × CPU"
            print(f"{stage:8} {way.name:15} {cost}   {ratio}")
    for way in ways:
        times = stored[way.name] / stored[ways[0].name]
        print(f"stored   {way.name:15} {stored[way.name] / 1e6:9.1f} MB   {times:8.1f} ×")


def _in_turn(
    ways: tuple[Ours | Rival, ...],
    turn: int,
    costs: dict[tuple[str, str], list[Cost]],
    stored: dict[str, int],
) -> None:
    for stage in _STAGES:
        if stage == "changed":
            change(_CHANGED, turn)
        for way in ways:
            with Costs() as cost:
                way.refresh()
            costs[way.name, stage].append(cost)
            if stage == "first":
                sizes = [execute("SELECT pg_total_relation_size(%s)", t) for t in way.tables]
                stored[way.name] = sum(sizes)
    sizes = [way.sizes() for way in ways]
    if sizes.count(sizes[0]) != len(sizes):
        raise RuntimeError(f"The ways disagree: {sizes}")


if __name__ == "__main__":
    main()
