"""A rule is built, counted and saved by hand: light and dark, wide and narrow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from audiences.models import Audience
from audiences.rules import fields
from audiences.services.fields import operators_of
from audiences.types.rules import Rules
from segments.models import Space

from .accessibility import barriers

pytestmark = pytest.mark.browser
Make = Callable[..., Any]

ADD = "/admin/audiences/audience/add/?type=rules"
VARIANTS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"color_scheme": "light", "width": 390},
}
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
RULE = {
    "all": [
        {"field": "total_orders", "operator": "between", "value": [10, 25]},
        {"field": "metadata.income", "operator": "in", "value": ["35-49K", "50-74K"]},
    ]
}


def count(page: Page, said: str) -> None:
    expect(page.get_by_role("region", name="Who is in it")).to_contain_text(said)


def condition(page: Page, number: str) -> Locator:
    return page.get_by_role("group", name=f"Condition {number}", exact=True)


def choose_field(page: Page, number: str, words: str, title: str) -> None:
    page.get_by_role("combobox", name=f"What condition {number} asks for").fill(words)
    page.get_by_role("option", name=title).first.click()


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_rule_is_built_with_the_mouse_and_seen_again(
    variant: str,
    open_page: Callable[..., Page],
    vera: User,
    programme: SimpleNamespace,
    space: Space,
    pytestconfig: pytest.Config,
) -> None:
    folder: Path = pytestconfig.rootpath / "screenshots"
    page = open_page(vera, **VARIANTS[variant])

    def picture(name: str) -> None:
        page.screenshot(path=folder / f"{variant}-{name}.png", full_page=True)
        assert page.evaluate(TOO_WIDE) == 0
        assert barriers(page) == []

    page.goto(ADD)
    page.get_by_role("button", name="+ Condition").click()
    choose_field(page, "1", "inco", "income")
    page.get_by_label("How condition 1 compares").select_option(label="is one of")
    page.get_by_role("combobox", name="Value of condition 1").click()
    expect(page.get_by_role("option", name="35-49K")).to_contain_text("4")
    picture("rules-values")
    page.get_by_role("option", name="35-49K").click()
    page.keyboard.press("Escape")
    count(page, "4 of 4 members")
    page.get_by_role("button", name="+ Group").first.click()
    page.get_by_label("How the conditions of group 2").select_option("any")
    page.get_by_role("group", name="Group 2").get_by_role("button", name="+ Condition").click()
    choose_field(page, "2.1", "segment", "segment")
    page.get_by_role("combobox", name="Value of condition 2.1").fill("gold")
    page.get_by_role("option", name="Gold tier").click()
    count(page, "2 of 4 members")
    expect(condition(page, "2.1")).to_contain_text("2 (50 %), lets in 2")
    page.get_by_role("group", name="Group 2").get_by_role("button", name="+ Condition").click()
    choose_field(page, "2.2", "total ord", "orders")
    page.get_by_label("Value of condition 2.2").fill("28")
    count(page, "3 of 4 members")
    count(page, "Income is one of 35-49K and (in Gold tier or orders are at least 28).")
    count(page, "Dina Ekberg")
    picture("rules-built")
    page.get_by_label("Name", exact=True).fill("Gold or busy")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    audience = Audience.objects.get(name="Gold or busy")
    assert audience.configuration["rule"] == {
        "all": [
            {"field": "metadata.income", "operator": "in", "value": ["35-49K"]},
            {
                "any": [
                    {"in_segment": str(programme.gold.id)},
                    {"field": "total_orders", "operator": "greater_or_equal", "value": 28},
                ]
            },
        ]
    }
    page.goto(f"/admin/audiences/audience/{audience.pk}/change/")
    expect(page.get_by_role("combobox", name="Value of condition 2.1")).to_have_value("Gold tier")
    expect(page.get_by_label("Value of condition 2.2")).to_have_value("28")
    count(page, "3 of 4 members")
    picture("rules-again")


def test_a_rule_is_built_with_the_keyboard_alone(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace, space: Space
) -> None:
    page = open_page(vera)
    page.goto(ADD)

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    page.get_by_role("button", name="+ Condition").focus()
    press("Enter")
    expect(page.get_by_role("combobox", name="What condition 1 asks for")).to_be_focused()
    page.keyboard.type("income")
    expect(page.get_by_role("option", name="income")).to_have_attribute("aria-selected", "true")
    press("Enter", "Tab", "Tab")
    expect(page.get_by_role("combobox", name="Value of condition 1")).to_be_focused()
    page.keyboard.type("35-")
    expect(page.get_by_role("option", name="35-49K")).to_be_visible()
    press("ArrowDown", "Enter")
    count(page, "4 of 4 members")
    page.get_by_role("button", name="+ Condition").focus()
    press("Enter")
    page.keyboard.type("age")
    expect(page.get_by_role("option", name="age", exact=True)).to_be_visible()
    while page.locator("[aria-selected=true]").text_content() != "age":
        press("ArrowDown")
    press("Enter", "Tab", "Tab")
    page.keyboard.type("18")
    count(page, "3 of 4 members")
    condition(page, "2").get_by_role("button", name="Move up").focus()
    press("Enter")
    expect(page.get_by_label("Value of condition 1")).to_have_value("18")
    page.get_by_label("Value of condition 1").focus()
    press("Enter")  # which would send another form
    expect(page).to_have_url(f"{page.url.partition('/admin')[0]}{ADD}")
    page.get_by_role("button", name="Save", exact=True).focus()
    press("Enter")
    expect(page.get_by_text("was added successfully")).to_be_visible()
    rule = Audience.objects.get(audience_type="rules").configuration["rule"]
    assert [part["field"] for part in rule["all"]] == ["age", "metadata.income"]


def test_conditions_are_dragged_into_another_order(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace, make_audience: Make
) -> None:
    audience = make_audience("rules", name="Many", rule=RULE)
    page = open_page(vera)
    page.goto(f"/admin/audiences/audience/{audience.pk}/change/")
    count(page, "2 of 4 members")  # and no line comes in between any more
    page.get_by_title("Drag to another place").nth(1).drag_to(page.locator(".ruleGroup-header"))
    expect(page.get_by_role("combobox", name="What condition 1 asks for")).to_have_value("income")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("combobox", name="What condition 1 asks for")).to_have_value("orders")
    page.get_by_role("button", name="Redo").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    audience.refresh_from_db()
    assert audience.configuration["rule"]["all"] == RULE["all"][::-1]


def test_what_is_wrong_is_said_at_its_condition(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace, make_audience: Make
) -> None:
    audience = make_audience("rules", name="Many", rule=RULE)
    page = open_page(vera)
    page.goto(f"/admin/audiences/audience/{audience.pk}/change/")
    count(page, "2 of 4 members")
    page.get_by_label("Value of condition 1, from").fill("30")
    expect(condition(page, "1")).to_contain_text("30 to 25 is empty. Give the lower number first.")
    expect(page.get_by_label("Value of condition 1, from")).to_have_attribute(
        "aria-invalid", "true"
    )
    count(page, "Something is to be mended: this is from before.")
    condition(page, "1").get_by_role("button", name="Move down").click()
    expect(condition(page, "2")).to_contain_text("30 to 25 is empty. Give the lower number first.")
    condition(page, "2").get_by_role("button", name="Move up").click()
    page.get_by_role("button", name="Save", exact=True).click()  # and it is said again
    expect(condition(page, "1")).to_contain_text("30 to 25 is empty. Give the lower number first.")
    page.get_by_label("Value of condition 1, from").fill("")
    count(page, "One condition is not complete yet")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Value of condition 1, from")).to_be_focused()
    expect(condition(page, "1")).to_contain_text("Give two numbers, the lower first.")
    audience.refresh_from_db()
    assert audience.configuration["rule"] == RULE


def test_a_reload_keeps_what_is_not_saved(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace, make_audience: Make
) -> None:
    audience = make_audience("rules", name="Many", rule=RULE)
    page = open_page(vera)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/admin/audiences/audience/{audience.pk}/change/")
    page.get_by_label("Value of condition 1, to").fill("21")
    count(page, "2 of 4 members")
    page.reload()
    expect(page.get_by_text("You had not saved this yet")).to_be_visible()
    expect(page.get_by_label("Value of condition 1, to")).to_have_value("21")
    page.get_by_role("button", name="Back to what is saved").click()
    expect(page.get_by_label("Value of condition 1, to")).to_have_value("25")
    page.reload()
    expect(page.get_by_label("Value of condition 1, to")).to_have_value("25")
    expect(page.get_by_text("You had not saved this yet")).not_to_be_visible()


VALUES: dict[str, Any] = {
    "true or false": False,
    "number": 12.5,
    "list of numbers": [1, 20],
    "two numbers": [18, 35],
    "date": "2026-01-31",
    "two dates": ["2026-01-01", "2026-01-31"],
    "duration": {"amount": 3, "unit": "week"},
    "period": "year",
    "text": "Delft",
    "list of texts": ["Delft", "Gent"],
    "regular expression": "^a+$",
    "list of values": ["a", 1, True],
    "nothing": None,
}


def every_condition() -> Iterator[dict[str, Any]]:
    """Each operator on a field of each kind, with a value of each form that it takes."""
    one_of_each_kind = {field.kind: field for field in fields.FIELDS.values()}
    for field in [*one_of_each_kind.values(), fields.get("metadata.some.where")]:
        for operator in operators_of(field):
            for form in operator.takes:
                told = {"field": field.name, "operator": operator.name}
                yield told if form == "nothing" else {**told, "value": VALUES[form]}


def test_the_builder_says_every_rule_there_is_as_it_was(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace, make_audience: Make
) -> None:
    gold, young = {"in_segment": str(programme.gold.id)}, {"in_audience": str(programme.young.id)}
    conditions = [
        *every_condition(),
        {"field": "email", "operator": "equals", "value": "Ada", "case_sensitive": True},
        {"field": "created_at", "operator": "after", "value": "2026-01-31T12:00:00Z"},
        *(gold, {"not": gold}, young, {"not": young}),
        {"sample": {"percent": 12.5, "seed": "spring"}},
        {"not": {"all": [gold, {"any": [young]}]}},
        {"not": {"any": [{"not": {"any": [young, gold]}}]}},
    ]
    audience = make_audience("rules", name="All there is", rule={"all": conditions})
    saved = audience.configuration["rule"]
    page = open_page(vera)
    page.goto(f"/admin/audiences/audience/{audience.pk}/change/")
    page.get_by_label("How the conditions of the rule go together").select_option("any")
    expect(page.locator("[name=rule]")).to_have_value(re.compile('^{"any"'))
    written = json.loads(page.locator("[name=rule]").input_value())
    assert Rules().clean({"rule": written})["rule"] == {"any": saved["all"]}
    assert written == {"any": saved["all"]}


def test_a_rule_is_built_on_the_page_of_an_offer(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    page = open_page(vera)
    page.goto(f"/admin/offers/offer/{programme.offer.pk}/change/")
    page.get_by_role("button", name="+ Rules").click()
    page.get_by_role("button", name="+ Condition").click()
    choose_field(page, "1", "total orders", "orders")
    page.get_by_label("Value of condition 1").fill("10")
    count(page, "3 of 4 members")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    rule = programme.offer.audiences.get(audience_type="rules").configuration["rule"]
    assert rule["all"][0]["value"] == 10


def test_what_is_no_rule_is_shown_as_its_text(
    open_page: Callable[..., Page], vera: User, programme: SimpleNamespace
) -> None:
    audience = programme.young
    Audience.objects.filter(pk=audience.pk).update(
        audience_type="rules", configuration={"rule": {"some": []}}
    )
    page = open_page(vera)
    page.goto(f"/admin/audiences/audience/{audience.pk}/change/")
    expect(page.get_by_text("shown as its document, not as conditions")).to_be_visible()
    expect(page.get_by_label("Rule")).to_have_value('{"some": []}')
