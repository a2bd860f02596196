"""Fanfare's rules of an audience, and the rule tree that they are.

Rules of one ``groupId`` must all hold, and of the groups one: any of alls. Those without a group
are one group by themselves, which goes by the audience's id. As they were sent, with their ids,
they are kept in the audience's metadata, and hold as long as the audience still means them; where
it was changed from elsewhere they are read from its rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4, uuid5

from audience_platform.facades.fanfare.errors import Invalid, Issue, Path
from audience_platform.facades.fanfare.fields import ARRAYS, UnknownField, field_of, name_of
from audience_platform.facades.fanfare.operators import (
    Document,
    Unsayable,
    condition,
    operator_of,
    said_by,
)
from audience_platform.facades.fanfare.received import Received
from audiences.models import Audience
from audiences.rules import document
from audiences.rules.document import DocumentError
from audiences.rules.tree import Rule as Tree

MOST_RULES = 500
NOBODY: Document = {"field": "id", "operator": "is_missing"}  # what no rules mean
_SCALARS = (str, int, float, bool, type(None))

Rule = dict[str, Any]  # id, field, operator, values, groupId, position


def read_rules(sent: Any, *, group: str, path: Path = ("rules",), first: int = 0) -> list[Rule]:
    """The rules of a list that was sent. Those without a position go behind the ``first`` ones.

    :raises Invalid: naming each value at fault.
    """
    if not isinstance(sent, list):
        raise Invalid(Issue(path, "Give a list of rules.", sent, "array"))
    if len(sent) + first > MOST_RULES:
        raise Invalid(Issue(path, f"An audience has at most {MOST_RULES} rules."))
    issues: list[Issue] = []
    rules = [
        _read(Received(one, (*path, place), issues), group, first + place)
        for place, one in enumerate(sent)
    ]
    ids = [rule["id"] for rule in rules]
    if len(set(ids)) < len(ids):
        issues.append(Issue(path, "Two rules have the same id. Give each its own, or none."))
    if issues:
        raise Invalid(*issues)
    return rules


def read_rule(sent: Any, *, group: str, position: int, path: Path = ()) -> Rule:
    """One rule.

    :raises Invalid: naming each value at fault.
    """
    received = Received(sent, path)
    rule = _read(received, group, position)
    received.check()
    return rule


def _read(received: Received, group: str, position: int) -> Rule:
    wrong = len(received.issues)
    operator = received.take("operator", "string", needed=True)
    rule = {
        "id": received.take("id", "string") or str(uuid4()),
        "field": received.take("field", "string", needed=True),
        "operator": operator,
        "values": _values(received),
        "groupId": received.take("groupId", "string") or group,
        "position": received.take("position", "number", default=position),
    }
    if len(rule["id"]) > 255 or len(rule["groupId"]) > 255:
        received.wrong("Give at most 255 letters.", "groupId" if len(rule["id"]) < 256 else "id")
    if received.is_object and len(received.issues) == wrong:
        try:
            rule["operator"] = operator_of(operator)
            document.read(_said(rule))
        except UnknownField as error:
            received.wrong(str(error), "field")
        except Unsayable as error:
            received.wrong(str(error), error.place)
        except DocumentError as error:
            _refuse(received, rule, error)
    return rule


def _refuse(received: Received, rule: Rule, error: DocumentError) -> None:
    """Say of the rule what is wrong with the condition that it would be."""
    for place, message in {path[-1]: said for path, said in error.problems.items()}.items():
        if place == "operator":
            received.wrong(f"{rule['operator']} can't be asked of {rule['field']}.", "operator")
        else:
            received.wrong(message, "values")


def _values(received: Received) -> list[Any]:
    values = received.sent.get("values", received.sent.get("value", []))
    listed = values if isinstance(values, list) else [values]
    if not all(isinstance(one, _SCALARS) for one in listed):
        received.wrong("Give a list of texts, numbers, true, false or null.", "values")
    return listed


def _said(rule: Rule) -> Document:
    return condition(
        field_of(rule["field"]), rule["operator"], rule["values"], is_array=rule["field"] in ARRAYS
    )


def tree_of(rules: Sequence[Rule]) -> Document:
    """The rule tree that the rules are."""
    groups: dict[str, list[Document]] = {}
    for rule in rules:
        groups.setdefault(rule["groupId"], []).append(_said(rule))
    return {"any": [{"all": said} for said in groups.values()]} if groups else NOBODY


def parts_of(rules: Sequence[Rule]) -> list[Tree]:
    """Each rule by itself, to be asked."""
    return [document.read(_said(rule)) for rule in rules]


def rules_of(audience: Audience) -> list[Rule] | None:
    """The rules of an audience, by position; none where it goes by no rules, and None where it
    goes by such as Fanfare can't say."""
    if audience.audience_type == "tier":
        return _bounds(audience)
    if audience.audience_type != "rules":
        return [] if audience.type.is_list else None
    tree = audience.configuration["rule"]
    kept = _kept(audience)
    if kept is not None and _clean(tree_of(kept)) == tree:
        return sorted(kept, key=lambda rule: rule["position"])
    return [] if tree == _clean(NOBODY) else _from_tree(audience, tree)


def _kept(audience: Audience) -> list[Rule] | None:
    known = audience.metadata.get("fanfare")
    sent = known.get("rules") if isinstance(known, dict) else None
    try:
        return read_rules(sent, group=str(audience.id))
    except Invalid:  # nobody has put any there, or not Fanfare's client has
        return None


def _clean(tree: Document) -> Document:
    return document.write(document.read(tree))


def _from_tree(audience: Audience, tree: Document) -> list[Rule] | None:
    """The rules that say a tree of alls in an any, or less."""
    groups = tree.get("any", [tree])
    found: list[Rule] = []
    for number, group in enumerate(groups):
        for leaf in group.get("all", [group]):
            rule = _from_leaf(audience.id, leaf, f"group-{number}", len(found))
            if rule is None:
                return None
            found.append(rule)
    return found


def _from_leaf(audience: UUID, leaf: Document, group: str, position: int) -> Rule | None:
    said = said_by(leaf) if "operator" in leaf else None
    if said is None:
        return None
    rule = {
        "id": str(uuid5(audience, str(position))),
        "field": name_of(leaf["field"]),
        "operator": said[0],
        "values": said[1],
        "groupId": group,
        "position": position,
    }
    try:
        return rule if _clean(_said(rule)) == leaf else None
    except (UnknownField, Unsayable, DocumentError):
        return None


def _bounds(audience: Audience) -> list[Rule]:
    """A tier as two rules: from its start on, and below its end."""
    bounds = audience.configuration
    said = [("GREATER_THAN_OR_EQUAL", bounds["start"]), ("LESS_THAN", bounds["end"])]
    return [
        {
            "id": str(uuid5(audience.id, operator)),
            "field": name_of(bounds["attribute"]),
            "operator": operator,
            "values": [bound],
            "groupId": str(audience.id),
            "position": position,
        }
        for position, (operator, bound) in enumerate(said)
        if bound is not None
    ]
