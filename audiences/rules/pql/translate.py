"""From an expression to a rule: conditions where they say exactly the same, else leaves of PQL.

Conditions share their answers with those of every other audience. What they can't say, to the last
corner of null, case, time zone and kind of value, stays a leaf: as small a piece as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiences.rules.document import negated
from audiences.rules.pql import profile, syntax
from audiences.rules.pql.asked import Asked, TooMuchWork
from audiences.rules.pql.conditions import condition_of
from audiences.rules.pql.errors import PqlError
from audiences.rules.pql.lets import without_named_times
from audiences.rules.pql.program import SINCE, Compiler, Scope, program, segment_in
from audiences.rules.pql.syntax import Expression
from audiences.rules.pql.times import Now
from audiences.rules.pql.values import HIGHEST, Moment
from audiences.rules.tree import AllOf, AnyOf, InNamed, Not, Pql, Rule, leaves

EVERYBODY, NOBODY = AllOf(()), AnyOf(())
MOST_CONDITIONS = 1_000
MOST_NAMES = 4  # of segments in one leaf, which is asked once for each way of being in them


def rule_of(expression: Expression) -> Rule:
    """The rule that an expression means.

    :raises PqlError: it asks for what can't be answered.
    """
    rule = _rule(without_named_times(expression), Scope(), None)
    if sum(1 for _ in leaves(rule)) > MOST_CONDITIONS:
        raise PqlError(f"The expression has more than {MOST_CONDITIONS} conditions. Take some out.")
    return rule


def _rule(expression: Expression, scope: Scope, outer: syntax.Lambda | None) -> Rule:
    """``outer`` names the profile, where the expression does."""
    match expression:
        case syntax.Lambda(names, body) if outer is None:
            return _rule(body, scope.with_variables({names[0]: None}), expression)
        case syntax.And(parts):
            return AllOf(tuple(_rule(part, scope, outer) for part in parts))
        case syntax.Or(parts):
            return AnyOf(tuple(_rule(part, scope, outer) for part in parts))
        case syntax.Not(part):
            return negated(_rule(part, scope, outer))
        case syntax.Call("inSegment", _, None):
            return InNamed(segment_in(expression))
    found = condition_of(expression, scope)
    if found is not None:
        return found
    whole = expression if outer is None else syntax.Lambda(outer.names, expression)
    named = asks(whole).names
    if len(named) > MOST_NAMES:
        raise PqlError(
            f"One comparison asks for {len(named)} segments. Ask for at most {MOST_NAMES} in one, "
            "or join several by and, or."
        )
    return _leaf(whole, named, ())


@dataclass(frozen=True)
class Asks:
    """What an expression asks for: segments by their names, since when the member is in some of
    them, and events."""

    names: tuple[str, ...]
    since: tuple[str, ...]
    events: bool


def asks(expression: Expression) -> Asks:
    names = _Names()
    compiler = Compiler(names)
    compiler.test(expression, Scope())
    reads = compiler.reads
    since = tuple(read.removeprefix(SINCE) for read in reads if read.startswith(SINCE))
    return Asks(tuple(names), since, profile.EVENTS in reads)


class _Names(dict[str, bool]):
    """Notes what is asked of it, and says that the member is in all."""

    def __missing__(self, name: str) -> bool:
        self[name] = True
        return True


def _leaf(
    expression: Expression, names: Sequence[str], assumed: tuple[tuple[str, bool], ...]
) -> Rule:
    """The leaf in a rule that knows of each name whether the member is in that."""
    if not names:
        return _settled(expression, assumed)
    name, *others = names
    yes = _leaf(expression, others, (*assumed, (name, True)))
    no = _leaf(expression, others, (*assumed, (name, False)))
    if yes == no:
        return yes
    named = InNamed(name)
    if yes == EVERYBODY:
        return named if no == NOBODY else AnyOf((named, no))
    if no == EVERYBODY:
        return Not(named) if yes == NOBODY else AnyOf((Not(named), yes))
    if no == NOBODY:
        return AllOf((named, yes))
    if yes == NOBODY:
        return AllOf((Not(named), no))
    return AnyOf((AllOf((named, yes)), AllOf((Not(named), no))))


def _settled(expression: Expression, assumed: tuple[tuple[str, bool], ...]) -> Rule:
    """The leaf; or everybody or nobody, where it depends on nothing."""
    known = program(expression, assumed)
    if not known.reads:
        asked = Asked(known.slots, Now(Moment(0)))
        try:
            held = known.ask(asked.of(()))
        except TooMuchWork as error:
            raise PqlError(str(error)) from None
        if asked.changes_at == HIGHEST:
            return EVERYBODY if held else NOBODY
    return Pql(expression, assumed)
