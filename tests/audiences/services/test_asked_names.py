"""What a definition asks for by a name that nothing goes by yet: held on to as soon as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from audiences.models import AskedName, Audience, AudienceDependency, AudienceSegment
from audiences.services import define_audience, redefine_audience
from audiences.types import ConfigurationError
from segments.models import Segment, Space
from segments.services import InUse, delete_row

Make = Callable[..., Any]


def _pql(text: str) -> dict[str, Any]:
    return {"expression": {"value": text}}


@pytest.fixture
def asking(space: Space) -> Make:
    def make(asked: str, **values: Any) -> Audience:
        configuration = _pql(f'inSegment("{asked}")')
        return define_audience(
            space=space, audience_type="pql", configuration=configuration, **values
        )

    return make


def test_a_segment_that_comes_later_can_not_be_deleted(
    api: Any, asking: Make, space: Space, make_segment: Make
) -> None:
    audience = asking("gold")
    gold = make_segment("gold", space=space)
    response = api.delete(f"segments/{gold.id}")
    assert response.status_code == 409
    (error,) = response.json()["errors"]
    assert [user["id"] for user in error["meta"]["used_by"]] == [str(audience.id)]
    redefine_audience(audience, configuration=_pql("totalOrders > 1"))
    assert api.delete(f"segments/{gold.id}").status_code == 200
    assert not AskedName.objects.exists()


def test_an_audience_that_comes_later_can_not_be_deleted(
    api: Any, asking: Make, make_audience: Make
) -> None:
    audience = asking("adults")
    adults = make_audience("age_within", minimum_age=18)
    redefine_audience(adults, key="adults")
    response = api.delete(f"audiences/{adults.id}")
    assert response.status_code == 409
    (error,) = response.json()["errors"]
    assert [user["id"] for user in error["meta"]["used_by"]] == [str(audience.id)]


def test_so_is_a_definition_querys_whatever_made_the_segment(
    space: Space, make_segment: Make
) -> None:
    asking = define_audience(
        space=space,
        audience_type="definition_query",
        configuration={"query": "trait('gold') = true OR trait('silver') = true"},
    )
    Segment.objects.bulk_create([Segment(space=space, name="Gold", short_code="gold")])
    bronze = make_segment("bronze", space=space)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE segments_segment SET short_code = 'silver' WHERE number = %s", [bronze.pk]
        )
    kept = AudienceSegment.objects.values_list("audience", "segment__short_code")
    assert set(kept) == {(asking.pk, "gold"), (asking.pk, "silver")}


def test_another_spaces_is_not_held(asking: Make, make_segment: Make, other_space: Space) -> None:
    asking("gold")
    delete_row(make_segment("gold", space=other_space))
    assert not AudienceSegment.objects.exists()


def test_a_key_comes_before_a_short_code(
    asking: Make, make_audience: Make, make_segment: Make, space: Space
) -> None:
    asking("gold")
    audience = redefine_audience(make_audience("age_within", minimum_age=18), key="gold")
    make_segment("gold", space=space)
    assert AudienceDependency.objects.get().to_audience == audience
    assert not AudienceSegment.objects.exists()


def test_a_name_stays_held_when_the_audience_is_saved_again(
    asking: Make, make_segment: Make, space: Space
) -> None:
    audience = asking("gold")
    gold = make_segment("gold", space=space)
    redefine_audience(audience, name="Another")
    with pytest.raises(InUse, match="Another"):
        delete_row(gold)


def test_a_circle_by_what_comes_later_is_refused(asking: Make, make_audience: Make) -> None:
    first = asking("second", name="First", key="first")
    with pytest.raises(ConfigurationError, match="“Second” → “First” → “Second”"):
        asking("first", name="Second", key="second")
    second = asking("first", name="Second")
    with (
        pytest.raises(ConfigurationError, match="“Second” → “First” → “Second”"),
        transaction.atomic(),
    ):
        redefine_audience(second, key="second")
    assert list(AudienceDependency.objects.values_list("to_audience", flat=True)) == [first.pk]


def test_an_audience_that_asks_for_its_own_key_is_refused_once_it_is_known(asking: Make) -> None:
    audience = asking("own", name="Own")
    assert not AudienceDependency.objects.exists()
    with pytest.raises(ConfigurationError, match="“Own” → “Own”"):
        redefine_audience(audience, key="own", configuration=_pql('inSegment("own")'))


def test_a_name_longer_than_any_is_not_looked_for(asking: Make) -> None:
    asking("x" * 50_000)
    assert not AskedName.objects.exists()


def test_a_deleted_segment_raises_the_version(space: Space, make_segment: Make) -> None:
    gold = make_segment("gold", space=space)
    before = Space.objects.get(pk=space.pk).definitions_version
    delete_row(gold)
    assert Space.objects.get(pk=space.pk).definitions_version > before
