"""Labels that an API key, or a member of staff, is denied: in the JSON:API and the admin.

``tests/audience_platform/facades/adobe`` has the same of Adobe's API.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from audience_platform.models import ApiKey, StaffLabels
from audiences.models import Audience
from audiences.services import define_audience, redefine_audience, refresh_space
from audiences.services.groups import audiences_of_group
from audiences.services.own_list import list_of
from audiences.services.rfm import make_rfm
from audiences.services.tiers import make_tiers
from offers.models import Offer
from segments.models import Import, Membership, Space
from segments.services import save_row

Make = Callable[..., Any]
AGES = {"minimum_age": 18, "maximum_age": 35}


@pytest.fixture
def secret(space: Space, at: Any) -> Audience:
    made = define_audience(
        space=space,
        audience_type="age_within",
        configuration=AGES,
        name="Secret",
        labels=["core/C1", "core/C9"],
    )
    refresh_space(space=space, now=at)
    return made


@pytest.fixture
def kept(make_program: Make) -> Any:
    """A program that is denied a label."""
    return make_program(denied_labels=["core/C9"])


def _in(audience: Audience) -> dict[str, Any]:
    return {"rule": {"in_audience": str(audience.id)}}


def _audience(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "audiences", "attributes": {"name": "New", **attributes}}}


def test_the_audience_and_what_tells_of_it_are_not_there(
    kept: Any, api: Any, secret: Audience, make_offer: Make, make_membership: Make
) -> None:
    offer = make_offer(secret)
    member = make_membership()
    one = f"audiences/{secret.id}"
    for path in (one, f"{one}/members", f"{one}/status", f"{one}/relationships/offers"):
        assert api.get(path).status_code == 200, path
        assert kept.get(path).status_code == 404, path
    for path in (
        "audiences",
        "audience-versions",
        f"offers/{offer.id}/audiences",
        f"offers/{offer.id}/relationships/audiences",
        f"memberships/{member.id}/explain",
        f"audit-events?filter[object_id]={secret.id}",
    ):
        assert api.get(path).json()["data"], path
        assert not kept.get(path).json()["data"], path
    document = kept.get(f"offers/{offer.id}?include=audiences").json()
    assert document["data"]["relationships"]["audiences"]["data"] == []
    assert "included" not in document or document["included"] == []
    query = f"audiences/overlap?filter[audiences]={secret.id},{secret.id}"
    assert kept.get(query).status_code >= 400


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_it_can_t_be_changed(kept: Any, secret: Audience, method: str) -> None:
    document = {"data": {"type": "audiences", "id": str(secret.id), "attributes": {"name": "x"}}}
    sent = document if method == "PATCH" else None
    assert kept.ask(method, f"audiences/{secret.id}", sent).status_code == 404
    secret.refresh_from_db()
    assert secret.name == "Secret"


def test_the_label_can_t_be_attached(kept: Any) -> None:
    new = _audience(audience_type="age_within", configuration=AGES, labels=["core/C9"])
    response = kept.post("audiences", new)
    assert response.status_code == 403
    (error,) = response.json()["errors"]
    assert (error["code"], error["source"]["pointer"]) == (
        "label_denied",
        "/data/attributes/labels",
    )
    new["data"]["attributes"]["labels"] = ["core/C1"]
    made = kept.post("audiences", new).json()["data"]
    change = {
        "data": {"type": "audiences", "id": made["id"], "attributes": {"labels": ["core/C9"]}}
    }
    assert kept.patch(f"audiences/{made['id']}", change).status_code == 403
    assert Audience.objects.get().labels == ["core/C1"]


def test_it_can_t_be_asked_for(kept: Any, api: Any, secret: Audience) -> None:
    rules = {"audience_type": "rules", "configuration": _in(secret)}
    pql = f'inSegment("{secret.id}")'
    for attributes in (
        rules,
        {"audience_type": "pql", "configuration": {"expression": {"value": pql}}},
    ):
        response = kept.post("audiences", _audience(**attributes))
        assert response.status_code == 403, response.content
        assert response.json()["errors"][0]["source"]["pointer"].endswith("/configuration")
    preview = {"data": {"type": "audience-previews", "attributes": rules}}
    assert api.post("audiences/preview", preview).status_code == 200
    assert kept.post("audiences/preview", preview).status_code == 403
    assert Audience.objects.count() == 1


def test_it_can_t_be_used(kept: Any, secret: Audience, make_offer: Make) -> None:
    offer = make_offer()
    linkage = {"data": [{"type": "audiences", "id": str(secret.id)}]}
    path = f"offers/{offer.id}/relationships/audiences"
    assert kept.post(path, linkage).status_code == 404
    new = {
        "data": {
            "type": "offers",
            "attributes": {"name": "New"},
            "relationships": {"audiences": linkage},
        }
    }
    assert kept.post("offers", new).status_code == 404


def test_the_command_denies_labels(space: Space) -> None:
    labels = ["core/C9", "core/C8"]
    call_command("create_api_key", space=["north"], name="k", deny_label=labels)
    assert ApiKey.objects.get().denied_labels == labels


@pytest.fixture
def asked(secret: Audience, make_audience: Make, make_offer: Make) -> Audience:
    """An audience that an offer uses, and the secret one."""
    made: Audience = make_audience("age_within", name="Asked for", minimum_age=18)
    redefine_audience(secret, audience_type="rules", configuration=_in(made))
    make_offer(made, name="Coffee")
    return made


def _no_secret(answer: Any, status: int) -> Any:
    assert answer.status_code == status
    said = answer.content.decode()
    assert "Coffee" in said
    assert "Secret" not in said
    assert "1 that you may not see" in said
    return answer.json()


def test_what_uses_something_is_counted_where_it_can_t_be_named(
    kept: Any, api: Any, asked: Audience
) -> None:
    path = f"audiences/{asked.id}"
    attributes = {"lifecycle": "archived"}
    archive = {"data": {"type": "audiences", "id": str(asked.id), "attributes": attributes}}
    for answer in (kept.delete(path), kept.patch(path, archive)):
        (error,) = _no_secret(answer, 409)["errors"]
        assert [user["name"] for user in error["meta"]["used_by"]] == ["Coffee"]
        assert error["meta"]["hidden"] == 1
    (error,) = api.delete(path).json()["errors"]
    assert {user["name"] for user in error["meta"]["used_by"]} == {"Coffee", "Secret"}
    assert "hidden" not in error["meta"]


def test_so_it_is_in_other_vendors_words(kept: Any, client: Any, asked: Audience) -> None:
    bearer = {"Authorization": f"Bearer {kept.token}"}

    def delete(path: str, **headers: str) -> Any:
        return client.delete(path, secure=True, headers={**bearer, **headers})

    segment = _no_secret(delete(f"/spaces/north/audiences/{asked.id}"), 409)["errors"][0]["data"]
    assert ([user["name"] for user in segment["usedBy"]], segment["hidden"]) == (["Coffee"], 1)
    fanfare = _no_secret(delete(f"/api/v1/audiences/{asked.id}"), 409)["details"]
    assert ([user["name"] for user in fanfare["usedBy"]], fanfare["hidden"]) == (["Coffee"], 1)
    key = str(ApiKey.objects.get().pk)
    adobe = {"x-api-key": key, "x-gw-ims-org-id": "ORG", "x-sandbox-name": "north"}
    _no_secret(delete(f"/data/core/ups/audiences/{asked.id}", **adobe), 400)


@pytest.fixture
def hidden(secret: Audience, make_audience: Make, make_offer: Make) -> None:
    """Two offers: one for the secret audience, the other for an audience that asks for it."""
    make_offer(secret, name="Box")
    make_offer(make_audience("rules", name="Named", **_in(secret)), name="Bag")


def test_an_offer_s_reasons_count_what_they_can_t_name(
    kept: Any, api: Any, hidden: None, secret: Audience, make_membership: Make
) -> None:
    member = make_membership(birthday="1950-01-01")
    path = f"membership-offers?filter[membership]={member.id}"
    supposed = {"data": {"type": "what-ifs", "attributes": {"birthday": "2000-01-01"}}}
    what_if = f"memberships/{member.id}/what-if"
    for answer in (api.get(path), api.post(what_if, supposed)):
        assert "Secret" in answer.content.decode()
    rows = [one["attributes"] for one in kept.get(path).json()["data"]]
    offers = kept.post(what_if, supposed).json()["data"]["attributes"]["offers"]
    for box, bag in (rows, [one["before"] for one in offers]):
        assert box["visible_status"] == "age_restricted"
        assert box["visible_reasons"] == [
            {
                "code": "age_restricted",
                "detail": "Only for members in an audience that you may not see.",
                "audience": None,
                "missing_segments": [],
            }
        ]
        (reason,) = bag["visible_reasons"]
        assert reason["detail"] == "Its audience asks for an audience that you may not see."
        assert reason["audience"]["name"] == "Named"
    redefine_audience(secret, enabled=False)
    box = kept.get(path).json()["data"][0]["attributes"]
    assert box["visible_reasons"][0]["detail"].startswith("The audience is not in force")
    assert "Secret" not in str(box)


# The admin


@pytest.fixture
def careful(colleague: Any, space: Space) -> Any:
    """A colleague who is denied a label."""
    user = User.objects.get()
    StaffLabels.objects.create(user=user, denied_labels=["core/C9"])
    return colleague


def test_a_colleague_does_not_see_it(
    careful: Any, make_colleague: Make, space: Space, secret: Audience, make_offer: Make
) -> None:
    offer = make_offer(secret)
    other = make_colleague(space)
    for path in (
        "audiences/audience/",
        "audience_platform/auditevent/",
        f"offers/offer/{offer.pk}/change/",
    ):
        assert "Secret" in other.page(path), path
        assert "Secret" not in careful.page(path), path
    one = f"/admin/audiences/audience/{secret.pk}/change/"
    assert other.get(one).status_code == 200
    assert careful.get(one).status_code == 302
    choices = f"/admin/audiences/audience/choices/?space={space.pk}"
    assert other.get(choices).json()["results"]
    assert not careful.get(choices).json()["results"]


def test_a_colleague_is_told_how_many_more_use_something(
    careful: Any, make_colleague: Make, space: Space, asked: Audience
) -> None:
    page = f"audiences/audience/{asked.pk}/delete/"
    assert "1 that you may not see" in careful.page(page)
    assert "Coffee" in careful.page(page)
    assert "Secret" not in careful.page(page)
    assert "Secret" in make_colleague(space).page(page)


def test_a_colleague_is_told_that_an_audience_hides_an_offer_not_which(
    careful: Any, make_colleague: Make, hidden: None, space: Space, make_membership: Make
) -> None:
    member = make_membership(birthday="1950-01-01")
    other = make_colleague(space)
    box, bag = Offer.objects.order_by("number")
    person = f"segments/membership/{member.pk}"
    pages: list[tuple[str, dict[str, Any]]] = [(f"{person}/offers/", {})] + [
        (f"offers/offer/{offer.pk}/as-member/", {"member": member.pk}) for offer in (box, bag)
    ]
    for page, asked in pages:
        assert re.search("Secret|aged 18", other.page(page, **asked)), page
        shown = careful.page(page, **asked)
        assert "an audience that you may not see" in shown, page
        assert not re.search("Secret|aged 18", shown), page
    facts = {"external_id": member.external_id, "total_orders": 0, "total_order_value": 0}
    supposed = {**facts, "birthday": "2000-01-01", "metadata": "{}", "space": space.pk}
    shown = careful.save(f"{person}/what-if/", **supposed).content.decode()
    _, offers = shown.split("Would become visible")
    assert offers.count("an audience that you may not see") == 2
    assert not re.search("Secret|aged 18", offers)


def test_saving_an_offer_leaves_what_one_does_not_see(
    careful: Any, secret: Audience, make_offer: Make
) -> None:
    offer = make_offer(secret)
    page = f"offers/offer/{offer.pk}/change/"
    careful.save(page, name="Renamed", space=offer.space_id)
    assert list(offer.audiences.all()) == [secret]


def test_a_colleague_is_told_how_many_more_use_a_tier(
    careful: Any, make_colleague: Make, space: Space, secret: Audience, make_offer: Make
) -> None:
    tiers = [
        {"name": "Bronze", "start": 0, "end": 10},
        {"name": "Gold", "start": 10, "end": None},
    ]
    group = make_tiers(space=space, name="Loyalty", attribute="total_orders", tiers=tiers)
    bronze, gold = audiences_of_group(group)
    make_offer(gold, name="Coffee")
    redefine_audience(secret, audience_type="rules", configuration=_in(gold))
    sent = {
        "space": space.pk,
        "group": group.pk,
        "name": "Loyalty",
        "attribute": "total_orders",
        "tier_id": [str(bronze.id)],
        "tier_name": ["Bronze"],
        "tier_start": ["0"],
    }
    page = f"audiences/audiencegroup/{group.pk}/change/"

    def told(who: Any) -> list[str]:
        looked = who.save(page, **sent).content.decode()
        moves = who.save("audiences/audiencegroup/tier-moves/", **sent).json()
        seen = re.search('name="seen" value="([^"]+)"', looked)
        assert seen
        saved = who.save(page, **sent, action="save", seen=seen[1]).content.decode()
        return [looked, moves["moves"], saved]

    for said in told(careful):
        assert "in use by “Coffee” and 1 that you may not see" in said
        assert "Secret" not in said
    for said in told(make_colleague(space)):
        assert "Secret" in said


def test_a_colleague_is_told_how_many_more_use_a_quintile(
    careful: Any,
    make_colleague: Make,
    space: Space,
    secret: Audience,
    make_membership: Make,
    at: Any,
) -> None:
    for count in range(1, 6):
        values = {"total_orders": count, "total_order_value": count, "last_order_at": at}
        make_membership(**values)
    make_rfm(space=space, at=at)
    best = Audience.objects.get(name="Frequency 5")
    redefine_audience(secret, audience_type="rules", configuration=_in(best))
    Membership.objects.filter(total_orders__gt=1).delete()
    page = "audiences/audiencegroup/add/?kind=rfm"
    answer = careful.save(page, space=space.pk).content.decode()
    assert "in use by 1 that you may not see" in answer
    assert "Secret" not in answer
    assert "Secret" in make_colleague(space).save(page, space=space.pk).content.decode()


def test_a_colleague_does_not_see_what_was_imported_into_it(
    careful: Any, make_colleague: Make, space: Space, make_audience: Make
) -> None:
    secret = make_audience("static", name="Hush")
    redefine_audience(secret, labels=["core/C9"])
    made = save_row(
        Import(space=space),
        target="audience",
        mode="add",
        segment=list_of(secret),
        file_name="a.csv",
    )
    pages = ["segments/import/", f"segments/import/{made.pk}/change/"]
    other = make_colleague(space)
    assert all("Hush" in other.page(page) for page in pages)
    assert "Hush" not in careful.page(pages[0])
    for page in (pages[1], f"segments/import/{made.pk}/progress/"):
        assert careful.get(f"/admin/{page}").status_code in (302, 404), page


def test_a_colleague_counts_no_rule_that_asks_for_it(
    careful: Any, make_colleague: Make, space: Space, secret: Audience
) -> None:
    def told(who: Any) -> Any:
        sent = {"space": space.pk, "audience": None, **_in(secret)}
        page = "/admin/audiences/audience/rule-preview/"
        return who.post(page, sent, content_type="application/json").json()

    assert told(make_colleague(space))["count"] == 0
    [problem] = told(careful)["problems"]
    assert problem["path"] == []
    assert "you may not see" in problem["problem"]


def test_a_colleague_can_t_ask_for_it(careful: Any, secret: Audience, space: Space) -> None:
    page = careful.save(
        "audiences/audience/add/?type=pql",
        name="By way of another",
        space=space.pk,
        value=f'inSegment("{secret.id}")',
        format="pql/text",
    )
    assert b"you may not see" in page.content
    assert Audience.objects.count() == 1


def test_a_superuser_denies_a_colleague_labels(make_colleague: Make, space: Space) -> None:
    superuser = make_colleague(superuser=True)
    made = User.objects.create(username="newcomer", is_staff=True)
    page = f"auth/user/{made.pk}/change/"
    fields = {
        "username": "newcomer",
        "is_active": "on",
        "is_staff": "on",
        "spaces": [space.pk],
        "denied_labels": "core/C9,core/C8",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
    }
    superuser.save(page, **fields)
    assert StaffLabels.objects.get(user=made).denied_labels == ["core/C9", "core/C8"]
    assert "core/C9,core/C8" in superuser.page(page)


def test_a_key_is_denied_labels_where_it_is_made(colleague: Any, space: Space) -> None:
    colleague.save(
        "audience_platform/apikey/add/",
        name="Shop",
        spaces=[space.pk],
        scope="read",
        denied_labels="core/C9",
    )
    key = ApiKey.objects.get()
    assert key.denied_labels == ["core/C9"]
    assert "core/C9" in colleague.page(f"audience_platform/apikey/{key.pk}/change/")
