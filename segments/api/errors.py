"""What the API refuses, and how it says so: the error objects of JSON:API 1.1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import APIException

_LONGEST_SHOWN = 100


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    ``code`` is for programs and never changes; ``detail`` is a sentence that says what is wrong
    and what would be right. At most one of ``pointer`` (into the document sent), ``parameter`` (of
    the query) and ``header`` names the place.
    """

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None
    meta: Mapping[str, Any] | None = None

    def document(self, status: int) -> dict[str, Any]:
        """The problem as an error object."""
        document: dict[str, Any] = {
            "status": str(status),
            "code": self.code,
            "title": self.code.replace("_", " ").capitalize(),
            "detail": self.detail,
        }
        for place in ("pointer", "parameter", "header"):
            if getattr(self, place) is not None:
                document["source"] = {place: getattr(self, place)}
        if self.meta:
            document["meta"] = self.meta
        return document


class Refused(APIException):
    """That a request isn't carried out, for one or more reasons of one status."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__("; ".join(problem.detail for problem in problems), problems[0].code)
        self.status_code = status
        self.problems = problems


def unknown_parameter(parameter: str, detail: str) -> Refused:
    return Refused(400, Problem("unknown_parameter", detail, parameter=parameter))


def bad_parameter(parameter: str, detail: str) -> Refused:
    return Refused(400, Problem("invalid_parameter", detail, parameter=parameter))


def shown(value: object) -> str:
    """A value as it was sent, shortened where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def escaped(step: str | int) -> str:
    """One step of a JSON Pointer (RFC 6901)."""
    return str(step).replace("~", "~0").replace("/", "~1")
