"""Whom the rows of a file mean: found by external id, else e-mail, else phone, all rows at once.

E-mail addresses are compared without regard to case, phones in E.164. Nothing of it needs an index
but the one on external ids; see decision 3 on what others would cost.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.backends.utils import CursorWrapper

from segments.imports.columns import quote
from segments.imports.header import IDENTIFIERS
from segments.imports.staging import Progress, cell, settings
from segments.models import Space
from segments.phones import e164, ending, is_e164

_BATCH = 10_000

# Why nobody can be found: the column at fault, what is wrong there, and what would be right.
_FLAWS = {
    "several have the email": (
        "email",
        "is the e-mail of several memberships",
        "give the external id of the one that is meant",
    ),
    "several have the phone": (
        "phone",
        "is the phone of several memberships",
        "give the external id or e-mail of the one that is meant",
    ),
    "no phone": (
        "phone",
        "is not a phone number",
        "write it with its country's code, such as +31201234567",
    ),
}


class People:
    """The people of one file. ``id_decides``: whether an external id that is given alone decides,
    or an unknown one leaves it to e-mail and phone.

    Once they are matched, ``join`` brings to a row (SQL) what the other attributes name: the
    ``number`` of the membership, if there is one. The attributes are SQL too: its ``external_id``,
    or the one it will get; its ``phone`` as it is to be kept; and ``flaw``, which is true where
    nobody can be found or made.
    """

    def __init__(
        self, space: Space, fields: Sequence[str | None], *, id_decides: bool = False
    ) -> None:
        self._space = space
        self._id_decides = id_decides
        self._places = {name: fields.index(name) for name in IDENTIFIERS if name in fields}
        self._cells = {
            name: cell(self._places[name]) if name in self._places else "NULL::text"
            for name in IDENTIFIERS
        }
        self.matched = False
        self._memberships = f"segments_membership WHERE space_number = {space.pk}"

    # What is joined to a row.

    @property
    def join(self) -> str:
        if self.matched:
            return " JOIN pg_temp.matched USING (line)"
        return (
            f" LEFT JOIN (SELECT number, external_id AS known FROM {self._memberships})"
            f" AS memberships ON known = {self.external_id}"
        )

    @property
    def has_id(self) -> str:
        return f"({self._cells['external_id']} IS NOT NULL)"

    @property
    def external_id(self) -> str:
        return "person" if self.matched else self._cells["external_id"]

    @property
    def email(self) -> str:
        return self._cells["email"]

    @property
    def phone(self) -> str:
        given = self._cells["phone"]
        if not self.matched:
            return given
        only_phone = "given IS NULL AND email IS NULL" if self._id_decides else "true"
        return f"coalesce(CASE WHEN {only_phone} THEN e164 END, {given})"

    @property
    def flaw(self) -> str:
        return "(flaw IS NOT NULL)" if self.matched else f"({self.external_id} IS NULL)"

    # Matching.

    def match(self, cursor: CursorWrapper, rows: str, progress: Progress) -> None:
        """Find out whom the rows (SQL) mean: by external id alone where that does."""
        cursor.execute("DROP TABLE IF EXISTS pg_temp.matched, pg_temp.phones")
        self.matched = self._needs_matching(cursor, rows)
        if not self.matched:
            return
        progress("Finding people")
        # The planner doesn't know how large these tables are, and no index would help.
        with settings(cursor, enable_nestloop="off"):
            self._by_external_id_and_email(cursor, rows)
            if "phone" in self._places:
                self._by_phone(cursor, progress)
            self._name_new_people(cursor)
            if self._id_decides:
                self._adopt(cursor)
        cursor.execute("UPDATE matched SET flaw = 'nobody' WHERE person IS NULL AND flaw IS NULL")

    def problems(self, rows: str) -> list[str]:
        """SELECTs, as ``Problems.add`` takes them, of rows that can mean nobody."""
        if not self.matched:
            place = self._places["external_id"]
            return [
                f"SELECT line, {place}, 'external_id', NULL, 'is missing',"
                " 'give every row the identifier of its membership'"
                f" FROM {rows} WHERE broken IS NULL AND {cell(place)} IS NULL"
            ]
        selects = [
            "SELECT line, 0, '', NULL, 'names nobody',"
            f" 'give every row an {' or '.join(self._places)}' FROM matched WHERE flaw = 'nobody'"
        ]
        for flaw, (column, problem, remedy) in _FLAWS.items():
            if column in self._places:
                place = self._places[column]
                selects.append(
                    f"SELECT line, {place}, '{column}', {cell(place)}, {quote(problem)},"
                    f" {quote(remedy)} FROM matched JOIN {rows} USING (line)"
                    f" WHERE flaw = {quote(flaw)}"
                )
        return selects

    def unknown(self, rows: str) -> str:
        """A SELECT, as ``Problems.add`` takes it, of rows whose people the space doesn't know."""
        return self.problem(
            rows,
            "number IS NULL",
            "'is not a membership of this space'",
            "import the membership first, or correct the id",
        )

    def problem(self, rows: str, where: str, problem: str, remedy: str) -> str:
        """A SELECT, as ``Problems.add`` takes it, of what is wrong with those whom rows mean."""
        whens = [
            (f"WHEN {cell(place)} IS NOT NULL THEN", place, name)
            for name, place in self._places.items()
        ]
        at = " ".join(f"{when} {place}" for when, place, _ in whens)
        column = " ".join(f"{when} '{name}'" for when, _, name in whens)
        value = ", ".join(cell(place) for place in self._places.values())
        return (
            f"SELECT line, CASE {at} END, CASE {column} END, coalesce({value}), {problem},"
            f" {quote(remedy)} FROM {rows}{self.join}"
            f" WHERE broken IS NULL AND NOT {self.flaw} AND {where}"
        )

    def _needs_matching(self, cursor: CursorWrapper, rows: str) -> bool:
        if [*self._places] == ["external_id"]:
            return False
        if "external_id" not in self._places or not self._id_decides:
            return True
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {rows} WHERE {self._cells['external_id']} IS NULL)"
            f" OR EXISTS (SELECT FROM {self._memberships}"
            " AND external_id IN (lower(email), phone))"
        )
        return bool(cursor.fetchone()[0])

    def _by_external_id_and_email(self, cursor: CursorWrapper, rows: str) -> None:
        given, email, phone = (self._cells[name] for name in IDENTIFIERS)
        cursor.execute(
            "CREATE TEMPORARY TABLE matched ON COMMIT DROP AS"
            f" SELECT line, {given} AS given, {_lower(email)} AS email, {phone} AS phone,"
            " NULL::text AS e164,"
            " coalesce(by_id.number, CASE people WHEN 1 THEN by_email.number END) AS number,"
            " coalesce(by_id.external_id, CASE people WHEN 1 THEN by_email.external_id END,"
            f" {given}) AS person,"
            " CASE WHEN people > 1 THEN 'several have the email' END AS flaw"
            f" FROM {rows} LEFT JOIN (SELECT number, external_id FROM {self._memberships}) AS by_id"
            f" ON external_id = {given}"
            f" LEFT JOIN (SELECT {_lower('email')} AS email, {_ONE} FROM {self._memberships}"
            f" AND {_lower('email')} IN (SELECT {_lower(email)} FROM {rows}) GROUP BY 1)"
            f" AS by_email ON by_email.email = {_lower(email)} AND by_id.number IS NULL"
            f" AND {self._may_be_found(given)} WHERE broken IS NULL"
        )

    def _by_phone(self, cursor: CursorWrapper, progress: Progress) -> None:
        """For those whom nothing else has found. Only phones that end alike are looked at."""
        cursor.execute(
            'CREATE TEMPORARY TABLE phones (given text COLLATE "C" PRIMARY KEY,'
            ' e164 text COLLATE "C") ON COMMIT DROP'
        )
        sought = f"number IS NULL AND flaw IS NULL AND {self._may_be_found('given')}"
        if not self._read_phones(cursor, f"SELECT phone FROM matched WHERE {sought}", progress):
            return
        alike = f"{ending('phone')} IN (SELECT {ending('e164')} FROM phones)"
        self._read_phones(
            cursor,
            f"SELECT phone FROM {self._memberships} AND {alike}"
            f" UNION ALL SELECT phone FROM matched WHERE {alike}",
            progress,
        )
        cursor.execute(
            "UPDATE matched SET e164 = phones.e164 FROM phones"
            " WHERE phones.given = phone AND phones.e164 IS NOT NULL"
        )
        cursor.execute(
            "UPDATE matched AS m SET number = CASE people WHEN 1 THEN known.number END,"
            " person = CASE people WHEN 1 THEN known.external_id ELSE person END,"
            " flaw = CASE WHEN people > 1 THEN 'several have the phone' END"
            f" FROM (SELECT e164, {_ONE} FROM segments_membership JOIN phones ON given = phone"
            f" WHERE space_number = {self._space.pk} GROUP BY e164) AS known"
            f" WHERE known.e164 = m.e164 AND m.number IS NULL AND flaw IS NULL"
            f" AND {self._may_be_found('given')}"
        )
        cursor.execute(
            "UPDATE matched SET flaw = 'no phone' WHERE number IS NULL AND flaw IS NULL"
            " AND given IS NULL AND email IS NULL AND phone IS NOT NULL AND e164 IS NULL"
        )

    def _read_phones(self, cursor: CursorWrapper, phones: str, progress: Progress) -> int:
        """Put the phones that a SELECT gives into ``phones``, each with its number in E.164. How
        many there were that had not been in it."""
        asked = (
            f"SELECT DISTINCT phone FROM ({phones}) AS asked WHERE phone IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM phones WHERE given = phone) AND"
        )
        as_it_is = is_e164("phone")
        cursor.execute(f"DECLARE odd CURSOR FOR {asked} NOT {as_it_is}")
        cursor.execute(
            f"INSERT INTO phones SELECT phone, phone FROM ({asked} {as_it_is}) AS asked"
            " ON CONFLICT DO NOTHING"
        )
        count = int(cursor.rowcount)
        while True:
            cursor.execute(f"FETCH {_BATCH} FROM odd")
            given = [row[0] for row in cursor.fetchall()]
            if not given:
                break
            read = [e164(phone, self._space.country) for phone in given]
            cursor.execute(
                "INSERT INTO phones SELECT * FROM unnest(%s::text[], %s::text[])"
                " ON CONFLICT DO NOTHING",
                [given, read],
            )
            count += len(given)
            progress("Reading phone numbers", count)
        cursor.execute("CLOSE odd")
        return count

    def _name_new_people(self, cursor: CursorWrapper) -> None:
        """Tell people who are new apart: by external id, else e-mail, else phone, which is the
        external id then. Who shares any with another row's person is that person."""
        cursor.execute(
            "UPDATE matched AS m SET number = known.number, person = known.person"
            " FROM (SELECT given, min(number) AS number, min(person) AS person FROM matched"
            " WHERE number IS NOT NULL AND person <> given GROUP BY given"
            " HAVING count(DISTINCT number) = 1) AS known"
            " WHERE m.given = known.given AND m.number IS NULL AND flaw IS NULL"
        )
        self._name_by(cursor, "email", "m.email IS NOT NULL")
        self._name_by(cursor, "e164", "m.email IS NULL")
        cursor.execute(
            "UPDATE matched AS m SET number = known.number FROM segments_membership AS known"
            f" WHERE space_number = {self._space.pk} AND known.external_id = person"
            " AND m.number IS NULL AND flaw IS NULL AND given IS NULL"
        )

    def _name_by(self, cursor: CursorWrapper, name: str, where: str) -> None:
        flaw = "several have the email" if name == "email" else "several have the phone"
        cursor.execute(
            f"UPDATE matched AS m SET person = coalesce(known.person, m.{name}),"
            f" number = known.number, flaw = CASE WHEN people > 1 THEN '{flaw}' END"
            f" FROM (SELECT DISTINCT {name} FROM matched WHERE person IS NULL) AS sought"
            f" LEFT JOIN (SELECT {name}, min(person) AS person, min(number) AS number,"
            " count(DISTINCT person) AS people FROM matched"
            f" WHERE person IS NOT NULL AND flaw IS NULL GROUP BY {name}) AS known USING ({name})"
            f" WHERE m.{name} = sought.{name} AND m.person IS NULL AND flaw IS NULL AND {where}"
        )

    def _adopt(self, cursor: CursorWrapper) -> None:
        """Give a membership that was known by e-mail or phone alone, which then is its external id,
        the external id that a row gives it."""
        cursor.execute(
            f"WITH known AS (SELECT number, external_id FROM {self._memberships}),"
            " names AS (SELECT given, email AS name FROM matched WHERE number IS NULL"
            " UNION ALL SELECT given, coalesce(e164, phone) FROM matched WHERE number IS NULL),"
            " adopted AS (SELECT number, min(given) AS given FROM names JOIN known"
            " ON external_id = name WHERE given IS NOT NULL"
            " GROUP BY number HAVING count(DISTINCT given) = 1)"
            " UPDATE matched AS m SET number = adopted.number, person = adopted.given FROM adopted"
            " WHERE m.number = adopted.number OR (m.number IS NULL AND m.given = adopted.given)"
        )

    def _may_be_found(self, given: str) -> str:
        """Whether a row (SQL) may be found by e-mail and phone."""
        return f"{given} IS NULL" if self._id_decides else "true"


_ONE = "min(number) AS number, min(external_id) AS external_id, count(*) AS people"


def _lower(email: str) -> str:
    return f'lower({email} COLLATE "default") COLLATE "C"'
