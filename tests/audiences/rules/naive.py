"""A third reading of the rule language, the plainest there can be: the judge of the other two.

It takes the JSON document and one member as a dict, and nothing from the code it judges.
"""

from __future__ import annotations

import calendar
import datetime
import re
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

DAY = datetime.timedelta(days=1)
TEXTS = {"id", "external_id", "email", "email_domain", "phone", "full_name"}
NUMBERS = {"age", "birthday_month", "days_until_birthday", "total_orders", "total_order_value"}
MOMENTS = {"last_order_at", "created_at", "updated_at"}
NEGATIVE = {
    "not_equals": "equals",
    "not_in": "in",
    "not_contains": "contains",
    "has_none": "has_any",
    "is_missing": "is_present",
}


class Naive:
    def __init__(self, member: dict[str, Any], now: datetime.datetime, zone: ZoneInfo) -> None:
        self.member, self.now, self.zone = member, now, zone
        self.today = now.astimezone(zone).date()

    def holds(self, rule: dict[str, Any]) -> bool:
        if "all" in rule:
            return all(self.holds(part) for part in rule["all"])
        if "any" in rule:
            return any(self.holds(part) for part in rule["any"])
        if "not" in rule:
            return not self.holds(rule["not"])
        if "in_segment" in rule:
            return rule["in_segment"] in self.member["segments"]
        field, operator = rule["field"], rule["operator"]
        if operator in NEGATIVE:
            return not self.holds({**rule, "operator": NEGATIVE[operator]})
        seen = self.value(field)
        if seen is None:
            return False
        if operator == "is_present":
            return True
        wanted = rule.get("value")
        exact = rule.get("case_sensitive", False)
        if operator in ("has_any", "has_all"):
            elements = seen if isinstance(seen, list) else [seen]
            found = [any(self.same(one, want, exact) for one in elements) for want in wanted or ()]
            return any(found) if operator == "has_any" else all(found)
        if field.startswith("metadata.") and isinstance(seen, list):
            return any(
                e is not None and self.compare(field, operator, e, wanted, exact) for e in seen
            )
        return self.compare(field, operator, seen, wanted, exact)

    def value(self, field: str) -> Any:
        born = self.member["birthday"]
        if field.startswith("metadata."):
            return path(self.member["metadata"], field.split(".")[1:])
        if field == "email_domain":
            email = self.member["email"]
            if not email or "@" not in email or email.endswith("@"):
                return None
            return email.split("@")[-1].lower()
        if field in ("age", "birthday_month", "days_until_birthday"):
            if born is None:
                return None
            if field == "birthday_month":
                return Decimal(born.month)
            if field == "age":
                years = self.today.year - born.year
                return Decimal(
                    years if self.birthday_in(self.today.year) <= self.today else years - 1
                )
            coming = self.birthday_in(self.today.year)
            if coming < self.today:
                coming = self.birthday_in(self.today.year + 1)
            return Decimal((coming - self.today).days)
        seen = self.member[field]
        return Decimal(seen) if field in NUMBERS else seen

    def birthday_in(self, year: int) -> datetime.date:
        return anniversary(self.member["birthday"], year)

    def same(self, element: Any, wanted: Any, exact: bool) -> bool:
        if isinstance(wanted, bool):
            return element is wanted
        if isinstance(wanted, int | float):
            number = as_number(element)
            return number is not None and number == Decimal(str(wanted))
        text = as_text(element)
        return text is not None and (text == wanted if exact else fold(text) == fold(wanted))

    def compare(self, field: str, operator: str, seen: Any, wanted: Any, exact: bool) -> bool:
        kind = self.kind(field, operator, wanted)
        if kind == "boolean":
            return seen is wanted
        if kind == "number":
            number = as_number(seen)
            return number is not None and compare_numbers(operator, number, wanted)
        if kind == "text":
            text = as_text(seen)
            return text is not None and compare_texts(operator, text, wanted, exact)
        return self.compare_dates(field, operator, seen, wanted)

    def kind(self, field: str, operator: str, wanted: Any) -> str:
        if field in TEXTS:
            return "text"
        if field in NUMBERS:
            return "number"
        if field in MOMENTS or field == "birthday":
            return "date"
        first = wanted[0] if isinstance(wanted, list) else wanted
        if operator in ("equals", "in"):
            if isinstance(first, bool):
                return "boolean"
            return "text" if isinstance(first, str) else "number"
        if operator in ("less", "less_or_equal", "greater", "greater_or_equal"):
            return "number"
        if operator in ("between", "between_half_open"):
            return "date" if isinstance(first, str) else "number"
        if operator in ("contains", "starts_with", "ends_with", "matches"):
            return "text"
        return "date"

    def compare_dates(self, field: str, operator: str, seen: Any, wanted: Any) -> bool:
        moment = self.moment(seen)
        if moment is None:
            return False
        start, end = self.span(operator, wanted)
        if operator == "anniversary_within":
            local = moment.astimezone(self.zone).date() if field != "birthday" else seen
            if not self.today.year - 200 <= local.year <= self.today.year + 100:
                return False
            coming = anniversary(local, self.today.year)
            if coming < self.today:
                coming = anniversary(local, self.today.year + 1)
            return coming <= later(self.today, wanted["amount"], wanted["unit"])
        return (start is None or start <= moment) and (end is None or moment < end)

    def moment(self, seen: Any) -> datetime.datetime | None:
        if isinstance(seen, datetime.datetime):
            return seen
        if isinstance(seen, datetime.date):
            return self.start(seen)
        if not isinstance(seen, str):
            return None
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", seen):
                return self.start(datetime.date.fromisoformat(seen))
            if not 10 < len(seen) <= 40:
                return None
            moment = datetime.datetime.fromisoformat(seen)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)

    def start(self, day: datetime.date) -> datetime.datetime:
        moment = datetime.datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return moment.astimezone(datetime.UTC)

    def span(self, operator: str, wanted: Any) -> tuple[Any, Any]:
        """From (included) and until (excluded); None is open."""
        if operator in ("between", "between_half_open"):
            low, _ = self.point(wanted[0])
            high, after = self.point(wanted[1])
            return low, after if operator == "between" else high
        if operator in ("within_last", "more_than_ago", "within_next"):
            amount, unit = wanted["amount"], wanted["unit"]
            if unit == "hour":
                hours = datetime.timedelta(hours=amount)
                tick = datetime.timedelta(microseconds=1)
                return {
                    "within_last": (self.now - hours, self.now + tick),
                    "more_than_ago": (None, self.now - hours),
                    "within_next": (self.now, self.now + hours + tick),
                }[operator]
            past = self.start(later(self.today, -amount, unit))
            if operator == "within_last":
                return past, self.start(self.today + DAY)
            if operator == "more_than_ago":
                return None, past
            return self.start(self.today), self.start(later(self.today, amount, unit) + DAY)
        if operator in ("in_this", "in_last", "in_next"):
            first = {
                "day": self.today,
                "week": self.today - self.today.weekday() * DAY,
                "month": self.today.replace(day=1),
                "year": self.today.replace(month=1, day=1),
            }[wanted]
            step = {"in_this": 0, "in_last": -1, "in_next": 1}[operator]
            first = later(first, step, wanted)
            return self.start(first), self.start(later(first, 1, wanted))
        if operator == "anniversary_within":
            return None, None
        at, after = self.point(wanted)
        return {
            "on": (at, after),
            "before": (None, at),
            "after": (after, None),
            "on_or_before": (None, after),
            "on_or_after": (at, None),
        }[operator]

    def point(self, text: str) -> tuple[datetime.datetime, datetime.datetime]:
        """A day's or moment's beginning, and what comes right after it."""
        if len(text) == 10:
            day = datetime.date.fromisoformat(text)
            return self.start(day), self.start(day + DAY)
        moment = datetime.datetime.fromisoformat(text)
        return moment, moment + datetime.timedelta(microseconds=1)


