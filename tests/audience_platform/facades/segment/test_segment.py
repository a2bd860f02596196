"""What no single exchange shows of Segment's dialect."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audience_platform.facades.segment.quota import count_preview
from audience_platform.models import ApiKey, AuditEvent, KeptPreview, PreviewCount, Scope
from audiences.models import Audience, Lifecycle
from audiences.services import define_audience, redefine_audience, refresh_space
from audiences.services.keys import free_key
from segments.models import Space

from .conftest import Segment

Make = Callable[..., Any]
QUERY = {"name": "A", "audienceType": "USERS", "definition": {"query": "trait('age') > 3"}}


@pytest.fixture
def make_query(space: Space) -> Make:
    def make(query: str = "trait('total_orders') > 1", **values: Any) -> Audience:
        return define_audience(
            space=values.pop("space", space),
            audience_type="definition_query",
            configuration={"query": query},
            **{"name": "Some", **values},
        )

    return make


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def error(answer: Any) -> Any:
    (one,) = answer.json()["errors"]
    return one


@pytest.mark.parametrize(
    "query",
    [
        "pagination%5Bcount%5D=2&pagination%5Bcursor%5D=PLACE",
        "pagination[cursor]=PLACE&pagination[count]=2",
        "pagination.count=2&pagination.cursor=PLACE",
        "pagination=" + quote('{"count": 2, "cursor": "PLACE"}'),
        "pagination=" + quote('{"count":2.0,"cursor":"PLACE"}'),
        "pagination=" + quote("{'count': 2, 'cursor': 'PLACE'}"),
    ],
)
def test_every_encoding_of_pagination_that_clients_send(
    query: str, segment: Segment, make_query: Make
) -> None:
    for number in range(5):
        make_query(name=f"A{number}")

    first = data(
        segment.ask("GET", f"/spaces/north/audiences?{query.replace('PLACE', 'MA%3D%3D')}")
    )
    place = quote(first["pagination"]["next"])
    second = data(segment.ask("GET", f"/spaces/north/audiences?{query.replace('PLACE', place)}"))
    place = quote(second["pagination"]["next"])
    third = data(segment.ask("GET", f"/spaces/north/audiences?{query.replace('PLACE', place)}"))

    pages = [first, second, third]
    names = [[audience["name"] for audience in page["audiences"]] for page in pages]
    assert names == [["A0", "A1"], ["A2", "A3"], ["A4"]]
    assert [page["pagination"]["previous"] for page in pages] == [
        None,
        first["pagination"]["current"],
        second["pagination"]["current"],
    ]
    assert third["pagination"]["next"] is None
    assert {page["pagination"]["totalEntries"] for page in pages} == {5}


def test_what_is_deleted_meanwhile_shifts_no_page(segment: Segment, make_query: Make) -> None:
    made = [make_query(name=f"A{number}") for number in range(3)]
    first = data(segment.ask("GET", "/spaces/north/audiences?pagination.count=2"))
    data(segment.ask("DELETE", f"/spaces/north/audiences/{made[0].id}"))

    cursor = quote(first["pagination"]["next"])
    page = f"/spaces/north/audiences?pagination.count=2&pagination.cursor={cursor}"
    assert [one["name"] for one in data(segment.ask("GET", page))["audiences"]] == ["A2"]


@pytest.mark.parametrize("accept", ["application/json", "application/vnd.segment.v1alpha+json"])
def test_a_page_costs_as_many_queries_for_fifty_as_for_one(
    accept: str, segment: Segment, make_query: Make, space: Space
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            data(segment.ask("GET", "/spaces/north/audiences?include=schedules", Accept=accept))
        return len(found)

    make_query()
    refresh_space(space=space, now=timezone.now())
    one = queries()
    for _ in range(49):
        make_query()
    refresh_space(space=space, now=timezone.now())
    assert queries() == one
    for audience in Audience.objects.all():
        redefine_audience(audience, configuration={"query": "trait('total_orders') > 2"})
    assert queries() <= one + 4  # what they mean is asked once for all


def test_each_space_is_apart(
    segment: Segment, make_query: Make, other_space: Space, make_program: Make
) -> None:
    others = make_query(space=other_space)

    assert data(segment.ask("GET", "/spaces/north/audiences"))["audiences"] == []
    for method, body in (("GET", None), ("PATCH", {"enabled": False}), ("DELETE", None)):
        for space in ("north", "south", str(other_space.id)):
            answer = segment.ask(method, f"/spaces/{space}/audiences/{others.id}", body)
            assert (answer.status_code, error(answer)["type"]) == (404, "not-found")
    events = data(segment.ask("GET", "/audit-events"))["events"]
    assert str(others.id) not in json.dumps(events)

    both = Segment(make_program(*Space.objects.all(), name="both").token)
    assert data(both.ask("GET", f"/spaces/south/audiences/{others.id}"))
    asked = {"audienceType": "USERS", "definition": {"query": "trait('age') > 3"}}
    kept = data(both.ask("POST", "/spaces/south/audiences/previews", asked))["audiencePreview"]
    assert data(both.ask("GET", f"/spaces/south/audiences/previews/{kept['id']}"))
    answer = both.ask("GET", f"/spaces/north/audiences/previews/{kept['id']}")
    assert answer.status_code == 404


def test_audiences_whose_labels_the_key_is_denied_are_not_there(
    make_program: Make, make_query: Make, space: Space
) -> None:
    kept_from = Segment(make_program().token)
    ApiKey.objects.update(denied_labels=["secret"])
    secret, other = make_query(labels=["secret"]), make_query(name="Other")

    found = data(kept_from.ask("GET", "/spaces/north/audiences"))
    assert [one["id"] for one in found["audiences"]] == [str(other.id)]
    assert found["pagination"]["totalEntries"] == 1
    for method, body in (("GET", None), ("PATCH", {"enabled": False}), ("DELETE", None)):
        path = f"/spaces/north/audiences/{secret.id}"
        assert kept_from.ask(method, path, body).status_code == 404
    events = data(kept_from.ask("GET", "/audit-events?resourceType=audience"))["events"]
    assert {event["resourceId"] for event in events} == {str(other.id)}


def test_a_key_that_may_only_read_is_told_401(
    make_program: Make, make_query: Make, space: Space
) -> None:
    reader = Segment(make_program(scope=Scope.READ).token)
    audience = make_query()

    path = f"/spaces/north/audiences/{audience.id}"
    assert data(reader.ask("GET", path))
    for method, to in (("PATCH", path), ("DELETE", path), ("POST", "/spaces/north/audiences")):
        answer = reader.ask(method, to, QUERY if method == "POST" else {"enabled": False})
        assert (answer.status_code, error(answer)["type"]) == (401, "unauthorized")
    assert list(Audience.objects.values_list("enabled", flat=True)) == [True]


def test_what_goes_wrong_here_is_told_in_the_envelope(
    segment: Segment, monkeypatch: pytest.MonkeyPatch, space: Space
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("audience_platform.facades.segment.views.audiences.read_page", fail)
    segment._client.raise_request_exception = False
    answer = segment.ask("GET", "/spaces/north/audiences")

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/json")
    assert error(answer)["type"] == "server-error"


def test_a_body_that_is_too_long_is_refused(segment: Segment, settings: Any, space: Space) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = segment.ask("POST", "/spaces/north/audiences", QUERY)
    assert (answer.status_code, error(answer)["type"]) == (413, "too-large")


def test_too_many_requests_are_refused_with_the_points(
    segment: Segment, monkeypatch: pytest.MonkeyPatch, make_query: Make
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_020.25)  # 20 seconds into a minute
    path = f"/spaces/north/audiences/{make_query().id}"
    answers = [segment.ask("PATCH", path, {"description": str(at)}) for at in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[9].headers["X-RateLimit-Consumed"] == "10"
    assert answers[9].headers["X-RateLimit-Remaining"] == "0"
    assert answers[9].headers["X-RateLimit-Reset"] == "Fri, 15 Jan 2027 08:01:00 GMT"
    assert answers[9].headers["RateLimit-Limit"] == "10"
    assert "X-RateLimit-Limit" not in answers[9].headers
    assert "Retry-After" not in answers[9].headers
    points = {"remainingPoints": 0, "msBeforeNext": 39750, "consumedPoints": 11}
    assert answers[10].json() == {
        "errors": [{"type": "RequestError", "message": "Too many requests", "data": points}]
    }
    assert answers[10].headers["Retry-After"] == "40"
    assert Audience.objects.get().description == "9"


def test_an_audience_made_elsewhere_shows_the_query_that_says_the_same(
    segment: Segment, make_audience: Make, make_segment: Make
) -> None:
    gold = make_segment("gold")
    aged = make_audience("age_within", minimum_age=18, maximum_age=35)
    within = make_audience("in_all_segments", segments=[str(gold.id)], name="Gold")
    listed = make_audience("static", name="A list")
    rule = {"field": "full_name", "operator": "equals", "value": "Anna"}
    no_words = make_audience("rules", rule=rule, name="Annas")

    found = data(segment.ask("GET", "/spaces/north/audiences"))["audiences"]
    told = {one["id"]: one["definition"] and one["definition"]["query"] for one in found}
    assert told == {
        str(aged.id): "trait('age') >= 18 AND trait('age') <= 35",
        str(within.id): f"trait('{gold.id}') = 'true'",
        str(listed.id): None,
        str(no_words.id): None,
    }
    assert {one["key"] for one in found} == {str(one.id) for one in Audience.objects.all()}


@pytest.mark.parametrize("lifecycle", [Lifecycle.DRAFT, Lifecycle.INACTIVE])
def test_what_rests_is_disabled_and_published_when_it_is_enabled(
    lifecycle: Lifecycle, segment: Segment, make_query: Make
) -> None:
    audience = make_query(lifecycle=lifecycle)
    path = f"/spaces/north/audiences/{audience.id}"
    assert data(segment.ask("GET", path))["audience"]["status"] == "Disabled"

    assert data(segment.ask("PATCH", path, {"enabled": True}))["audience"]["enabled"] is True
    assert Audience.objects.get().lifecycle == Lifecycle.PUBLISHED


def test_what_is_archived_stays_so(segment: Segment, make_query: Make) -> None:
    path = f"/spaces/north/audiences/{make_query(lifecycle=Lifecycle.ARCHIVED).id}"
    answer = segment.ask("PATCH", path, {"enabled": True})
    assert (answer.status_code, error(answer)["field"]) == (422, "enabled")


def test_a_list_has_no_definition_to_be_given(segment: Segment, make_audience: Make) -> None:
    path = f"/spaces/north/audiences/{make_audience('static', name='A list').id}"
    answer = segment.ask("PATCH", path, {"definition": {"query": "trait('age') > 3"}})
    assert (answer.status_code, error(answer)["field"]) == (422, "definition")


def test_what_cannot_be_worked_out_has_failed(
    segment: Segment, make_query: Make, space: Space, colleague: Any
) -> None:
    audience = make_query()
    Audience.objects.filter(pk=audience.pk).update(configuration={"query": "nonsense"})
    refresh_space(space=space, now=timezone.now())

    path = f"/spaces/north/audiences/{audience.id}"
    assert data(segment.ask("GET", path))["audience"]["status"] == "Failed"
    events = data(segment.ask("GET", f"/audit-events?resourceId={audience.id}"))["events"]
    assert events[0]["type"] == "Audience Run Failed"
    number = AuditEvent.objects.latest("number").pk
    page = colleague.page(f"audience_platform/auditevent/{number}/change/")
    assert "failed: Its definition can’t be read" in page.replace("&#x27;", "’")


def test_a_forced_run_is_told_of_when_it_is_complete(
    segment: Segment, make_query: Make, work_off: Callable[[], None]
) -> None:
    audience = make_query()
    path = f"/spaces/north/audiences/{audience.id}"
    data(segment.ask("POST", f"{path}/runs"))
    work_off()

    events = data(segment.ask("GET", f"/audit-events?resourceId={audience.id}"))["events"]
    assert [event["type"] for event in events] == [
        "Audience Run Complete",
        "Audience Run Forced",
        "Audience Created",
    ]
    assert events[0]["actor"] == "refresh_space"
    event = AuditEvent.objects.order_by("number").last()
    assert event is not None
    assert (event.door, event.actor_type) == ("job", "job")
    assert event.request_id.startswith("job ")
    told = data(segment.ask("GET", path))["audience"]
    assert (told["status"], told["updatedBy"]) == ("Live", told["createdBy"])


def test_a_preview_counts_and_names_some(
    segment: Segment, space: Space, make_membership: Make
) -> None:
    buyer = make_membership(total_orders=4)
    make_membership(total_orders=1)
    asked = {"audienceType": "USERS", "definition": {"query": "trait('totalOrders') >= 3"}}
    made = data(segment.ask("POST", "/spaces/north/audiences/previews", asked))["audiencePreview"]

    path = f"/spaces/north/audiences/previews/{made['id']}"
    assert data(segment.ask("GET", path))["audiencePreview"] == {
        "id": made["id"],
        "audienceType": "USERS",
        "definition": {"query": "trait('totalOrders') >= 3"},
        "options": {},
        "status": "COMPLETED",
        "results": [{"id": str(buyer.id)}],
        "size": {"type": "USERS", "count": 1},
    }
    events = data(segment.ask("GET", "/audit-events?resourceType=audience preview"))["events"]
    assert [event["type"] for event in events] == ["Audience Preview Created"]
    KeptPreview.objects.update(created_at=timezone.now() - datetime.timedelta(days=1, seconds=1))
    assert segment.ask("GET", path).status_code == 404


def test_a_space_takes_so_many_previews_a_month(
    segment: Segment, make_program: Make, other_space: Space, settings: Any
) -> None:
    settings.SEGMENT_PREVIEWS_A_MONTH = 2
    now = timezone.now()
    both = Segment(make_program(*Space.objects.all(), name="both").token)
    asked = {"audienceType": "USERS", "definition": {"query": "trait('age') > 3"}}
    wrong = {"audienceType": "USERS", "definition": {"query": "nothing"}}

    def ask(who: Segment, space: str, body: Any) -> Any:
        return who.ask("POST", f"/spaces/{space}/audiences/previews", body)

    assert ask(segment, "north", wrong).status_code == 422  # comes to nothing, and doesn't count
    answers = [ask(segment, "north", asked), ask(both, "north", asked), ask(both, "north", asked)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert [one.headers["X-RateLimit-Remaining"] for one in answers] == ["1", "0", "0"]
    refused = answers[2]
    assert refused.headers["X-RateLimit-Consumed"] == "3"
    resets = parsedate_to_datetime(refused.headers["X-RateLimit-Reset"])
    assert (resets.day, resets.hour, resets.month) == (1, 0, now.month % 12 + 1)
    left = (resets - now).total_seconds()
    assert int(refused.headers["Retry-After"]) == pytest.approx(left, abs=30)
    told = error(refused)
    assert told["type"] == "RequestError"
    assert told["data"]["msBeforeNext"] == pytest.approx(left * 1000, abs=30_000)
    assert (told["data"]["remainingPoints"], told["data"]["consumedPoints"]) == (0, 3)
    assert KeptPreview.objects.count() == 2

    assert ask(both, "south", asked).status_code == 200
    PreviewCount.objects.update(month=datetime.date(2020, 1, 1))
    assert ask(both, "north", asked).status_code == 200


def test_an_answer_tells_of_the_limit_that_is_nearer(segment: Segment, space: Space) -> None:
    asked = {"audienceType": "USERS", "definition": {"query": "trait('age') > 3"}}
    answer = segment.ask("POST", "/spaces/north/audiences/previews", asked)
    assert answer.headers["X-RateLimit-Remaining"] == "4"  # a minute's; the month has 699 left


@pytest.mark.parametrize("unlimited", [True, False])
def test_no_limit_a_month_counts_nothing(
    unlimited: bool, segment: Segment, space: Space, settings: Any
) -> None:
    settings.SEGMENT_PREVIEWS_A_MONTH = 0 if unlimited else 700
    asked = {"audienceType": "USERS", "definition": {"query": "trait('age') > 3"}}
    data(segment.ask("POST", "/spaces/north/audiences/previews", asked))
    assert PreviewCount.objects.exists() is not unlimited


@pytest.mark.django_db(transaction=True)
def test_previews_asked_for_at_one_moment_are_all_counted(space: Space, settings: Any) -> None:
    def count(_: int) -> int:
        try:
            found = count_preview(space, at=timezone.now())
            assert found is not None
            return found.consumed
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(count, range(20))) == list(range(1, 21))


def test_a_new_key_is_none_that_something_goes_by(
    space: Space, make_query: Make, make_segment: Make, other_space: Space
) -> None:
    make_query(key="gold")
    make_segment("gold_2")
    make_query(space=other_space, key="gold_3")

    assert free_key(space=space, name="Gold") == "gold_3"
    assert free_key(space=space, name="Big Spénders!") == "big_spenders"
    assert free_key(space=space, name="Age") == "age_2"  # the field comes first
    assert free_key(space=space, name="日本") == "audience"
    assert len(free_key(space=space, name="a" * 255)) <= 255


def test_no_page_of_ours_is_led_to_a_slash(segment: Segment, space: Space) -> None:
    for path in (f"/spaces/north/audiences/{uuid4()}", "/spaces", "/spaces/x", "/audit-events/x"):
        assert segment.ask("GET", path).status_code == 404
        assert segment.ask("POST", path, {}).status_code in (404, 405)
