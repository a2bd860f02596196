"""A membership's page “What if”: other facts, and what they would change."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audience_platform.models import AuditEvent, StaffLabels
from audiences.models import Audience
from audiences.services import redefine_audience
from audiences.services.own_list import list_of
from segments.models import ChangedMemberships, Membership, Segment
from segments.services import add_members

Make = Callable[..., Any]


@pytest.fixture
def ana(make_membership: Make) -> Membership:
    last = datetime.datetime(2026, 6, 1, 12, 30, 15, 123456, tzinfo=datetime.UTC)
    values = {"total_orders": 3, "metadata": {"city": "Delft", "points": 5}}
    member: Membership = make_membership(full_name="Ana", last_order_at=last, **values)
    return member


@pytest.fixture
def page(ana: Membership) -> str:
    return f"segments/membership/{ana.pk}/what-if/"


@pytest.fixture
def suppose(colleague: Any, ana: Membership, page: str) -> Callable[..., str]:
    """The text of the outcome, with the form sent as it is prefilled but for what is supposed."""

    def suppose(**changed: Any) -> str:
        answer = colleague.post(f"/admin/{page}", prefilled(colleague, page) | changed)
        assert answer.status_code == 200
        text = answer.content.decode()
        outcome = text[text.index('id="outcome"') :]
        return " ".join(re.sub("<[^>]+>", " ", outcome[outcome.index(">") + 1 :]).split())

    return suppose


def prefilled(colleague: Any, page: str) -> dict[str, Any]:
    """What a browser sends of the form that nobody touched."""
    text = colleague.page(page)
    form = text[text.index('id="what-if"') : text.index('id="outcome"')]
    fields: dict[str, Any] = {}
    for tag in re.findall("<input[^>]*>", form):
        known = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        fields.setdefault(known.get("name", ""), []).append(known.get("value", ""))
    for name, inner in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)"\s+selected', inner)
        fields.setdefault(name, []).extend(chosen)
    for name, value in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        fields.setdefault(name, []).append(value)
    return fields


@pytest.fixture
def keen(make_audience: Make) -> Audience:
    rule = {"field": "total_orders", "operator": "greater_or_equal", "value": 10}
    audience: Audience = make_audience("rules", name="Keen", rule=rule)
    return audience


def test_the_form_has_the_facts_and_as_they_are_nothing_changes(
    suppose: Callable[..., str], keen: Audience, make_offer: Make, make_segment: Make,
    ana: Membership, make_audience: Make,
) -> None:  # fmt: skip
    make_offer(keen)
    guests, gold = make_audience("static", name="Guests"), make_segment("gold")
    for segment in (gold, list_of(guests)):
        add_members(segment=segment, memberships=[ana.pk])
    text = suppose()
    assert "No audience and no offer would change." in text
    assert "0 → 0 offers visible, now and then" in text
    assert "1 audience kept" in text


def test_what_would_change_stands_next_to_how_it_is(
    suppose: Callable[..., str], keen: Audience, make_offer: Make, make_audience: Make
) -> None:
    fresh = make_audience("rules", name="Fresh", rule={"not": {"in_audience": str(keen.id)}})
    make_offer(keen, name="Box")
    make_offer(fresh, name="First")
    text = suppose(total_orders=12)
    assert "Would enter 1 Keen Orders are at least 10" in text
    assert "Would leave 1 Fresh Not in Keen" in text
    assert "1 → 1 offers visible" in text
    assert "Would become visible 1 Box Now Not in audience" in text
    assert "Would be hidden 1 First Now Visible Then Not in audience" in text


def test_segments_lists_and_other_facts_are_supposed(
    suppose: Callable[..., str], make_audience: Make, make_segment: Make
) -> None:
    gold: Segment = make_segment("gold", name="Gold tier")
    make_audience("in_all_segments", segments=[str(gold.id)])
    guests = make_audience("static", name="Guests")
    rule = {"field": "metadata.points", "operator": "greater", "value": 100}
    make_audience("rules", name="Rich", rule=rule)
    text = suppose(
        segments=[gold.pk],
        lists=[guests.pk],
        **{
            "metadata-name": ["points"],
            "metadata-kind": ["number"],
            "metadata-value": ["250"],
        },
    )
    assert "Would enter 3 In Gold tier" in text
    assert "Guests" in text
    assert "Rich" in text


def test_another_moment_is_by_the_clock_of_the_space(
    suppose: Callable[..., str], make_offer: Make
) -> None:
    start = datetime.datetime(2046, 6, 15, 12, tzinfo=datetime.UTC)  # 14:00 in Amsterdam
    make_offer(name="Later", publish_at=start)
    assert "Would become visible 1 Later Now Unpublished" in suppose(at="2046-06-15T14:00")
    assert "No audience and no offer would change." in suppose(at="2046-06-15T13:59")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("birthday", "2999-01-01", "2999-01-01 is in the future."),
        ("birthday", "soon", "Enter a valid date."),
        ("total_orders", "-1", "greater than or equal to 0"),
        ("external_id", "taken", "already exists"),
        ("at", "9500-01-01T00:00", "years 1900 to 9000"),
    ],
)
def test_a_wrong_fact_is_told_at_its_field(
    field: str, value: str, told: str, colleague: Any, page: str, make_membership: Make
) -> None:
    make_membership(external_id="taken")
    sent = prefilled(colleague, page) | {field: value}
    for headers in ({}, {"HX-Request": "true"}):
        text = colleague.post(f"/admin/{page}", sent, headers=headers).content.decode()
        wrong = text[text.index(f'id="wrong-{field}"') :]
        assert told in wrong[: wrong.index("</div>")]
        assert "look at" in text


def test_a_script_is_sent_the_outcome_alone(colleague: Any, page: str) -> None:
    sent = prefilled(colleague, page)
    text = colleague.post(f"/admin/{page}", sent, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    assert "What would change" in text


def test_nothing_is_saved(suppose: Callable[..., str], ana: Membership, make_segment: Make) -> None:
    gold = make_segment("gold")
    events, noted = AuditEvent.objects.count(), ChangedMemberships.objects.count()
    suppose(total_orders=99, segments=[gold.pk], full_name="Somebody else")
    kept = Membership.objects.get(pk=ana.pk)
    assert (kept.total_orders, kept.full_name, kept.updated_at) == (3, "Ana", ana.updated_at)
    assert not kept.segment_memberships.exists()
    assert AuditEvent.objects.count() == events
    assert ChangedMemberships.objects.count() == noted


def test_a_list_that_one_may_not_see_stays_as_it_is(
    suppose: Callable[..., str], ana: Membership, make_audience: Make, make_offer: Make
) -> None:
    secret, guests = make_audience("static", name="Secret"), make_audience("static", name="Guests")
    add_members(segment=list_of(secret), memberships=[ana.pk])
    redefine_audience(secret, labels=["core/C9"])
    make_offer(secret, name="Box")
    StaffLabels.objects.create(user=User.objects.get(), denied_labels=["core/C9"])
    text = suppose(lists=[guests.pk])
    assert "Would enter 1 Guests" in text
    assert "1 → 1 offers visible" in text
    assert "Secret" not in text


def test_the_picker_of_lists_offers_lists_alone(
    colleague: Any, space: Any, keen: Audience, make_audience: Make
) -> None:
    make_audience("static", name="Guests")
    url = f"/admin/audiences/audience/choices/?space={space.pk}&only=lists"
    found = colleague.get(url).json()["results"]
    assert [one["text"] for one in found] == ["Guests"]


def test_it_costs_as_many_queries_however_much_would_change(
    suppose: Callable[..., str], make_audience: Make, make_offer: Make
) -> None:
    def queries() -> int:
        suppose(total_orders=99)  # what is kept per process is there
        with CaptureQueriesContext(connection) as captured:
            suppose(total_orders=99)
        return len(captured)

    def grow(count: int) -> None:
        for least in range(count):
            rule = {"field": "total_orders", "operator": "greater", "value": 5 + least}
            make_offer(make_audience("rules", name=f"Over {least}", rule=rule))

    grow(1)
    one = queries()
    grow(20)
    assert queries() == one
