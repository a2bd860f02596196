"""Pages that tell of audiences, or count them, for a colleague who is denied a label."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from audience_platform.models import ApiKey, AuditEvent, StaffLabels
from audiences.models import Audience, AudienceGroup
from audiences.services import define_audience, redefine_audience, refresh_space
from audiences.services.groups import audiences_of_group, make_group
from offers.models import Offer
from segments.models import Space

Make = Callable[..., Any]
AGES = {"minimum_age": 18, "maximum_age": 35}
GROUPS = "audiences/audiencegroup/"


@pytest.fixture
def secret(space: Space, make_membership: Make, at: Any) -> Audience:
    make_membership(birthday="2000-01-01")
    made = define_audience(
        space=space,
        audience_type="age_within",
        configuration=AGES,
        name="Secret",
        labels=["core/C9"],
    )
    refresh_space(space=space, now=at)
    return made


@pytest.fixture
def careful(colleague: Any) -> Any:
    """A colleague who is denied a label."""
    StaffLabels.objects.create(user=User.objects.get(), denied_labels=["core/C9"])
    return colleague


@pytest.fixture
def group(space: Space, secret: Audience, make_audience: Make, at: Any) -> AudienceGroup:
    known = [make_audience("age_within", minimum_age=age, name=f"{age}+") for age in (18, 40)]
    refresh_space(space=space, now=at)
    return make_group(space=space, name="Ages", audiences=[known[0], secret, known[1]])


def _in(audience: Audience) -> dict[str, Any]:
    return {"in_audience": str(audience.id)}


def test_home_says_nothing_of_who_is_in_it(
    careful: Any, make_colleague: Make, space: Space, secret: Audience, make_offer: Make
) -> None:
    make_offer(secret, name="Coffee")
    assert "aged 18 to 35" in make_colleague(space).page("").lower()
    page = careful.page("").lower()
    assert "coffee" in page
    assert "aged 18 to 35" not in page
    assert "in an audience that you may not see" in page


def _previewed(asking: Any, space: Space, rule: Any) -> Any:
    sent = {"space": space.pk, "audience": None, "rule": rule}
    page = "/admin/audiences/audience/rule-preview/"
    return asking.post(page, json.dumps(sent), content_type="application/json").json()


def test_a_rule_that_asks_for_it_is_not_counted(
    careful: Any, make_colleague: Make, space: Space, secret: Audience
) -> None:
    rule = _in(secret)
    assert _previewed(make_colleague(space), space, rule)["sample"]
    answer = _previewed(careful, space, rule)
    assert list(answer) == ["problems"]
    assert "you may not see" in answer["problems"][0]["problem"]
    assert _previewed(careful, space, {"field": "age", "operator": "is_present"})["sample"]


def test_the_builder_doesn_t_name_it(
    careful: Any, make_colleague: Make, space: Space, secret: Audience
) -> None:
    page = "audiences/audience/add/"
    asked = {"type": "rules", "rule": json.dumps(_in(secret))}
    assert "Secret" in make_colleague(space).page(page, **asked)
    assert "Secret" not in careful.page(page, **asked)


def test_a_draft_that_asks_for_it_is_not_counted(
    careful: Any, make_colleague: Make, space: Space, secret: Audience
) -> None:
    """Also when something else is wrong, which counting doesn't mind."""
    page = "/admin/audiences/audience/draft/?type=pql"
    sent = {"space": space.pk, "value": f'inSegment("{secret.id}")', "format": "pql/text"}
    assert "html" in make_colleague(space).post(page, sent).json()
    for more in ({}, {"labels": "core/C9"}):
        answer = careful.post(page, {**sent, **more}).json()
        assert "html" not in answer
        assert "you may not see" in str(answer["problems"])


def test_a_key_is_denied_what_its_maker_is(careful: Any, space: Space) -> None:
    careful.save(
        "audience_platform/apikey/add/",
        name="Shop",
        spaces=[space.pk],
        scope="read",
        denied_labels="core/C1",
    )
    assert sorted(ApiKey.objects.get().denied_labels) == ["core/C1", "core/C9"]


