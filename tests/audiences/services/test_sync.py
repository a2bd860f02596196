"""Syncs: who is on a vendor's list is in the audience, wholly or not at all."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from audiences.models import Audience, Lifecycle, Source, Sync, SyncStatus
from audiences.services import redefine_audience
from audiences.services import sync as syncing
from audiences.services.own_list import list_of
from audiences.services.sources import access_to, change_source, encrypt_keys_anew
from audiences.services.sync import (
    NotRunning,
    NotSynced,
    SyncInProgress,
    cancel_sync,
    request_sync,
    run_sync,
)
from audiences.services.sync_schedule import give_up_lost, request_due
from segments.models import Membership, Space
from tests.audiences.conftest import Slept
from tests.audiences.sources.stand_in import KEY, KlaviyoStandIn, error, says
from tests.conftest import Make

pytestmark = pytest.mark.django_db


def person(number: int, **values: str) -> dict[str, str]:
    return {"id": f"01P{number:04}", "email": f"p{number}@example.com", **values}


def people(count: int, start: int = 0) -> list[dict[str, str]]:
    return [person(number) for number in range(start, start + count)]


def on_list(audience: Audience) -> set[str]:
    rows = Membership.objects.filter(segment_memberships__segment=list_of(audience))
    return {str(row.email) for row in rows}


Run = Callable[..., Sync]


@pytest.fixture
def run(at: datetime.datetime, slept: Slept) -> Run:
    def sync_now(audience: Audience, **options: Any) -> Sync:
        return syncing.sync_now(audience=audience, clock=lambda: at, sleep=slept, **options)

    return sync_now


@pytest.fixture
def thousand(klaviyo: KlaviyoStandIn, make_synced: Make, run: Run) -> Audience:
    """An audience that holds a list of a thousand."""
    klaviyo.add_list("L1", *people(1000))
    audience: Audience = make_synced()
    assert run(audience).status == SyncStatus.SUCCESS
    return audience


def test_who_is_on_the_list_is_in_the_audience(
    klaviyo: KlaviyoStandIn, make_synced: Make, make_membership: Make, run: Run
) -> None:
    known = make_membership(email="P1@example.com", full_name="Kim Bos")
    klaviyo.add_list("L1", *people(250))

    audience = make_synced()
    sync = run(audience)

    assert (sync.status, sync.error, sync.step) == (SyncStatus.SUCCESS, "", "")
    assert (sync.pulled, sync.added, sync.created, sync.left) == (250, 250, 249, 0)
    assert len(on_list(audience)) == 250
    known.refresh_from_db()
    assert (known.email, known.full_name) == ("P1@example.com", "Kim Bos")


def test_who_is_new_is_known_by_what_the_vendor_knows(
    klaviyo: KlaviyoStandIn, make_synced: Make, run: Run, space: Space
) -> None:
    robin = {
        "id": "01P",
        "email": "robin@example.com",
        "phone_number": "+31612345678",
        "external_id": "loyal-7",
        "first_name": "Robin",
        "last_name": "Bos",
    }
    klaviyo.add_list("L1", robin)

    run(make_synced())

    made = Membership.objects.get(space=space)
    assert (made.external_id, made.email, made.phone, made.full_name) == (
        "loyal-7",
        "robin@example.com",
        "+31612345678",
        "Robin Bos",
    )


def test_people_are_found_by_external_id_then_email_then_phone(
    klaviyo: KlaviyoStandIn, make_synced: Make, make_membership: Make, run: Run
) -> None:
    by_id = make_membership(external_id="a", email="other@example.com")
    by_email = make_membership(external_id="b", email="kim@example.com")
    by_phone = make_membership(external_id="c", phone="+31612345678")
    klaviyo.add_list(
        "L1",
        {"id": "1", "external_id": "a", "email": "kim2@example.com"},
        {"id": "2", "external_id": "zzz", "email": "kim@example.com"},
        {"id": "3", "phone_number": "+31612345678"},
    )

    audience = make_synced(unknown="skip")
    sync = run(audience)

    assert (sync.added, sync.unknown) == (3, 0)
    found = list_of(audience).segment_memberships.values_list("membership", flat=True)
    assert set(found) == {by_id.pk, by_email.pk, by_phone.pk}


def test_unknown_people_may_be_left_out(
    klaviyo: KlaviyoStandIn, make_synced: Make, make_membership: Make, run: Run
) -> None:
    make_membership(email="p1@example.com")
    klaviyo.add_list("L1", *people(4), {"id": "01X", "first_name": "Nobody"})

    audience = make_synced(unknown="skip")
    sync = run(audience)

    assert (sync.added, sync.created, sync.unknown, sync.unusable) == (1, 0, 3, 1)
    assert on_list(audience) == {"p1@example.com"}
    assert Membership.objects.count() == 1


def test_who_left_the_list_leaves_the_audience(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run
) -> None:
    klaviyo.people["L1"] = people(950, start=100)

    sync = run(thousand)

    assert (sync.status, sync.added, sync.already_in, sync.left) == ("SUCCESS", 50, 900, 100)
    assert len(on_list(thousand)) == 950
    assert Membership.objects.count() == 1050  # they leave the list, not the space


def test_the_same_list_again_changes_nothing(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run
) -> None:
    before = list(Membership.objects.values())

    sync = run(thousand)

    assert (sync.added, sync.already_in, sync.left, sync.created) == (0, 1000, 0, 0)
    assert list(Membership.objects.values()) == before


def test_a_known_person_keeps_what_is_known(
    klaviyo: KlaviyoStandIn, make_synced: Make, make_membership: Make, run: Run
) -> None:
    kim = make_membership(external_id="a", email="kim@example.com", full_name="Kim Bos")
    klaviyo.add_list("L1", {"id": "1", "external_id": "a", "first_name": "K."})

    run(make_synced())
    kim.refresh_from_db()

    assert (kim.full_name, kim.email) == ("Kim Bos", "kim@example.com")


def test_what_cant_be_kept_of_a_person_keeps_nobody_off_the_list(
    klaviyo: KlaviyoStandIn, make_synced: Make, make_membership: Make, run: Run
) -> None:
    make_membership(external_id="a", email="kim@example.com")
    klaviyo.add_list(
        "L1",
        {"id": "1", "external_id": "a", "email": "kim at example"},
        {"id": "2", "email": "robin@example.com", "first_name": 'N\0, "x"\n;\ud800' + "x" * 300},
        {"id": "3", "email": "sam@example.com", "phone_number": "not a number"},
        {"id": "4", "email": "nobody"},
    )

    audience = make_synced()
    sync = run(audience)

    assert (sync.error, sync.pulled, sync.added, sync.unusable) == ("", 4, 3, 1)
    assert on_list(audience) == {"kim@example.com", "robin@example.com", "sam@example.com"}


# Too many who leave


def test_a_sync_that_would_take_off_too_many_asks_first(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run
) -> None:
    klaviyo.people["L1"] = people(799)

    sync = run(thousand)

    assert (sync.status, sync.error_code) == (SyncStatus.FAILED, "needs_confirmation")
    assert sync.needs_confirmation
    assert (
        "would take 201 of the 1,000 out of the audience: 20.1 %, where up to 20 % go" in sync.error
    )
    assert len(on_list(thousand)) == 1000

    sync = run(thousand, confirmed=True)

    assert (sync.status, sync.left) == (SyncStatus.SUCCESS, 201)
    assert len(on_list(thousand)) == 799


def test_a_fifth_may_leave_unless_said_otherwise(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run
) -> None:
    klaviyo.people["L1"] = people(800)
    assert run(thousand).status == SyncStatus.SUCCESS

    redefine_audience(thousand, configuration={**thousand.configuration, "removable_share": 0})
    klaviyo.people["L1"] = people(799)
    assert run(thousand).needs_confirmation


@pytest.mark.parametrize("left", [[], people(3, start=5000)])
def test_a_list_that_is_emptied_asks_first_too(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run, left: list[dict[str, str]]
) -> None:
    redefine_audience(thousand, configuration={**thousand.configuration, "unknown": "skip"})
    klaviyo.people["L1"] = left

    sync = run(thousand)
    assert (sync.needs_confirmation, len(on_list(thousand))) == (True, 1000)

    sync = run(thousand, confirmed=True)
    assert (sync.status, sync.left, on_list(thousand)) == (SyncStatus.SUCCESS, 1000, set())


# When it goes wrong


def test_a_pull_that_fails_half_way_changes_nothing(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run
) -> None:
    klaviyo.people["L1"] = people(900, start=100)
    klaviyo.script = [None, *[None] * 4, *[says(error(500, "error", "Server error."))] * 6]

    sync = run(thousand)

    assert (sync.status, sync.error_code, sync.pulled) == (SyncStatus.FAILED, "unreachable", 400)
    assert sync.error == "Klaviyo is out of order (500). Try again later."
    assert sync.ended_at is not None
    assert len(on_list(thousand)) == 1000
    assert Membership.objects.count() == 1000


def test_a_list_that_is_gone_leaves_the_audience_as_it_was(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run
) -> None:
    del klaviyo.names["lists"]["L1"]

    sync = run(thousand)

    assert (sync.status, sync.error_code) == (SyncStatus.FAILED, "not_found")
    assert len(on_list(thousand)) == 1000


def test_what_nobody_foresaw_is_told_and_raised(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(syncing, "import_list", fail)

    with pytest.raises(RuntimeError, match="no room"):
        run(thousand)

    sync = thousand.syncs.first()
    assert sync is not None
    assert (sync.status, sync.error_code) == (SyncStatus.FAILED, "unforeseen")
    assert "no room" not in sync.error


def test_a_key_that_the_secret_no_longer_opens(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run, settings: Any
) -> None:
    settings.SOURCE_SECRETS = ["another secret " * 4]

    sync = run(thousand)

    assert (sync.error_code, "Give the source its key again" in sync.error) == ("key_lost", True)


def test_an_audience_that_is_not_synced(make_audience: Make, run: Run) -> None:
    with pytest.raises(NotSynced, match="is not a synced list: there is nothing to sync it with"):
        run(make_audience("static", name="By hand"))


def test_an_audience_that_was_archived(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run
) -> None:
    redefine_audience(thousand, lifecycle=Lifecycle.ARCHIVED)

    with pytest.raises(NotSynced, match="was archived"):
        run(thousand)


# One at a time


def test_a_list_that_is_changed_for_another_meanwhile_is_not_stored(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run
) -> None:
    klaviyo.add_list("L1", *people(900, start=100))

    def change(step: str, pulled: int) -> None:
        if step == "Writing":
            audience = Audience.objects.get()
            redefine_audience(audience, configuration={**audience.configuration, "list": "L2"})

    sync = run(thousand, progress=change)

    assert (sync.status, sync.error_code, sync.added) == (SyncStatus.FAILED, "changed", 0)
    assert "was given another list" in sync.error
    assert len(on_list(thousand)) == 1000


def test_a_second_sync_while_one_runs_is_refused(make_synced: Make, at: datetime.datetime) -> None:
    audience = make_synced()
    first = request_sync(audience=audience, at=at)

    with pytest.raises(SyncInProgress, match="is being synced already") as refused:
        request_sync(audience=audience, at=at)

    assert refused.value.sync == first
    assert Sync.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_sync_that_somebody_works_on_is_left_alone(
    klaviyo: KlaviyoStandIn, make_synced: Make, at: datetime.datetime
) -> None:
    klaviyo.add_list("L1", *people(3))
    sync = request_sync(audience=make_synced(), at=at)

    def meanwhile(_: float) -> None:
        def try_it() -> None:
            try:
                run_sync(number=sync.pk)
                assert give_up_lost(numbers=[sync.pk], at=at) == 0
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as other:
            other.submit(try_it).result()

    klaviyo.script = [says(error(503, "busy", "Try again."))]
    run_sync(number=sync.pk, sleep=meanwhile)

    sync.refresh_from_db()
    assert (sync.status, sync.attempt, sync.added) == (SyncStatus.SUCCESS, 1, 3)


@pytest.mark.django_db(transaction=True)
def test_a_sync_that_is_asked_for_while_another_lets_go_is_done(
    klaviyo: KlaviyoStandIn, make_synced: Make, run: Run
) -> None:
    klaviyo.add_list("L1", *people(3))
    audience = make_synced()
    held = threading.Event()

    def end_another() -> None:
        with syncing._alone(audience.pk):
            held.set()
            time.sleep(0.5)
        connection.close()

    with ThreadPoolExecutor(1) as other:
        ending = other.submit(end_another)
        held.wait(10)
        assert run(audience).status == SyncStatus.SUCCESS
        ending.result()


@pytest.mark.django_db(transaction=True)
def test_a_sync_whose_worker_died_is_taken_up_again(
    klaviyo: KlaviyoStandIn, make_synced: Make, at: datetime.datetime
) -> None:
    klaviyo.add_list("L1", *people(250))
    sync = request_sync(audience=make_synced(), at=at)

    def die(_: float) -> None:
        connection.connection.close()  # as the worker's connection does with it
        raise KeyboardInterrupt

    klaviyo.script = [None, None, says(error(503, "busy", "Try again."))]
    with pytest.raises(KeyboardInterrupt):
        run_sync(number=sync.pk, sleep=die)
    connection.close()
    sync.refresh_from_db()
    assert (sync.status, sync.pulled) == (SyncStatus.RUNNING, 100)

    run_sync(number=sync.pk)

    sync.refresh_from_db()
    assert (sync.status, sync.attempt, sync.added) == (SyncStatus.SUCCESS, 2, 250)


@pytest.mark.django_db(transaction=True)
def test_a_sync_that_nobody_will_take_up_ends(make_synced: Make, at: datetime.datetime) -> None:
    audience = make_synced()
    left = request_sync(audience=audience, at=at)
    Sync.objects.filter(pk=left.pk).update(status=SyncStatus.RUNNING, attempt=5)

    assert give_up_lost(numbers=[], at=at) == 0
    assert give_up_lost(numbers=[left.pk], at=at) == 1

    left.refresh_from_db()
    assert (left.status, left.error_code) == (SyncStatus.FAILED, "interrupted")
    assert request_sync(audience=audience, at=at).status == SyncStatus.PENDING


# By a schedule


def test_a_sync_is_due_when_its_interval_is_over(
    klaviyo: KlaviyoStandIn, make_synced: Make, at: datetime.datetime
) -> None:
    klaviyo.add_list("L1", *people(1))
    audience = make_synced(interval=3600)
    make_synced(list="L2")  # only when asked
    (first,) = request_due(at=at)
    assert first.audience == audience

    assert request_due(at=at + datetime.timedelta(hours=9)) == []  # the first still waits
    run_sync(number=first.pk, clock=lambda: at + datetime.timedelta(minutes=40))

    assert request_due(at=at + datetime.timedelta(minutes=59)) == []
    assert len(request_due(at=at + datetime.timedelta(minutes=60))) == 1


@pytest.mark.parametrize("values", [{"enabled": False}, {"lifecycle": Lifecycle.INACTIVE}])
def test_an_audience_that_rests_is_not_due(
    make_synced: Make, at: datetime.datetime, values: dict[str, Any]
) -> None:
    audience = make_synced(interval=3600)
    redefine_audience(audience, **values)

    assert request_due(at=at) == []


# Keys


def test_a_key_is_encrypted(make_source: Make) -> None:
    source: Source = make_source(key="pk_this_is_a_secret_key")

    with connection.cursor() as cursor:
        cursor.execute("SELECT s::text FROM audiences_source s")
        (row,) = cursor.fetchone()
    assert "this_is_a" not in row
    assert source.key_ending == "_key"


def test_the_secret_can_be_changed(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run, settings: Any
) -> None:
    old, new = settings.SOURCE_SECRETS[0], "a new secret, long enough to be one, of course " * 2
    settings.SOURCE_SECRETS = [new, old]
    assert run(thousand).status == SyncStatus.SUCCESS

    assert encrypt_keys_anew() == 1
    settings.SOURCE_SECRETS = [new]

    assert run(thousand).status == SyncStatus.SUCCESS


def test_a_source_that_is_saved_while_keys_are_encrypted_anew_keeps_the_new(
    make_source: Make, settings: Any
) -> None:
    old, new = settings.SOURCE_SECRETS[0], "another secret, quite as long as the old one"
    source = make_source(name="Before")
    settings.SOURCE_SECRETS = [new, old]
    encrypt_keys_anew()

    change_source(source, name="After")  # as it was read before

    settings.SOURCE_SECRETS = [new]
    source.refresh_from_db()
    assert (source.name, access_to(source).key) == ("After", KEY)


def test_with_other_settings_a_key_must_be_given_again(make_source: Make) -> None:
    source = make_source(
        "csv_url", key="Bearer secret", settings={"url": "https://lists.example.com/a.csv"}
    )
    elsewhere = {"url": "https://evil.example.com/"}

    with pytest.raises(Exception, match="the key must be given again"):
        change_source(source, settings=elsewhere)

    change_source(source, settings=elsewhere, key="")
    assert not source.has_key


def test_one_that_is_cancelled_half_way_changes_nothing(
    klaviyo: KlaviyoStandIn, thousand: Audience, run: Run, at: datetime.datetime
) -> None:
    klaviyo.people["L1"] = people(1000, start=500)

    def cancel_at_the_end(step: str, _pulled: int) -> None:
        if step == "Writing":
            cancel_sync(sync=Sync.objects.get(status=SyncStatus.RUNNING), at=at)

    sync = run(thousand, progress=cancel_at_the_end, confirmed=True)

    assert (sync.status, sync.error_code, sync.ended_at) == ("FAILED", "cancelled", at)
    assert sync.error == "The sync was cancelled. Nothing was changed."
    assert on_list(thousand) == {f"p{number}@example.com" for number in range(1000)}
    assert run(thousand, confirmed=True).status == SyncStatus.SUCCESS


def test_one_that_waits_is_cancelled_and_one_that_has_ended_is_not(
    make_synced: Make, at: datetime.datetime
) -> None:
    sync = request_sync(audience=make_synced(), at=at)
    cancel_sync(sync=sync, at=at)
    assert sync.error_code == "cancelled"
    run_sync(number=sync.pk)
    with pytest.raises(NotRunning, match="has ended already"):
        cancel_sync(sync=sync, at=at)
