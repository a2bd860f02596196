"""What can be made through Adobe's API, and what can't."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from audiences.models import Audience
from audiences.services import define_audience, redefine_audience
from segments.models import Space

from .conftest import AUDIENCES, EXPRESSION, NEW


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "Segment"},
        {"type": None},
        {"expression": None},
        {"schema": {"name": "_xdm.context.account"}},
        {"lifecycleState": 7},
        {"type": "ExternalSegment"},  # which has no expression
        {"expression": {**EXPRESSION, "value": f'inSegment("{uuid4()}") and ('}},
        {"labels": ["x" * 300]},
    ],
)
def test_what_can_t_be_made_is_not(adobe: Any, wrong: Any) -> None:
    response = adobe.post(AUDIENCES, {**NEW, **wrong})
    assert response.status_code == 400, response.content
    assert not Audience.objects.exists()


def test_an_external_one_with_a_name_that_is_taken_is_refused(adobe: Any) -> None:
    adobe.create(type="ExternalSegment", audienceId="x-1", namespace="crm")
    again = {"type": "ExternalSegment", "name": "B", "audienceId": "x-1", "namespace": "crm"}
    response = adobe.post(AUDIENCES, again)
    assert response.status_code == 400
    assert "audienceId: " in response.json()["title"]
    assert adobe.create(**{**again, "namespace": "other"})["audienceId"] == "x-1"


@pytest.mark.parametrize(("days", "status"), [(90, 200), (91, 400), ("91", 400), (1, 200)])
def test_a_list_lives_ninety_days_at_most(adobe: Any, days: Any, status: int) -> None:
    sent = {"type": "ExternalSegment", "name": "A", "ttlInDays": days}
    assert adobe.post(AUDIENCES, sent).status_code == status


def test_metadata_that_looks_like_a_field_of_adobes_confuses_nobody(
    adobe: Any, space: Space
) -> None:
    metadata = {
        "id": 7,
        "state": "NY",
        "metrics": 1,
        "evaluationInfo": [1],
        "expression": 5,
        "team": "x",
    }
    row = define_audience(
        space=space,
        audience_type="pql",
        configuration={"expression": EXPRESSION},
        name="Ours",
        metadata=metadata,
    )
    shown = adobe.get(f"{AUDIENCES}/{row.id}").json()
    assert (shown["id"], shown["state"], shown["team"]) == (str(row.id), "enabled", "x")
    assert shown["expression"] == EXPRESSION
    assert adobe.ask("PUT", f"{AUDIENCES}/{row.id}", shown).status_code == 200
    row.refresh_from_db()
    assert (row.metadata["state"], row.metadata["team"]) == ("NY", "x")
    redefine_audience(row, enabled=False)
    assert adobe.get(f"{AUDIENCES}/{row.id}").json()["state"] == "disabled"
