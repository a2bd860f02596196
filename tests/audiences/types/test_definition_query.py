"""Audiences of type “definition_query”: what they keep, mean, warn of and refuse."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from audiences.models import AudienceDependency
from audiences.services import (
    audiences_of,
    define_audience,
    redefine_audience,
    refresh_space,
    summaries,
    warnings,
)
from audiences.types import ConfigurationError, registry
from segments.models import Space

Make = Callable[..., Any]
QUERY = registry.get("definition_query")


def test_the_query_is_kept_as_it_was_written() -> None:
    query = "trait('total_spend')>200  and NOT (trait( 'plan' ) == \"free\")"

    assert QUERY.clean({"query": query}) == {"query": query}


@pytest.mark.parametrize(
    ("configuration", "path", "said"),
    [
        ({}, ("query",), "None is not a query"),
        ({"query": 5}, ("query",), "5 is not a query"),
        ({"query": "trait('a')"}, ("query",), "Line 1, column 1: trait(…) is no comparison"),
        ({"query": "trait('a') = 1", "type": "USERS"}, ("type",), "“type” is not known here"),
    ],
)
def test_what_can_not_be_used_is_refused(
    configuration: dict[str, Any], path: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        QUERY.clean(configuration)
    assert said in refusal.value.problems[path]


def test_members_and_words(space: Space, make_membership: Make, at: datetime.datetime) -> None:
    rich = make_membership(metadata={"total_spend": 300})
    make_membership(metadata={"total_spend": 100})
    audience = define_audience(
        space=space,
        audience_type="definition_query",
        configuration={"query": "trait('total_spend') > 200"},
    )
    (outcome,) = refresh_space(space=space, now=at)

    assert outcome.size == 1
    assert audiences_of(space=space, membership=rich.id, at=at) == [audience]
    assert summaries([audience])[audience.pk] == "total spend is more than 200"
    assert warnings([audience])[audience.pk] == []


def test_another_audience_goes_by_its_key(
    space: Space, make_membership: Make, at: datetime.datetime
) -> None:
    make_membership(total_orders=9)
    make_membership()
    query = {"query": "trait('regulars') = 'true'"}
    audience = define_audience(
        space=space, audience_type="definition_query", configuration=query, name="VIP"
    )
    assert {one.name: one.size for one in refresh_space(space=space, now=at)} == {"VIP": 0}

    other = define_audience(
        space=space,
        audience_type="definition_query",
        configuration={"query": "trait('total_orders') >= 5"},
        name="Regulars",
        key="regulars",
    )
    found = {one.name: one.size for one in refresh_space(space=space, now=at)}
    assert found == {"VIP": 1, "Regulars": 1}

    redefine_audience(audience, configuration={**query})
    assert AudienceDependency.objects.get().to_audience == other
    redefine_audience(audience, key="vip")
    with pytest.raises(ConfigurationError, match="round in a circle"):
        redefine_audience(other, configuration={"query": "trait('vip') = true"})


def test_events_are_warned_of(space: Space) -> None:
    audience = define_audience(
        space=space,
        audience_type="definition_query",
        configuration={"query": "event('Shoes Bought').count() >= 1"},
    )

    assert "events, which this platform does not keep" in warnings([audience])[audience.pk][0]


def test_a_key_is_unique_in_its_space(api: Any, space: Space, other_space: Space) -> None:
    def make(in_space: Space, key: str) -> Any:
        return define_audience(
            space=in_space,
            audience_type="definition_query",
            configuration={"query": "trait('a') = 1"},
            key=key,
        )

    make(space, "vip")
    make(other_space, "vip")
    with pytest.raises(Exception, match="An audience with this key already exists"):
        make(space, "vip")
    with pytest.raises(Exception, match="Enter a valid"):
        make(space, "no key")
    assert len(api.get("audiences?filter[key]=vip").json()["data"]) == 1
