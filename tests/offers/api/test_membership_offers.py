"""``/api/membership-offers``: which offers one membership may see, and why not the others."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience, Lifecycle
from audiences.services import redefine_audience
from offers.visibility import membership_offers
from segments.models import Membership, Space
from segments.services import save_row

Make = Callable[..., Any]


@pytest.fixture
def world(
    make_membership: Make, make_segment: Make, make_audience: Make, make_offer: Make
) -> dict[str, Any]:
    """Ana is 20 and in gold. She may see “open” and “gold”, not “grown” nor “gone”."""
    gold = make_segment("gold")
    year = datetime.datetime.now(datetime.UTC).year
    birthday = datetime.date(year - 20, 1, 1)
    return {
        "ana": make_membership(gold, external_id="ana", birthday=birthday),
        "bob": make_membership(external_id="bob"),
        "open": make_offer(name="open", category="food"),
        "gold": make_offer(make_audience("in_all_segments", segments=[str(gold.id)]), name="gold"),
        "grown": make_offer(make_audience("age_within", minimum_age=30), name="grown"),
        "gone": make_offer(name="gone", discontinued=True, category="food"),
    }


def _statuses(response: Any) -> dict[str, str]:
    assert response.status_code == 200, response.content
    return {
        one["attributes"]["name"]: one["attributes"]["visible_status"]
        for one in response.json()["data"]
    }


def test_every_offer_comes_with_its_status(api: Any, world: dict[str, Any]) -> None:
    assert _statuses(api.get(f"membership-offers?filter[membership]={world['ana'].id}")) == {
        "open": "visible",
        "gold": "visible",
        "grown": "age_restricted",
        "gone": "discontinued",
    }


@pytest.mark.parametrize(
    "url", ["membership-offers?filter[external_id]=bob", "memberships/BOB/offers"]
)
def test_the_membership_is_named_in_other_ways(api: Any, world: dict[str, Any], url: str) -> None:
    assert _statuses(api.get(url.replace("BOB", str(world["bob"].id)))) == {
        "open": "visible",
        "gold": "missing_required_segments",
        "grown": "age_restricted",
        "gone": "discontinued",
    }


def test_the_answers_are_those_of_the_domain(api: Any, space: Space, world: dict[str, Any]) -> None:
    answers = membership_offers(
        space=space, membership=world["bob"].id, at=datetime.datetime.now(datetime.UTC)
    )
    data = api.get(f"memberships/{world['bob'].id}/offers").json()["data"]
    assert [
        (
            one["id"],
            one["attributes"]["visible_status"],
            one["attributes"]["visible_reasons"],
            one["attributes"]["eligible"],
        )
        for one in data
    ] == [
        (
            f"{world['bob'].id}:{answer.offer.id}",
            answer.visible_status,
            [reason.document() for reason in answer.visible_reasons],
            answer.eligible,
        )
        for answer in answers
    ]


def test_the_offers_own_attributes_are_there(api: Any, world: dict[str, Any]) -> None:
    path = "membership-offers?filter[external_id]=ana&filter[category]=food&sort=name"
    gone, opened = api.get(path).json()["data"]
    own = api.get(f"offers/{world['open'].id}").json()["data"]["attributes"]
    assert opened["attributes"].items() >= own.items()
    assert (gone["attributes"]["eligible"], opened["attributes"]["eligible"]) == (False, True)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("filter[visible_status]=visible", ["open", "gold"]),
        ("filter[visible_status]=age_restricted,discontinued", ["grown", "gone"]),
        ("filter[eligible]=false", ["gone"]),
        ("filter[eligible]=true&sort=-name", ["open", "grown", "gold"]),
        ("filter[category]=food", ["open", "gone"]),
        ("sort=visible_status,-name", ["grown", "gone", "open", "gold"]),
        ("page[size]=2&page[number]=2", ["grown", "gone"]),
        ("page[limit]=1&page[offset]=3", ["gone"]),
    ],
)
def test_a_list_is_filtered_sorted_and_paged(
    api: Any, world: dict[str, Any], query: str, names: list[str]
) -> None:
    found = _statuses(api.get(f"membership-offers?filter[external_id]=ana&{query}"))
    assert list(found) == names


def test_another_moment_is_previewed(api: Any, world: dict[str, Any]) -> None:
    year = world["ana"].birthday.year + 31
    found = _statuses(api.get(f"membership-offers?filter[external_id]=ana&filter[at]={year}-01-01"))
    assert found["grown"] == "visible"


def test_a_date_is_its_midnight_by_the_clock_of_the_space(
    api: Any, make_membership: Make, make_offer: Make
) -> None:
    make_membership(external_id="ana")
    day = datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC)
    make_offer(publish_at=day - datetime.timedelta(hours=2), name="x")  # midnight in Amsterdam
    path = "membership-offers?filter[external_id]=ana&filter[at]="
    assert _statuses(api.get(f"{path}2026-07-01")) == {"x": "visible"}
    assert _statuses(api.get(f"{path}2026-06-30T21:59:59Z")) == {"x": "unpublished"}
    assert _statuses(api.get(f"{path}2026-07-01T00:00:00+02:00")) == {"x": "visible"}
    assert _statuses(api.get(f"{path}2026-06-30T23:59:59%2B02:00")) == {"x": "unpublished"}


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("", 400, "filter[membership]"),
        ("filter[membership]=ANA&filter[external_id]=ana", 400, "filter[membership]"),
        ("filter[membership]=nobody", 404, "filter[membership]"),
        (f"filter[membership]={uuid.UUID(int=1)}", 404, "filter[membership]"),
        ("filter[external_id]=nobody", 404, "filter[external_id]"),
        ("filter[external_id]=ana&filter[at]=soon", 400, "filter[at]"),
        ("filter[external_id]=ana&filter[at]=2026-01-01T00:00:00", 400, "filter[at]"),
        ("filter[external_id]=ana&filter[at]=9999-12-31", 400, "filter[at]"),
        ("filter[external_id]=ana&filter[visible_status]=seen", 400, "filter[visible_status]"),
        ("filter[external_id]=ana&filter[eligible]=1", 400, "filter[eligible]"),
        ("filter[external_id]=ana&filter[offer]=x", 400, "filter[offer]"),
        ("filter[external_id]=ana&sort=custom_data", 400, "sort"),
        ("filter[external_id]=ana&page[cursor]=x", 400, "page[cursor]"),
        ("filter[external_id]=ana&include=offers", 400, "include"),
        (
            "filter[external_id]=ana&fields[membership-offers]=visible",
            400,
            "fields[membership-offers]",
        ),
    ],
)
def test_a_slip_in_the_query_is_pointed_at(
    api: Any, world: dict[str, Any], query: str, status: int, parameter: str
) -> None:
    response = api.get(f"membership-offers?{query.replace('ANA', str(world['ana'].id))}")
    assert response.status_code == status
    (error,) = response.json()["errors"]
    assert error["source"] == {"parameter": parameter}


def test_a_membership_of_another_space_is_like_one_that_there_is_not(
    api: Any, world: dict[str, Any], other_space: Space
) -> None:
    stranger = save_row(Membership(space=other_space), external_id="stranger")
    assert api.get(f"memberships/{stranger.id}/offers").status_code == 404
    assert api.get(f"membership-offers?filter[membership]={stranger.id}").status_code == 404
    assert api.get("membership-offers?filter[external_id]=stranger").status_code == 404


def test_one_is_read_by_its_id(api: Any, world: dict[str, Any]) -> None:
    id = f"{world['ana'].id}:{world['grown'].id}"
    document = api.get(f"membership-offers/{id}?include=membership,offer,audiences.segments").json()
    data = document["data"]
    assert data["id"] == id
    assert data["attributes"]["visible_status"] == "age_restricted"
    relationships = data["relationships"]
    assert relationships["membership"]["data"]["id"] == str(world["ana"].id)
    assert relationships["offer"]["data"]["id"] == str(world["grown"].id)
    types = [one["type"] for one in document["included"]]
    assert types == ["audiences", "memberships", "offers"]
    later = f"{world['ana'].birthday.year + 31}-01-01"
    preview = api.get(f"membership-offers/{id}?filter[at]={later}").json()["data"]["attributes"]
    assert preview["visible_status"] == "visible"


@pytest.mark.parametrize("id", ["x", "x:y", "ANA", "ANA:ANA", ":"])
def test_an_id_of_nothing_is_not_found(api: Any, world: dict[str, Any], id: str) -> None:
    assert (
        api.get(f"membership-offers/{id.replace('ANA', str(world['ana'].id))}").status_code == 404
    )


def test_what_it_is_related_to_has_urls(api: Any, world: dict[str, Any]) -> None:
    base = f"membership-offers/{world['ana'].id}:{world['grown'].id}"
    assert api.get(f"{base}/membership").json()["data"]["id"] == str(world["ana"].id)
    assert api.get(f"{base}/offer").json()["data"]["id"] == str(world["grown"].id)
    (audience,) = api.get(f"{base}/audiences").json()["data"]
    linkage = api.get(f"{base}/relationships/audiences").json()["data"]
    assert linkage == [{"type": "audiences", "id": audience["id"]}]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_it_is_only_to_read(api: Any, world: dict[str, Any], method: str) -> None:
    base = f"membership-offers/{world['ana'].id}:{world['grown'].id}"
    assert api.ask(method, base).status_code == 405
    linkage = {"data": {"type": "offers", "id": str(world["gold"].id)}}
    changed = api.patch(f"{base}/relationships/offer", linkage)
    assert changed.status_code == 403


def test_an_audience_out_of_force_hides_its_offer_and_says_so(
    api: Any, make_membership: Make, make_audience: Make, make_offer: Make
) -> None:
    make_membership(external_id="ana", total_orders=1)
    rule = {"field": "total_orders", "operator": "greater", "value": 5}
    make_offer(make_audience("rules", rule=rule), name="keen")
    off = make_audience("age_within", minimum_age=0)
    redefine_audience(off, lifecycle=Lifecycle.INACTIVE)
    make_offer(off, name="off")
    broken = make_audience("age_within", minimum_age=0)
    Audience.objects.filter(pk=broken.pk).update(configuration={"minimum_age": []})
    Audience.objects.filter(pk=broken.pk).update(audience_type="gone")
    make_offer(broken, name="broken")
    asked = "membership-offers?filter[external_id]=ana"
    expected = {
        "keen": "not_in_audience",
        "off": "audience_inactive",
        "broken": "audience_unavailable",
    }
    assert _statuses(api.get(asked)) == expected
    for name, status in expected.items():
        assert _statuses(api.get(f"{asked}&filter[visible_status]={status}")) == {name: status}
    (keen,) = api.get(f"{asked}&filter[visible_status]=not_in_audience").json()["data"]
    (reason,) = keen["attributes"]["visible_reasons"]
    assert "orders are more than 5" in reason["detail"]
