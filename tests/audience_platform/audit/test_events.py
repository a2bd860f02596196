"""Every change leaves an event, by whatever way it came."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from audience_platform.audit.acting import AUDITED, Acting, acting, by_command
from audience_platform.audit.seals import remove_old, seal
from audience_platform.models import ApiKey, AuditEvent, StaffLabels
from audience_platform.models.audit import Door
from audiences.models import Audience, Listed
from audiences.services import redefine_audience
from audiences.services.define import list_by_hand
from offers.services import aim
from segments.imports.memberships import import_memberships
from segments.models import Membership, Segment, Space
from segments.services import add_members, delete_row, remove_members, save_row

Make = Callable[..., Any]


def last() -> AuditEvent:
    return AuditEvent.objects.order_by("number").last()  # type: ignore[return-value]


def test_a_new_row_tells_its_values(space: Space, make_segment: Make) -> None:
    segment = make_segment("gold", name="Gold")

    event = last()
    assert event.sentence == "Segment “Gold” created"
    assert (event.space_id, event.object_id) == (space.pk, str(segment.id))
    assert event.changes["short_code"] == {"before": None, "after": "gold"}
    assert not {"number", "id", "space_number", "created_at"} & event.changes.keys()


def test_a_change_tells_what_was_before_and_after(make_membership: Make) -> None:
    membership = make_membership(full_name="Ana", metadata={"tier": None})
    save_row(membership, full_name="Anna", metadata={"tier": "gold"})

    assert last().changes == {
        "full_name": {"before": "Ana", "after": "Anna"},
        "metadata": {"before": {"tier": None}, "after": {"tier": "gold"}},
    }


def test_saving_what_is_so_already_leaves_nothing(make_membership: Make) -> None:
    membership = make_membership(full_name="Ana")
    count = AuditEvent.objects.count()

    save_row(membership, full_name="Ana")

    assert AuditEvent.objects.count() == count


def test_a_deletion_tells_what_there_was(make_segment: Make) -> None:
    delete_row(make_segment("gold", name="Gold"))

    event = last()
    assert event.sentence == "Segment “Gold” deleted"
    assert event.changes["name"] == {"before": "Gold", "after": None}


def test_what_a_deleted_member_was_stays_until_its_events_are_removed(
    make_membership: Make,
) -> None:
    delete_row(make_membership(full_name="Ana", email="ana@example.org"))
    assert last().changes["email"] == {"before": "ana@example.org", "after": None}

    now = timezone.now()
    seal(now=now)
    remove_old(now=now + datetime.timedelta(days=30, seconds=1), kept=datetime.timedelta(days=30))
    assert not AuditEvent.objects.filter(object_name="Ana").exists()


def test_what_is_undone_leaves_no_event(space: Space, make_segment: Make) -> None:
    with transaction.atomic():
        make_segment("gold")
        transaction.set_rollback(True)

    assert not AuditEvent.objects.filter(object_type="segments").exists()


def test_members_put_in_and_taken_out_are_changes_of_the_segment(
    make_segment: Make, make_membership: Make
) -> None:
    segment = make_segment(name="Gold")
    members = [make_membership() for _ in range(3)]
    add_members(segment=segment, memberships=[one.pk for one in members])
    added = last()
    remove_members(segment=segment, memberships=[members[0].pk])
    removed = last()

    assert added.sentence == removed.sentence == "Segment “Gold” changed"
    assert (added.count, removed.count) == (3, 1)
    assert added.changes["members"]["added"] == 3
    assert set(added.changes["members"]["first"]) == {str(one.id) for one in members}
    assert removed.changes == {"members": {"removed": 1, "first": [str(members[0].id)]}}


def test_memberships_listed_by_hand_and_offers_aimed_are_changes_too(
    make_audience: Make, make_offer: Make, make_segment: Make, make_membership: Make
) -> None:
    audience = make_audience("in_any_segment", segments=[str(make_segment().id)], name="A")
    list_by_hand(audience=audience, memberships=[make_membership().pk], listed=Listed.EXCLUDED)
    listed = last()
    offer = make_offer(name="Ten percent")
    aim(offer=offer, audiences=[audience])
    aimed = last()

    assert listed.sentence == "Audience “A” changed"
    assert listed.changes["excluded"]["added"] == 1
    assert aimed.sentence == "Offer “Ten percent” changed"
    assert aimed.changes == {"audiences": {"added": 1, "first": [str(audience.id)]}}


def test_an_import_leaves_one_event(space: Space) -> None:
    rows = "\n".join(f"m-{number}" for number in range(500))
    before = AuditEvent.objects.count()

    import_memberships(
        space=space,
        file=io.BytesIO(f"external_id\n{rows}\n".encode()),
        now=datetime.datetime.now(datetime.UTC),
    )

    assert AuditEvent.objects.count() == before + 1
    assert last().sentence == "500 memberships created"


def test_what_is_secret_is_not_kept(space: Space, make_program: Make) -> None:
    User.objects.create_user("vera", password="correct horse")
    user = AuditEvent.objects.get(object_type="users")
    make_program()
    key = AuditEvent.objects.get(object_type="api-keys", action="created")

    assert user.changes["password"] == {}
    assert key.changes["hashed_token"] == {}
    assert last().changes == {"spaces": {"added": 1, "first": [str(space.id)]}}


def test_a_table_that_is_emptied_is_told_of_in_each_space(
    space: Space, other_space: Space, make_membership: Make
) -> None:
    for where in (space, space, other_space):
        make_membership(space=where)
    with acting(by_command("shell")), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE segments_membership CASCADE")

    told = AuditEvent.objects.order_by("-number")[:2]
    assert {(one.space_id, one.sentence) for one in told} == {
        (space.pk, "2 memberships deleted"),
        (other_space.pk, "1 memberships deleted"),
    }
    assert {one.actor_name for one in told} == {"manage.py shell"}
    assert told[0].changes == {"emptied_table": {"before": "segments_membership", "after": None}}


def test_tables_that_a_truncation_reaches_by_another_are_told_of_too(
    make_segment: Make, make_membership: Make
) -> None:
    segment = make_segment(name="Gold")
    make_membership(segment)
    before = AuditEvent.objects.latest("number").pk
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE segments_segment CASCADE")

    told = {one.sentence for one in AuditEvent.objects.filter(number__gt=before)}
    assert told == {"1 segments deleted", "1 segment memberships deleted"}
    assert last().actor_type == "database-role"  # nobody has said who


@pytest.mark.django_db
def test_every_audited_table_tells_when_it_is_emptied() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname = 'emptying_leaves_an_event'"
        )
        told = {table for (table,) in cursor.fetchall()}
    worked_out = {"audiences_audiencestatus"}  # which nobody decides
    assert told == AUDITED - worked_out


@pytest.mark.django_db(transaction=True)
def test_the_trail_can_be_emptied_with_all_else(space: Space, make_segment: Make) -> None:
    make_segment()
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEvent.objects.exists()


def test_labels_that_somebody_is_denied_are_changes_of_theirs(make_program: Make) -> None:
    vera = User.objects.create_user("vera")
    kept = StaffLabels.objects.create(user=vera, denied_labels=["secret"])
    denied = last()
    kept.denied_labels = ["secret", "new"]
    kept.save()
    changed = last()
    count = AuditEvent.objects.count()
    kept.save()
    assert AuditEvent.objects.count() == count
    kept.delete()

    assert denied.sentence == changed.sentence == last().sentence == "User “vera” changed"
    assert (denied.object_id, denied.space) == (str(vera.pk), None)
    assert [one.changes["denied_labels"] for one in (denied, changed, last())] == [
        {"before": [], "after": ["secret"]},
        {"before": ["secret"], "after": ["secret", "new"]},
        {"before": ["secret", "new"], "after": []},
    ]
    make_program()
    ApiKey.objects.update(denied_labels=["secret"])
    assert last().sentence == "API key “tests” changed"
    assert last().changes == {"denied_labels": {"before": [], "after": ["secret"]}}


def test_a_program_is_named_with_its_request(api: Any, space: Space) -> None:
    document = {"data": {"type": "segments", "attributes": {"short_code": "gold", "name": "Gold"}}}
    response = api.post("segments", document, X_Request_Id="order-4711")

    event = last()
    key = ApiKey.objects.get()
    assert response.headers["X-Request-Id"] == "order-4711"
    assert (event.door, event.actor_type, event.actor_name) == (Door.API, "api-key", "tests")
    assert (event.actor_id, event.request_id) == (str(key.pk), "order-4711")
    assert event.address == "127.0.0.1"


def test_a_request_without_a_usable_id_is_given_one(api: Any) -> None:
    given = api.get("segments", X_Request_Id="no, not this one")

    assert len(given.headers["X-Request-Id"]) == 32
    assert api.get("segments").headers["X-Request-Id"] != given.headers["X-Request-Id"]


def test_a_colleague_is_named(colleague: Any, space: Space) -> None:
    colleague.save("segments/segment/add/", short_code="gold", name="Gold", space=space.pk)

    event = last()
    assert event.sentence == "Segment “Gold” created"
    assert (event.door, event.actor_type) == (Door.ADMIN, "user")
    assert event.actor_name.startswith("colleague-")


def test_a_command_is_named(space: Space, make_segment: Make) -> None:
    with acting(by_command("import_memberships")):
        make_segment()

    assert (last().door, last().actor_name) == (Door.COMMAND, "manage.py import_memberships")
    assert by_command("run_jobs").door == Door.JOB


def test_a_change_past_the_platform_is_put_down_to_the_role(
    space: Space, make_segment: Make
) -> None:
    segment = make_segment(name="Gold")
    with connection.connection.cursor() as cursor:
        cursor.execute("UPDATE segments_segment SET name = 'Silver'")
        cursor.execute("SELECT session_user")
        role = cursor.fetchone()[0]

    event = last()
    assert event.object_id == str(segment.id)
    assert (event.door, event.actor_type, event.actor_name) == ("database", "database-role", role)


def test_who_acted_is_told_anew_after_a_savepoint_was_rolled_back(
    space: Space, make_segment: Make
) -> None:
    with acting(Acting(Door.JOB, "job", "nightly")):
        with transaction.atomic():
            make_segment()
            transaction.set_rollback(True)
        make_segment()

    assert last().actor_name == "nightly"


@pytest.mark.django_db(transaction=True)
def test_who_acted_is_told_outside_a_transaction_too_and_not_to_the_next(
    space: Space, make_segment: Make
) -> None:
    make_segment()
    with acting(Acting(Door.JOB, "job", "nightly")):
        Segment.objects.update(name="Silver")
    assert last().actor_name == "nightly"

    Segment.objects.update(name="Bronze")
    assert last().actor_type == "database-role"


def test_what_happened_stays_as_it_is(space: Space, make_segment: Make) -> None:
    make_segment()

    for statement in (
        "UPDATE audience_platform_auditevent SET actor_name = 'nobody'",
        "DELETE FROM audience_platform_auditevent",
    ):
        with (
            pytest.raises(Exception, match="The audit trail is only added to"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_a_space_is_told_only_of_itself(
    api: Any, make_program: Make, other_space: Space, make_segment: Make
) -> None:
    make_segment(name="Gold")
    other = make_program(other_space)

    names = [one["attributes"]["object_name"] for one in api.get("audit-events").json()["data"]]
    assert "Gold" in names
    others = [one["attributes"]["object_name"] for one in other.get("audit-events").json()["data"]]
    assert "Gold" not in others


def test_events_are_found_by_object_and_by_whom(
    api: Any, space: Space, make_audience: Make, make_segment: Make
) -> None:
    audience = make_audience("in_any_segment", segments=[str(make_segment().id)], name="A")
    redefine_audience(audience, name="B")

    found = api.get(f"audit-events?filter[object_id]={audience.id}&filter[action]=changed").json()
    (event,) = found["data"]
    assert event["attributes"]["changes"] == {"name": {"before": "A", "after": "B"}}
    assert event["attributes"]["sealed"] is False
    assert api.get("audit-events?filter[actor_type]=user").json()["data"] == []


def test_nobody_writes_events(api: Any, space: Space) -> None:
    assert api.post("audit-events", {"data": {"type": "audit-events"}}).status_code == 405


@pytest.mark.django_db
def test_commands_and_the_models_agree_on_what_is_audited() -> None:
    """Each table whose triggers leave events is one before whose writes it is told who acts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname LIKE '%_leaves_an_event'"
        )
        assert {table for (table,) in cursor.fetchall()} == AUDITED
    assert {Membership._meta.db_table, Audience._meta.db_table} <= AUDITED
    call_command("check_audit_trail", stdout=io.StringIO())


def test_a_name_may_have_any_letters(make_segment: Make) -> None:
    name = 'a\\u0000", "actor_type": "user'  # a backslash, and no NUL
    with acting(Acting(Door.API, "api-key", name)):
        make_segment("gold")

    assert (last().actor_type, last().actor_name) == ("api-key", name)
