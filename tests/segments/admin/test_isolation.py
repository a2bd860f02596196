"""Staff see the rows of the spaces they are given, and nothing tells them of any other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from audiences.services import define_audience
from audiences.services.groups import make_group
from audiences.services.sources import make_source
from offers.models import Offer
from offers.services import aim
from segments.imports.asking import make_import, take_file
from segments.models import Membership, Segment, Space
from segments.services import save_row

Make = Callable[..., Any]

LISTS = [
    "segments/membership",
    "segments/segment",
    "audiences/audience",
    "offers/offer",
    "segments/import",
    "audiences/source",
    "audiences/audiencegroup",
]


AT = {"url": "https://lists.example.com/members.csv"}


@pytest.fixture
def elsewhere(other_space: Space) -> dict[str, Any]:
    """A row of each kind in a space that the colleague isn't given."""
    segment = save_row(Segment(space=other_space, short_code="secret", name="Secret"))
    audience = define_audience(
        space=other_space,
        audience_type="in_any_segment",
        configuration={"segments": [str(segment.id)]},
        name="Secret",
    )
    offer = save_row(Offer(space=other_space, name="Secret"))
    aim(offer=offer, audiences=[audience])
    membership = save_row(Membership(space=other_space, external_id="s", full_name="Secret"))
    file_import = make_import(space=other_space)
    take_file(file_import, ContentFile(b"external_id\ns\n"), name="Secret", at=timezone.now())
    source = make_source(space=other_space, vendor="csv_url", name="Secret", settings=AT)
    group = make_group(space=other_space, name="Secret")
    rows = [membership, segment, audience, offer, file_import, source, group]
    return dict(zip(LISTS, rows, strict=True))


@pytest.mark.parametrize("kind", LISTS)
def test_lists_searches_and_pickers_stay_within(
    kind: str, colleague: Any, elsewhere: dict[str, Any], other_space: Space
) -> None:
    assert "Secret" not in colleague.page(f"{kind}/")
    assert "<td" not in colleague.page(f"{kind}/", q="Secret")
    for space in (other_space.pk, "", "x"):
        choices = colleague.get(f"/admin/{kind}/choices/", {"space": space, "term": "Secret"})
        assert choices.json()["results"] == []


@pytest.mark.parametrize("page", ["change", "delete", "history"])
@pytest.mark.parametrize("kind", LISTS)
def test_a_row_of_another_space_is_as_one_that_is_not_there(
    kind: str, page: str, colleague: Any, elsewhere: dict[str, Any]
) -> None:
    def answer(number: int) -> tuple[int, str, list[str]]:
        response = colleague.get(f"/admin/{kind}/{number}/{page}/", follow=True)
        told = re.sub(r"\d+", "…", str([str(each) for each in response.context["messages"]]))
        return response.status_code, str(response.redirect_chain), [told]

    assert answer(elsewhere[kind].pk) == answer(999_999)


@pytest.mark.parametrize(
    "path",
    [
        "segments/segment/{segments/segment}/add-members/",
        "segments/segment/{segments/segment}/remove-members/",
        *(
            f"offers/offer/{{offers/offer}}/{what}/"
            for what in ("viewers", "as-member", "duplicate")
        ),
        "segments/space/{space}/enter/",
        "audiences/source/{audiences/source}/lists/",
        *(
            f"audiences/audience/{{audiences/audience}}/{what}/"
            for what in ("add-members", "remove-members", "extend", "sync")
        ),
        *(
            f"segments/import/{{segments/import}}/{what}/"
            for what in ("file", "count", "run", "cancel")
        ),
    ],
)
def test_what_else_one_can_do_with_a_row_is_not_there_either(
    path: str, colleague: Any, elsewhere: dict[str, Any], other_space: Space
) -> None:
    numbers = {name: row.pk for name, row in elsewhere.items()} | {"space": other_space.pk}
    path = re.sub(r"\{(.+?)\}", lambda name: str(numbers[name[1]]), path)
    assert colleague.post(f"/admin/{path}").status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        "segments.segmentmembership.membership",
        "audiences.audiencesegment.segment",
        "offers.offeraudience.audience",
        "offers.offeraudience.offer",
        "segments.segment.space",
        "segments.space.staff",
    ],
)
def test_djangos_own_picker_stays_within_too(
    asked: str, colleague: Any, elsewhere: dict[str, Any]
) -> None:
    names = dict(zip(["app_label", "model_name", "field_name"], asked.split("."), strict=True))
    answer = colleague.get("/admin/autocomplete/", {**names, "term": ""})
    assert answer.status_code == 403 or answer.json()["results"] == []


def test_a_row_is_not_added_to_another_space(colleague: Any, other_space: Space) -> None:
    answer = colleague.save(
        "segments/segment/add/", space=other_space.pk, name="Mine", short_code="mine"
    )
    assert "space" in answer.context["adminform"].form.errors
    assert not Segment.objects.exists()


def test_a_row_does_not_move_to_another_space(
    make_colleague: Make, make_segment: Make, space: Space, other_space: Space
) -> None:
    segment = make_segment("gold")
    colleague = make_colleague(space, other_space)
    path = f"segments/segment/{segment.pk}/change/"
    colleague.save(path, space=other_space.pk, name="Gold", short_code="gold")
    segment.refresh_from_db()
    assert (segment.name, segment.space) == ("Gold", space)


def test_forms_pick_from_the_space_alone(
    colleague: Any, make_membership: Make, elsewhere: dict[str, Any]
) -> None:
    membership = make_membership()
    answer = colleague.save(
        f"segments/membership/{membership.pk}/change/",
        external_id=membership.external_id,
        total_orders=0,
        total_order_value=0,
        segments=[elsewhere["segments/segment"].pk],
    )
    assert "is not one of the available choices" in answer.content.decode()
    assert not membership.segment_memberships.exists()


def test_who_is_given_no_space_sees_none(make_colleague: Make, elsewhere: dict[str, Any]) -> None:
    stranger = make_colleague()
    assert "not given a space yet" in stranger.page("")
    for kind in LISTS:
        assert stranger.get(f"/admin/{kind}/").status_code == 403
        assert stranger.get(f"/admin/{kind}/add/").status_code == 403


def test_a_superuser_sees_all(make_colleague: Make, elsewhere: dict[str, Any]) -> None:
    superuser = make_colleague(superuser=True)
    for kind, row in elsewhere.items():
        assert "Secret" in superuser.page(f"{kind}/{row.pk}/change/")


def test_who_is_not_staff_is_asked_to_log_in(colleague: Any, space: Space) -> None:
    space.staff.update(is_staff=False)
    assert colleague.get("/admin/offers/offer/").url.startswith("/admin/login/")


@pytest.mark.parametrize("what", ["progress", "problems.csv", "failed-rows.csv"])
def test_what_an_import_leaves_is_not_read_from_elsewhere(
    what: str, colleague: Any, elsewhere: dict[str, Any]
) -> None:
    number = elsewhere["segments/import"].pk
    assert colleague.get(f"/admin/segments/import/{number}/{what}/").status_code == 404
