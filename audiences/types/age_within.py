"""Those whose age is within bounds, by their birthday.

From the guide “Offer Audiences”, section “Age Within”: either bound may be null. Both ends are
inclusive (aged 18 to 35 admits who is 18 and who is 35).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from audiences.rules.tree import AllOf, Condition, Rule
from audiences.types.base import AudienceType, Configuration, ConfigurationError, Path

YOUNGEST, OLDEST = 0, 123
_BOUNDS = ("minimum_age", "maximum_age")


class AgeWithin(AudienceType):
    name = "age_within"
    label = "Age within"
    help_text = "Members of a certain age, by their birthday; whoever has none is outside."
    hidden_because = "age_restricted"

    def clean(self, configuration: Configuration) -> dict[str, Any]:
        problems: dict[Path, str] = {
            (key,): f"“{key}” is not known here. Give minimum_age and maximum_age."
            for key in configuration.keys() - set(_BOUNDS)
        }
        bounds = {name: configuration.get(name) for name in _BOUNDS}
        for name, age in bounds.items():
            if age is not None and not _is_age(age):
                problems[(name,)] = (
                    f"{age!r} is not an age. Give a whole number from {YOUNGEST} to {OLDEST}, "
                    "or null for no bound."
                )
        minimum, maximum = bounds.values()
        if not problems and minimum is None and maximum is None:
            problems[()] = "Give a minimum_age, a maximum_age or both: null for both is no bound."
        if not problems and minimum is not None and maximum is not None and minimum > maximum:
            problems[("minimum_age",)] = (
                f"The minimum age {minimum} is above the maximum age {maximum}. "
                "Give a minimum that is at most the maximum."
            )
        if problems:
            raise ConfigurationError(problems)
        return bounds

    def rule(self, configuration: Configuration) -> Rule:
        minimum, maximum = (configuration[name] for name in _BOUNDS)
        conditions: list[Rule] = []
        if minimum is not None:
            conditions.append(Condition("age", "greater_or_equal", Decimal(minimum)))
        if maximum is not None:
            conditions.append(Condition("age", "less_or_equal", Decimal(maximum)))
        return AllOf(tuple(conditions))

    def summary(self, configuration: Configuration, names: Mapping[UUID, str]) -> str:
        minimum, maximum = (configuration[name] for name in _BOUNDS)
        if maximum is None:
            return f"aged {minimum} or over"
        if minimum is None:
            return f"aged {maximum} or under"
        return f"aged {minimum} to {maximum}" if minimum < maximum else f"aged {minimum}"

    def refusal(
        self, configuration: Configuration, failed: Sequence[Rule], names: Mapping[UUID, str]
    ) -> str:
        return f"Only for members {self.summary(configuration, names)}."


def _is_age(value: object) -> bool:
    # bool is a kind of int in Python, and true is not an age
    return isinstance(value, int) and not isinstance(value, bool) and YOUNGEST <= value <= OLDEST
