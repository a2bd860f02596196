"""``Idempotency-Key``: the same POST again gets the first answer again."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audience_platform.models import IdempotentRequest, Scope
from segments.api.resource import ResourceViewSet, WritableViewSet
from segments.models import Membership, Space

Make = Callable[..., Any]


def _new(external_id: str = "m-1", **attributes: Any) -> dict[str, Any]:
    attributes = {"external_id": external_id, **attributes}
    return {"data": {"type": "memberships", "attributes": attributes}}


def test_the_first_answer_comes_again_and_nothing_is_made_again(api: Any) -> None:
    first = api.post("memberships", _new(), Idempotency_Key="k-1")
    again = api.post("memberships", _new(), Idempotency_Key="k-1")
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    for header in ("Location", "Content-Type"):
        assert again.headers[header] == first.headers[header]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Membership.objects.count() == 1


def test_the_answer_is_the_first_even_where_the_row_has_changed_since(api: Any) -> None:
    first = api.post("memberships", _new(), Idempotency_Key="k-1")
    Membership.objects.all().delete()
    assert api.post("memberships", _new(), Idempotency_Key="k-1").content == first.content
    assert not Membership.objects.exists()


def test_a_refusal_is_kept_too(api: Any) -> None:
    first = api.post("memberships", _new(birthday="x"), Idempotency_Key="k-1")
    again = api.post("memberships", _new(birthday="x"), Idempotency_Key="k-1")
    assert first.status_code == again.status_code == 422
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("path", ["memberships", "segments", "memberships?include=segments"])
def test_a_key_with_another_request_is_a_conflict(api: Any, path: str) -> None:
    api.post("memberships", _new(), Idempotency_Key="k-1")
    sent = _new("m-2") if path == "memberships" else _new()
    response = api.post(path, sent, Idempotency_Key="k-1")
    assert response.status_code == 409
    (error,) = response.json()["errors"]
    assert error["source"] == {"header": "Idempotency-Key"}
    assert Membership.objects.count() == 1


def test_a_key_is_its_holders_own(api: Any, make_program: Make) -> None:
    api.post("memberships", _new(), Idempotency_Key="k-1")
    other = make_program().post("memberships", _new("m-2"), Idempotency_Key="k-1")
    assert other.status_code == 201


def test_a_key_holds_in_one_space(make_program: Make, space: Space, other_space: Space) -> None:
    program = make_program(space, other_space)
    for slug in ("north", "south"):
        response = program.post("memberships", _new(), Idempotency_Key="k-1", X_Space=slug)
        assert response.status_code == 201
        assert "Idempotency-Replayed" not in response.headers


def test_after_a_day_a_key_is_new_and_old_ones_are_gone(api: Any) -> None:
    for number in range(3):
        api.post("memberships", _new(f"m-{number}"), Idempotency_Key=f"k-{number}")
    past = timezone.now() - datetime.timedelta(hours=24, seconds=1)
    IdempotentRequest.objects.update(created_at=past)
    response = api.post("memberships", _new("m-9"), Idempotency_Key="k-1")
    assert response.status_code == 201
    assert IdempotentRequest.objects.count() == 1


def test_just_before_a_day_is_over_the_answer_comes_again(api: Any) -> None:
    api.post("memberships", _new(), Idempotency_Key="k-1")
    past = timezone.now() - datetime.timedelta(hours=23, minutes=59)
    IdempotentRequest.objects.update(created_at=past)
    again = api.post("memberships", _new(), Idempotency_Key="k-1")
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_of_no_or_too_many_characters_is_refused(api: Any, key: str) -> None:
    response = api.post("memberships", _new(), Idempotency_Key=key)
    assert response.status_code == 400
    assert response.json()["errors"][0]["source"] == {"header": "Idempotency-Key"}
    assert not Membership.objects.exists()


def test_a_key_of_255_characters_will_do(api: Any) -> None:
    assert api.post("memberships", _new(), Idempotency_Key="k" * 255).status_code == 201


def test_what_a_key_may_not_do_is_not_kept(
    api: Any, make_program: Make, client: Any, space: Space
) -> None:
    reader = make_program(scope=Scope.READ)
    assert reader.post("memberships", _new(), Idempotency_Key="k-1").status_code == 403
    nobody = client.post("/api/memberships", headers={"Idempotency-Key": "k-1"}, secure=True)
    assert nobody.status_code == 401
    chosen = {"data": {**_new()["data"], "id": "no-uuid"}}
    assert api.post("memberships", chosen, Idempotency_Key="k-1").status_code == 403
    assert not IdempotentRequest.objects.exists()
    assert api.post("memberships", _new(), Idempotency_Key="k-1").status_code == 201


def test_a_servers_error_is_not_kept_and_leaves_nothing(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError

    api._client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(WritableViewSet, "_written", fail)  # after the row is saved
        assert api.post("memberships", _new(), Idempotency_Key="k-1").status_code == 500
    assert not Membership.objects.exists()
    assert api.post("memberships", _new(), Idempotency_Key="k-1").status_code == 201


def test_other_methods_take_no_notice_of_it(api: Any, make_membership: Make) -> None:
    assert api.get("memberships", Idempotency_Key="k" * 300).status_code == 200
    id = str(make_membership().id)
    for name in ("Ana", "Bob"):
        data = {"type": "memberships", "id": id, "attributes": {"full_name": name}}
        changed = api.patch(f"memberships/{id}", {"data": data}, Idempotency_Key="k-1")
        assert changed.json()["data"]["attributes"]["full_name"] == name


def test_members_are_added_once(api: Any, make_segment: Make, make_membership: Make) -> None:
    url = f"segments/{make_segment().id}/relationships/memberships"
    sent = {"data": [{"type": "memberships", "id": str(make_membership().id)}]}
    for _ in range(2):
        assert api.post(url, sent, Idempotency_Key="k-1").json()["meta"]["added"] == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_at_one_moment_exactly_one_is_carried_out(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 4
    together = Barrier(count)
    carried_out: list[int] = []
    save = WritableViewSet.make

    def make(view: ResourceViewSet, *args: Any) -> Any:
        carried_out.append(1)
        return save(view, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(WritableViewSet, "make", make)

    def post(_: int) -> tuple[int, bytes]:
        together.wait()
        try:
            response = api.post("memberships", _new(), Idempotency_Key="k-1")
            return response.status_code, response.content
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        answers = set(pool.map(post, range(count)))
    assert len(carried_out) == 1
    assert {status for status, _ in answers} == {201}
    assert len(answers) == 1
    assert Membership.objects.count() == 1
