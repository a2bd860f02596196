"""The page of an audience: how it stands, how it grew, who is in it, what uses it, what it has."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audience_platform.models import StaffLabels
from audiences.admin import FORMS
from audiences.models import Audience, AudienceStatus, AudienceVersion, Cause, Lifecycle
from audiences.services import redefine_audience, refresh_space
from audiences.services.groups import make_group
from audiences.services.own_list import list_of
from offers.api.audiences import AudienceSerializer
from segments.models import Membership, Space
from segments.services import save_row

Make = Callable[..., Any]
DAY = datetime.timedelta(days=1)


@pytest.fixture
def refresh(space: Space) -> Make:
    return lambda: refresh_space(space=space, now=timezone.now())


@pytest.fixture
def keen(make_audience: Make, make_membership: Make) -> Audience:
    """Those with ten orders or more: of thirty people, twenty."""
    for count in range(30):
        make_membership(
            external_id=f"p-{count:02}", total_orders=count, full_name=f"Person {count}"
        )
    rule = {"field": "total_orders", "operator": "greater_or_equal", "value": 10}
    audience: Audience = make_audience("rules", name="Keen", rule=rule)
    return audience


def path(audience: Audience, page: str = "change") -> str:
    return f"audiences/audience/{audience.pk}/{page}/"


def words(page: str) -> str:
    """A page's text without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def faults(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


# How it stands


def test_a_new_audience_says_that_it_is_yet_to_be_worked_out(
    colleague: Any, keen: Audience, refresh: Make
) -> None:
    page = colleague.page(path(keen))
    assert "It has not been worked out yet." in page
    assert "every 2s" in page  # and asks again
    assert "From then on stands here how it grows" in page
    refresh()
    assert "Up to date" in colleague.page(path(keen, "standing"))
    assert "every 2s" not in colleague.page(path(keen, "standing"))


def test_it_is_right_as_of_a_moment_with_changes_waiting(
    colleague: Any, keen: Audience, refresh: Make
) -> None:
    refresh()
    told = words(colleague.page(path(keen)))
    assert "20 members, 66.7 % of all" in told
    assert re.search(r"Up to date Right as of \d\d:\d\d, took (less than )?\d\.\d s\.", told)
    assert re.search(r"20 entered and 0 left \(first build\)", told)
    AudienceStatus.objects.update(took=datetime.timedelta(seconds=0.84))
    for one in Membership.objects.all()[:3]:
        save_row(one, total_orders=20)
    told = words(colleague.page(path(keen)))
    assert re.search(r"Right as of \d\d:\d\d, took 0\.8 s, 3 changes waiting\.", told)


def test_it_says_why_it_failed_and_that_the_last_version_stays(
    colleague: Any, keen: Audience, refresh: Make
) -> None:
    refresh()
    Audience.objects.filter(pk=keen.pk).update(configuration={"rule": 3})
    refresh()
    told = words(colleague.page(path(keen, "standing")))
    assert "Failed Its definition can" in told
    assert re.search(r"The last good version of \d\d:\d\d stays: 20 members\.", told)


def test_one_that_was_never_worked_out_and_fails_holds_nobody(
    colleague: Any, keen: Audience, refresh: Make
) -> None:
    Audience.objects.filter(pk=keen.pk).update(configuration={"rule": 3})
    refresh()
    told = words(colleague.page(path(keen, "standing")))
    assert "It holds nobody, and the offers that use it are hidden." in told


@pytest.mark.parametrize(
    ("values", "label", "said"),
    [
        ({"lifecycle": Lifecycle.INACTIVE}, "Inactive", "changes are not followed"),
        ({"lifecycle": Lifecycle.ARCHIVED}, "Archived", "it is kept to look at"),
        ({"enabled": False}, "Off", "It is switched off"),
    ],
)
def test_one_that_rests_says_so(
    values: dict[str, Any], label: str, said: str, colleague: Any, keen: Audience, refresh: Make
) -> None:
    refresh()
    redefine_audience(keen, **values)
    page = colleague.page(path(keen))
    assert f">{label}</span>" in page
    assert said in page
    assert "Refresh now" not in page
    assert "20 members" in words(page)


