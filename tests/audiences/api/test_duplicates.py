"""``POST /api/audiences/ID/duplicate``."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from audiences.models import Audience
from segments.models import Space

Make = Callable[..., Any]


def test_a_copy_is_made_and_answered_with(api: Any, keen: Audience) -> None:
    response = api.post(f"audiences/{keen.id}/duplicate")
    assert response.status_code == 201
    made = response.json()["data"]
    assert (made["type"], made["attributes"]["name"]) == ("audiences", "Copy of Keen")
    assert made["attributes"]["configuration"] == keen.configuration
    assert response.headers["Location"] == made["links"]["self"]
    assert api.get(f"audiences/{made['id']}").json()["data"] == made


def test_a_copy_takes_the_name_and_id_that_are_sent(api: Any, keen: Audience) -> None:
    id = str(uuid.uuid4())
    sent = {"type": "audience-duplicates", "id": id, "attributes": {"name": "Keener"}}
    made = api.post(f"audiences/{keen.id}/duplicate", {"data": sent}).json()["data"]
    assert (made["id"], made["attributes"]["name"]) == (id, "Keener")
    again = api.post(f"audiences/{keen.id}/duplicate", {"data": sent})
    assert again.status_code == 409
    assert again.json()["errors"][0]["source"] == {"pointer": "/data/id"}
    sent = {"type": "audience-duplicates", "attributes": {"name": "x" * 256}}
    long = api.post(f"audiences/{keen.id}/duplicate", {"data": sent})
    assert long.status_code == 422
    assert long.json()["errors"][0]["source"] == {"pointer": "/data/attributes/name"}
    assert Audience.objects.count() == 2


def test_there_is_no_copy_of_a_synced_list(api: Any, make_synced: Make) -> None:
    response = api.post(f"audiences/{make_synced().id}/duplicate")
    assert response.status_code == 409
    assert response.json()["errors"][0]["code"] == "not_duplicated"


def test_what_is_of_another_space_is_not_copied(
    make_program: Make, keen: Audience, other_space: Space
) -> None:
    assert make_program(other_space).post(f"audiences/{keen.id}/duplicate").status_code == 404


def test_what_can_no_longer_be_read_is_not_copied(api: Any, keen: Audience) -> None:
    Audience.objects.filter(pk=keen.pk).update(configuration={"rule": 3})
    response = api.post(f"audiences/{keen.id}/duplicate")
    assert response.status_code == 422
    assert Audience.objects.count() == 1
