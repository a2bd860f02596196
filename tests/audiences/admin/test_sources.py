"""Sources in the admin: made, their lists made audiences, and these synced."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience, Source
from audiences.services.own_list import list_of
from audiences.services.sync import sync_now
from segments.models import Space
from tests.audiences.sources.stand_in import KEY, KlaviyoStandIn
from tests.conftest import Colleague, Make

SOURCES, AUDIENCES = "audiences/source", "audiences/audience"


def people(count: int) -> list[dict[str, str]]:
    return [{"id": f"01P{n:04}", "email": f"p{n}@example.com"} for n in range(count)]


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_a_source_is_made_and_its_key_is_never_shown(colleague: Colleague) -> None:
    assert "Where do lists come from?" in colleague.page(f"{SOURCES}/add/")

    colleague.save(f"{SOURCES}/add/?vendor=klaviyo", name="Our shop", key=KEY)

    source = Source.objects.get()
    assert (source.name, source.vendor, source.key_ending) == ("Our shop", "klaviyo", KEY[-4:])
    page = colleague.page(f"{SOURCES}/{source.pk}/change/")
    assert KEY not in page
    assert f"ends in “{KEY[-4:]}”" in page
    assert f"…{KEY[-4:]}" in colleague.page(f"{SOURCES}/")


def test_a_key_that_is_left_empty_stays(colleague: Colleague, make_source: Make) -> None:
    source = make_source()
    before = source.encrypted_key

    colleague.save(f"{SOURCES}/{source.pk}/change/", name="Web shop", key="")

    source.refresh_from_db()
    assert (source.name, source.encrypted_key) == ("Web shop", before)


@pytest.mark.parametrize(
    ("vendor", "fields", "words"),
    [
        ("klaviyo", {"name": "x", "key": ""}, "Give the key. A private API key"),
        ("klaviyo", {"name": "x", "key": "pk\u00e9"}, "This can't be a key"),
        ("klaviyo", {"name": "", "key": KEY}, "This field is required"),
        ("csv_url", {"name": "x", "url": "http://a.example.com/"}, "is not encrypted"),
        ("csv_url", {"name": "x", "url": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    colleague: Colleague, vendor: str, fields: dict[str, str], words: str
) -> None:
    answer = colleague.save(f"{SOURCES}/add/?vendor={vendor}", **fields)

    assert words in text(answer)
    assert not Source.objects.exists()


def test_another_url_wants_the_key_again(colleague: Colleague, make_source: Make) -> None:
    settings = {"url": "https://lists.example.com/a.csv"}
    source = make_source("csv_url", key="Bearer a secret of ours", settings=settings)

    answer = colleague.save(
        f"{SOURCES}/{source.pk}/change/", name="x", url="https://evil.example.com/", key=""
    )

    assert "the key must be given again" in text(answer)
    source.refresh_from_db()
    assert source.settings == settings


def test_lists_are_ticked_and_become_audiences(
    colleague: Colleague,
    klaviyo: KlaviyoStandIn,
    make_source: Make,
    make_synced: Make,
    work_off: Callable[[], None],
) -> None:
    source = make_source()
    klaviyo.add_list("L1", *people(3), name="Newsletter")
    klaviyo.add_list("L2", name="Shoppers")
    klaviyo.add_list("S1", *people(2), name="Spenders", place="segments")
    make_synced(source, list="L2", name="Regulars")
    page = colleague.page(f"{SOURCES}/{source.pk}/lists/")
    assert page.count('type="checkbox"') == 2
    assert "Regulars" in page

    answer = colleague.save(
        f"{SOURCES}/{source.pk}/lists/",
        list=["list:L1", "segment:S1", "list:L2"],
        interval="3600",
        unknown="create",
    )

    assert "2 audiences are made, and being synced" in text(answer)
    work_off()
    newsletter = Audience.objects.get(name="Newsletter")
    assert newsletter.configuration["interval"] == 3600
    assert list_of(newsletter).segment_memberships.count() == 3
    shown = colleague.page(f"{AUDIENCES}/{newsletter.pk}/change/")
    assert "3 people on the list: 3 joined, 0 left, 0 stayed." in shown
    assert "synced every hour" in shown


def test_a_source_that_cant_be_read_says_why(
    colleague: Colleague, klaviyo: KlaviyoStandIn, make_source: Make
) -> None:
    source = make_source(key="pk_of_somebody_else")

    page = colleague.page(f"{SOURCES}/{source.pk}/lists/")

    assert "Klaviyo doesn't know this API key" in html.unescape(page)


def test_a_synced_list_is_made_and_changed_by_its_form(
    colleague: Colleague, make_source: Make, make_synced: Make
) -> None:
    source = make_source()
    fields = {
        "name": "Newsletter",
        "source": source.pk,
        "kind": "list",
        "list": "L1",
        "interval": "",
        "unknown": "skip",
        "removable_share": 12.5,
    }
    colleague.save(f"{AUDIENCES}/add/?type=synced", **fields)
    audience = Audience.objects.get()
    assert audience.configuration == {
        "segment": str(list_of(audience).id),
        "source": str(source.id),
        "kind": "list",
        "list": "L1",
        "interval": None,
        "unknown": "skip",
        "removable_share": 0.125,
    }
    page = colleague.page(f"{AUDIENCES}/{audience.pk}/change/")
    assert 'value="12.5"' in page
    assert "It has not been synced yet" in page

    colleague.save(f"{AUDIENCES}/{audience.pk}/change/", **{**fields, "interval": "86400"})
    audience.refresh_from_db()
    assert audience.configuration["interval"] == 86400

    answer = colleague.save(f"{AUDIENCES}/add/?type=synced", **{**fields, "name": "Again"})
    assert "This list is synced already, by “Newsletter”" in text(answer)


def test_it_is_synced_now_and_asks_before_many_leave(
    colleague: Colleague,
    klaviyo: KlaviyoStandIn,
    make_synced: Make,
    work_off: Callable[[], None],
) -> None:
    klaviyo.add_list("L1", *people(10))
    audience = make_synced(name="Newsletter")
    page = f"{AUDIENCES}/{audience.pk}/change/"

    answer = colleague.save(f"{AUDIENCES}/{audience.pk}/sync/")
    assert "“Newsletter” is being synced." in text(answer)
    assert "It waits for its turn." in text(answer)
    again = colleague.save(f"{AUDIENCES}/{audience.pk}/sync/")
    assert "is being synced already" in text(again)
    work_off()
    assert "10 joined" in colleague.page(f"{AUDIENCES}/{audience.pk}/sync-state/")

    klaviyo.people["L1"] = people(1)
    colleague.save(f"{AUDIENCES}/{audience.pk}/sync/")
    work_off()
    shown = colleague.page(page)
    assert "would take 9 of the 10 out of the audience: 90 %" in shown
    assert "Sync, and let them leave" in shown
    colleague.save(f"{AUDIENCES}/{audience.pk}/sync/", confirm="1")
    work_off()
    assert list_of(audience).segment_memberships.count() == 1


def test_sources_of_another_space_are_not_there(
    colleague: Colleague, make_source: Make, make_synced: Make, other_space: Space
) -> None:
    source = make_source(space=other_space, name="Theirs")
    audience = make_synced(source)

    assert "Theirs" not in colleague.page(f"{SOURCES}/")
    assert "Theirs" not in colleague.page(f"{AUDIENCES}/add/", type="synced")
    for page in (f"{SOURCES}/{source.pk}/lists/", f"{AUDIENCES}/{audience.pk}/sync-state/"):
        assert colleague.get(f"/admin/{page}").status_code == 404
    assert colleague.post(f"/admin/{AUDIENCES}/{audience.pk}/sync/").status_code == 404
    assert not audience.syncs.exists()


def test_a_source_in_use_is_not_deleted(
    colleague: Colleague, make_source: Make, make_synced: Make
) -> None:
    source = make_source()
    make_synced(source, name="Newsletter")

    page = colleague.page(f"{SOURCES}/{source.pk}/delete/")

    assert "Newsletter" in page
    assert Source.objects.exists()


def test_who_synced_when_is_kept(
    colleague: Colleague, klaviyo: KlaviyoStandIn, make_synced: Make
) -> None:
    klaviyo.add_list("L1", *people(4))
    audience = make_synced()
    for _ in range(2):
        sync_now(audience=audience)

    page = colleague.page(f"{AUDIENCES}/{audience.pk}/change/")

    assert "0 joined, 0 left, 4 stayed" in page
    assert "4 joined, 0 left, 0 stayed" in page
