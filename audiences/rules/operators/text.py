"""Operators on texts, without regard to case unless asked otherwise.

Columns of ASCII are compared by Arrow's kernels; texts with other letters, whose case Arrow folds
otherwise than Python does, by the single answer itself.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audiences.rules.clock import Clock
from audiences.rules.columns import Column, Documents, Mask, Text
from audiences.rules.facts import Json
from audiences.rules.fields import Field, Kind
from audiences.rules.operators.base import (
    Operator,
    Predicate,
    Test,
    ValueProblem,
    read_list,
    read_text,
)
from audiences.rules.tree import Condition, Value


class TextTest(Test):
    """A test of texts. ``wanted`` is folded already, unless case matters."""

    def __init__(self, wanted: Any, case_sensitive: bool) -> None:
        self.case_sensitive = case_sensitive
        self.wanted = wanted if case_sensitive else self._folded(wanted)

    def _folded(self, wanted: Any) -> Any:
        return wanted.casefold()

    def single(self, seen: str) -> bool:
        return self.holds(seen if self.case_sensitive else seen.casefold())

    def column(self, column: Column) -> Mask:
        if isinstance(column, Documents):
            return column.ask(self.single)
        assert isinstance(column, Text)
        texts = column.values if self.case_sensitive else column.lowered
        held = np.array(self.kernel(texts).fill_null(False))
        if not self.case_sensitive:
            places, texts = column.beyond_ascii
            held[places] = texts.ask(self.single)
        return held

    @abstractmethod
    def holds(self, seen: str) -> bool:
        """Whether it holds for a text, folded unless case matters."""

    @abstractmethod
    def kernel(self, texts: pa.StringArray) -> pa.BooleanArray:
        """The same of many: right for texts of ASCII, and for all where case matters."""


class _Equals(TextTest):
    def holds(self, seen: str) -> bool:
        return bool(seen == self.wanted)

    def kernel(self, texts: pa.StringArray) -> pa.BooleanArray:
        return pc.equal(texts, self.wanted)


class _In(TextTest):
    wanted: frozenset[str]

    def _folded(self, wanted: Any) -> Any:
        return tuple(one.casefold() for one in wanted)

    def __init__(self, wanted: Any, case_sensitive: bool) -> None:
        super().__init__(wanted, case_sensitive)
        self.wanted = frozenset(self.wanted)

    def holds(self, seen: str) -> bool:
        return seen in self.wanted

    def kernel(self, texts: pa.StringArray) -> pa.BooleanArray:
        return pc.is_in(texts, value_set=pa.array(sorted(self.wanted), pa.string()))


class _Contains(TextTest):
    def holds(self, seen: str) -> bool:
        return self.wanted in seen

    def kernel(self, texts: pa.StringArray) -> pa.BooleanArray:
        return pc.match_substring(texts, self.wanted)


class _StartsWith(TextTest):
    def holds(self, seen: str) -> bool:
        return seen.startswith(self.wanted)

    def kernel(self, texts: pa.StringArray) -> pa.BooleanArray:
        return pc.starts_with(texts, self.wanted)


class _EndsWith(TextTest):
    def holds(self, seen: str) -> bool:
        return seen.endswith(self.wanted)

    def kernel(self, texts: pa.StringArray) -> pa.BooleanArray:
        return pc.ends_with(texts, self.wanted)


class _Matches(Test):
    """A regular expression of RE2, which takes time in proportion to the text, whatever it says.

    Arrow has RE2, so the single answer asks Arrow too.
    """

    def __init__(self, wanted: str, case_sensitive: bool) -> None:
        self._options = {"pattern": wanted, "ignore_case": not case_sensitive}

    def single(self, seen: str) -> bool:
        found = pc.match_substring_regex(pa.scalar(seen, pa.string()), **self._options)
        return bool(found.as_py())

    def column(self, column: Column) -> Mask:
        if isinstance(column, Documents):
            return self.found(column.distinct)[column.codes]
        assert isinstance(column, Text)
        found = pc.match_substring_regex(column.values, **self._options)
        return np.asarray(found.fill_null(False))

    def found(self, values: Sequence[Json]) -> Mask:
        """For each value whether it holds, of an array for some element. Of all of them at once, as
        making a pattern ready can take longer than looking for it."""
        known = [
            (place, text)
            for place, value in enumerate(values)
            for item in (value if isinstance(value, list) else (value,))
            if (text := text_of(item)) is not None
        ]
        places = np.array([place for place, _ in known], np.int64)
        texts = pa.array([text for _, text in known], pa.large_string())
        held = np.zeros(len(values), np.bool_)
        held[places[np.asarray(pc.match_substring_regex(texts, **self._options))]] = True
        return held


class _MatchesSome(_Matches):
    """The same of JSON values."""

    def single(self, seen: Json) -> bool:
        return bool(self.found([seen])[0])


def text_of(seen: Json) -> str | None:
    """The text that a JSON value is, or is written as; None for arrays and objects."""
    if isinstance(seen, str):
        return seen
    if isinstance(seen, bool):
        return "true" if seen else "false"
    return str(seen) if isinstance(seen, Decimal) else None


def read_pattern(raw: Any) -> str:
    """A regular expression that RE2 can read.

    :raises ValueProblem: it can't.
    """
    pattern = read_text(raw)
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise ValueProblem(
            f"{pattern!r} is not a regular expression of RE2 ({error}). "
            "Give one such as ^[a-z]+@example[.]com$."
        ) from None
    return pattern


class TextOperator(Operator):
    kinds = frozenset({Kind.TEXT, Kind.ANY})
    takes = "text"
    makes: ClassVar[Any]

    def read(self, raw: Any, field: Field) -> Value:
        return read_text(raw)

    def test(self, condition: Condition, field: Field, clock: Clock) -> Test:
        test: Test = self.makes(condition.value, condition.case_sensitive)
        if field.kind != Kind.ANY:
            return test

        def holds(seen: Json) -> bool:
            text = text_of(seen)
            return text is not None and test.single(text)

        return Predicate(holds)

    def suits(self, value: Value) -> bool:
        return isinstance(value[0] if isinstance(value, tuple) else value, str)


class Equals(TextOperator):
    name = "equals"
    words = "is {}"
    makes = _Equals


class In(TextOperator):
    name = "in"
    words = "is one of {}"
    takes = "list of texts"
    makes = _In

    def read(self, raw: Any, field: Field) -> Value:
        return read_list(raw, read_text)


class Contains(TextOperator):
    name = "contains"
    words = "contains {}"
    makes = _Contains


class StartsWith(TextOperator):
    name = "starts_with"
    words = "starts with {}"
    makes = _StartsWith


class EndsWith(TextOperator):
    name = "ends_with"
    words = "ends with {}"
    makes = _EndsWith


class Matches(TextOperator):
    name = "matches"
    words = "matches the pattern {}"
    takes = "regular expression"
    makes = _Matches

    def read(self, raw: Any, field: Field) -> Value:
        return read_pattern(raw)

    def test(self, condition: Condition, field: Field, clock: Clock) -> Test:
        makes: Any = _MatchesSome if field.kind == Kind.ANY else _Matches
        test: Test = makes(condition.value, condition.case_sensitive)
        return test


TEXT_OPERATORS: tuple[Operator, ...] = (
    Equals(),
    In(),
    Contains(),
    StartsWith(),
    EndsWith(),
    Matches(),
)
