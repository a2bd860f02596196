"""``sources`` and ``syncs`` over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import Audience, Source, Sync
from audiences.services.own_list import list_of
from segments.models import Space
from tests.audiences.sources.stand_in import KEY, KlaviyoStandIn, slow_down
from tests.conftest import Make, Program

KLAVIYO = {"vendor": "klaviyo", "name": "Our shop", "key": KEY}


def source(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "sources", "attributes": attributes}}


def importing(*lists: str, source: Source | None = None, **attributes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "type": "list-imports",
        "attributes": {"lists": list(lists), **attributes},
    }
    if source:
        linkage = {"type": "sources", "id": str(source.id)}
        data["relationships"] = {"source": {"data": linkage}}
    return {"data": data}


def problems(answer: Any) -> list[tuple[str, str | None]]:
    errors = answer.json()["errors"]
    return [(one["code"], one.get("source", {}).get("pointer")) for one in errors]


def people(count: int) -> list[dict[str, str]]:
    return [{"id": f"01P{n:04}", "email": f"p{n}@example.com"} for n in range(count)]


# Sources


def test_a_source_never_shows_its_key(api: Program) -> None:
    made = api.post("sources", source(**KLAVIYO))

    assert made.status_code == 201
    shown = made.json()["data"]
    assert shown["attributes"].keys() == {
        "vendor",
        "name",
        "has_key",
        "key_ending",
        "settings",
        "created_at",
        "updated_at",
    }
    assert (shown["attributes"]["has_key"], shown["attributes"]["key_ending"]) == (True, KEY[-4:])
    for path in ("sources", f"sources/{shown['id']}"):
        assert KEY not in api.get(path).content.decode()
    assert KEY not in made.content.decode()


@pytest.mark.parametrize(
    ("attributes", "pointer", "words"),
    [
        ({"vendor": "mailchimp", "name": "x"}, "vendor", "Give one of csv_url, klaviyo"),
        ({"vendor": "klaviyo", "name": "x"}, "key", "Give the key. A private API key"),
        ({"vendor": "klaviyo", "name": "x", "key": "pk x\ny"}, "key", "This can't be a key"),
        ({"vendor": "klaviyo", "key": KEY}, "name", "name is missing"),
        ({"vendor": "csv_url", "name": "x"}, "settings", "Give the URL of the file"),
        (
            {"vendor": "csv_url", "name": "x", "settings": {"url": "http://a.example.com/"}},
            "settings",
            "is not encrypted",
        ),
        ({**KLAVIYO, "settings": {"region": "eu"}}, "settings", "“region” is not a setting"),
    ],
)
def test_what_is_wrong_with_a_source(
    api: Program, attributes: dict[str, Any], pointer: str, words: str
) -> None:
    answer = api.post("sources", source(**attributes))

    assert answer.status_code == 422
    (problem,) = answer.json()["errors"]
    assert problem["source"] == {"pointer": f"/data/attributes/{pointer}"}
    assert words in problem["detail"]
    assert "pk x" not in problem["detail"]
    assert not Source.objects.exists()


def test_a_source_is_changed(api: Program, make_source: Make) -> None:
    found = make_source(name="Shop")
    change = source(name="Web shop", vendor="klaviyo", key="pk_another_key_of_ours")
    change["data"]["id"] = str(found.id)

    answer = api.patch(f"sources/{found.id}", change)

    assert answer.json()["data"]["attributes"]["key_ending"] == "ours"
    change["data"]["attributes"] = {"vendor": "csv_url"}
    assert problems(api.patch(f"sources/{found.id}", change)) == [
        ("invalid", "/data/attributes/vendor")
    ]


def test_a_source_in_use_stays(api: Program, make_source: Make, make_synced: Make) -> None:
    found = make_source()
    audience = make_synced(found, name="Newsletter")

    refused = api.delete(f"sources/{found.id}")

    assert refused.status_code == 409
    (problem,) = refused.json()["errors"]
    (user,) = problem["meta"]["used_by"]
    assert (user["type"], user["name"]) == ("audiences", "Newsletter")
    related = api.get(f"sources/{found.id}/audiences").json()["data"]
    assert [one["id"] for one in related] == [str(audience.id)]
    api.delete(f"audiences/{audience.id}")
    assert api.delete(f"sources/{found.id}").status_code == 200


def test_sources_of_another_space_are_not_there(
    api: Program, make_source: Make, other_space: Space
) -> None:
    found = make_source(space=other_space)

    assert api.get(f"sources/{found.id}").status_code == 404
    assert api.get(f"sources/{found.id}/lists").status_code == 404
    assert api.get("sources").json()["data"] == []
    configuration = {"source": str(found.id), "list": "L1"}
    attributes = {"name": "x", "audience_type": "synced", "configuration": configuration}
    answer = api.post("audiences", {"data": {"type": "audiences", "attributes": attributes}})
    assert problems(answer) == [("invalid_configuration", "/data/attributes/configuration/source")]


# Their lists


def test_the_lists_of_a_source_and_who_holds_them(
    api: Program, klaviyo: KlaviyoStandIn, make_source: Make, make_synced: Make
) -> None:
    for number in range(25):
        klaviyo.add_list(f"L{number}", name=f"List {number}")
    klaviyo.add_list("S1", name="Spenders", place="segments")
    found = make_source()
    audience = make_synced(found, list="L1")

    first = api.get(f"sources/{found.id}/lists?page[size]=2").json()

    assert first["meta"] == {"record_count": 26}
    assert [one["attributes"] for one in first["data"]] == [
        {"list_id": "L0", "kind": "list", "name": "List 0", "is_synced": False},
        {"list_id": "L1", "kind": "list", "name": "List 1", "is_synced": True},
    ]
    holders = [one["relationships"]["audience"]["data"] for one in first["data"]]
    assert holders == [None, {"type": "audiences", "id": str(audience.id)}]
    last = api.get(f"sources/{found.id}/lists?page[number]=13&page[size]=2").json()["data"]
    assert last[-1]["attributes"]["kind"] == "segment"


def test_a_source_that_cant_be_read_says_why(
    api: Program, klaviyo: KlaviyoStandIn, make_source: Make
) -> None:
    wrong = make_source(key="pk_of_somebody_else")

    answer = api.get(f"sources/{wrong.id}/lists")

    assert (answer.status_code, problems(answer)) == (502, [("key_refused", None)])
    assert "doesn't know this API key" in answer.json()["errors"][0]["detail"]


def test_nobody_waits_for_long_for_the_lists(
    api: Program, klaviyo: KlaviyoStandIn, make_source: Make
) -> None:
    klaviyo.script = [slow_down("60")]

    answer = api.get(f"sources/{make_source().id}/lists")

    assert (answer.status_code, problems(answer)) == (502, [("slow_down", None)])


# Importing them


def test_lists_become_audiences_and_are_synced(
    api: Program, klaviyo: KlaviyoStandIn, make_source: Make, work_off: Callable[[], None]
) -> None:
    make_source()
    klaviyo.add_list("L1", *people(3), name="Newsletter")
    klaviyo.add_list("L2", *people(5), name="Shoppers")

    answer = api.post("sources/klaviyo/import", importing("L1", "L2", "L1", interval=3600))

    assert answer.status_code == 202
    told = answer.json()["data"]["attributes"]
    assert [one["list"] for one in told["made"]] == ["L1", "L2"]
    assert told["skipped"] == []
    sync = f"syncs/{told['made'][0]['sync']}"
    assert api.get(sync).json()["data"]["attributes"]["status"] == "PENDING"
    work_off()
    done = api.get(sync).json()["data"]["attributes"]
    assert (done["status"], done["added"]) == ("SUCCESS", 3)
    audience = api.get(f"audiences/{told['made'][1]['audience']}").json()["data"]["attributes"]
    assert (audience["name"], audience["audience_type"]) == ("Shoppers", "synced")
    assert audience["configuration"]["interval"] == 3600
    assert audience["size"] == 5


def test_none_becomes_one_when_its_sync_can_not_be_begun(
    api: Program, klaviyo: KlaviyoStandIn, make_source: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_source()
    klaviyo.add_list("L1", *people(3), name="Newsletter")

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("The queue is not there")

    monkeypatch.setattr("audiences.jobs.sync_audience.configure", fail)
    with pytest.raises(RuntimeError):
        api.post("sources/klaviyo/import", importing("L1"))
    assert not Audience.objects.exists()


def test_lists_that_are_synced_are_skipped(
    api: Program, klaviyo: KlaviyoStandIn, make_source: Make, make_synced: Make
) -> None:
    found = make_source()
    klaviyo.add_list("L1", name="Newsletter")
    klaviyo.add_list("L2", name="Shoppers")
    audience = make_synced(found, list="L1", name="Readers")

    told = api.post("sources/klaviyo/import", importing("L1", "L2")).json()["data"]["attributes"]

    assert told["skipped"] == [
        {
            "list": "L1",
            "reason": "already_synced",
            "audience": str(audience.id),
            "name": "Readers",
        }
    ]
    assert [one["list"] for one in told["made"]] == ["L2"]
    assert Audience.objects.count() == 2


def test_segments_of_a_vendor_too(api: Program, klaviyo: KlaviyoStandIn, make_source: Make) -> None:
    make_source()
    klaviyo.add_list("S1", name="Spenders", place="segments")

    told = api.post("sources/klaviyo/import", importing("S1", kind="segment")).json()["data"]

    (made,) = told["attributes"]["made"]
    audience = Audience.objects.get(id=made["audience"])
    assert (audience.name, audience.configuration["kind"]) == ("Spenders", "segment")


def test_which_source_must_be_clear(
    api: Program, klaviyo: KlaviyoStandIn, make_source: Make
) -> None:
    klaviyo.add_list("L1")
    pointer = "/data/relationships/source"
    answer = api.post("sources/klaviyo/import", importing("L1"))
    assert problems(answer) == [("not_found", pointer)]

    first, _ = make_source(), make_source()
    answer = api.post("sources/klaviyo/import", importing("L1"))
    assert problems(answer) == [("ambiguous", pointer)]

    assert api.post("sources/klaviyo/import", importing("L1", source=first)).status_code == 202
    answer = api.post("sources/csv_url/import", importing("file", source=first))
    assert problems(answer) == [("not_found", pointer)]


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (importing("L1", "nope"), "not_found", "/data/attributes/lists/1"),
        (importing("L1", interval=5), "invalid_configuration", "/data/attributes/interval"),
        (importing("L1", unknown="?"), "invalid_configuration", "/data/attributes/unknown"),
        (importing("L1", kind="tag"), "invalid_choice", "/data/attributes/kind"),
        (importing(), "empty", "/data/attributes/lists"),
    ],
)
def test_an_import_that_is_wrong_makes_nothing(
    api: Program,
    klaviyo: KlaviyoStandIn,
    make_source: Make,
    document: dict[str, Any],
    code: str,
    pointer: str,
) -> None:
    make_source()
    klaviyo.add_list("L1")

    answer = api.post("sources/klaviyo/import", document)

    assert (answer.status_code, problems(answer)) == (422, [(code, pointer)])
    assert not Audience.objects.exists()


# Syncing one


def test_an_audience_is_synced_when_asked(
    api: Program, klaviyo: KlaviyoStandIn, make_synced: Make, work_off: Callable[[], None]
) -> None:
    klaviyo.add_list("L1", *people(5))
    audience = make_synced()

    answer = api.post(f"audiences/{audience.id}/sync")

    assert answer.status_code == 202
    sync = answer.json()["data"]
    assert (sync["type"], sync["attributes"]["status"]) == ("syncs", "PENDING")
    assert answer["Content-Location"].endswith(f"/api/syncs/{sync['id']}")
    again = api.post(f"audiences/{audience.id}/sync")
    assert (again.status_code, problems(again)) == (409, [("sync_in_progress", None)])
    assert again.json()["errors"][0]["meta"] == {"sync": sync["id"]}
    work_off()
    assert api.get(f"audiences/{audience.id}/count").json()["data"]["attributes"]["count"] == 5
    (listed,) = api.get(f"audiences/{audience.id}/syncs").json()["data"]
    assert (listed["id"], listed["attributes"]["status"]) == (sync["id"], "SUCCESS")
    assert api.get(f"syncs?filter[audience]={audience.id}&filter[status]=SUCCESS").json()["data"]


def test_who_confirms_is_believed(
    api: Program, klaviyo: KlaviyoStandIn, make_synced: Make, work_off: Callable[[], None]
) -> None:
    klaviyo.add_list("L1", *people(5))
    audience = make_synced()
    api.post(f"audiences/{audience.id}/sync")
    work_off()
    klaviyo.people["L1"] = people(1)

    api.post(f"audiences/{audience.id}/sync")
    work_off()
    newest = api.get(f"audiences/{audience.id}/syncs").json()["data"][0]["attributes"]
    assert (newest["status"], newest["needs_confirmation"]) == ("FAILED", True)

    confirm = {"data": {"type": "audience-syncs", "attributes": {"confirm": True}}}
    api.post(f"audiences/{audience.id}/sync", confirm)
    work_off()
    assert list_of(audience).segment_memberships.count() == 1


def test_only_a_synced_audience_is_synced(api: Program, make_audience: Make) -> None:
    audience = make_audience("static", name="By hand")

    answer = api.post(f"audiences/{audience.id}/sync")

    assert (answer.status_code, problems(answer)) == (409, [("not_synced", None)])
    assert not Sync.objects.exists()


def test_who_may_only_read_starts_no_sync(make_program: Make, make_synced: Make) -> None:
    from audience_platform.models import Scope

    reader = make_program(scope=Scope.READ)

    assert reader.post(f"audiences/{make_synced().id}/sync").status_code == 403
    assert not Sync.objects.exists()


# The configuration of a synced audience


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"source": "x"}, "source"),
        ({"source": "00000000-0000-4000-8000-000000000000"}, "source"),
        ({"list": ""}, "list"),
        ({"list": 7}, "list"),
        ({"kind": "tag"}, "kind"),
        ({"interval": 60}, "interval"),
        ({"interval": True}, "interval"),
        ({"unknown": "refuse"}, "unknown"),
        ({"removable_share": 20}, "removable_share"),
        ({"segment": "00000000-0000-4000-8000-000000000000"}, "segment"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_configuration(
    api: Program, make_source: Make, change: dict[str, Any], at: str
) -> None:
    configuration = {"source": str(make_source().id), "list": "L1", **change}
    attributes = {"name": "x", "audience_type": "synced", "configuration": configuration}

    answer = api.post("audiences", {"data": {"type": "audiences", "attributes": attributes}})

    assert answer.status_code == 422
    assert problems(answer) == [("invalid_configuration", f"/data/attributes/configuration/{at}")]


def test_a_list_is_synced_by_one_audience(
    api: Program, make_source: Make, make_synced: Make
) -> None:
    found = make_source()
    make_synced(found, name="Newsletter")
    configuration = {"source": str(found.id), "list": "L1"}
    attributes = {"name": "x", "audience_type": "synced", "configuration": configuration}

    answer = api.post("audiences", {"data": {"type": "audiences", "attributes": attributes}})

    (problem,) = answer.json()["errors"]
    assert problem["detail"] == ("This list is synced already, by “Newsletter”. Use that audience.")


def test_a_configuration_is_told_in_full_and_may_be_sent_back(
    api: Program, make_synced: Make
) -> None:
    audience = make_synced()
    path = f"audiences/{audience.id}"
    shown = api.get(path).json()["data"]["attributes"]["configuration"]
    assert shown.keys() == {
        "segment",
        "source",
        "list",
        "kind",
        "interval",
        "unknown",
        "removable_share",
    }
    attributes = {"configuration": {**shown, "interval": 900}}
    document = {"data": {"type": "audiences", "id": str(audience.id), "attributes": attributes}}

    changed = api.patch(path, document).json()["data"]["attributes"]["configuration"]

    assert changed == {**shown, "interval": 900}


def test_a_sync_is_cancelled(api: Program, make_synced: Make, work_off: Callable[[], None]) -> None:
    audience = make_synced()
    sync = api.post(f"audiences/{audience.id}/sync").json()["data"]

    answer = api.post(f"syncs/{sync['id']}/cancel")

    assert answer.status_code == 200
    told = answer.json()["data"]["attributes"]
    assert (told["status"], told["error_code"]) == ("FAILED", "cancelled")
    work_off()
    again = api.post(f"syncs/{sync['id']}/cancel")
    assert (again.status_code, problems(again)) == (409, [("wrong_state", None)])


def test_a_url_is_shown_without_its_query_and_stays_when_it_is_sent_back(
    api: Program, make_source: Make
) -> None:
    url = "https://lists.example.com/members.csv"
    settings = {"url": f"{url}?token=secret"}
    found = make_source("csv_url", key="Bearer a secret of ours", settings=settings)

    shown = api.get(f"sources/{found.id}").json()["data"]
    assert shown["attributes"]["settings"] == {"url": f"{url}?…"}
    assert "token" not in api.get("sources").content.decode()

    sent = {"type": "sources", "id": str(found.id), "attributes": {"settings": {"url": f"{url}?…"}}}
    assert api.patch(f"sources/{found.id}", {"data": sent}).status_code == 200
    found.refresh_from_db()
    assert found.settings == settings
    sent["attributes"] = {"settings": {"url": url}}
    assert problems(api.patch(f"sources/{found.id}", {"data": sent})) == [
        ("invalid", "/data/attributes/key")
    ]
