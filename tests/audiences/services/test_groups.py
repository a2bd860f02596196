"""Groups, when two are changed at one moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audiences.models import AudienceGroup
from audiences.services.groups import audiences_of_group, make_group, users_of
from segments.models import Space

Make = Callable[..., Any]


@pytest.fixture
def two(transactional_db: None, make_audience: Make) -> list[Any]:
    return [make_audience("age_within", name=f"{age}+", minimum_age=age) for age in (18, 40)]


@pytest.fixture
def taken_meanwhile(space: Space, two: list[Any]) -> Any:
    """Another puts both into a group, and is done half a second after this has returned."""
    done = threading.Event()

    def take() -> None:
        with transaction.atomic():
            make_group(space=space, name="First", audiences=two)
            done.set()
            time.sleep(0.5)
        connection.close()

    with ThreadPoolExecutor(1) as thread:
        taking = thread.submit(take)
        done.wait(10)
        yield
        taking.result()
    assert audiences_of_group(AudienceGroup.objects.get()) == two


def test_of_two_groups_that_take_an_audience_the_second_is_refused_in_words(
    space: Space, two: list[Any], taken_meanwhile: None
) -> None:
    with pytest.raises(ValidationError, match=r"“40\+” is in the group “First” already"):
        make_group(space=space, name="Second", audiences=two[::-1])


def test_so_are_programs(api: Any, two: list[Any], taken_meanwhile: None) -> None:
    linkage = [{"type": "audiences", "id": str(one.id)} for one in two]
    answer = api.post(
        "audience-groups",
        {
            "data": {
                "type": "audience-groups",
                "attributes": {"name": "Second"},
                "relationships": {"audiences": {"data": linkage}},
            }
        },
    )
    assert answer.status_code == 409
    assert "“18+” is in the group “First” already" in answer.json()["errors"][0]["detail"]


def test_so_are_colleagues(
    colleague: Any, space: Space, two: list[Any], taken_meanwhile: None
) -> None:
    answer = colleague.save(
        "audiences/audiencegroup/add/?kind=plain",
        space=space.pk,
        name="Second",
        in_order=[one.pk for one in two],
    )
    told = answer.context["adminform"].form.errors["in_order"]
    assert "“18+” is in the group “First” already. Take it out there first." in told


def test_who_uses_many_is_asked_in_as_many_queries_as_for_one(
    make_audience: Make, make_offer: Make, django_assert_num_queries: Any
) -> None:
    made = [make_audience("age_within", minimum_age=age) for age in range(18, 30)]
    used = {one: make_offer(one) for one in made[:-1]}
    other = make_audience("rules", rule={"in_audience": str(made[0].id)})

    with CaptureQueriesContext(connection) as asked:
        assert users_of(made[:1]) == {made[0]: [other, used[made[0]]]}
    with django_assert_num_queries(len(asked)):
        found = users_of(made)
    assert {one: users[-1] for one, users in found.items()} == used
    assert make_group(space=other.space, name="Ages", audiences=made).pk
    assert made[-1] not in users_of(made)
