"""The pages of static and external audiences: made, filled, extended."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audiences.models import Audience
from audiences.services.own_list import list_of, renew
from segments.models import Import, Membership, SegmentMembership, Space

Make = Callable[..., Any]
DAY = datetime.timedelta(days=1)


@pytest.fixture
def vips(make_audience: Make) -> Audience:
    made: Audience = make_audience("static", name="VIPs")
    return made


@pytest.fixture
def uploaded(make_audience: Make) -> Audience:
    made: Audience = make_audience("external", name="Uploaded")
    return made


@pytest.fixture
def on_it(vips: Audience) -> Callable[[], set[str]]:
    """The external ids of those on the list."""

    def on_it() -> set[str]:
        places = SegmentMembership.objects.filter(segment=list_of(vips))
        return set(places.values_list("membership__external_id", flat=True))

    return on_it


def _path(audience: Audience, page: str = "change") -> str:
    return f"audiences/audience/{audience.pk}/{page}/"


def faults(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


def test_a_static_list_is_added_and_renamed(colleague: Any, space: Space) -> None:
    add = "audiences/audience/add/?type=static"
    assert faults(colleague.save(add, space=space.pk)) == {"name": ["This field is required."]}
    colleague.save(add, space=space.pk, name="VIPs", description="Invited")
    audience = Audience.objects.get()
    page = colleague.page(_path(audience))
    assert "Members: on the list “VIPs”." in page
    assert "Nobody is in this list yet. Add members by pasting" in page
    colleague.save(_path(audience), name="Guests")
    assert list_of(audience).name == "Guests"


def test_an_external_list_is_added_and_changed(colleague: Any, space: Space) -> None:
    add = "audiences/audience/add/?type=external"
    assert faults(colleague.save(add, space=space.pk, name="List", ttl_days=91)) == {
        "ttl_days": ["Ensure this value is less than or equal to 90."]
    }
    known = {"external_id": "42", "namespace": "crm", "labels": "core/C1, mine", "ttl_days": 60}
    colleague.save(add, space=space.pk, name="Uploaded", **known)
    audience = Audience.objects.get()
    assert (audience.external_id, audience.labels) == ("42", ["core/C1", "mine"])
    assert "60 days from its first upload on." in colleague.page(_path(audience))
    renewed = timezone.now()
    renew(audience=audience, at=renewed)
    colleague.save(_path(audience), name="Uploaded", ttl_days=10)
    audience.refresh_from_db()
    assert (audience.ttl_days, audience.expires_at) == (10, renewed + 10 * DAY)
    assert (audience.external_id, audience.labels) == (None, [])
    taken = colleague.save(add, space=space.pk, name="Other", namespace="", external_id="1")
    assert taken.status_code == 200
    twice = colleague.save(add, space=space.pk, name="Other", namespace="", external_id="1")
    assert faults(twice) == {
        "external_id": ["An audience with this external id already exists in this namespace."]
    }


def test_members_are_pasted_found_and_taken_off(
    colleague: Any, vips: Audience, make_membership: Make, on_it: Make
) -> None:
    ann = make_membership(external_id="a", full_name="Ann")
    make_membership(external_id="b", email="Bea@x.org", full_name="Bea")
    make_membership(external_id="c", phone="+31612345678", full_name="Cees")
    text = "a\nbea@x.org, +31 6 1234 5678\na"
    answer = colleague.save(_path(vips, "add-members"), people=text)
    assert "3 members put on “VIPs”." in answer.content.decode()
    assert on_it() == {"a", "b", "c"}
    answer = colleague.save(_path(vips, "add-members"), people="a")
    assert "0 members put on “VIPs”. 1 had been on it already." in answer.content.decode()
    page = colleague.page(_path(vips), q="Ann")
    assert "Ann</a>" in page
    assert "Bea</a>" not in page
    answer = colleague.save(_path(vips, "remove-members"), member=[ann.pk])
    assert "1 member taken off “VIPs”." in answer.content.decode()
    assert on_it() == {"b", "c"}
    answer = colleague.save(_path(vips, "remove-members"))
    assert "tick those to take off first" in answer.content.decode()


def test_who_is_not_known_is_named_and_nobody_is_added(
    colleague: Any, vips: Audience, make_membership: Make, on_it: Make
) -> None:
    for external_id in "ab":
        make_membership(external_id=external_id, email="both@x.org")
    answer = colleague.save(_path(vips, "add-members"), people="a, z, both@x.org")
    text = answer.content.decode()
    assert "1 of 3 are nobody of this space: z." in text
    assert "1 of 3 may be several: both@x.org." in text
    assert on_it() == set()


def test_an_external_list_is_shown_and_extended_but_not_filled(
    colleague: Any, uploaded: Audience, make_membership: Make
) -> None:
    make_membership(list_of(uploaded), full_name="Ann")
    renew(audience=uploaded, at=timezone.now() - 31 * DAY)
    page = colleague.page(_path(uploaded))
    assert "Ran out" in page
    assert "Ann</a>" in page
    assert "Add members" not in page
    assert "Remove those ticked" not in page
    answer = colleague.save(_path(uploaded, "extend"))
    assert "now lives for 30 days from now" in answer.content.decode()
    assert "Alive" in colleague.page(_path(uploaded))
    for change in ("add-members", "remove-members"):
        response = colleague.post(f"/admin/{_path(uploaded, change)}", {"people": "a"})
        assert response.status_code == 404


def test_what_never_runs_out_says_so(colleague: Any, vips: Audience) -> None:
    answer = colleague.save(_path(vips, "extend"))
    assert "never runs out" in answer.content.decode()


def test_lists_of_other_spaces_are_not_reached(
    make_colleague: Make, other_space: Space, vips: Audience, on_it: Make, make_membership: Make
) -> None:
    make_membership(external_id="a")
    stranger = make_colleague(other_space)
    for page in ("add-members", "remove-members", "extend"):
        response = stranger.post(f"/admin/{_path(vips, page)}", {"people": "a"})
        assert response.status_code == 404
    assert on_it() == set()


def test_another_audience_has_no_list(colleague: Any, make_audience: Make) -> None:
    audience = make_audience("age_within", minimum_age=18)
    page = colleague.page(_path(audience))
    assert "Add members" not in page
    assert "Import a file" not in page
    assert colleague.get(f"/admin/{_path(audience, 'add-members')}").status_code == 404


def test_a_list_is_made_on_the_page_of_an_offer(
    colleague: Any, space: Space, make_offer: Make
) -> None:
    offer = make_offer(name="Spring")
    colleague.save(
        f"offers/offer/{offer.pk}/change/",
        **{
            "name": "Spring",
            "space": space.pk,
            "audience": ["0:static:"],
            "audience-0-name": "Guests",
        },
    )
    assert [str(one) for one in offer.audiences.all()] == ["Guests"]
    assert "on the list “Guests”" in colleague.page(f"offers/offer/{offer.pk}/change/")


def test_the_page_of_a_list_costs_the_same_with_fifty_members(
    colleague: Any, vips: Audience, make_membership: Make
) -> None:
    def page() -> int:
        with CaptureQueriesContext(connection) as captured:
            colleague.page(_path(vips))
        return len(captured)

    made = list_of(vips)
    make_membership(made)
    colleague.page(_path(vips))
    with_one = page()
    for _ in range(49):
        make_membership(made)
    assert page() == with_one
    assert Membership.objects.count() == 50


def test_no_file_is_taken_for_a_list_that_follows_its_source(
    colleague: Any, make_synced: Make, uploaded: Audience
) -> None:
    def send(audience: Audience) -> Any:
        file = SimpleUploadedFile("people.csv", b"external_id\nm-1\n", "text/csv")
        number = list_of(audience).pk
        return colleague.save(f"segments/import/add/?segment={number}", segment=number, sent=file)

    assert "any other list follows from something else" in faults(send(make_synced()))["segment"][0]
    assert not Import.objects.exists()
    send(uploaded)
    assert Import.objects.get().segment == list_of(uploaded)
