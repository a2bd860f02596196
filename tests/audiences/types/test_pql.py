"""Audiences of type “pql”: what they take, keep, mean, warn of and refuse."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience, AudienceDependency, AudienceSegment, AudienceStatus
from audiences.rules.pql import answers
from audiences.rules.pql.asked import MOST_STEPS
from audiences.services import (
    audiences_of,
    define_audience,
    explain,
    redefine_audience,
    refresh_space,
    summaries,
    warnings,
)
from audiences.services.draft import preview_draft
from audiences.types import ConfigurationError, registry
from offers.visibility import count_aimed_at, membership_offers
from segments.models import Membership, Segment, Space
from segments.services import add_members

Make = Callable[..., Any]
PQL = registry.get("pql")
US = 'workAddress.country = "US"'
IN_JSON = (
    '{"nodeType":"fnApply","fnName":"=","params":[{"nodeType":"fieldLookup","fieldName":"country",'
    '"object":{"nodeType":"fieldLookup","fieldName":"workAddress","object":'
    '{"nodeType":"parameterReference","position":1}}},'
    '{"nodeType":"literal","literalType":"String","value":"US"}]}'
)


def _pql(text: str, form: str = "pql/text") -> dict[str, Any]:
    return {"expression": {"type": "PQL", "format": form, "value": text}}


@pytest.fixture
def pql(space: Space) -> Make:
    def make(text: str, **values: Any) -> Audience:
        return define_audience(space=space, audience_type="pql", configuration=_pql(text), **values)

    return make


def _members(audience: Audience, at: datetime.datetime) -> set[str]:
    """Who is in, by their external ids, as a refresh finds it and as each is asked singly."""
    (outcome,) = (
        one for one in refresh_space(space=audience.space, now=at, full=True)
        if one.audience == audience.pk
    )  # fmt: skip
    assert not outcome.error
    people = Membership.objects.filter(space=audience.space)
    singly = {
        person.external_id
        for person in people
        if audience in audiences_of(space=audience.space, membership=person.id, at=at)
    }
    assert len(singly) == outcome.size
    return singly


# What it takes


def test_the_text_is_kept_as_it_was_written() -> None:
    text = '  totalOrders>5 and\n(metadata.tier="gold")'
    assert PQL.clean({"expression": {"value": text}}) == _pql(text)
    assert PQL.clean(_pql(IN_JSON, "pql/json")) == _pql(IN_JSON, "pql/json")


def test_both_formats_mean_the_same_rule() -> None:
    assert PQL.rule(_pql(US)) == PQL.rule(_pql(IN_JSON, "pql/json"))


@pytest.mark.parametrize(
    ("configuration", "path", "said"),
    [
        ({}, ("expression",), "is not an expression"),
        ({"rule": {}, **_pql(US)}, ("rule",), "not known here"),
        ({"expression": {"text": "x", "value": US}}, ("expression", "text"), "not known here"),
        ({"expression": {"type": "SQL", "value": US}}, ("expression", "type"), "Give “PQL”"),
        ({"expression": {"format": ["x"], "value": US}}, ("expression", "format"), "pql/json"),
        ({"expression": {"value": 5}}, ("expression", "value"), "not a text"),
        (_pql("totalOrders >"), ("expression", "value"), "Line 1, column 14"),
        (_pql("{}", "pql/json"), ("expression", "value"), "nodeType"),
        (_pql("inSegment(email)"), ("expression", "value"), "in quotation marks"),
        (_pql("segmentMembership.ups.keys()"), ("expression", "value"), "one segment at a time"),
        (_pql(" or ".join(["a > 1"] * 1001)), ("expression", "value"), "more than 1000 conditions"),
    ],
)
def test_what_is_wrong_is_named_at_its_place(
    configuration: dict[str, Any], path: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        PQL.clean(configuration)
    assert said in refused.value.problems[path]


def test_one_comparison_asks_for_few_segments() -> None:
    asked = ", ".join(f'inSegment("s{place}")' for place in range(5))
    with pytest.raises(ConfigurationError, match="asks for 5 segments"):
        PQL.clean(_pql(f"[{asked}].count() = totalOrders"))
    PQL.clean(_pql(asked.replace(", ", " or ")))


# What it says


def test_what_conditions_say_is_said_in_our_words_and_the_rest_in_its_own(pql: Make) -> None:
    audience = pql(
        'totalOrders > 5 and not (totalOrderValue / totalOrders > 50) and inSegment("a")'
    )
    assert summaries([audience])[audience.pk] == (
        "orders are more than 5, not (totalOrderValue / totalOrders > 50), and in a"
    )


def test_a_name_that_is_an_id_is_said_as_what_it_names(pql: Make, make_segment: Make) -> None:
    gold = make_segment("gold-tier", name="Gold tier")
    audience = pql(f'inSegment("{gold.id}")')
    assert summaries([audience])[audience.pk] == "in Gold tier"


def test_a_member_outside_is_told_what_failed(
    space: Space, pql: Make, make_membership: Make, make_offer: Make, at: datetime.datetime
) -> None:
    make_offer(pql("totalOrders > 5 and totalOrderValue / totalOrders > 50"))
    person = make_membership(total_orders=10, total_order_value=20)
    (answer,) = membership_offers(space=space, membership=person.id, at=at)
    assert answer.visible_status == "not_in_audience"
    assert answer.visible_reasons[0].detail == (
        "Only for members: totalOrderValue / totalOrders > 50."
    )


def test_an_explanation_shows_what_a_leaf_read(
    space: Space, pql: Make, make_membership: Make, at: datetime.datetime
) -> None:
    audience = pql("totalOrderValue / totalOrders > 50")
    person = make_membership(total_orders=10, total_order_value="20.50")
    (found,) = explain(space=space, membership=person.id, audiences=[audience], at=at)
    assert found.rule is not None
    assert (found.rule.form, found.rule.held) == ("pql", False)
    assert found.rule.rule == {"pql": "totalOrderValue / totalOrders > 50"}
    assert found.rule.seen == {"total_order_value": 20.5, "total_orders": 10}


def test_a_preview_counts_and_says_what_is_asked_member_by_member(
    space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    Membership.objects.bulk_create(
        Membership(space=space, external_id=str(one), total_orders=one, total_order_value=one * one)
        for one in range(1, 1502)
    )
    _, found = preview_draft(
        space=space,
        audience_type="pql",
        configuration=_pql("totalOrderValue % totalOrders = 0 and totalOrders > 1400"),
        at=at,
    )
    assert found.count == 101
    assert [step.count for step in found.steps] == [101, 1501, 101]
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith(
        "“totalOrderValue % totalOrders = 0” is asked member by member: about "
    )


# What it asks for by name


def test_a_segment_is_asked_for_by_its_id_or_short_code_and_held_on_to(
    space: Space, pql: Make, make_segment: Make, make_membership: Make, at: datetime.datetime
) -> None:
    gold, silver = make_segment("gold-tier"), make_segment("silver-tier")
    make_membership(gold, external_id="in-gold")
    make_membership(silver, external_id="in-silver")
    by_id, by_code = pql(f'inSegment("{gold.id}")'), pql('not inSegment("silver-tier")')
    assert _members(by_id, at) == _members(by_code, at) == {"in-gold"}
    kept = AudienceSegment.objects.values_list("audience", "segment")
    assert set(kept) == {(by_id.pk, gold.pk), (by_code.pk, silver.pk)}
    assert warnings([by_id]) == {by_id.pk: []}


def test_an_audience_is_asked_for_by_its_id(
    pql: Make, make_membership: Make, at: datetime.datetime
) -> None:
    for count in range(4):
        make_membership(external_id=f"p{count}", total_orders=count)
    most = pql("totalOrders > 1")
    few = pql(f'not inSegment("{most.id}")')
    assert _members(few, at) == {"p0", "p1"}
    assert AudienceDependency.objects.get().to_audience == most


def test_a_circle_is_refused(pql: Make) -> None:
    first = pql("totalOrders > 1", name="First")
    second = pql(f'inSegment("{first.id}")', name="Second")
    with pytest.raises(ConfigurationError, match="“First” → “Second” → “First”"):
        redefine_audience(first, configuration=_pql(f'inSegment("{second.id}")'))
    own = uuid.uuid4()
    with pytest.raises(ConfigurationError, match="is the audience itself"):
        pql(f'inSegment("{own}")', id=own)


def test_what_nothing_goes_by_holds_nobody_until_something_does(
    space: Space, pql: Make, make_segment: Make, make_membership: Make, make_offer: Make,
    at: datetime.datetime,
) -> None:  # fmt: skip
    person = make_membership(external_id="p")
    audience = pql('inSegment("gold-tier")')
    make_offer(audience)
    assert "Nothing in this space goes by “gold-tier” yet" in warnings([audience])[audience.pk][0]
    assert _members(audience, at) == set()
    assert not _sees(space, person, at)
    gold: Segment = make_segment("gold-tier")
    add_members(segment=gold, memberships=[person.pk])
    assert _sees(space, person, at)
    refresh_space(space=space, now=at)
    assert AudienceStatus.objects.get(audience=audience).size == 1
    assert warnings([audience]) == {audience.pk: []}


def _sees(space: Space, person: Membership, at: datetime.datetime) -> bool:
    (answer,) = membership_offers(space=space, membership=person.id, at=at)
    return answer.visible_status == "visible"


def test_another_spaces_segment_goes_by_nothing(
    pql: Make, other_space: Space, make_segment: Make
) -> None:
    theirs = make_segment("theirs", space=other_space)
    audience = pql(f'inSegment("{theirs.id}") or inSegment("theirs")')
    assert len(warnings([audience])[audience.pk]) == 2
    assert not AudienceSegment.objects.exists()


def test_since_when_a_member_is_in_a_segment_is_asked(
    pql: Make, make_segment: Make, make_membership: Make
) -> None:
    gold = make_segment("gold-tier")
    make_membership(gold, external_id="p")
    make_membership(external_id="q")
    asked = 'segmentMembership.get("ups").get("gold-tier").lastQualificationTime'
    audience = pql(f"{asked} occurs <= 3 days before now")
    now = datetime.datetime.now(datetime.UTC)
    assert _members(audience, now) == {"p"}
    assert _members(audience, now + datetime.timedelta(days=4)) == set()


def test_since_when_a_member_is_in_an_audience_is_not_kept(pql: Make) -> None:
    other = pql("true")
    asked = f'segmentMembership.get("ups").get("{other.id}").lastQualificationTime'
    audience = pql(f"{asked} occurs <= 3 days before now")
    assert "is not kept" in warnings([audience])[audience.pk][0]


def test_events_are_none_and_the_audience_says_so(
    pql: Make, make_membership: Make, at: datetime.datetime
) -> None:
    make_membership(external_id="p", metadata={"xEvent": [{"eventType": "x"}]})
    audience = pql('xEvent[eventType = "x"].count() = 0')
    assert "asks for events" in warnings([audience])[audience.pk][0]
    assert _members(audience, at) == {"p"}


def test_what_is_compared_with_now_by_another_name_is_due_when_somebody_crosses_it(
    space: Space, pql: Make, make_membership: Make, at: datetime.datetime
) -> None:
    make_membership(last_order_at=at - datetime.timedelta(days=1), metadata={"a": [{"n": 1}]})
    pql("let N = now in lastOrderAt occurs <= 3 days before N")
    pql("let N = now in a[lastOrderAt occurs <= 3 days before N or n > 0].count() > 0")
    refresh_space(space=space, now=at)
    due = AudienceStatus.objects.order_by("audience").values_list("changes_at", flat=True)
    leaves = at + datetime.timedelta(days=2, microseconds=1)
    assert list(due) == [leaves, None]


def test_a_variable_that_is_given_to_something_else_within_stays_that(
    space: Space, pql: Make, make_membership: Make, at: datetime.datetime
) -> None:
    make_membership(external_id="p", metadata={"a": [3]})
    assert _members(pql("let N = now in (exists N from a where N = 3)"), at) == {"p"}


# Its bounds


def test_what_takes_too_long_for_one_member_fails_the_audience_and_admits_nobody(
    space: Space, pql: Make, make_membership: Make, make_offer: Make, at: datetime.datetime
) -> None:
    person = make_membership(metadata={"a": list(range(400))})
    text = "(exists X from a, Y from a where X + Y > 100000)"
    audiences = [pql(text), pql(f"not {text}")]
    for audience in audiences:
        make_offer(audience)
    outcomes = refresh_space(space=space, now=at)
    assert all(f"more than {MOST_STEPS:,} steps" in outcome.error for outcome in outcomes)
    answers = membership_offers(space=space, membership=person.id, at=at)
    assert [answer.visible_status for answer in answers] == ["not_in_audience"] * 2
    assert audiences_of(space=space, membership=person.id, at=at) == []
    explained = explain(space=space, membership=person.id, audiences=audiences, at=at)
    assert all("steps" in one.error and not one.member for one in explained)


def test_what_takes_too_long_for_all_fails_its_audiences_and_no_other(
    space: Space, pql: Make, make_membership: Make, at: datetime.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    make_membership(metadata={"a": [1]})
    text = "(exists X from a where X = 1)"
    first, second, other = pql(text), pql(f"not {text}"), pql("totalOrders = 0")
    refresh_space(space=space, now=at)
    asked: list[Any] = []
    by_values = answers._by_values

    def noted(leaf: Any, chunk: Any, which: Any) -> Any:
        asked.append(leaf)
        return by_values(leaf, chunk, which)

    monkeypatch.setattr(answers, "_by_values", noted)
    monkeypatch.setattr(answers, "MOST_SECONDS", -1)
    outcomes = refresh_space(space=space, now=at, full=True)
    failed = [
        outcome.audience for outcome in outcomes if "60 seconds for a million" in outcome.error
    ]
    assert failed == [first.pk, second.pk]
    assert len(asked) == 1  # not again for the second
    assert [one.error for one in outcomes if one.audience == other.pk] == [""]
    assert AudienceStatus.objects.get(audience=first).size == 1  # as it was


def test_what_takes_too_long_of_itself_is_refused() -> None:
    ones = f"[{', '.join(['1'] * 400)}]"
    text = f"{ones}.filter({ones}.filter(this > 0).count() > 0).count() = 1"
    with pytest.raises(ConfigurationError, match="steps for one member"):
        PQL.clean(_pql(text))


def test_a_preview_of_what_takes_too_long_says_so_and_an_offer_of_it_is_for_nobody(
    space: Space, pql: Make, make_membership: Make, at: datetime.datetime
) -> None:
    make_membership(metadata={"a": list(range(400))})
    configuration = _pql("not (exists X from a, Y from a where X + Y > 100000)")
    with pytest.raises(ConfigurationError, match="steps for one member"):
        preview_draft(space=space, audience_type="pql", configuration=configuration, at=at)
    audience = pql(configuration["expression"]["value"])
    assert count_aimed_at(space=space, audiences=[audience], at=at).sizes == [0]


def test_conditions_are_shared_with_the_rules_that_say_the_same() -> None:
    rule = {"field": "full_name", "operator": "contains", "value": "Ann"}
    assert PQL.rule(_pql('fullName.contains("Ann", false)')) == registry.get("rules").rule(
        {"rule": rule}
    )