def test_a_change_is_being_worked_out_until_it_is(
    colleague: Any, keen: Audience, refresh: Make
) -> None:
    refresh()
    redefine_audience(
        keen, configuration={"rule": {"field": "total_orders", "operator": "is_present"}}
    )
    assert "Being worked out" in colleague.page(path(keen, "standing"))
    assert "HX-Trigger" not in colleague.get(f"/admin/{path(keen, 'standing')}")
    refresh()
    assert "Up to date" in colleague.page(path(keen, "standing"))
    assert colleague.get(f"/admin/{path(keen, 'standing')}")["HX-Trigger"] == "worked-out"


def test_a_refresh_is_asked_for_and_what_came_of_it_is_told(
    colleague: Any, keen: Audience, refresh: Make
) -> None:
    refresh()
    answer = colleague.save(path(keen, "refresh"))
    assert "worked out anew from all members, as was asked at" in answer.content.decode()
    assert AudienceStatus.objects.get().requested_at is not None
    refresh()
    assert "Up to date" in colleague.page(path(keen, "standing"))
    redefine_audience(keen, lifecycle=Lifecycle.INACTIVE)
    answer = colleague.save(path(keen, "refresh"))
    assert "“Keen” is inactive, and so is not worked out." in answer.content.decode()
    assert colleague.get(f"/admin/{path(keen, 'refresh')}").status_code == 405


def test_a_copy_is_made_and_shown(colleague: Any, keen: Audience, make_synced: Make) -> None:
    answer = colleague.save(path(keen, "duplicate"))
    copy = Audience.objects.get(name="Copy of Keen")
    assert answer.redirect_chain == [(f"/admin/{path(copy)}", 302)]
    assert "This is “Copy of Keen”. Nothing uses it yet" in answer.content.decode()
    answer = colleague.save(path(make_synced(name="Shoppers"), "duplicate"))
    assert "It was not copied. “Shoppers” is synced" in answer.content.decode()


# How it grew


def test_its_size_is_drawn_and_told(colleague: Any, keen: Audience, refresh: Make) -> None:
    refresh()
    page = colleague.page(path(keen))
    assert "There is one number yet, below." in page
    assert "<canvas" not in page
    now = timezone.now()
    AudienceVersion.objects.update(as_of=now - 3 * DAY)
    version = AudienceVersion(
        audience=keen, version=2, cause=Cause.FACTS, took=DAY, as_of=now - DAY
    )
    version.size, version.entered, version.left = 1017, 1000, 3
    version.save()
    page = colleague.page(path(keen))
    assert page.count("<canvas") == 2
    assert "over the last 30 days" in page
    (told,) = re.findall(r'data-type="line" data-value="([^"]*)"', page)
    sizes = json.loads(told.replace("&quot;", '"'))["datasets"][0]["data"]
    assert sizes == [20, 20, 1017, 1017]
    assert "1,017 1,000 3" in words(page)
    assert "over the last 24 hours" in colleague.page(path(keen), over="day")
    assert "over the last 30 days" in colleague.page(path(keen), over="forever")


# Who is in it


def test_its_members_are_found_and_paged(colleague: Any, keen: Audience, refresh: Make) -> None:
    assert "Nobody is in this audience yet." in colleague.page(path(keen))
    refresh()
    first = colleague.page(path(keen), q="person")
    assert "20 found by “person”." in first
    assert "Next page" not in first
    page = colleague.page(path(keen), q="son 1")
    assert "10 found by “son 1”." in page  # not Person 1, who has one order
    assert "Person 19</a>" in page
    assert "Person 1</a>" not in page
    assert "No member of this audience is found by “nobody”." in colleague.page(
        path(keen), q="nobody"
    )


