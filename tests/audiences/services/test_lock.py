"""A changed audience takes no further change until it has been worked out."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audiences.models import Audience, AudienceStatus
from audiences.services import define_audience, redefine_audience, refresh_space
from audiences.services.lock import AT_MOST, Locked, is_locked, locked_among
from segments.models import Space

Make = Callable[..., Any]
YOUNG, OLD = {"maximum_age": 30}, {"minimum_age": 60}


def now() -> datetime.datetime:
    return timezone.now()


@pytest.fixture
def audience(space: Space) -> Audience:
    """One that is in force."""
    made = define_audience(
        space=space, audience_type="age_within", configuration=YOUNG, name="Young"
    )
    refresh_space(space=space, now=now())
    return made


def test_a_change_locks_until_it_is_worked_out(space: Space, audience: Audience) -> None:
    redefine_audience(audience, configuration=OLD)
    assert is_locked(audience, at=now())
    with pytest.raises(Locked, match="“Young” was changed a moment ago"):
        redefine_audience(audience, configuration=YOUNG)
    assert Audience.objects.get().configuration == OLD | {"maximum_age": None}

    refresh_space(space=space, now=now())

    assert not is_locked(audience, at=now())
    redefine_audience(Audience.objects.get(), configuration=YOUNG)


def test_names_and_descriptions_may_change_meanwhile(audience: Audience) -> None:
    redefine_audience(audience, configuration=OLD)
    redefine_audience(audience, name="Old", description="Over 60")

    assert Audience.objects.get().name == "Old"


def test_the_first_working_out_locks_nothing(space: Space) -> None:
    made = define_audience(space=space, audience_type="age_within", configuration=YOUNG)
    redefine_audience(made, configuration=OLD)

    assert not is_locked(made, at=now())


def test_saving_what_is_so_already_locks_nothing(audience: Audience) -> None:
    redefine_audience(audience, configuration=YOUNG, enabled=True)

    assert not is_locked(audience, at=now())


@pytest.mark.parametrize("values", [{"enabled": False}, {"lifecycle": "inactive"}])
def test_what_is_not_kept_up_to_date_is_not_locked(
    space: Space, audience: Audience, values: dict[str, Any]
) -> None:
    redefine_audience(audience, **values)
    assert not is_locked(audience, at=now())

    redefine_audience(audience, enabled=True, lifecycle="published")
    refresh_space(space=space, now=now())
    assert not is_locked(audience, at=now())


def test_a_lock_ends_when_nobody_works_on_it(audience: Audience) -> None:
    redefine_audience(audience, configuration=OLD)

    assert is_locked(audience, at=now() + AT_MOST / 2)
    assert not is_locked(audience, at=now() + AT_MOST * 1.1)


def test_a_lock_ends_with_a_failure(audience: Audience) -> None:
    redefine_audience(audience, configuration=OLD)
    AudienceStatus.objects.update(failed_at=now(), last_error="It can't be worked out.")

    assert not is_locked(audience, at=now())


def test_of_two_changes_at_one_moment_the_second_finds_the_lock(
    transactional_db: None, space: Space, audience: Audience
) -> None:
    changed = threading.Event()

    def change_first() -> None:
        with transaction.atomic():
            redefine_audience(Audience.objects.get(), configuration=OLD)
            changed.set()
            time.sleep(0.5)  # while the other has begun
        connection.close()

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(change_first)
        changed.wait(10)
        with pytest.raises(Locked):
            redefine_audience(audience, configuration={"minimum_age": 70})
        first.result()
    assert Audience.objects.get().configuration == OLD | {"maximum_age": None}


def test_programs_are_told_with_409_and_nothing_changes(
    api: Any, space: Space, audience: Audience
) -> None:
    def change(configuration: dict[str, Any]) -> Any:
        data = {
            "type": "audiences",
            "id": str(audience.id),
            "attributes": {"configuration": configuration},
        }
        return api.patch(f"audiences/{audience.id}", {"data": data})

    def locked() -> bool:
        status = api.get(f"audiences/{audience.id}/status").json()["data"]["attributes"]
        return bool(status["locked"])

    assert change(OLD).status_code == 200
    assert locked()
    refused = change(YOUNG)
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"] == "locked"

    refresh_space(space=space, now=now())
    assert not locked()
    assert change(YOUNG).status_code == 200


def test_colleagues_are_told_in_the_form(colleague: Any, audience: Audience) -> None:
    redefine_audience(audience, configuration=OLD)

    response = colleague.save(
        f"audiences/audience/{audience.pk}/change/", minimum_age="", maximum_age="20", name="Young"
    )

    assert "was changed a moment ago" in response.content.decode()
    assert Audience.objects.get().configuration == OLD | {"maximum_age": None}


def test_many_are_asked_in_as_many_queries_as_one(
    space: Space, audience: Audience, django_assert_num_queries: Any
) -> None:
    made = [
        define_audience(space=space, audience_type="age_within", configuration=YOUNG)
        for _ in range(20)
    ]
    refresh_space(space=space, now=now())
    for one in [audience, *made[:10]]:
        redefine_audience(one, configuration=OLD)

    with CaptureQueriesContext(connection) as asked:
        assert locked_among([audience], at=now()) == {audience.pk}
    with django_assert_num_queries(len(asked)):
        found = locked_among([audience, *made], at=now())
    assert found == {audience.pk, *(one.pk for one in made[:10])}
