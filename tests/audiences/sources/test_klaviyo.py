"""Klaviyo: its lists and people as they are, and what is said when it goes wrong."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from klaviyo_api import KlaviyoAPI

from audiences.services import sources
from audiences.sources import registry
from audiences.sources.base import Access, Beginning, Kind, Profile, SourceError, VendorList
from tests.audiences.conftest import Slept
from tests.audiences.sources.stand_in import (
    JSON_API,
    KEY,
    KlaviyoStandIn,
    Request,
    Said,
    error,
    says,
    slow_down,
)

VENDOR = registry.get("klaviyo")


def people(count: int) -> list[dict[str, str]]:
    return [{"id": f"01P{n:04}", "email": f"p{n}@example.com"} for n in range(count)]


def pulled(access: Access, kind: Kind = Kind.LIST, id: str = "Y6nRLr") -> list[Profile]:
    return [one for page in VENDOR.profiles(access, kind, id) for one in page]


def refusal(access: Access) -> SourceError:
    with pytest.raises(SourceError) as refused:
        pulled(access)
    return refused.value


def test_lists_and_segments_with_their_names(klaviyo: KlaviyoStandIn, access: Access) -> None:
    for number in range(12):
        klaviyo.add_list(f"L{number:02}", name=f"List number {number}")
    klaviyo.add_list("S1", name="Big spenders", place="segments")

    found = list(VENDOR.lists(access))

    assert len(found) == 13
    assert found[0] == VendorList(Kind.LIST, "L00", "List number 0")
    assert found[-1] == VendorList(Kind.SEGMENT, "S1", "Big spenders")
    assert [asked.path for asked in klaviyo.asked] == ["/api/lists", "/api/lists", "/api/segments"]


@pytest.mark.parametrize("place", ["lists", "segments"])
def test_the_people_of_a_list_page_by_page(
    klaviyo: KlaviyoStandIn, access: Access, place: str
) -> None:
    klaviyo.add_list("Y6nRLr", *people(250), place=place)

    found = pulled(access, Kind(place.removesuffix("s")))

    assert [one.email for one in found] == [f"p{n}@example.com" for n in range(250)]
    pages = klaviyo.asked[1:]
    assert [asked.query["page[size]"] for asked in pages] == ["100"] * 3
    assert {asked.headers["Authorization"] for asked in pages} == {f"Klaviyo-API-Key {KEY}"}
    assert {asked.headers["revision"] for asked in pages} == {"2026-10-15"}
    assert klaviyo.connections == 1


def test_what_is_known_of_a_person(klaviyo: KlaviyoStandIn, access: Access) -> None:
    robin = {
        "id": "01GDDKASAP8TKDDA2GRZDSVP4H",
        "email": " robin@example.com ",
        "phone_number": "+31612345678",
        "external_id": "loyal-7",
        "first_name": "Robin",
        "last_name": "de Vries",
    }
    klaviyo.add_list("Y6nRLr", robin, {"id": "01P", "first_name": "Kim"})

    assert pulled(access) == [
        Profile(
            external_id="loyal-7",
            email="robin@example.com",
            phone="+31612345678",
            full_name="Robin de Vries",
        ),
        Profile(full_name="Kim"),
    ]


def test_nothing_else_is_asked_of_a_person(klaviyo: KlaviyoStandIn, access: Access) -> None:
    klaviyo.add_list("Y6nRLr", *people(1))

    pulled(access)

    fields = "email,external_id,first_name,last_name,phone_number"
    assert klaviyo.asked[-1].query["fields[profile]"] == fields


def test_an_empty_list(klaviyo: KlaviyoStandIn, access: Access) -> None:
    klaviyo.add_list("Y6nRLr")

    assert pulled(access) == []


def test_a_segment_that_is_still_being_worked_out_is_not_read(
    klaviyo: KlaviyoStandIn, access: Access
) -> None:
    klaviyo.add_list("S1", *people(3), place="segments")
    klaviyo.processing.add("S1")

    with pytest.raises(SourceError, match="still working out who is in this segment") as refused:
        pulled(access, Kind.SEGMENT, "S1")

    assert refused.value.code == "not_ready"


def test_an_id_stays_within_its_place(klaviyo: KlaviyoStandIn, access: Access) -> None:
    with pytest.raises(SourceError, match="no such list"):
        pulled(access, id="../accounts?x=")

    assert klaviyo.asked[0].path == "/api/lists/..%2Faccounts%3Fx%3D"


# When it is asked too often


def test_it_is_asked_again_when_it_says_so(
    klaviyo: KlaviyoStandIn, access: Access, slept: Slept
) -> None:
    klaviyo.add_list("Y6nRLr", *people(150))
    klaviyo.script = [None, None, slow_down("7"), slow_down("31")]

    assert len(pulled(access)) == 150
    assert slept == [7, 31]


def test_without_a_time_to_wait_it_is_given_ever_more(
    klaviyo: KlaviyoStandIn, access: Access, slept: Slept
) -> None:
    klaviyo.add_list("Y6nRLr", *people(1))
    klaviyo.script = [slow_down(None), slow_down("soon"), slow_down(None)]

    assert len(pulled(access)) == 1
    assert slept == [1, 2, 4]


def test_it_is_not_asked_for_ever(klaviyo: KlaviyoStandIn, access: Access, slept: Slept) -> None:
    klaviyo.add_list("Y6nRLr", *people(1))
    klaviyo.script = [slow_down("1")] * 6

    refused = refusal(access)

    assert (refused.code, len(slept), len(klaviyo.asked)) == ("slow_down", 5, 6)
    assert "keeps asking us to slow down" in str(refused)


def test_somebody_who_waits_is_answered_in_time_however_slow_it_is(
    klaviyo: KlaviyoStandIn, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(request: Request) -> Said:
        time.sleep(0.25)
        return klaviyo.answer(request)

    for number in range(100):
        klaviyo.add_list(f"L{number:02}")
    klaviyo.script = [slowly] * 10
    monkeypatch.setattr(sources, "_PATIENCE", 0.6)
    patience, began = sources.briefly(), time.monotonic()

    with pytest.raises(SourceError) as refused:
        list(VENDOR.lists(replace(access, sleep=patience.sleep, until=patience.until)))

    assert refused.value.code == "slow_down"
    assert len(klaviyo.asked) < 5
    assert time.monotonic() - began < 10


def test_no_wait_is_as_long_as_a_day(klaviyo: KlaviyoStandIn, access: Access, slept: Slept) -> None:
    klaviyo.add_list("Y6nRLr", *people(1))
    klaviyo.script = [slow_down("86400")]

    refused = refusal(access)

    assert (refused.code, slept) == ("slow_down", [])
    assert "asks us to wait 86,400 seconds" in str(refused)


# When it is out of order


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_passes_is_waited_for(
    klaviyo: KlaviyoStandIn, access: Access, slept: Slept, status: int
) -> None:
    klaviyo.add_list("Y6nRLr", *people(150))
    out_of_order = says(error(status, "error", "A server error occurred."))
    broken_off = says(Said(200, b'{"data": [', {"Content-Type": JSON_API}, promised=1000))
    klaviyo.script = [out_of_order, None, broken_off, None]

    assert len(pulled(access)) == 150
    assert slept == [1, 1]


def test_what_stays_out_of_order_half_way(
    klaviyo: KlaviyoStandIn, access: Access, slept: Slept
) -> None:
    klaviyo.add_list("Y6nRLr", *people(150))
    klaviyo.script = [None, None, *[says(error(500, "error", "A server error occurred."))] * 6]

    refused = refusal(access)

    assert (refused.code, str(refused)) == (
        "unreachable",
        "Klaviyo is out of order (500). Try again later.",
    )
    assert slept == [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("status", "detail", "code", "words"),
    [
        (401, "Missing or invalid private key.", "key_refused", "doesn't know this API key"),
        (400, "The API key is malformed.", "key_refused", "doesn't know this API key"),
        (403, "Lacks scope.", "not_allowed", "may not read this"),
        (404, "No list.", "not_found", "Was it deleted there?"),
        (410, "Gone.", "not_found", "Was it deleted there?"),
        (400, "Bad filter.", "not_understood", "it answers 400: “Bad filter.”"),
        (302, "", "redirected", "is not followed"),
    ],
)
def test_what_a_refusal_means(
    klaviyo: KlaviyoStandIn, access: Access, status: int, detail: str, code: str, words: str
) -> None:
    klaviyo.script = [says(error(status, "refused", detail, Location="https://127.0.0.1/"))]

    refused = refusal(access)

    assert refused.code == code
    assert words in str(refused)
    assert KEY not in str(refused)
    assert len(klaviyo.asked) == 1  # none of these passes by waiting; and nobody is followed


def test_a_wrong_key(klaviyo: KlaviyoStandIn, access: Access) -> None:
    with pytest.raises(SourceError, match="doesn't know this API key"):
        list(VENDOR.lists(replace(access, key="pk_other")))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>Bad gateway</html>", "not JSON"),
        (b"[]", "not an object"),
        (b"{}", "no list of resources"),
        (b'{"data": [1]}', "no list of resources"),
        (b'{"data": [{"id": "01P", "attributes": null}]}', "no list of resources"),
        (b'{"data": [], "links": {"next": 7}}', "no cursor"),
        (b'{"data": [], "links": {"next": "https://a.klaviyo.com/api/lists"}}', "no cursor"),
    ],
)
def test_an_answer_that_makes_no_sense(
    klaviyo: KlaviyoStandIn, access: Access, body: bytes, words: str
) -> None:
    klaviyo.add_list("Y6nRLr")
    klaviyo.script = [None, says(Said(200, body))]

    refused = refusal(access)

    assert (refused.code, words in str(refused)) == ("not_understood", True)


def test_pages_that_go_round_in_a_circle(klaviyo: KlaviyoStandIn, access: Access) -> None:
    klaviyo.add_list("Y6nRLr", *people(1))
    links = {"next": "https://a.klaviyo.com/api/lists/Y6nRLr/profiles?page%5Bcursor%5D=abc"}
    page = says(Said(200, json.dumps({"data": [], "links": links}).encode()))
    klaviyo.script = [None, page, page, page]

    assert "go round in a circle" in str(refusal(access))


def test_the_key_goes_nowhere_else(klaviyo: KlaviyoStandIn, access: Access) -> None:
    klaviyo.add_list("Y6nRLr", *people(2))
    links = {"next": "https://evil.example.com/?page%5Bcursor%5D=MDAwMDAx"}
    klaviyo.script = [None, says(Said(200, json.dumps({"data": [], "links": links}).encode()))]

    assert [one.email for one in pulled(access)] == ["p1@example.com"]
    assert klaviyo.asked[-1].query["page[cursor]"] == "MDAwMDAx"


# The stand-in speaks as Klaviyo does: its own SDK understands it


def test_the_official_sdk_reads_the_stand_in(klaviyo: KlaviyoStandIn) -> None:
    klaviyo.add_list("Y6nRLr", *people(120), name="Newsletter")
    klaviyo.add_list("S1", *people(2), name="Big spenders", place="segments")
    sdk = KlaviyoAPI(KEY, max_delay=1, max_retries=1, test_host=klaviyo.url)

    lists = sdk.Lists.get_lists()
    segments = sdk.Segments.get_segments()
    one = sdk.Lists.get_list("Y6nRLr")
    first = sdk.Lists.get_profiles_for_list("Y6nRLr", page_size=100)
    second = sdk.Lists.get_profiles_for_list("Y6nRLr", page_size=100, page_cursor=first.links.next)
    of_segment = sdk.Segments.get_profiles_for_segment("S1")

    assert [(one.id, one.attributes.name) for one in lists.data] == [("Y6nRLr", "Newsletter")]
    assert [(one.id, one.attributes.name) for one in segments.data] == [("S1", "Big spenders")]
    assert one.data.attributes.name == "Newsletter"
    assert len(first.data) + len(second.data) == 120
    assert second.links.next is None
    assert second.data[-1].attributes.email == "p119@example.com"
    assert [one.attributes.email for one in of_segment.data] == ["p0@example.com", "p1@example.com"]


def test_the_beginning_of_a_list_and_its_size(klaviyo: KlaviyoStandIn, access: Access) -> None:
    klaviyo.add_list("Y6nRLr", *people(250))

    beginning = VENDOR.beginning(access, Kind.LIST, "Y6nRLr")

    assert (len(beginning.people), beginning.size) == (100, 250)
    assert klaviyo.asked[0].query == {"additional-fields[list]": "profile_count"}
    klaviyo.add_list("Empty")
    assert VENDOR.beginning(access, Kind.LIST, "Empty") == Beginning([], 0)


def test_a_key_is_checked_with_one_request(klaviyo: KlaviyoStandIn, access: Access) -> None:
    for number in range(30):
        klaviyo.add_list(f"L{number}")
    VENDOR.check(access)
    assert len(klaviyo.asked) == 1
    with pytest.raises(SourceError, match="doesn't know this API key"):
        VENDOR.check(replace(access, key="pk_of_nobody"))