def test_a_page_follows_the_last_number_of_the_one_before(
    colleague: Any, keen: Audience, refresh: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiences.admin.members_panel.PAGE", 8)
    refresh()
    seen: list[str] = []
    after = ""
    for _ in range(3):
        page = colleague.page(path(keen), after=after)
        seen += re.findall(r">(Person \d+)</a>", page)
        after = "".join(re.findall(r"after=(\d+)", page))
    assert seen == [f"Person {count}" for count in range(10, 30)]
    assert not after


def test_all_members_are_exported(colleague: Any, keen: Audience, refresh: Make) -> None:
    refresh()
    assert f'href="/admin/audiences/audience/{keen.pk}/members.csv"' in colleague.page(path(keen))
    response = colleague.get(f"/admin/audiences/audience/{keen.pk}/members.csv")
    assert response.streaming
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines[0].startswith("external_id,")
    assert [line.partition(",")[0] for line in lines[1:]] == [f"p-{n}" for n in range(10, 30)]


def test_a_list_is_exported_too_and_shows_who_is_on_it_once(
    colleague: Any, make_audience: Make, make_membership: Make, refresh: Make
) -> None:
    guests = make_audience("static", name="Guests")
    make_membership(list_of(guests), external_id="m-1", full_name="Ann")
    refresh()
    page = colleague.page(path(guests))
    assert page.count('id="members"') == 1
    assert "members.csv" in page
    response = colleague.get(f"/admin/audiences/audience/{guests.pk}/members.csv")
    assert b"m-1" in b"".join(response.streaming_content)


# What uses it


def test_what_uses_it_stands_in_one_place(
    colleague: Any, keen: Audience, make_audience: Make, make_offer: Make
) -> None:
    assert words(colleague.page(path(keen))).count("None.") == 2
    make_audience("rules", name="Keener", rule={"in_audience": str(keen.id)})
    make_offer(keen, name="Spring")
    make_group(space=keen.space, name="By orders", audiences=[keen])
    page = colleague.page(path(keen))
    uses = words(page[page.index('id="uses"') :])
    assert "Offers Spring" in uses
    assert "Audiences that ask for it Keener Members: in Keen" in uses
    assert "Its group By orders" in uses


# What it has


def test_whatever_a_program_can_write_a_colleague_can(colleague: Any, space: Space) -> None:
    given = {
        "minimum_age": 18,
        "name": "Young",
        "description": "For spring",
        "lifecycle": "draft",
        "enabled": "False",
        "refresh_interval": 3600,
        "key": "young",
        "labels": 'core/C1, "mine, ours"',
        "external_id": "42",
        "namespace": "crm",
        "origin": "CUSTOM",
        "metadata": '{"a": 1}',
    }
    colleague.save("audiences/audience/add/?type=age_within", space=space.pk, **given)
    audience = Audience.objects.get()
    kept = {name: getattr(audience, name) for name in given if name != "minimum_age"}
    assert kept == {
        **{name: given[name] for name in kept},
        "enabled": False,
        "labels": ["core/C1", "mine, ours"],
        "metadata": {"a": 1},
    }
    page = colleague.get(f"/admin/{path(audience)}")
    form = page.context["adminform"].form
    shown = {name: form[name].value() for name in given}
    assert shown["labels"] == 'core/C1,"mine, ours"'
    colleague.save(path(audience), **{**shown, "minimum_age": 18, "name": "Younger"})
    again = Audience.objects.get()
    assert again.name == "Younger"
    assert {name: getattr(again, name) for name in kept if name != "name"} == {
        name: value for name, value in kept.items() if name != "name"
    }


def test_every_field_of_the_api_is_in_the_form_or_said_not_to_be() -> None:
    fields = AudienceSerializer().fields
    writable = {name for name, field in fields.items() if not field.read_only}
    elsewhere = {
        "audience_type",  # chosen before the form; “Edit as rules” changes it
        "configuration",  # the type's own fields
        "ttl_days",  # of external lists alone
        "offer",  # on the offers' pages
        "offers",
    }
    for name, form in FORMS.items():
        assert writable - elsewhere <= set(form.kept), name
    assert "ttl_days" in FORMS["external"].kept


def test_its_lifecycle_goes_by_the_steps_that_there_are(
    colleague: Any, keen: Audience, refresh: Make
) -> None:
    def choices() -> list[str]:
        form = colleague.get(f"/admin/{path(keen)}").context["adminform"].form
        return [value for value, _ in form.fields["lifecycle"].choices]

    refresh()
    rule = json.dumps(keen.configuration["rule"])
    assert choices() == ["published", "inactive", "archived"]
    answer = colleague.save(path(keen), rule=rule, name="Keen", lifecycle="draft")
    assert "Select a valid choice. draft" in str(faults(answer))
    colleague.save(path(keen), rule=rule, name="Keen", lifecycle="inactive")
    keen.refresh_from_db()
    assert keen.lifecycle == Lifecycle.INACTIVE
    assert keen.defined_at is not None
    colleague.save(path(keen), rule=rule, name="Keen", lifecycle="archived")
    assert choices() == ["archived"]


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"key": "two words"}, "key", "valid “slug”"),
        ({"metadata": "[1]"}, "metadata", "must be an object of names and values"),
        ({"metadata": "{"}, "metadata", "Enter a valid JSON."),
        ({"refresh_interval": "59"}, "refresh_interval", "Select a valid choice."),
        ({"labels": "x" * 256}, "labels", "at most 255 characters"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    given: dict[str, str], field: str, said: str, colleague: Any, keen: Audience
) -> None:
    rule = json.dumps(keen.configuration["rule"])
    answer = colleague.save(path(keen), rule=rule, name="Other", **given)
    assert said in str(faults(answer)[field])
    assert Audience.objects.get().name == "Keen"


