import datetime
from collections.abc import Callable
from typing import Any

from audiences.models import Listed
from audiences.services import audiences_of, explain
from audiences.services.define import list_by_hand
from segments.models import Space

Make = Callable[..., Any]


def test_an_explanation_shows_each_condition_with_what_was_seen_and_wanted(
    space: Space, make_membership: Make, make_segment: Make, make_audience: Make,
    at: datetime.datetime,
) -> None:  # fmt: skip
    gold = make_segment("gold-tier", name="Gold tier")
    person = make_membership(gold, total_order_value="12.50", birthday=datetime.date(1990, 1, 1))
    money = {"field": "total_order_value", "operator": "greater", "value": "20"}
    old = {"field": "birthday", "operator": "before", "value": "1980-01-01"}
    rule = {"all": [{"in_segment": str(gold.id)}, {"any": [money, {"not": old}]}]}
    audience = make_audience("rules", rule=rule)
    (found,) = explain(space=space, membership=person.id, audiences=[audience], at=at)
    assert found.member
    said = "in Gold tier and (order value is more than 20 or not born before 1980-01-01)"
    assert found.sentence == said
    assert found.rule is not None
    segment, either = found.rule.parts
    assert segment.since is not None
    assert [part.held for part in either.parts] == [False, True]
    assert [part.seen for part in either.parts] == ["12.50", "1990-01-01"]
    assert either.parts[0].rule == {
        "field": "total_order_value",
        "operator": "greater",
        "value": 20,
    }


def test_an_explanation_goes_into_the_audiences_that_a_rule_asks_for(
    space: Space, make_membership: Make, make_audience: Make, at: datetime.datetime
) -> None:
    keen = make_audience("age_within", minimum_age=18, maximum_age=None, name="Adults")
    other = make_audience("rules", rule={"not": {"in_audience": str(keen.id)}})
    person = make_membership(birthday=datetime.date(1990, 1, 1))
    (found,) = explain(space=space, membership=person.id, audiences=[other], at=at)
    assert not found.member
    assert found.rule is not None
    assert found.rule.sentence == "not in Adults"
    assert found.rule.parts[0].parts[0].seen == 36


def test_who_is_listed_by_hand_is_explained_so(
    space: Space, make_membership: Make, make_audience: Make, at: datetime.datetime
) -> None:
    adults = make_audience("age_within", minimum_age=18, maximum_age=None)
    person = make_membership()
    assert audiences_of(space=space, membership=person.id, at=at) == []
    list_by_hand(audience=adults, memberships=[person.pk], listed=Listed.INCLUDED)
    assert audiences_of(space=space, membership=person.id, at=at) == [adults]
    (found,) = explain(space=space, membership=person.id, audiences=[adults], at=at)
    assert (found.member, found.by_hand) == (True, "included")
    assert found.rule is not None
    assert not found.rule.held
