"""Labels that a client of Adobe's API is denied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from audiences.models import Audience
from segments.models import Space

from .conftest import AUDIENCES, EXPRESSION, NEW, add

Make = Callable[..., Any]


def test_audiences_with_a_denied_label_are_not_there(
    make_client: Make, space: Space, adobe: Any
) -> None:
    secret = adobe.create(name="secret", labels=["core/C1", "core/C9"])
    using = adobe.create(
        name="using", expression={**EXPRESSION, "value": f'inSegment("{secret["id"]}")'}
    )
    kept = make_client(space, denied_labels=["core/C9", "core/C8"])
    assert [one["name"] for one in kept.get().json()["children"]] == ["using"]
    path = f"{AUDIENCES}/{secret['id']}"
    for method, sent in (("GET", None), ("PUT", NEW), ("DELETE", None)):
        assert kept.ask(method, path, sent).status_code == 404, method
    response = kept.post(f"{AUDIENCES}/bulk-get", {"ids": [secret["id"], using["id"]]})
    assert "errors" in response.json()["results"][secret["id"]]
    assert kept.get(f"{AUDIENCES}/{using['id']}").json()["dependencies"] == []


def test_a_denied_label_can_t_be_attached(make_client: Make, space: Space) -> None:
    kept = make_client(space, denied_labels=["core/C9"])
    made = kept.create(labels=["core/C1"])
    path = f"{AUDIENCES}/{made['id']}"
    for response in (
        kept.post(AUDIENCES, {**NEW, "labels": ["core/C9"]}),
        kept.ask("PUT", path, {**NEW, "labels": ["core/C1", "core/C9"]}),
        kept.ask("PATCH", path, [add("/labels/-", "core/C9")]),
    ):
        assert response.status_code == 403
        assert response.json()["type"].endswith("UPAPI-113752-403")
        assert "core/C9" in response.json()["title"]
    assert Audience.objects.get().labels == ["core/C1"]