def test_the_pages_of_groups_don_t_name_it(
    careful: Any, make_colleague: Make, space: Space, group: AudienceGroup
) -> None:
    other = make_colleague(space)
    for path in (GROUPS, f"{GROUPS}{group.pk}/change/"):
        assert "Secret" in other.page(path), path
        page = careful.page(path)
        assert "40+" in page, path
        assert "Secret" not in page, path


def test_saving_a_group_leaves_it_where_it_is(
    careful: Any, group: AudienceGroup, secret: Audience
) -> None:
    first, _, last = audiences_of_group(group)
    page = f"{GROUPS}{group.pk}/change/"
    careful.save(page, name="Renamed", space=group.space_id, in_order=[last.pk, first.pk])
    group.refresh_from_db()
    assert group.name == "Renamed"
    assert audiences_of_group(group) == [last, secret, first]


@pytest.mark.parametrize(
    "before",
    [
        lambda secret: {"audience_type": "rules", "configuration": {"rule": _in(secret)}},
        lambda _: {"labels": ["core/C9"]},
    ],
)
def test_undoing_doesn_t_bring_back_what_one_is_denied(
    careful: Any, make_program: Make, make_audience: Make, secret: Audience, before: Any
) -> None:
    audience = make_audience("age_within", name="Young", minimum_age=18)
    redefine_audience(audience, **before(secret))
    redefine_audience(
        audience, audience_type="age_within", configuration={"minimum_age": 20}, labels=[]
    )
    event = AuditEvent.objects.filter(action="changed").latest("number")

    page = f"/admin/audience_platform/auditevent/{event.number}/undo/"
    for said in (careful.get(page, follow=True), careful.post(page, follow=True)):
        assert "Nothing was changed" in said.content.decode()
    members = careful.get(f"{page}members/").content.decode()
    assert "denied" in members or "you may not see" in members
    program = make_program(denied_labels=["core/C9"])
    assert program.post(f"audit-events/{event.id}/undo").status_code == 403
    audience.refresh_from_db()
    assert (audience.audience_type, audience.labels) == ("age_within", [])


def test_the_trail_s_filter_doesn_t_name_it(
    careful: Any, make_colleague: Make, space: Space, secret: Audience
) -> None:
    page = "audience_platform/auditevent/"
    assert "Secret" in make_colleague(space).page(page, object_id=str(secret.id))
    assert "Secret" not in careful.page(page, object_id=str(secret.id))


def test_a_program_copies_nothing_that_asks_for_it(
    make_program: Make, space: Space, secret: Audience
) -> None:
    asking = define_audience(
        space=space, audience_type="rules", configuration={"rule": _in(secret)}, name="Asks"
    )
    program = make_program(denied_labels=["core/C9"])
    assert program.post(f"audiences/{asking.id}/duplicate").status_code == 403
    assert Audience.objects.count() == 2


def test_a_program_that_names_an_offer_s_audiences_leaves_it(
    make_program: Make, make_offer: Make, make_audience: Make, secret: Audience
) -> None:
    offer: Offer = make_offer(secret)
    shown = make_audience("age_within", minimum_age=50)
    program = make_program(denied_labels=["core/C9"])
    linkage = {"data": [{"type": "audiences", "id": str(shown.id)}]}
    path = f"offers/{offer.id}"
    assert program.patch(f"{path}/relationships/audiences", linkage).status_code == 200
    assert set(offer.audiences.all()) == {secret, shown}
    none: dict[str, Any] = {"audiences": {"data": []}}
    document = {"data": {"type": "offers", "id": str(offer.id), "relationships": none}}
    assert program.patch(path, document).status_code == 200
    assert set(offer.audiences.all()) == {secret}


def test_a_program_that_orders_a_group_leaves_it(
    make_program: Make, group: AudienceGroup, secret: Audience
) -> None:
    first, _, last = audiences_of_group(group)
    linkage = {"data": [{"type": "audiences", "id": str(one.id)} for one in (last, first)]}
    program = make_program(denied_labels=["core/C9"])
    path = f"audience-groups/{group.id}"
    assert program.patch(f"{path}/relationships/audiences", linkage).status_code == 200
    assert audiences_of_group(group) == [last, secret, first]


def test_the_trail_s_filter_takes_what_no_id_is(colleague: Any) -> None:
    assert colleague.page("audience_platform/auditevent/", object_id="\0")
