"""``/api/audiences/ID/count``, ``/status`` and ``/refresh``; versions, and changes between two."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from audiences.models import Audience, AudienceStatus, Lifecycle
from audiences.services import redefine_audience
from segments.models import Membership
from segments.services import save_row
from tests.audiences.api.conftest import orders

Make = Callable[..., Any]


@pytest.fixture
def told(api: Any, keen: Audience) -> Callable[[str], Any]:
    def told(path: str) -> Any:
        response = api.get(f"audiences/{keen.id}/{path}")
        assert response.status_code == 200, response.content
        return response.json()["data"]["attributes"]

    return told


def test_a_count_is_exact_and_says_when(told: Make, people: Any, refresh: Make) -> None:
    assert told("count") == {"count": 0, "as_of": None, "exact": True}
    refresh()
    found = told("count")
    assert (found["count"], found["exact"]) == (20, True)
    moment = datetime.datetime.fromisoformat(found["as_of"])
    assert datetime.datetime.now(datetime.UTC) - moment < datetime.timedelta(minutes=1)


def test_a_count_is_as_of_the_last_refresh_while_changes_are_followed(
    told: Make, keen: Audience, people: list[Membership], refresh: Make
) -> None:
    refresh()
    before = told("count")["as_of"]
    refresh()
    followed = told("count")["as_of"]
    assert followed > before
    redefine_audience(keen, lifecycle=Lifecycle.INACTIVE)
    refresh()
    assert told("count")["as_of"] <= followed  # an inactive one keeps its last version


def test_the_status_follows_what_happens(
    told: Make, keen: Audience, people: list[Membership], refresh: Make
) -> None:
    new = told("status")
    assert (new["version"], new["stale"], new["in_force"]) == (0, True, True)
    assert new["last_refreshed_at"] is new["took"] is new["last_error"] is None
    refresh()
    done = told("status")
    assert (done["version"], done["size"], done["stale"]) == (1, 20, False)
    assert done["pending_changes"] == 0
    assert done["in_progress"] is False
    assert done["took"] > 0
    save_row(people[0], total_orders=11)
    waiting = told("status")
    assert (waiting["stale"], waiting["pending_changes"]) == (True, 1)
    refresh()
    assert told("status")["version"] == 2
    redefine_audience(keen, enabled=False)
    off = told("status")
    assert (off["in_force"], off["stale"], off["version"]) == (False, True, 2)


def test_the_status_says_why_an_audience_cannot_be_worked_out(
    api: Any, told: Make, keen: Audience, refresh: Make
) -> None:
    with connection.cursor() as cursor:  # past the services
        cursor.execute("UPDATE audiences_audience SET configuration = '{\"rule\": 3}'")
    refresh()
    found = told("status")
    assert found["last_error"].startswith("Its definition can't be read")
    assert found["failed_at"] is not None
    assert found["stale"] is True
    (one,) = api.get("audiences").json()["data"]  # and the others stay readable
    assert one["attributes"]["summary"] == "who is meant can't be read"


def test_a_refresh_is_asked_for_and_done_by_the_worker(
    api: Any, keen: Audience, people: Any, refresh: Make
) -> None:
    refresh()
    response = api.post(f"audiences/{keen.id}/refresh")
    assert response.status_code == 202
    found = response.json()["data"]
    assert found["type"] == "audience-statuses"
    assert found["attributes"]["requested_at"] is not None
    assert found["attributes"]["stale"] is True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'refresh_space'"
            " AND args = jsonb_build_object('space', %s)",
            [keen.space_id],
        )
        assert cursor.fetchone() == (1,)
    assert api.post(f"audiences/{keen.id}/refresh").status_code == 202  # one waits already
    refresh()
    assert AudienceStatus.objects.get().requested_at is None


def test_one_that_is_not_in_force_is_not_refreshed(api: Any, keen: Audience) -> None:
    redefine_audience(keen, lifecycle=Lifecycle.INACTIVE)
    response = api.post(f"audiences/{keen.id}/refresh")
    assert response.status_code == 409
    (error,) = response.json()["errors"]
    assert error["code"] == "not_in_force"
    assert "“Keen” is inactive" in error["detail"]
    assert not AudienceStatus.objects.exclude(requested_at=None).exists()


def test_a_key_that_may_only_read_asks_for_no_refresh(make_program: Make, keen: Audience) -> None:
    reader = make_program(scope="read")
    assert reader.post(f"audiences/{keen.id}/refresh").status_code == 403
    assert reader.get(f"audiences/{keen.id}/status").status_code == 200


@pytest.fixture
def history(keen: Audience, people: list[Membership], refresh: Make) -> list[Membership]:
    """Version 1 holds those of ten orders and more, 2 also the first, 3 no longer the last, 4 only
    those of fifteen and more."""
    refresh()
    save_row(people[0], total_orders=15)
    refresh()
    save_row(people[29], total_orders=0)
    refresh()
    redefine_audience(keen, configuration={"rule": orders(15)})
    refresh()
    return people


def test_versions_tell_how_an_audience_grew(api: Any, keen: Audience, history: Any) -> None:
    document = api.get(f"audience-versions?filter[audience]={keen.id}&sort=version").json()
    rows = [one["attributes"] for one in document["data"]]
    assert [
        (row["version"], row["cause"], row["size"], row["entered"], row["left"]) for row in rows
    ] == [
        (1, "first", 20, 20, 0),
        (2, "facts", 21, 1, 0),
        (3, "facts", 20, 0, 1),
        (4, "definition", 15, 0, 5),
    ]
    assert all(row["took"] > 0 for row in rows)
    one = document["data"][0]
    assert one["relationships"]["audience"]["data"] == {"type": "audiences", "id": str(keen.id)}
    assert api.get(f"audience-versions/{one['id']}/audience").json()["data"]["id"] == str(keen.id)
    newest = api.get(f"audiences/{keen.id}/versions").json()["data"]
    assert [row["attributes"]["version"] for row in newest] == [4, 3, 2, 1]
    assert api.get("audience-versions?filter[cause.in]=first,full").json()["meta"] == {
        "record_count": 1
    }


def test_versions_of_another_space_are_not_shown(
    make_program: Make, other_space: Any, history: Any
) -> None:
    assert make_program(other_space).get("audience-versions").json()["data"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (3, 4, 0, 5)),
        ("filter[to]=3", (2, 3, 0, 1)),
        ("filter[from]=1&filter[to]=3", (1, 3, 1, 1)),
        ("filter[from]=0", (0, 4, 15, 0)),
        ("filter[from]=2&filter[to]=2", (2, 2, 0, 0)),
    ],
)
def test_changes_between_two_versions_are_counted(
    told: Make, history: Any, query: str, expected: Any
) -> None:
    found = told(f"changes?{query}")
    assert (found["start"], found["end"], found["entered"], found["left"]) == expected
    assert found["size_after"] - found["size_before"] == found["entered"] - found["left"]


def test_who_entered_and_left_is_listed_page_by_page(
    api: Any, keen: Audience, history: list[Membership]
) -> None:
    def listed(which: str, query: str) -> list[str]:
        document = api.get(f"audiences/{keen.id}/changes/{which}?{query}").json()
        return [one["attributes"]["external_id"] for one in document["data"]]

    assert listed("entered", "filter[from]=1&filter[to]=3") == ["p-00"]
    assert listed("left", "filter[from]=1&filter[to]=3") == ["p-29"]
    url = f"audiences/{keen.id}/changes/left?page[size]=3"
    document = api.get(url).json()
    assert document["meta"]["record_count"] == 5
    following = document["links"]["next"].removeprefix("https://testserver/api/")
    assert len(api.get(following).json()["data"]) == 2
    assert listed("left", "sort=-number&page[size]=1") == ["p-14"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("filter[to]=5", "filter[to]"),
        ("filter[from]=x", "filter[from]"),
        ("filter[from]=3&filter[to]=2", "filter[from]"),
        ("filter[since]=1", "filter[since]"),
        ("page[size]=1", "page[size]"),
    ],
)
def test_versions_that_are_not_there_are_refused(
    api: Any, keen: Audience, history: Any, query: str, parameter: str
) -> None:
    response = api.get(f"audiences/{keen.id}/changes?{query}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"parameter": parameter}
