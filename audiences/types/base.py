"""What an audience type is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from uuid import UUID

from audiences.rules.tree import Rule
from audiences.sources.base import Kind

Configuration = Mapping[str, Any]
# Where a value stands in a configuration: ("segments", 0) is the first of its segments.
Path = tuple[str | int, ...]
Named = Literal["segment", "audience"]


@dataclass(frozen=True)
class ListElsewhere:
    """A list that a source keeps."""

    source: UUID
    kind: Kind
    id: str  # as the vendor has it


class ConfigurationError(ValueError):
    """A configuration that its type can't understand.

    ``problems`` maps the path of each value at fault (``()`` for the whole) to a sentence that
    says what is wrong and what would be right.
    """

    def __init__(self, problems: Mapping[Path, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(problems.values()))


class AudienceType(ABC):
    """One way of saying who: the shape of a configuration, and the rule that it means."""

    name: ClassVar[str]  # the ``audience_type`` of the API
    label: ClassVar[str]
    help_text: ClassVar[str]
    hidden_because: ClassVar[str]  # the reason that visibility gives to those outside
    is_list: ClassVar[bool] = False  # whether its members are places in a segment of its own
    takes_imports: ClassVar[bool] = False  # whether people and programs may send files for it
    follows: ClassVar[str] = "its rule"  # what decides who is in it; empty: those who put them in
    days_to_live: ClassVar[int | None] = None  # unless told otherwise; None: it never runs out

    @abstractmethod
    def clean(self, configuration: Configuration) -> dict[str, Any]:
        """The configuration in its one canonical form.

        :raises ConfigurationError: naming every value that can't be used.
        """

    @abstractmethod
    def rule(self, configuration: Configuration) -> Rule:
        """The rule that a clean configuration means."""

    def parts(self, configuration: Configuration) -> tuple[Rule, ...]:
        """Rules that together are ``rule``, each of which visibility names when it fails."""
        return (self.rule(configuration),)

    def segments(self, configuration: Configuration) -> dict[UUID, Path]:
        """The ids of the segments that a clean configuration refers to, and where."""
        return {}

    def audiences(self, configuration: Configuration) -> dict[UUID, Path]:
        """The ids of the other audiences that a clean configuration refers to, and where."""
        return {}

    def elsewhere(self, configuration: Configuration) -> ListElsewhere | None:
        """The list of a source that a clean configuration refers to, if it does."""
        return None

    def asked_by_name(self, configuration: Configuration) -> dict[str, Path]:
        """The names by which a clean configuration asks for segments and audiences, and where.

        A name is an id, an audience's key or a segment's short code; there need be nothing that
        goes by it.
        """
        return {}

    def warnings(self, configuration: Configuration, known: Mapping[str, Named]) -> list[str]:
        """Sentences for whoever wrote a clean configuration that means less than it seems to.

        ``known`` says what goes by each of ``asked_by_name``; those by which nothing goes it lacks.
        """
        return []

    @abstractmethod
    def summary(self, configuration: Configuration, names: Mapping[UUID, str]) -> str:
        """A sentence that says who is meant; ``names`` are those of segments and audiences."""

    @abstractmethod
    def refusal(
        self, configuration: Configuration, failed: Sequence[Rule], names: Mapping[UUID, str]
    ) -> str:
        """A sentence for somebody outside, for whom these of the ``parts`` don't hold."""
