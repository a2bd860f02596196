"""The list of an audience: made, named, renewed and deleted with it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from audiences.models import Audience, AudienceStatus
from audiences.rules.tree import InSegment, Until
from audiences.services import define_audience, redefine_audience, refresh_space, summaries
from audiences.services.define import TypeStays
from audiences.services.members import members_of
from audiences.services.own_list import NeverRunsOut, extend, list_of, renew
from audiences.types import ConfigurationError
from segments.models import Segment, SegmentMembership, Space
from segments.services import InUse, delete_row

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


def test_a_list_is_made_with_its_audience(vips: Audience) -> None:
    made = list_of(vips)
    assert (made.name, made.is_list, made.space) == ("VIPs", True, vips.space)
    assert vips.configuration == {"segment": str(made.id)}
    assert vips.rule == InSegment(made.id, is_list=True)
    assert summaries([vips]) == {vips.pk: "on the list “VIPs”"}


def test_its_members_are_the_places_in_it(
    vips: Audience, make_membership: Make, at: datetime.datetime
) -> None:
    member = make_membership(list_of(vips))
    make_membership()
    refresh_space(space=vips.space, now=at)
    assert list(members_of(vips)) == [member.pk]


def test_a_list_is_named_as_its_audience(vips: Audience) -> None:
    redefine_audience(vips, name="Very important", configuration={})
    assert list_of(vips).name == "Very important"
    assert Segment.objects.count() == 1


@pytest.mark.parametrize("name", ["", "  "])
def test_a_list_without_a_name_is_refused(make_audience: Make, name: str) -> None:
    with pytest.raises(ValidationError, match="Give it a name"):
        make_audience("static", name=name)
    assert not Segment.objects.exists()


def test_no_other_list_can_be_given(vips: Audience, make_audience: Make) -> None:
    other = make_audience("static", name="Other")
    for configuration in (other.configuration, {"segment": str(uuid4())}, {"segment": 1}, {"a": 1}):
        with pytest.raises(ConfigurationError):
            redefine_audience(vips, configuration=configuration)
        with pytest.raises(ConfigurationError):
            make_audience("static", name="New", **configuration)
    with pytest.raises(ConfigurationError, match="There is no segment"):
        make_audience("rules", rule={"in_segment": other.configuration["segment"]})


def test_a_list_stays_a_list(vips: Audience, make_audience: Make) -> None:
    adults = make_audience("age_within", minimum_age=18)
    for audience, wanted in ((vips, "external"), (vips, "age_within"), (adults, "static")):
        with pytest.raises(TypeStays, match=f"can't become {wanted}"):
            redefine_audience(audience, audience_type=wanted)


def test_a_list_can_not_be_deleted_without_its_audience(vips: Audience) -> None:
    with pytest.raises(InUse, match="VIPs"):
        delete_row(list_of(vips))


def test_a_list_goes_with_its_audience(
    vips: Audience, uploaded: Audience, make_membership: Make, make_segment: Make
) -> None:
    make_membership(list_of(vips), list_of(uploaded), make_segment("gold"))
    delete_row(vips)
    assert set(Segment.objects.values_list("name", flat=True)) == {"gold", "Uploaded"}
    assert SegmentMembership.objects.count() == 2


def test_whatever_deletes_an_audience_takes_its_list(vips: Audience, uploaded: Audience) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audiences_audience WHERE number = %s", [vips.pk])
    assert Segment.objects.get() == list_of(uploaded)


def test_an_external_list_lives_for_thirty_days_from_its_first_upload(
    uploaded: Audience, make_membership: Make, at: datetime.datetime
) -> None:
    assert (uploaded.ttl_days, uploaded.expires_at) == (30, None)
    member = make_membership(list_of(uploaded))
    renew(audience=uploaded, at=at)
    assert uploaded.expires_at == at + 30 * DAY
    assert uploaded.parts == (
        InSegment(list_of(uploaded).id, is_list=True),
        Until(uploaded.expires_at),
    )
    refresh_space(space=uploaded.space, now=at)
    assert AudienceStatus.objects.get(audience=uploaded).changes_at == uploaded.expires_at
    for now, held in ((at, 1), (at + 30 * DAY, 0), (at + 60 * DAY, 0)):
        refresh_space(space=uploaded.space, now=now)
        assert len(members_of(uploaded)) == held
    extend(audience=uploaded, at=at + 60 * DAY)
    refresh_space(space=uploaded.space, now=at + 60 * DAY)
    assert list(members_of(uploaded)) == [member.pk]


def test_other_days_to_live_move_the_end(uploaded: Audience, at: datetime.datetime) -> None:
    renew(audience=uploaded, at=at)
    redefine_audience(uploaded, ttl_days=90)
    assert uploaded.expires_at == at + 90 * DAY
    redefine_audience(uploaded, ttl_days=None)
    assert (uploaded.ttl_days, uploaded.expires_at) == (30, at + 30 * DAY)


def test_an_upload_while_an_audience_is_changed_still_renews_it(
    uploaded: Audience, at: datetime.datetime
) -> None:
    renew(audience=uploaded, at=at)
    renew(audience=Audience.objects.get(pk=uploaded.pk), at=at + 7 * DAY)
    redefine_audience(uploaded, description="As it was read before the upload")
    uploaded.refresh_from_db()
    assert uploaded.expires_at == at + 37 * DAY


@pytest.mark.parametrize("days", [0, -1, 91])
def test_days_that_no_list_lives_are_refused(uploaded: Audience, days: int) -> None:
    with pytest.raises(ValidationError) as refused:
        redefine_audience(uploaded, ttl_days=days)
    assert "ttl_days" in refused.value.error_dict


def test_what_never_runs_out_has_no_days_to_live(vips: Audience, at: datetime.datetime) -> None:
    with pytest.raises(ValidationError, match="doesn't run out"):
        redefine_audience(vips, ttl_days=30)
    vips.refresh_from_db()
    with pytest.raises(NeverRunsOut, match="VIPs"):
        extend(audience=vips, at=at)
    assert renew(audience=vips, at=at).expires_at is None


def test_an_external_id_is_its_own_in_a_space_and_namespace(
    space: Space, other_space: Space
) -> None:
    def make(space: Space, namespace: str = "crm") -> Audience:
        return define_audience(
            space=space,
            audience_type="external",
            configuration={},
            name="List",
            external_id="42",
            namespace=namespace,
        )

    for values in ((space,), (other_space,), (space, "shop")):
        make(*values)
    with pytest.raises(ValidationError) as refused:
        make(space)
    assert "external_id" in refused.value.error_dict
    assert Segment.objects.count() == 3


@pytest.mark.parametrize(
    "values", ["external_id = ''", "ttl_days = 91", "ttl_days = 0", "metadata = '[]'"]
)
def test_the_database_refuses_what_no_list_has(uploaded: Audience, values: str) -> None:
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE audiences_audience SET {values}")
