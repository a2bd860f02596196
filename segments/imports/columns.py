"""What a cell of each column may hold, said once, as SQL and in words.

A check is an SQL condition over ``{cell}``, a text without surrounding blanks, or null when empty,
and ``{value}``, the same as the column's type.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from psycopg import sql

from segments.models import OLDEST_AGE, Membership, Segment, earliest_birthday

_ISO_8601 = (
    r"^\d{4}-\d{2}-\d{2}"
    r"([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$"
)
_NO_NUMBERS = "('NaN', 'Infinity', '-Infinity')"  # though PostgreSQL calls them numeric
_LONGEST_METADATA = 10_000


def quote(value: Any) -> str:
    """The value as an SQL literal."""
    return sql.Literal(value).as_string(None)


@dataclass(frozen=True)
class Check:
    condition: str  # which is true where the cell is wrong
    problem: str
    remedy: str

    def fails(self, cell: str, value: str) -> str:
        return self.condition.replace("{cell}", cell).replace("{value}", value)


@dataclass(frozen=True)
class Column:
    """One column of a file.

    A cell that PostgreSQL can't read as the ``type`` fails the first check.
    """

    name: str
    checks: tuple[Check, ...]
    type: str = "text"
    stored: str = ""  # the type in the table, where it is another
    empty: str = ""  # what an empty cell stands for, where that is not null

    def value(self, cell: str) -> str:
        """The cell as the column's type. Raises where it can't be read as such."""
        return cell if self.type == "text" else f"{cell}::{self.type}"

    def fact(self, value: str) -> str:
        """The value as what is stored."""
        stored = f"{value}::{self.stored}" if self.stored else value
        return f"coalesce({stored}, {self.empty})" if self.empty else stored

    def fails(self, cell: str, value: str) -> str:
        """Whether any check fails, or null."""
        return " OR ".join(check.fails(cell, value) for check in self.checks)

    def first_failing(self, cell: str, *, readable: bool) -> str:
        """Which check fails first (1 is the first), or null.

        Raises where the cell can't be read as the type, unless that is asked first: when not all
        cells are known to be ``readable``.
        """
        value = f"({self.value(cell)})"
        fails = [check.fails(cell, value) for check in self.checks]
        if not readable:
            fails[0] = (
                f"CASE WHEN pg_temp.is_readable({cell}, '{self.type}') THEN {fails[0]}"
                f" ELSE {cell} IS NOT NULL END"
            )
        whens = " ".join(f"WHEN {fail} THEN {place}" for place, fail in enumerate(fails, 1))
        return f"CASE {whens} END"


def membership_columns(today: datetime.date) -> Mapping[str, Column]:
    """The columns of a file of memberships, but for ``metadata.…``. Today by the space's clock.

    ``first_name`` and ``last_name`` together are the ``full_name``.
    """
    columns = (
        _text("external_id"),
        _text("email", _NO_EMAIL),
        _text("phone"),
        _text("full_name"),
        Column("first_name", (_HALF_A_NAME,)),
        Column("last_name", (_HALF_A_NAME,)),
        _birthday(today),
        _TOTAL_ORDERS,
        _TOTAL_ORDER_VALUE,
        _moment("last_order_at"),
        _moment("created_at"),
    )
    return {column.name: column for column in columns}


def segment_code(*, create: bool) -> Column:
    """The short code of a segment: one that is there, or (``create``) may have to be made."""
    missing = Check("{cell} IS NULL", "is missing", "give every row the short code of a segment")
    letters = Check(
        "{cell} !~ '^[-a-zA-Z0-9_]+$'",
        "can't be a short code",
        "use letters without accents, digits, hyphens and underscores, such as gold-tier",
    )
    made = (letters, _at_most(_longest(Segment, "short_code"))) if create else ()
    return Column("segment", (missing, *made))


def metadata_column(name: str) -> Column:
    """A column ``metadata.…``."""
    return Column(name, (_at_most(_LONGEST_METADATA),))


def _text(name: str, *checks: Check) -> Column:
    return Column(name, (*checks, _at_most(_longest(Membership, name))))


def _longest(model: type[Model], name: str) -> int:
    limit: int = model._meta.get_field(name).max_length  # type: ignore[union-attr, assignment]
    return limit


def _at_most(limit: int) -> Check:
    # Counting bytes is quick, and no text has more characters than bytes.
    return Check(
        f"octet_length({{cell}}) > {limit} AND length({{cell}}) > {limit}",
        "is too long",
        f"write at most {limit:,} characters",
    )


def _birthday(today: datetime.date) -> Column:
    earliest = earliest_birthday(today)
    return Column(
        "birthday",
        (
            Check(
                "{value}::text <> {cell}",
                "is not a date",
                "write year-month-day, such as 1990-12-31",
            ),
            Check(f"{{value}} > {quote(today)}", "is in the future", f"write a date up to {today}"),
            Check(
                f"{{value}} < {quote(earliest)}",
                f"is more than {OLDEST_AGE} years ago",
                f"write a date from {earliest}",
            ),
        ),
        type="date",
    )


def _moment(name: str) -> Column:
    """A moment; without an offset it is read by the space's clock, as the session's time zone is.

    PostgreSQL reads much else as moments, such as 2017-12-3NT69:01:05Z. Most cells are exactly as
    it would write them, which is quicker told than that they match the pattern.
    """
    return Column(
        name,
        (
            Check(
                "to_json(timezone('UTC', {value}))::text <> '\"' || rtrim({cell}, 'Z') || '\"'"
                f" AND {{cell}} !~ {quote(_ISO_8601)}",
                "is not a date and time in ISO 8601",
                "write one such as 2024-12-31T18:30:00Z",
            ),
            Check(
                "{value} < '0002-01-01Z' OR {value} > '9998-12-31Z'",
                "is not in the years 2 to 9998",
                "write a moment of these years",
            ),
        ),
        type="timestamptz",
    )


_HALF_A_NAME = _at_most(_longest(Membership, "full_name") // 2)  # and a blank between
_NO_EMAIL = Check(
    "{cell} NOT LIKE '%_@_%._%' OR {cell} LIKE '%@%@%' OR {cell} LIKE '% %'",
    "is not an e-mail address",
    "write one such as name@example.com",
)
_TOTAL_ORDERS = Column(
    "total_orders",
    (
        Check(
            f"{{value}}::text <> {{cell}} OR scale({{value}}) <> 0 OR {{cell}} IN {_NO_NUMBERS}",
            "is not a whole number",
            "write digits only, such as 12",
        ),
        Check("{value} < 0", "is negative", "write 0 or more"),
        Check("{value} > 2147483647", "is too large", "write at most 2147483647"),
    ),
    type="numeric",
    stored="integer",
    empty="0",
)
_TOTAL_ORDER_VALUE = Column(
    "total_order_value",
    (
        Check(
            f"{{value}}::text <> {{cell}} OR {{cell}} IN {_NO_NUMBERS}",
            "is not an amount",
            "write digits and a decimal point, such as 1234.50",
        ),
        Check("scale({value}) > 2", "has more than two decimals", "round it"),
        Check("abs({value}) >= 1e16", "is too large", "write at most 16 digits before the point"),
    ),
    type="numeric",
    stored="numeric(18, 2)",
    empty="0",
)
