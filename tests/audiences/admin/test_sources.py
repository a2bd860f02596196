"""Sources in the admin: made, their lists made audiences, and these synced."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audience_platform.models import StaffLabels
from audiences.models import Audience, Source
from audiences.services import redefine_audience
from audiences.services.own_list import list_of
from audiences.services.sync import request_sync, sync_now
from segments.models import Space
from tests.audiences.sources.stand_in import KEY, KlaviyoStandIn, Said, StandIn, says, slow_down
from tests.conftest import Colleague, Make

SOURCES, AUDIENCES = "audiences/source", "audiences/audience"


def people(count: int) -> list[dict[str, str]]:
    return [{"id": f"01P{n:04}", "email": f"p{n}@example.com"} for n in range(count)]


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_a_source_is_made_and_its_key_is_never_shown(
    colleague: Colleague, klaviyo: KlaviyoStandIn
) -> None:
    klaviyo.add_list("L1", name="Newsletter")
    assert "Where do lists come from?" in colleague.page(f"{SOURCES}/add/")

    answer = colleague.save(f"{SOURCES}/add/?vendor=klaviyo", name="Our shop", key=KEY)

    source = Source.objects.get()
    assert answer.redirect_chain[-1][0] == f"/admin/{SOURCES}/{source.pk}/lists/"
    assert "Newsletter" in text(answer)
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


def test_a_key_that_opens_nothing_is_told_at_once(
    colleague: Colleague, klaviyo: KlaviyoStandIn
) -> None:
    answer = colleague.save(f"{SOURCES}/add/?vendor=klaviyo", name="Shop", key="pk_of_nobody")

    (problem,) = answer.context["adminform"].form.errors["key"]
    assert "Klaviyo doesn't know this API key" in problem
    assert "Save it though" not in text(answer)
    assert not Source.objects.exists()


def test_a_source_that_cant_be_asked_now_may_be_saved_all_the_same(
    colleague: Colleague, klaviyo: KlaviyoStandIn
) -> None:
    klaviyo.script = [slow_down("100")]
    add = f"{SOURCES}/add/?vendor=klaviyo"

    answer = colleague.save(add, name="Shop", key=KEY)
    assert "The source asks us to wait" in text(answer)
    assert 'name="unchecked"' in text(answer)
    assert not Source.objects.exists()

    colleague.save(add, name="Shop", key=KEY, unchecked="1")
    assert Source.objects.get().has_key


def test_a_file_at_a_url_is_looked_at_and_what_may_be_secret_in_the_url_is_hidden(
    colleague: Colleague, on_this_machine: None, elsewhere: StandIn
) -> None:
    add = f"{SOURCES}/add/?vendor=csv_url"
    url = f"{elsewhere.url}/members.csv?token=secret"
    answer = colleague.save(add, name="Ours", url=url, key="")
    assert "no column by which people are found" in text(answer)
    elsewhere.answer = says(Said(404))
    assert "There is no file at this URL" in text(colleague.save(add, name="Ours", url=url))
    elsewhere.answer = says(Said(200, b"email\na@example.com\n"))
    colleague.save(add, name="Ours", url=url, key="")

    source = Source.objects.get()
    assert source.settings == {"url": url}
    page = colleague.page(f"{SOURCES}/{source.pk}/change/")
    assert "token=secret" not in page
    shown = f"{elsewhere.url}/members.csv?…"
    assert f'value="{shown}"' in page
    colleague.save(f"{SOURCES}/{source.pk}/change/", name="Renamed", url=shown, key="")
    source.refresh_from_db()
    assert (source.name, source.settings) == ("Renamed", {"url": url})
    guessed = colleague.save(
        f"{SOURCES}/{source.pk}/change/", name="x", url=f"{elsewhere.url}/b.csv?…", key=""
    )
    assert "Give the whole URL" in text(guessed)


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
        removable_share="35",
    )

    told = text(answer)
    assert "2 audiences are made, and being synced" in told
    state = f"{SOURCES}/{source.pk}/state/"
    assert f'hx-get="/admin/{state}"' in told
    assert "It waits for its turn." in told
    work_off()
    assert "3 people on the list: 3 joined" in colleague.page(state)
    assert "hx-get" not in colleague.page(state)
    newsletter = Audience.objects.get(name="Newsletter")
    assert newsletter.configuration["interval"] == 3600
    assert newsletter.configuration["removable_share"] == 0.35
    assert list_of(newsletter).segment_memberships.count() == 3
    shown = colleague.page(f"{AUDIENCES}/{newsletter.pk}/change/")
    assert "3 people on the list: 3 joined, 0 left, 0 stayed." in shown
    assert "synced every hour" in shown


def test_of_lists_of_several_kinds_all_are_made_or_none(
    colleague: Colleague, klaviyo: KlaviyoStandIn, make_source: Make
) -> None:
    klaviyo.add_list("L1", name="Newsletter")
    answer = colleague.save(
        f"{SOURCES}/{make_source().pk}/lists/",
        list=["list:L1", "segment:GONE"],
        interval="3600",
        unknown="create",
        removable_share="35",
    )
    assert "GONE" in text(answer)
    assert not Audience.objects.exists()


def test_a_list_s_audience_that_one_may_not_see_is_not_named(
    colleague: Colleague, klaviyo: KlaviyoStandIn, make_source: Make, make_synced: Make
) -> None:
    source = make_source()
    klaviyo.add_list("L1", name="Newsletter")
    audience = make_synced(source, list="L1", name="Regulars")
    redefine_audience(audience, labels=["core/C9"])
    assert "Regulars" in colleague.page(f"{SOURCES}/{source.pk}/lists/")
    StaffLabels.objects.create(user=User.objects.get(), denied_labels=["core/C9"])

    page = colleague.page(f"{SOURCES}/{source.pk}/lists/")

    assert "Regulars" not in page
    assert "one that you may not see" in page
    assert 'type="checkbox"' not in page
    counted = re.compile(r"field-audiences[^>]*>\s*(\d+)")
    assert counted.findall(colleague.page(f"{SOURCES}/")) == ["0"]


def test_what_a_first_sync_would_do_is_told_before(
    colleague: Colleague, klaviyo: KlaviyoStandIn, make_source: Make, make_membership: Make
) -> None:
    source = make_source()
    make_membership(email="P1@example.com")
    make_membership(email="p2@example.com")
    make_membership(email="p2@example.com")
    klaviyo.add_list("L1", *people(120), {"id": "01P9999"}, name="Newsletter")
    klaviyo.add_list("L2", name="Nobody's")

    answer = colleague.save(f"{SOURCES}/{source.pk}/lists/", list=["list:L1", "list:L2"], look="1")

    told = " ".join(text(answer).split())
    assert '<span class="count">121</span>' in told
    assert "Of the first 100: 1 are members already, 98 are new" in told
    assert "and of 1 it can't be told who they are" in told
    assert "Nobody is on it." in told
    assert not Audience.objects.exists()


def test_nothing_ticked_makes_nothing(
    colleague: Colleague, klaviyo: KlaviyoStandIn, make_source: Make
) -> None:
    klaviyo.add_list("L1", name="Newsletter")
    answer = colleague.save(f"{SOURCES}/{make_source().pk}/lists/", look="1", list="other:L1")
    assert "Nothing was made: tick lists" in text(answer)
    assert not Audience.objects.exists()


def test_a_sync_is_cancelled(
    colleague: Colleague, make_source: Make, make_synced: Make, work_off: Callable[[], None]
) -> None:
    source = make_source()
    audience = make_synced(source, name="Newsletter")
    colleague.save(f"{AUDIENCES}/{audience.pk}/sync/")

    answer = colleague.save(f"{AUDIENCES}/{audience.pk}/cancel-sync/", to_source="1")

    assert answer.redirect_chain[-1][0] == f"/admin/{SOURCES}/{source.pk}/change/#lists"
    assert "The sync of “Newsletter” is cancelled. Nothing was changed." in text(answer)
    work_off()
    assert audience.syncs.get().error_code == "cancelled"
    again = colleague.save(f"{AUDIENCES}/{audience.pk}/cancel-sync/")
    assert "there is nothing to cancel" in text(again)


def test_the_page_of_a_source_asks_as_much_for_many_lists_as_for_one(
    colleague: Colleague, make_source: Make, make_synced: Make
) -> None:
    source = make_source()

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            colleague.page(f"{SOURCES}/{source.pk}/state/")
        return len(queries)

    def hold(list: str) -> None:
        request_sync(audience=make_synced(source, list=list), at=timezone.now())

    hold("L0")
    asked()
    first = asked()
    for place in range(1, 6):
        hold(f"L{place}")
    assert asked() == first


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
