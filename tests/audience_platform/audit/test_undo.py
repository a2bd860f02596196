"""Taking changes of audiences and offers back."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audience_platform.audit.undo import CannotUndo, can_undo, undo
from audience_platform.models import AuditEvent, Scope
from audiences.models import Audience
from audiences.services import redefine_audience, refresh_space
from offers.models import Offer
from segments.models import Space
from segments.services import delete_row, save_row

Make = Callable[..., Any]


def last() -> AuditEvent:
    return AuditEvent.objects.order_by("number").last()  # type: ignore[return-value]


def test_an_audience_gets_back_what_the_change_took(make_audience: Make) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=35, name="Young")
    redefine_audience(audience, configuration={"minimum_age": 21, "maximum_age": 40})
    changed = last()
    redefine_audience(audience, name="Younger")

    assert can_undo(changed)
    undo(changed)

    audience = Audience.objects.get()
    assert (audience.configuration, audience.name) == (
        {"minimum_age": 18, "maximum_age": 35},
        "Younger",
    )
    assert last().changes["configuration"]["before"] == {"minimum_age": 21, "maximum_age": 40}


def test_an_offer_gets_back_its_moments(make_offer: Make, at: datetime.datetime) -> None:
    offer = make_offer(publish_at=at)
    save_row(offer, publish_at=None, name="Another")

    undo(last())

    assert Offer.objects.get().publish_at == at


def test_an_earlier_segment_that_is_gone_is_refused(
    make_audience: Make, make_segment: Make
) -> None:
    old, new = make_segment(), make_segment()
    audience = make_audience("in_any_segment", segments=[str(old.id)])
    redefine_audience(audience, configuration={"segments": [str(new.id)]})
    changed = last()
    delete_row(old)

    with pytest.raises(ValueError, match="There is no segment"):
        undo(changed)
    assert Audience.objects.get().configuration == {"segments": [str(new.id)]}


def test_what_is_gone_or_has_no_values_of_its_own_is_not_taken_back(
    make_audience: Make, make_offer: Make, make_segment: Make, space: Space
) -> None:
    offer = make_offer(name="A")
    save_row(offer, name="B")
    changed = last()
    delete_row(offer)
    gone = last()
    make_segment()

    with pytest.raises(CannotUndo, match="no longer there"):
        undo(changed)
    for event in (gone, last()):
        assert not can_undo(event)
        with pytest.raises(CannotUndo, match="Only changes"):
            undo(event)


def test_a_colleague_takes_a_change_back_in_the_admin(
    colleague: Any, make_audience: Make, make_colleague: Make, other_space: Space
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=35, name="Young")
    redefine_audience(audience, name="Old")
    path = f"audience_platform/auditevent/{last().pk}/"

    page = colleague.page(path + "change/")
    assert "Take this change back" in page
    assert "Young" in page
    assert make_colleague(other_space).save(path + "undo/").status_code == 403
    assert "has again what it had before" in colleague.save(path + "undo/").content.decode()
    assert Audience.objects.get().name == "Young"


def test_a_change_is_not_taken_back_while_the_audience_is_locked(
    colleague: Any, make_audience: Make, space: Space
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=35, name="Young")
    refresh_space(space=space, now=timezone.now())
    redefine_audience(audience, configuration={"minimum_age": 20})
    path = f"audience_platform/auditevent/{last().pk}/undo/"

    assert "was changed a moment ago" in colleague.save(path).content.decode()
    assert Audience.objects.get().configuration["minimum_age"] == 20
    refresh_space(space=space, now=timezone.now())
    assert "has again what it had before" in colleague.save(path).content.decode()


def test_the_history_of_an_audience_is_its_part_of_the_trail(
    colleague: Any, make_audience: Make
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=35, name="Young")
    other = make_audience("age_within", minimum_age=18, maximum_age=35, name="Another")

    response = colleague.get(f"/admin/audiences/audience/{audience.pk}/history/", follow=True)
    page = response.content.decode()
    assert "Audience “Young” created" in page
    assert f"“{other.name}”" not in page


def test_a_program_takes_a_change_back(
    api: Any, make_program: Make, make_audience: Make, other_space: Space
) -> None:
    audience = make_audience("age_within", minimum_age=18, maximum_age=35, name="Young")
    redefine_audience(audience, name="Old")
    path = f"audit-events/{last().id}/undo"

    assert make_program(other_space).post(path).status_code == 404
    assert make_program(scope=Scope.READ).post(path).status_code == 403
    response = api.post(path)
    assert response.status_code == 200
    assert response.json()["data"]["attributes"]["changes"]["name"]["after"] == "Old"
    assert Audience.objects.get().name == "Young"
    assert last().actor_type == "api-key"


def test_a_program_is_told_why_a_change_is_not_taken_back(
    api: Any, make_audience: Make, make_segment: Make, make_offer: Make
) -> None:
    created = last_of(make_segment("old"))
    refused = api.post(f"audit-events/{created.id}/undo")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "cannot_undo")
    old, new = make_segment(), make_segment()
    audience = make_audience("in_any_segment", segments=[str(old.id)])
    redefine_audience(audience, configuration={"segments": [str(new.id)]})
    changed = last_of(audience)
    delete_row(old)
    assert api.post(f"audit-events/{changed.id}/undo").status_code == 422
    offer = make_offer(external_id="a")
    save_row(offer, external_id="b")
    changed = last_of(offer)
    make_offer(external_id="a")
    assert api.post(f"audit-events/{changed.id}/undo").status_code == 422


def last_of(row: Any) -> AuditEvent:
    return AuditEvent.objects.filter(object_id=str(row.id)).latest("number")
