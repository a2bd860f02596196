"""``manage.py sync_audiences`` and ``rotate_source_keys``."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audiences.models import Audience, Lifecycle
from audiences.services import redefine_audience
from audiences.services.own_list import list_of
from segments.models import Space
from tests.audiences.sources.stand_in import KlaviyoStandIn
from tests.conftest import Make

pytestmark = pytest.mark.django_db


def people(count: int) -> list[dict[str, str]]:
    return [{"id": f"01P{n:04}", "email": f"p{n}@example.com"} for n in range(count)]


def sync(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("sync_audiences", *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def readers(klaviyo: KlaviyoStandIn, make_synced: Make) -> Audience:
    klaviyo.add_list("L1", *people(1200))
    made: Audience = make_synced(name="Readers")
    return made


def test_where_there_are_none_it_says_so() -> None:
    assert sync() == ["No audience follows a list of a source: nothing to sync."]


def test_all_synced_audiences_are_synced(
    klaviyo: KlaviyoStandIn, readers: Audience, make_synced: Make, other_space: Space
) -> None:
    klaviyo.add_list("L2", {"id": "1", "first_name": "Nobody"})
    make_synced(list="L2", name="Shoppers")
    redefine_audience(make_synced(list="L3"), lifecycle=Lifecycle.ARCHIVED)

    assert sync("--space", "north") == [
        "north: Readers: 1,200 on the list, 1,200 joined, 0 left, 1,200 new to the space",
        "north: Shoppers: 1 on the list, 0 joined, 0 left, 1 unusable",
    ]
    assert sync("--space", "south") == ["No audience follows a list of a source: nothing to sync."]


@pytest.mark.parametrize("by", ["id", "name"])
def test_one_that_fails_is_told(klaviyo: KlaviyoStandIn, readers: Audience, by: str) -> None:
    out = StringIO()
    del klaviyo.names["lists"]["L1"]

    with pytest.raises(CommandError, match="Lists that are not synced: 1"):
        call_command("sync_audiences", "--audience", str(getattr(readers, by)), stdout=out)

    assert "north: Readers: FAILED. Klaviyo has no such list" in out.getvalue()


def test_too_many_who_would_leave_are_confirmed(klaviyo: KlaviyoStandIn, readers: Audience) -> None:
    sync()
    klaviyo.people["L1"] = people(10)

    with pytest.raises(CommandError):
        sync()
    assert list_of(readers).segment_memberships.count() == 1200

    (line,) = sync("--audience", "Readers", "--confirmed")
    assert "1,190 left" in line


def test_a_name_that_several_lists_have_is_not_guessed(
    klaviyo: KlaviyoStandIn, readers: Audience, make_synced: Make
) -> None:
    sync()
    klaviyo.people["L1"] = people(10)
    make_synced(list="L2", name="Readers")

    with pytest.raises(CommandError, match=f"Several lists are called “Readers”.*{readers.id}"):
        sync("--audience", "Readers", "--confirmed")
    assert list_of(readers).segment_memberships.count() == 1200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--space", "nowhere"], "There is no space “nowhere”. The spaces are: north"),
        (["--audience", "Nobody"], "There is no synced audience “Nobody”"),
        (["--confirmed"], "Confirm for one list at a time"),
    ],
)
def test_what_is_wrong_with_the_arguments(
    readers: Audience, arguments: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        sync(*arguments)


def test_keys_are_encrypted_by_a_new_secret(readers: Audience, settings: Any) -> None:
    old, new = settings.SOURCE_SECRETS[0], "a secret of many different letters " * 3
    out = StringIO()

    settings.SOURCE_SECRETS = [new, old]
    call_command("rotate_source_keys", stdout=out)
    assert out.getvalue() == "Keys encrypted by the first of SOURCE_SECRETS: 1.\n"

    settings.SOURCE_SECRETS = [new]
    assert len(sync()) == 1
    settings.SOURCE_SECRETS = [old]
    with pytest.raises(CommandError, match=r"Give the source its key again. Nothing was changed"):
        call_command("rotate_source_keys")
