"""What the rule builder asks of the admin, and what its form makes of a rule."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audiences.models import Audience
from audiences.services import refresh_space
from segments.models import Space

Make = Callable[..., Any]
OVER_5 = {"field": "total_orders", "operator": "greater", "value": 5}
FIELDS = "/admin/audiences/audience/rule-fields/"
PREVIEW = "/admin/audiences/audience/rule-preview/"


def preview(colleague: Any, space: Space, rule: Any, **asked: Any) -> Any:
    sent = {"space": space.pk, "audience": None, "rule": rule, **asked}
    return colleague.post(PREVIEW, sent, content_type="application/json")


def given(page: str) -> dict[str, Any]:
    """What the page gives to its builder."""
    found = re.search('data-rule-builder="([^"]*)"', page)
    assert found
    return dict(json.loads(unescape(found[1])))


def test_the_fields_are_those_of_the_space_with_operators_by_kind(
    colleague: Any, space: Space, other_space: Space, make_membership: Make
) -> None:
    make_membership(metadata={"income": "35-49K"})
    make_membership(space=other_space, metadata={"secret": 1})
    told = colleague.get(FIELDS, {"space": space.pk}).json()
    fields = {one["name"]: one for one in told["fields"]}
    assert fields["total_order_value"]["kind"] == "money"
    assert fields["metadata.income"]["values"] == [["35-49K", 1]]
    assert "metadata.secret" not in fields
    assert {one["kind"] for one in told["fields"]} <= told["operators"].keys()
    by_name = {one["name"]: one for one in told["operators"]["any"]}
    assert by_name["equals"]["takes"] == ["true or false", "number", "text"]


def test_a_rule_is_counted_and_said_before_it_is_saved(
    colleague: Any, space: Space, make_membership: Make, make_audience: Make, at: Any
) -> None:
    make_membership(total_orders=9, full_name="Ada Ekberg")
    make_membership(total_orders=5)
    audience = make_audience("rules", rule={**OVER_5, "operator": "less"})
    refresh_space(space=space, now=at)
    told = preview(colleague, space, {"all": [OVER_5]}, audience=audience.pk).json()
    assert (told["count"], told["everyone"], told["percent"]) == (1, 2, 50.0)
    assert told["exact"]
    assert (told["would_enter"], told["would_leave"]) == (1, 0)
    assert [step["path"] for step in told["steps"]] == [[], ["all", 0]]
    assert told["sentence"] == "Orders are more than 5"
    assert told["pql"] == "totalOrders > 5"
    assert [one["title"] for one in told["sample"]] == ["Ada Ekberg"]
    assert colleague.get(told["sample"][0]["url"]).status_code == 200
    assert Audience.objects.get().configuration["rule"]["operator"] == "less"


def test_an_estimate_says_that_it_is_one(
    colleague: Any, space: Space, make_membership: Make
) -> None:
    make_membership(total_orders=9)
    assert preview(colleague, space, OVER_5, estimate=True).json()["exact"] is False


def test_what_pql_cannot_say_has_its_reasons(colleague: Any, space: Space) -> None:
    told = preview(colleague, space, {"field": "age", "operator": "less", "value": 5}).json()
    assert "pql" not in told
    assert told["unsayable"] == ["PQL's days are UTC: age counts by the clock of the space."]


def test_each_problem_of_a_rule_has_its_path(colleague: Any, space: Space) -> None:
    rule = {"all": [OVER_5, {"not": {"any": [{**OVER_5, "value": "many"}]}}]}
    [told] = preview(colleague, space, rule).json()["problems"]
    assert told["path"] == ["all", 1, "not", "any", 0, "value"]
    assert told["problem"].startswith("'many' is not a number.")
    unknown = {"in_segment": str(uuid4())}
    [told] = preview(colleague, space, {"all": [unknown]}).json()["problems"]
    assert told["path"] == ["all", 0, "in_segment"]


def test_nothing_is_told_of_other_spaces(
    colleague: Any, space: Space, other_space: Space, make_colleague: Make, make_audience: Make
) -> None:
    stranger = make_colleague(other_space)
    audience = make_audience("rules", rule=OVER_5)
    assert stranger.get(FIELDS, {"space": space.pk}).status_code == 404
    assert preview(stranger, space, OVER_5).status_code == 404
    assert preview(stranger, other_space, OVER_5, audience=audience.pk).status_code == 404
    assert preview(colleague, space, OVER_5, audience=audience.pk).status_code == 200


@pytest.mark.parametrize("sent", ["{", "[]", "{}", '{"space": 1}'])
def test_a_question_that_makes_no_sense_is_refused(colleague: Any, sent: str) -> None:
    answer = colleague.post(PREVIEW, sent, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("number", ["7", 7, True, {}])
def test_an_audience_that_is_none_is_refused(colleague: Any, space: Space, number: Any) -> None:
    assert preview(colleague, space, OVER_5, audience=number).status_code == 404


def test_a_longer_rule_asks_the_database_no_oftener(
    colleague: Any, space: Space, make_segment: Make, make_membership: Make
) -> None:
    def queries(count: int) -> int:
        segments = [make_segment() for _ in range(count)]
        make_membership(*segments, total_orders=9)
        rule = {"all": [OVER_5, *({"in_segment": str(one.id)} for one in segments)]}
        with CaptureQueriesContext(connection) as captured:
            assert preview(colleague, space, rule).json()["count"] == 1
        return len(captured)

    assert queries(1) == queries(20)


def test_the_form_gives_the_builder_the_names_of_what_the_rule_refers_to(
    colleague: Any, space: Space, other_space: Space, make_segment: Make, make_audience: Make
) -> None:
    gold, foreign = make_segment("gold", name="Gold tier"), make_segment("far", space=other_space)
    named = make_audience("rules", name="Busy", rule=OVER_5)
    both = {"all": [{"in_segment": str(gold.id)}, {"not": {"in_audience": str(named.id)}}]}
    audience = make_audience("rules", rule=both)
    told = given(colleague.page(f"audiences/audience/{audience.pk}/change/"))
    assert told["names"] == {str(gold.id): "Gold tier", str(named.id): "Busy"}
    assert (told["space"], told["audience"]) == (space.pk, audience.pk)
    add = "/admin/audiences/audience/add/?type=rules"
    asked = {"space": space.pk, "rule": json.dumps({"in_segment": str(foreign.id)})}
    told = given(colleague.post(add, asked).content.decode())
    assert told["names"] == {}


def test_a_rule_that_cannot_be_saved_comes_back_with_its_problems(
    colleague: Any, space: Space
) -> None:
    rule = {"all": [OVER_5, {"in_segment": str(uuid4())}]}
    add = "audiences/audience/add/?type=rules"
    page = colleague.save(add, space=space.pk, rule=json.dumps(rule)).content.decode()
    [problem] = given(page)["problems"]
    assert problem["path"] == ["all", 1, "in_segment"]
    assert "There is no segment" in page
    assert not Audience.objects.exists()


def test_a_rule_is_saved_as_text_too(colleague: Any, space: Space) -> None:
    add = "audiences/audience/add/?type=rules"
    page = colleague.save(add, space=space.pk, rule="{").content.decode()
    assert "This is not JSON." in page
    colleague.save(add, space=space.pk, rule=json.dumps(OVER_5))
    assert Audience.objects.get().configuration["rule"] == OVER_5


def test_pickers_offer_the_ids_by_which_rules_refer(
    colleague: Any, space: Space, make_segment: Make
) -> None:
    gold = make_segment("gold", name="Gold tier")
    asked = {"space": space.pk, "term": "gol"}
    told = colleague.get("/admin/segments/segment/choices/", asked).json()
    assert told["results"] == [{"id": str(gold.pk), "text": "Gold tier", "uuid": str(gold.id)}]


def test_the_built_file_is_what_its_source_makes() -> None:
    source = settings.BASE_DIRECTORY / "audiences" / "rule_builder"
    if not (shutil.which("node") and (source / "node_modules").exists()):
        pytest.skip("its packages are not here: npm ci in audiences/rule_builder")
    checked = subprocess.run(
        ["node", "build.mjs", "--check"], cwd=source, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
