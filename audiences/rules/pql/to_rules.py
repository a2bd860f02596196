"""From the rule that an expression means to one that rules are written in: without a part that only
PQL says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audiences.rules import document
from audiences.rules.document import negated
from audiences.rules.pql.printer import to_text
from audiences.rules.tree import AllOf, AnyOf, InNamed, Not, Pql, Rule, leaves
from audiences.rules.unsayable import Unsayable

_EVERYBODY, _NOBODY = AllOf(()), AnyOf(())
_LONGEST_SHOWN = 200


def plain_rule(rule: Rule, named: Mapping[str, Rule]) -> Rule:
    """The same, as a document of the rule language can say it. ``named`` has what goes by the names
    that it asks for.

    :raises Unsayable: with a reason for each part that rules can't say.
    """
    if reasons := list(_reasons(rule, named)):
        raise Unsayable(reasons)
    found = _simple(rule, named)
    if found in (_EVERYBODY, _NOBODY):
        who = "everybody" if found == _EVERYBODY else "nobody"
        raise Unsayable([f"It holds for {who}, whatever their values. A rule asks for something."])
    try:
        return document.read(document.write(found))
    except document.DocumentError as error:
        raise Unsayable(error.problems.values()) from error


def _reasons(rule: Rule, named: Mapping[str, Rule]) -> Iterable[str]:
    for leaf in leaves(rule):
        if isinstance(leaf, Pql):
            yield f"Rules can't say “{to_text(leaf.expression)[:_LONGEST_SHOWN]}”."
        elif isinstance(leaf, InNamed) and leaf.name not in named:
            yield f"Nothing in this space goes by “{leaf.name[:_LONGEST_SHOWN]}”."


def _simple(rule: Rule, named: Mapping[str, Rule]) -> Rule:
    match rule:
        case AllOf(rules):
            return _group(AllOf, rules, named, needless=_EVERYBODY, decisive=_NOBODY)
        case AnyOf(rules):
            return _group(AnyOf, rules, named, needless=_NOBODY, decisive=_EVERYBODY)
        case Not(inner):
            found = _simple(inner, named)
            if found == _EVERYBODY:
                return _NOBODY
            return _EVERYBODY if found == _NOBODY else negated(found)
        case InNamed(name):
            return named[name]
    return rule


def _group(
    kind: type[AllOf | AnyOf],
    rules: Iterable[Rule],
    named: Mapping[str, Rule],
    *,
    needless: Rule,
    decisive: Rule,
) -> Rule:
    parts = [part for part in (_simple(rule, named) for rule in rules) if part != needless]
    if decisive in parts:
        return decisive
    return parts[0] if len(parts) == 1 else kind(tuple(parts))
