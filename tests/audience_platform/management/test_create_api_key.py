"""``manage.py create_api_key``."""

from __future__ import annotations

import datetime

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from audience_platform.models import ApiKey
from audience_platform.services import find_key
from segments.models import Space

Printed = pytest.CaptureFixture[str]


def test_the_last_line_is_the_token_alone(space: Space, capsys: Printed) -> None:
    call_command("create_api_key", "--space", "north", "--name", "shop", "--scope", "write")
    token = capsys.readouterr().out.splitlines()[-1]
    key = find_key(token, at=timezone.now())
    assert (key.name, key.scope, list(key.spaces.all())) == ("shop", "write", [space])


def test_a_key_may_open_several_spaces(space: Space, other_space: Space, capsys: Printed) -> None:
    call_command("create_api_key", "--space", "north", "--space", "south", "--name", "shop")
    (key,) = ApiKey.objects.all()
    assert set(key.spaces.all()) == {space, other_space}
    assert key.scope == "read"


def test_a_key_may_expire(space: Space, capsys: Printed) -> None:
    call_command("create_api_key", "--space", "north", "--name", "shop", "--expires", "2099-01-31")
    (key,) = ApiKey.objects.all()
    assert key.expires_at == datetime.datetime(2099, 1, 31, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--space", "nowhere"], "There is no space “nowhere”. The spaces are: north."),
        (["--space", "north", "--expires", "soon"], "--expires soon is not a date"),
        (["--space", "north", "--expires", "2001-01-01"], "2001-01-01 00:00 UTC is past"),
    ],
)
def test_what_is_wrong_is_said_and_no_key_is_made(
    space: Space, options: list[str], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("create_api_key", "--name", "shop", *options)
    assert not ApiKey.objects.exists()
