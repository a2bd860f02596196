"""Imports over HTTP, carried out by the worker's own machinery."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from audience_platform.models import Scope
from segments.models import Import, Membership, Segment, Space

Make = Callable[..., Any]


def test_a_file_of_memberships_from_the_wish_to_the_end(imports: Any, space: Space) -> None:
    made = imports.make()
    assert made.status_code == 201
    data = made.json()["data"]
    assert data["attributes"]["state"] == "waiting"
    assert data["attributes"]["target"] == "memberships"
    assert data["attributes"]["mode"] == "add_and_update"
    assert data["attributes"]["made_by"] == "the key “tests”"
    id = data["id"]

    file = b"external_id;E-mail;City\nm-1;ada@example.com;Ghent\nm-2;bo@example.com;\n"
    assert imports.put(data["attributes"]["upload_url"], file).status_code == 204
    seen = imports.read(id)
    assert seen["state"] == "uploaded"
    assert seen["upload_url"] is None
    assert seen["file_size"] == len(file)
    assert seen["look"]["header"] == ["external_id", "E-mail", "City"]
    assert seen["look"]["separator"] == ";"
    assert seen["look"]["rows"][0] == {
        "line": 2,
        "cells": ["m-1", "ada@example.com", "Ghent"],
        "problem": "",
    }
    assert seen["mapping"]["external_id"] == "external_id"
    assert seen["mapping"]["E-mail"] == "email"

    mapping = {"external_id": "external_id", "E-mail": "email", "City": "metadata.city"}
    assert imports.patch(id, mapping=mapping).status_code == 200

    counted = imports.do(id, "dry-run")
    assert counted["state"] == "counted"
    assert counted["dry_run"]["added"] == 2
    assert counted["dry_run"]["bad"] == 0
    assert counted["result"] is None
    assert not Membership.objects.exists()

    done = imports.do(id, "run")
    assert done["state"] == "succeeded"
    assert done["result"]["added"] == 2
    assert done["progress"]["percent"] == 100
    assert done["progress"]["rows_done"] == done["progress"]["rows_total"] == 2
    assert done["progress"]["rate"] > 0
    assert done["error"] == ""
    ada = Membership.objects.get(space=space, external_id="m-1")
    assert (ada.email, ada.metadata) == ("ada@example.com", {"city": "Ghent"})


def test_a_file_of_members_of_a_segment(
    imports: Any, make_segment: Make, make_membership: Make
) -> None:
    gold = make_segment("gold")
    staying, leaving = make_membership(gold, external_id="m-1"), make_membership(gold)
    id = imports.send(b"external_id\nm-1\nm-9\n", segment=gold, mode="replace", unknown="create")
    answer = imports.api.get(f"imports/{id}?include=segment").json()
    assert answer["data"]["attributes"]["target"] == "segment"
    assert [one["id"] for one in answer["included"]] == [str(gold.id)]

    counted = imports.do(id, "dry-run")["dry_run"]
    told = {name: counted[name] for name in ("added", "already_in", "created", "removed", "listed")}
    assert told == {"added": 1, "already_in": 1, "created": 1, "removed": 1, "listed": 2}
    assert counted["must_be_confirmed"] is True

    asked = imports.do(id, "run")
    assert asked["state"] == "needs_confirmation"
    assert "confirm" in asked["error"]
    assert set(Membership.objects.in_segment(gold)) == {staying, leaving}

    done = imports.do(id, "run", confirm=True)
    assert done["state"] == "succeeded"
    assert done["result"]["removed"] == 1
    names = Membership.objects.in_segment(gold).values_list("external_id", flat=True)
    assert set(names) == {"m-1", "m-9"}


def test_a_share_that_may_go_without_asking_can_be_given(
    imports: Any, make_segment: Make, make_membership: Make
) -> None:
    gold = make_segment("gold")
    make_membership(gold, external_id="m-1")
    make_membership(gold)
    id = imports.send(b"external_id\nm-1\n", segment=gold, mode="replace", removable_share=0.5)
    assert imports.do(id, "run")["state"] == "succeeded"


BAD = b"external_id,birthday,city\nm-1,1990-01-31,Ghent\nm-2,soon,Bruges\n,1990-01-31,Liege\n"
MAPPING = {"external_id": "external_id", "birthday": "birthday", "city": "metadata.city"}


def test_bad_rows_stop_an_import_and_are_all_told(imports: Any) -> None:
    id = imports.send(BAD)
    imports.patch(id, mapping=MAPPING)
    counted = imports.do(id, "dry-run")
    assert counted["state"] == "counted"
    assert (counted["dry_run"]["added"], counted["dry_run"]["bad"]) == (1, 2)

    failed = imports.do(id, "run")
    assert failed["state"] == "failed"
    assert failed["error"] == "2 rows are not as they should be, so nothing was imported."
    assert not Membership.objects.exists()
    assert failed["problem_count"] == 2
    first = failed["first_problems"][0]
    assert (first["line"], first["column"], first["value"]) == (3, "birthday", "soon")

    page = imports.api.get(f"imports/{id}/problems?page[size]=1&page[number]=2").json()
    assert page["meta"] == {"record_count": 2}
    (problem,) = page["data"]
    assert problem["type"] == "import-problems"
    assert problem["id"] == f"{id}:1"
    assert problem["attributes"]["line"] == 4
    assert problem["attributes"]["column"] == "external_id"
    assert problem["attributes"]["problem"] == "is missing"
    assert page["links"]["prev"].endswith("page%5Bnumber%5D=1&page%5Bsize%5D=1")

    response = imports.api.get(f"imports/{id}/problems.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    written = b"".join(response.streaming_content).decode()
    assert [row["line"] for row in csv.DictReader(io.StringIO(written))] == ["3", "4"]


def test_the_failed_rows_can_be_mended_and_sent_again(imports: Any) -> None:
    id = imports.send(BAD, skip_bad_rows=True)
    imports.patch(id, mapping=MAPPING)
    done = imports.do(id, "run")
    assert done["state"] == "succeeded"
    assert (done["result"]["added"], done["result"]["bad"]) == (1, 2)

    response = imports.api.get(f"imports/{id}/failed-rows.csv")
    mended = b"".join(response.streaming_content)
    assert b"m-2,soon,Bruges" in mended
    mended = mended.replace(b",soon,", b",1990-01-31,").replace(b",,1990", b",m-3,1990")
    again = imports.send(mended)
    imports.patch(again, mapping=MAPPING)
    assert imports.do(again, "run")["result"]["added"] == 2
    assert Membership.objects.count() == 3


def test_what_was_not_found_is_not_there(imports: Any) -> None:
    id = imports.send()
    page = imports.api.get(f"imports/{id}/problems").json()
    assert (page["data"], page["meta"]) == ([], {"record_count": 0})
    assert imports.api.get(f"imports/{id}/problems.csv").status_code == 404
    assert imports.api.get(f"imports/{id}/failed-rows.csv").status_code == 404


def refusal(answer: Any) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    place = error.get("source", {})
    return answer.status_code, error["code"], place.get("pointer", "")


def test_an_import_that_has_succeeded_stays_as_it_is(imports: Any) -> None:
    made = imports.make().json()["data"]
    url, id = made["attributes"]["upload_url"], made["id"]
    imports.put(url, b"external_id\nm-1\n")
    before = imports.do(id, "run")
    for answer in (
        imports.put(url, b"external_id\nm-2\n"),
        imports.api.post(f"imports/{id}/run"),
        imports.api.post(f"imports/{id}/dry-run"),
        imports.api.post(f"imports/{id}/cancel"),
        imports.patch(id, skip_bad_rows=True),
    ):
        assert refusal(answer) == (409, "wrong_state", ""), answer.content
    assert imports.read(id) == before
    assert imports.api.delete(f"imports/{id}").status_code == 200
    assert Membership.objects.count() == 1


def test_an_import_without_a_file_cannot_be_run(imports: Any) -> None:
    id = imports.make().json()["data"]["id"]
    answer = imports.api.post(f"imports/{id}/run")
    assert refusal(answer) == (409, "wrong_state", "")
    assert "waits for its file" in answer.json()["errors"][0]["detail"]


def test_one_that_waits_for_its_turn_can_be_cancelled_and_run_again(
    imports: Any, work_off: Callable[[], None]
) -> None:
    id = imports.send()
    assert imports.api.post(f"imports/{id}/run").json()["data"]["attributes"]["state"] == "running"
    assert refusal(imports.api.delete(f"imports/{id}")) == (409, "wrong_state", "")
    assert refusal(imports.patch(id, skip_bad_rows=True)) == (409, "wrong_state", "")
    answer = imports.api.post(f"imports/{id}/cancel")
    assert answer.json()["data"]["attributes"]["state"] == "cancelled"
    work_off()
    assert imports.read(id)["state"] == "cancelled"
    assert not Membership.objects.exists()
    assert imports.do(id, "run")["state"] == "succeeded"


@pytest.mark.parametrize(
    ("attributes", "pointer", "words"),
    [
        ({"mode": "replace"}, "/data/attributes/mode", "add_and_update, add, update_only"),
        ({"mode": "merge"}, "/data/attributes/mode", "is not a valid choice"),
        ({"unknown": "ask"}, "/data/attributes/unknown", "is not a valid choice"),
        ({"removable_share": 20}, "/data/attributes/removable_share", "less than or equal to 1"),
        ({"mapping": ["a"]}, "/data/attributes/mapping", "JSON object"),
        ({"speed": "high"}, "/data/attributes/speed", "Give some of mode,"),
    ],
)
def test_options_that_are_not_possible_are_refused(
    attributes: dict[str, Any], pointer: str, words: str, imports: Any
) -> None:
    answer = imports.make(**attributes)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["source"]["pointer"] == pointer
    assert words in error["detail"]
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"external_id": "external_id", "town": "metadata.town"}, "town"),
        ({"external_id": "identifier"}, "identifier"),
        ({"external_id": "email", "email": "email"}, "email"),
        ({"external_id": None, "email": None}, "external_id"),
        ({"full_name": 5}, "full_name"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_is_refused(
    mapping: dict[str, Any], words: str, imports: Any
) -> None:
    id = imports.send()
    before = imports.read(id)
    answer = imports.patch(id, mapping=mapping)
    assert refusal(answer) == (422, "invalid", "/data/attributes/mapping")
    assert words in answer.json()["errors"][0]["detail"]
    assert imports.read(id) == before


def test_what_was_said_of_a_column_holds_for_a_mended_file(imports: Any) -> None:
    made = imports.make(mapping={"Code": "external_id", "Town": "metadata.city"})
    data = made.json()["data"]
    for body in (b"Code,Town,Nick\nm-1,Ghent,A\n", b"Town,Code,Birthday\nGhent,m-1,\n"):
        assert imports.put(data["attributes"]["upload_url"], body).status_code == 204
        mapping = imports.read(data["id"])["mapping"]
        assert (mapping["Code"], mapping["Town"]) == ("external_id", "metadata.city")
    assert mapping == {"Town": "metadata.city", "Code": "external_id", "Birthday": "birthday"}
    assert imports.do(data["id"], "run")["result"]["added"] == 1


def test_a_change_forgets_what_was_counted(imports: Any) -> None:
    id = imports.send()
    assert imports.do(id, "dry-run")["state"] == "counted"
    assert imports.patch(id, skip_bad_rows=False).status_code == 200  # changes nothing
    assert imports.read(id)["state"] == "counted"
    assert imports.patch(id, skip_bad_rows=True).status_code == 200
    changed = imports.read(id)
    assert (changed["state"], changed["dry_run"]) == ("uploaded", None)


def test_a_list_that_is_gone_is_not_imported_into(imports: Any, make_segment: Make) -> None:
    gold = make_segment("gold")
    id = imports.send(b"external_id\nm-1\n", segment=gold)
    Segment.objects.all().delete()
    failed = imports.do(id, "run")
    assert failed["state"] == "failed"
    assert failed["error"] == "The list that this import was for has been deleted."
    assert (
        imports.api.get(f"imports/{id}").json()["data"]["relationships"]["segment"]["data"] is None
    )


def test_an_import_whose_list_is_gone_becomes_none_of_memberships(
    imports: Any, make_segment: Make
) -> None:
    segment = make_segment("gold")
    id = imports.send(segment=segment, mode="add")
    segment.delete()

    for change in ({"skip_bad_rows": True}, {"unknown": "create"}):
        assert imports.patch(id, **change).status_code == 200
    assert Import.objects.get().target == "segment"
    assert "has been deleted" in imports.do(id, "run")["error"]
    assert not Membership.objects.exists()


def test_imports_of_another_space_are_not_there(
    imports: Any, make_program: Make, other_space: Space, make_segment: Make
) -> None:
    id = imports.send()
    stranger = make_program(other_space)
    assert stranger.get("imports").json()["data"] == []
    for method, path in [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/problems"),
        ("GET", "/problems.csv"),
        ("GET", "/failed-rows.csv"),
        ("POST", "/run"),
        ("POST", "/dry-run"),
        ("POST", "/cancel"),
    ]:
        assert stranger.ask(method, f"imports/{id}{path}").status_code == 404, path
    gold = make_segment("gold")
    resource = {
        "type": "imports",
        "relationships": {"segment": {"data": {"type": "segments", "id": str(gold.id)}}},
    }
    assert stranger.post("imports", {"data": resource}).status_code == 404
    assert Import.objects.count() == 1


def test_a_key_that_may_read_reads_and_does_nothing_else(imports: Any, make_program: Make) -> None:
    id = imports.send()
    reader = make_program(scope=Scope.READ)
    answer = reader.get(f"imports/{id}")
    assert answer.status_code == 200
    assert answer.json()["data"]["attributes"]["upload_url"] is None
    assert reader.get(f"imports/{id}/problems").status_code == 200
    resource = {"type": "imports", "id": id}
    for answer in (
        reader.post("imports", {"data": {"type": "imports"}}),
        reader.patch(f"imports/{id}", {"data": resource}),
        reader.post(f"imports/{id}/dry-run"),
        reader.post(f"imports/{id}/run"),
        reader.post(f"imports/{id}/cancel"),
        reader.delete(f"imports/{id}"),
    ):
        assert answer.status_code == 403


def test_imports_are_found_by_state_and_segment(imports: Any, make_segment: Make) -> None:
    gold = make_segment("gold")
    one, other = imports.send(), imports.send(b"external_id\nm-1\n", segment=gold)

    def found(query: str) -> list[str]:
        return [one["id"] for one in imports.api.get(f"imports?{query}").json()["data"]]

    assert found("sort=-created_at") == [other, one]
    assert found("filter[state]=waiting") == []
    assert set(found("filter[state]=uploaded")) == {one, other}
    assert found(f"filter[segment]={gold.id}") == [other]
    assert found("filter[target]=memberships") == [one]


def test_a_key_with_the_longest_name_imports_too(make_program: Make, space: Space) -> None:
    program = make_program(name="k" * 255)
    made = program.post("imports", {"data": {"type": "imports", "attributes": {}}})
    assert made.status_code == 201
    assert made.json()["data"]["attributes"]["made_by"] == f"the key “{'k' * 246}"
