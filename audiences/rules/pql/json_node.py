"""A node of pql/json: what it has, or a sentence that says what it lacks."""

from __future__ import annotations

import json
from typing import Any

from audiences.rules.pql.errors import PqlTreeError
from audiences.rules.pql.scope import Scope
from audiences.rules.pql.signatures import is_bare_name
from audiences.rules.pql.syntax import Expression
from audiences.rules.pql.text import DEEPEST, LARGEST

_DEEPEST = 2 * DEEPEST  # what a text says in one level may take two here


class Node:
    """One node, where it stands."""

    def __init__(self, node: Any, path: str, scope: Scope, depth: int) -> None:
        self.path, self.scope, self.depth = path, scope, depth
        if not isinstance(node, dict):
            raise self.problem(f"{shown(node)} is not a node. Give an object with a nodeType.")
        if depth > _DEEPEST:
            raise self.problem("The expression nests too deep. Take a part out.")
        self.node: dict[str, Any] = node

    def problem(self, sentence: str, key: str = "") -> PqlTreeError:
        return PqlTreeError(sentence, f"{self.path}/{key}" if key else self.path)

    def read(self) -> Expression:
        raise NotImplementedError

    # What a node has

    def text(self, key: str) -> str:
        found = self.node.get(key)
        if not isinstance(found, str):
            missing = f"{shown(found)} is not a text" if key in self.node else "It is missing"
            raise self.problem(f"{missing}. Give {key} as a text.", key)
        return kept(found, self, key)

    def items(self, key: str) -> list[Any]:
        found = self.node.get(key)
        if not isinstance(found, list):
            missing = f"{shown(found)} is not a list" if key in self.node else "It is missing"
            raise self.problem(f"{missing}. Give {key} as a list.", key)
        if len(found) > LARGEST:
            raise self.problem(f"It has {len(found):,} items. Give at most {LARGEST:,}.", key)
        return found

    def names(self, key: str) -> tuple[str, ...]:
        found = self.items(key)
        if not found or not all(isinstance(one, str) and is_bare_name(one) for one in found):
            raise self.problem("Give one or more names, of letters, digits and _.", key)
        return tuple(found)

    def variable(self, key: str = "varName") -> str:
        name = self.text(key)
        if not is_bare_name(name):
            raise self.problem(f"“{name[:40]}” can't be the name of a variable.", key)
        return name

    def inner(self, key: str, scope: Scope | None = None) -> Expression:
        if key not in self.node:
            raise self.problem(f"It is missing. Give {key} as a node.", key)
        return self.of(self.node[key], key, scope)

    def of(self, node: Any, place: str, scope: Scope | None = None) -> Expression:
        return type(self)(node, f"{self.path}/{place}", scope or self.scope, self.depth + 1).read()

    def each(self, key: str) -> tuple[Expression, ...]:
        return tuple(self.of(one, f"{key}/{place}") for place, one in enumerate(self.items(key)))

    def exactly(self, count: int) -> tuple[Expression, ...]:
        params = self.each("params")
        if len(params) != count:
            problem = f"{self.text('fnName')[:40]} takes {count} params, not {len(params)}."
            raise self.problem(problem, "params")
        return params


def kept(text: str, node: Node, key: str) -> str:
    """A text that can be kept: without what PostgreSQL and UTF-8 have no place for."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise node.problem("It has a character that can't be kept. Take it out.", key)
    return text


def shown(value: Any) -> str:
    """A value of JSON, in few letters."""
    if isinstance(value, dict | list):
        return "An object" if isinstance(value, dict) else "A list"
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:40]}…"
