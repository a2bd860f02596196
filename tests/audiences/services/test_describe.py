"""What audiences are called in the sentences of others."""

from __future__ import annotations

import pytest

from audiences.services import summaries
from tests.conftest import Make

pytestmark = pytest.mark.django_db


def test_an_audience_without_a_name_is_called_by_who_is_in_it(
    make_segment: Make, make_audience: Make
) -> None:
    gold = make_segment("gold", name="Gold tier")
    named = make_audience("age_within", name="Young", maximum_age=30)
    nameless = make_audience("in_all_segments", segments=[str(gold.id)])
    deeper = make_audience("rules", rule={"not": {"in_audience": str(nameless.id)}})
    rule = {"any": [{"in_audience": str(one.id)} for one in (named, nameless, deeper)]}
    asking = make_audience("rules", rule=rule)
    assert summaries([asking])[asking.pk] == (
        "in Young, in “in Gold tier”, or in “not in “in Gold tier””"
    )