def path(value: Any, steps: list[str]) -> Any:
    exact, nothing = value, object()
    for step in steps:
        if isinstance(exact, dict):
            exact = exact.get(step, nothing)
        elif isinstance(exact, list) and re.fullmatch(r"[+-]?\d+", step):
            place = int(step)
            exact = exact[place] if -len(exact) <= place < len(exact) else nothing
        else:
            exact = nothing
    if exact is not nothing:
        return exact
    found = [value]
    for step in steps:
        found = [
            element[step]
            for item in found
            for element in (item if isinstance(item, list) else [item])
            if isinstance(element, dict) and step in element
        ]
    return found or None


def anniversary(day: datetime.date, year: int) -> datetime.date:
    if day.month == 2 and day.day == 29 and not calendar.isleap(year):
        return datetime.date(year, 3, 1)
    return datetime.date(year, day.month, day.day)


def later(day: datetime.date, amount: int, unit: str) -> datetime.date:
    if unit in ("day", "week"):
        return day + DAY * amount * (7 if unit == "week" else 1)
    month = day.month - 1 + amount * (12 if unit == "year" else 1)
    year, month = day.year + month // 12, month % 12 + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def fold(text: str) -> str:
    return text.casefold()


def as_number(seen: Any) -> Decimal | None:
    if isinstance(seen, bool):
        return None
    if isinstance(seen, int | float | Decimal):
        return Decimal(str(seen))
    if isinstance(seen, str) and len(seen) <= 100 and "_" not in seen:
        try:
            number = Decimal(seen.strip())
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    return None


def as_text(seen: Any) -> str | None:
    if isinstance(seen, bool):
        return str(seen).lower()
    if isinstance(seen, str):
        return seen
    return str(Decimal(str(seen))) if isinstance(seen, int | float | Decimal) else None


def compare_numbers(operator: str, seen: Decimal, wanted: Any) -> bool:
    if operator == "in":
        return any(seen == Decimal(str(one)) for one in wanted)
    if operator in ("between", "between_half_open"):
        low, high = (Decimal(str(one)) for one in wanted)
        return low <= seen <= high if operator == "between" else low <= seen < high
    bound = Decimal(str(wanted))
    return {
        "equals": seen == bound,
        "less": seen < bound,
        "less_or_equal": seen <= bound,
        "greater": seen > bound,
        "greater_or_equal": seen >= bound,
    }[operator]


def compare_texts(operator: str, seen: str, wanted: Any, exact: bool) -> bool:
    if operator == "matches":
        return re.search(wanted, seen, 0 if exact else re.IGNORECASE) is not None
    if not exact:
        seen = fold(seen)
        wanted = [fold(one) for one in wanted] if operator == "in" else fold(wanted)
    if operator == "in":
        return seen in wanted
    if operator == "contains":
        return str(wanted) in seen
    if operator == "starts_with":
        return seen.startswith(wanted)
    if operator == "ends_with":
        return seen.endswith(wanted)
    return bool(seen == wanted)
