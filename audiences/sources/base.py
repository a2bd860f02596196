"""What a source is: somewhere else that keeps lists of people."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar


class Kind(StrEnum):
    """What a vendor calls a list."""

    LIST = "list"  # people put on it
    SEGMENT = "segment"  # people whom the vendor's own rule finds


@dataclass(frozen=True)
class VendorList:
    """A list as its vendor tells of it."""

    kind: Kind
    id: str
    name: str


@dataclass(frozen=True)
class Profile:
    """A person as a vendor knows them. What the vendor hasn't got is empty."""

    external_id: str = ""
    email: str = ""
    phone: str = ""
    full_name: str = ""


@dataclass(frozen=True)
class Beginning:
    """The first people on a list, and how many there are on it; None where that isn't told."""

    people: Sequence[Profile]
    size: int | None


@dataclass(frozen=True)
class Access:
    """What a vendor is asked with. ``sleep`` is how it waits between two tries, ``until`` when all
    the asking ends, by the monotonic clock."""

    key: str = field(repr=False)
    settings: Mapping[str, Any]
    sleep: Callable[[float], None] = time.sleep
    until: float = math.inf


class SourceError(Exception):
    """That a source can't be read: a sentence for who looks after it, and a ``code`` for programs.

    The codes are ``key_refused``, ``not_allowed``, ``not_found``, ``not_ready``, ``slow_down``,
    ``unreachable``, ``not_public``, ``too_slow``, ``too_large``, ``broken_off``, ``redirected``
    and ``not_understood``.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class SettingsError(ValueError):
    """Settings or a key that a vendor can't be asked with: ``problems`` has a sentence by
    ``key``, ``settings``, or the name of a setting."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(problems.values()))


class Vendor(ABC):
    """One kind of source. Nothing of it is kept between two calls."""

    name: ClassVar[str]  # the ``vendor`` of the API
    label: ClassVar[str]
    help_text: ClassVar[str]
    kinds: ClassVar[Sequence[Kind]]  # of lists that it has
    needs_key: ClassVar[bool]
    key_help: ClassVar[str]
    settings: ClassVar[Mapping[str, str]] = {}  # those it takes, and what for

    def clean(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings, in their one form.

        :raises SettingsError: naming each that can't be used.
        """
        unknown = sorted(settings.keys() - self.settings)
        if unknown:
            takes = ", ".join(self.settings) or "none"
            problem = f"“{unknown[0]}” is not a setting of {self.label}. It takes: {takes}."
            raise SettingsError({"settings": problem})
        return dict(settings)

    def shown(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings without what may be secret in them."""
        return dict(settings)

    @abstractmethod
    def lists(self, access: Access) -> Iterator[VendorList]:
        """All its lists, asked as they are gone through.

        :raises SourceError: it can't be read.
        """

    @abstractmethod
    def check(self, access: Access) -> None:
        """Ask, as briefly as can be, whether the key and the settings open anything.

        :raises SourceError: they don't.
        """

    @abstractmethod
    def beginning(self, access: Access, kind: Kind, id: str) -> Beginning:
        """A list's beginning, without reading all of it.

        :raises SourceError: it can't be read.
        """

    @abstractmethod
    def profiles(self, access: Access, kind: Kind, id: str) -> Iterator[Sequence[Profile]]:
        """Those on a list, page by page. One may come twice.

        :raises SourceError: they can't be read, or not to the end.
        """
