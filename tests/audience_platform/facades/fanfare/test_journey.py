"""The whole journey, as a program of Fanfare's goes it: over HTTP, with a worker behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from pytest_django.live_server_helper import LiveServer

from audiences.models import Source
from segments.models import Membership
from tests.audience_platform.facades.fanfare.conftest import Fanfare
from tests.audiences.sources.stand_in import KlaviyoStandIn

Call = Callable[..., Any]


@pytest.fixture
def call(live_server: LiveServer, fanfare: Fanfare) -> Call:
    """Asks the server: the status, and the answer."""

    def ask(method: str, path: str, document: Any = None) -> tuple[int, Any]:
        body = None if document is None else json.dumps(document).encode()
        headers = {"Authorization": f"Bearer {fanfare.token}", "Content-Type": "application/json"}
        url = f"{live_server.url}/api/v1/{path}"
        try:
            with urlopen(Request(url, body, headers, method=method)) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)

    return ask


def put_file(url: str, content: str) -> int:
    """What anybody does who was given the URL: no key."""
    request = Request(url, content.encode(), {"Content-Type": "text/csv"}, method="PUT")
    with urlopen(request) as answer:
        return int(answer.status)


def test_a_dynamic_audience(
    call: Call, households: list[Membership], work_off: Callable[[], None]
) -> None:
    rules = [{"field": "totalOrders", "operator": "GREATER_THAN_OR_EQUAL", "values": [60]}]
    wanted = {"name": "Busy", "type": "DYNAMIC", "rules": rules}
    status, audience = call("POST", "audiences", wanted)
    assert (status, audience["version"]) == (201, 0)
    path = f"audiences/{audience['id']}"
    now = call("GET", f"{path}/status")[1]
    assert (now["stale"], now["version"], call("GET", f"{path}/count")[1]["count"]) == (True, 0, 0)

    work_off()
    work_off()

    busy = [str(one.id) for one in households if one.total_orders >= 60]
    now = call("GET", f"{path}/status")[1]
    assert (now["stale"], now["inProgress"], now["version"]) == (False, False, 1)
    assert call("GET", f"{path}/count")[1]["count"] == len(busy)
    paged: list[str] = []
    cursor = ""
    while cursor is not None:  # as the vendor's page on pagination has it
        answer = call("GET", f"{path}/members?first=5{cursor and f'&after={cursor}'}")[1]
        paged += [one["id"] for one in answer["data"]]
        cursor = answer["pageInfo"]["endCursor"]
    assert paged == busy

    narrower = [{"field": "metadata.coupons_redeemed", "operator": "GREATER_THAN", "values": [0]}]
    assert call("POST", f"{path}/rules", narrower)[0] == 201
    assert call("GET", f"{path}/status")[1]["stale"] is True
    assert call("POST", f"{path}/rules", narrower)[0] == 423  # until that has been worked out
    work_off()
    savers = [one for one in households if one.metadata["coupons_redeemed"] > 0]
    both = {str(one.id) for one in savers} & set(busy)
    assert call("GET", f"{path}/count")[1]["count"] == len(both) > 0


def test_a_static_list_from_a_file(
    call: Call, households: list[Membership], work_off: Callable[[], None]
) -> None:
    audience = call("POST", "audiences", {"name": "Invited", "type": "STATIC_LIST"})[1]
    path = f"audiences/{audience['id']}"
    status, wish = call("POST", f"{path}/import")
    assert (status, wish["status"]) == (200, "PENDING")

    rows = ["email,fullName", f"{households[0].email},Vera E.", "new@example.com,New", ",Nobody"]
    assert put_file(wish["uploadUrl"], "\n".join(rows) + "\n") == 200
    assert call("GET", f"{path}/import")[1]["status"] == "PROCESSING"
    with pytest.raises(HTTPError):  # once is enough
        put_file(wish["uploadUrl"], "email\nother@example.com\n")
    work_off()
    work_off()

    done = call("GET", f"{path}/import")[1]
    assert (done["status"], done["progress"], done["processedConsumers"]) == ("SUCCESS", 100, 3)
    assert (done["errorCount"], done["errors"][0]["row"]) == (1, 3)
    assert call("GET", f"{path}/count")[1] == {
        "audienceId": audience["id"],
        "count": 2,
        "source": "db_list",
    }
    [found] = call("GET", f"{path}/members?search=new@example")[1]["data"]
    assert (found["fullName"], found["email"]) == ("New", "new@example.com")
    listed = call("GET", "audiences?include=imports")[1]
    assert [one["id"] for one in listed[0]["imports"]] == [wish["id"]]


def test_a_list_of_klaviyos(
    call: Call, account: Source, klaviyo: KlaviyoStandIn, work_off: Callable[[], None]
) -> None:
    done = call("POST", "audiences/import/klaviyo", {"listIds": ["YwxYPP"]})[1]
    [made] = done["imported"]
    path = f"audiences/{made['syncSourceId']}"
    status, refused = call("POST", f"{path}/sync")
    assert (status, refused["error"]) == (409, "Sync already in progress")
    work_off()
    work_off()

    now = call("GET", f"{path}/status")[1]
    assert (now["syncStatus"], now["stale"]) == ("SUCCESS", False)
    assert call("GET", f"{path}/count")[1]["count"] == 3
    audience = call("GET", f"{path}?include=primarySyncSource")[1]
    assert (audience["name"], audience["type"]) == ("Newsletter", "SYNCED_LIST")
    assert audience["primarySyncSource"]["syncSourceId"] == "YwxYPP"

    people = [{"id": f"01P{number}", "email": f"p{number}@example.com"} for number in range(4)]
    klaviyo.add_list("YwxYPP", *people, name="Newsletter")
    assert call("POST", f"{path}/sync")[1] == {
        "success": True,
        "syncSourceId": made["syncSourceId"],
        "status": "PENDING",
    }
    work_off()
    work_off()
    assert call("GET", f"{path}/count")[1]["count"] == 4


def test_loyalty_tiers(
    call: Call, households: list[Membership], work_off: Callable[[], None]
) -> None:
    tiers = [
        {"name": "Bronze", "startValue": 0, "endValue": 1000, "order": 0},
        {"name": "Silver", "startValue": 1000, "endValue": 3000, "order": 1},
        {"name": "Gold", "startValue": 3000, "order": 2},
    ]
    sent = {"groupName": "Spend", "attribute": "totalOrderValue", "tiers": tiers}
    made = call("POST", "audiences/loyalty-tiers", sent)[1]
    work_off()
    work_off()
    assert counts(call, made) == expected(households, 1000, 3000)

    tiers[1]["endValue"] = tiers[2]["startValue"] = 2000
    path = f"audiences/loyalty-tiers/{made['tierGroup']}"
    changed = call("PUT", path, sent)[1]
    assert [one["id"] for one in changed["audiences"]] == [one["id"] for one in made["audiences"]]
    work_off()
    assert counts(call, changed) == expected(households, 1000, 2000)
    everyone = call("GET", f"audiences/groups/{made['tierGroup']}/members?first=100")[1]["data"]
    assert len(everyone) == len(households)


def counts(call: Call, group: Any) -> list[int]:
    return [call("GET", f"audiences/{one['id']}/count")[1]["count"] for one in group["audiences"]]


def expected(households: list[Membership], low: int, high: int) -> list[int]:
    values = [one.total_order_value for one in households]
    return [
        sum(value < low for value in values),
        sum(low <= value < high for value in values),
        sum(value >= high for value in values),
    ]