def test_an_interval_chosen_by_a_program_stays(colleague: Any, keen: Audience) -> None:
    redefine_audience(keen, refresh_interval=61)
    form = colleague.get(f"/admin/{path(keen)}").context["adminform"].form
    assert (61, "every 61 s") in form.fields["refresh_interval"].choices


def test_a_label_that_is_denied_is_not_attached(
    colleague: Any, keen: Audience, django_user_model: Any
) -> None:
    StaffLabels.objects.create(user=django_user_model.objects.get(), denied_labels=["secret"])
    rule = json.dumps(keen.configuration["rule"])
    answer = colleague.save(path(keen), rule=rule, name="Keen", labels="mine, secret")
    assert faults(answer) == {"labels": ["You are denied the label secret. Leave them out."]}
    assert Audience.objects.get().labels == []


def test_what_can_be_said_as_a_rule_is_edited_as_one(
    colleague: Any, make_audience: Make, make_segment: Make, keen: Audience
) -> None:
    gold = make_segment("gold")
    audience = make_audience("in_any_segment", name="In gold", segments=[str(gold.id)])
    assert "Edit as rules" in colleague.page(path(audience))
    form = colleague.get(f"/admin/{path(audience)}?type=rules").context["adminform"].form
    rule = {"in_segment": str(gold.id)}
    assert json.loads(form["rule"].value()) == rule
    colleague.save(f"{path(audience)}?type=rules", rule=json.dumps(rule), name="In gold")
    audience.refresh_from_db()
    assert (audience.audience_type, audience.configuration["rule"]) == ("rules", rule)
    assert "Edit as rules" not in colleague.page(path(keen))
    guests = make_audience("static", name="Guests")
    assert "Edit as rules" not in colleague.page(path(guests))
    form = colleague.get(f"/admin/{path(guests)}?type=rules").context["adminform"].form
    assert form.audience_type == "static"


# For whom, and at what cost


@pytest.mark.parametrize(
    ("page", "method"),
    [
        ("standing/", "get"),
        ("refresh/", "post"),
        ("duplicate/", "post"),
        ("members.csv", "get"),
        ("by-hand/included/", "get"),
    ],
)
def test_audiences_of_other_spaces_are_not_reached(
    page: str, method: str, make_colleague: Make, other_space: Space, keen: Audience
) -> None:
    stranger = make_colleague(other_space)
    response = getattr(stranger, method)(f"/admin/audiences/audience/{keen.pk}/{page}")
    assert response.status_code == 404
    assert Audience.objects.count() == 1


def test_the_page_costs_the_same_however_much_there_is(
    colleague: Any, keen: Audience, make_audience: Make, make_offer: Make, refresh: Make
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            colleague.page(path(keen))
        return len(captured)

    def more(number: int) -> None:
        make_audience("rules", name=f"Keener {number}", rule={"in_audience": str(keen.id)})
        make_offer(keen)
        redefine_audience(keen, name=f"Keen {number}")
        refresh()

    more(0)
    colleague.page(path(keen))
    with_one = queries()
    for number in range(1, 12):
        more(number)
    colleague.page(path(keen))
    assert queries() == with_one
