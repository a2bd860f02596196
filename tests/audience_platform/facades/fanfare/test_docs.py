"""The page on Fanfare, held against the code."""

from __future__ import annotations

import re
from pathlib import Path

from audience_platform.facades.fanfare.fields import COLUMNS, IN_METADATA
from audience_platform.facades.fanfare.operators import OPERATORS, operator_of

PAGE = (Path(__file__).parents[4] / "docs/facades/fanfare.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The cells of each row of the table that begins so."""
    table = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [line.split("|")[1:-1] for line in table]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_field_is_told() -> None:
    told = [name for row in rows("field") for name in names(row[0])]
    assert {name for name in told if not name.endswith(".PATH")} == {*COLUMNS, *IN_METADATA}


def test_every_operator_is_told() -> None:
    table = rows("operator")
    assert {name for row in table for name in names(row[0])} == set(OPERATORS)
    for said, also, *_ in table:
        assert {operator_of(name) for name in names(also)} <= set(names(said))
