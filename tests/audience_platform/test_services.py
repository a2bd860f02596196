"""API keys: made, found by their token, revoked."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from audience_platform.models import ApiKey, Scope
from audience_platform.services import UnusableToken, find_key, make_key, revoke_key
from segments.models import Space

DAY = datetime.timedelta(days=1)


def test_the_token_finds_its_key(space: Space, at: datetime.datetime) -> None:
    made = make_key(name="shop", spaces=[space], scope=Scope.WRITE, at=at)
    found = find_key(made.token, at=at)
    assert found == made.key
    assert (found.name, found.scope, list(found.spaces.all())) == ("shop", "write", [space])


def test_a_key_comes_with_its_spaces_in_one_query(
    space: Space, other_space: Space, at: datetime.datetime, django_assert_num_queries: Any
) -> None:
    made = make_key(
        name="shop",
        spaces=[other_space, space],
        denied_labels=["secret"],
        expires_at=at,
        at=at - DAY,
    )
    with django_assert_num_queries(1):
        found = find_key(made.token, at=at - DAY)
        assert (found, found.opens) == (made.key, [space, other_space])
    assert (found.denied_labels, found.expires_at) == (["secret"], at)
    assert found.opens[0].zone == space.zone
    with django_assert_num_queries(0), pytest.raises(UnusableToken):
        find_key("none of ours", at=at)


def test_a_key_whose_spaces_are_gone_opens_none(space: Space, at: datetime.datetime) -> None:
    made = make_key(name="shop", spaces=[space], at=at)
    space.delete()
    assert find_key(made.token, at=at).opens == []


def test_the_token_is_kept_nowhere(space: Space, at: datetime.datetime) -> None:
    made = make_key(name="shop", spaces=[space], at=at)
    (kept,) = ApiKey.objects.values_list("prefix", "hashed_token")
    assert made.token.startswith(kept[0])
    assert len(made.token) - len(kept[0]) >= 32  # what nobody can look up
    assert made.token[len(kept[0]) :] not in "".join(kept)


def test_no_two_tokens_are_alike(space: Space, at: datetime.datetime) -> None:
    tokens = {make_key(name="shop", spaces=[space], at=at).token for _ in range(5)}
    assert len(tokens) == 5


def test_a_token_with_the_right_beginning_alone_finds_nothing(
    space: Space, at: datetime.datetime
) -> None:
    made = make_key(name="shop", spaces=[space], at=at)
    with pytest.raises(UnusableToken, match="No key has this token"):
        find_key(made.key.prefix + "x" * 34, at=at)


def test_a_key_opens_until_just_before_it_expires(space: Space, at: datetime.datetime) -> None:
    token = make_key(name="shop", spaces=[space], expires_at=at + DAY, at=at).token
    find_key(token, at=at + DAY - datetime.timedelta(microseconds=1))
    with pytest.raises(UnusableToken, match="expired on 2026-06-16"):
        find_key(token, at=at + DAY)


def test_a_revoked_key_opens_nothing_and_keeps_its_moment(
    space: Space, at: datetime.datetime
) -> None:
    made = make_key(name="shop", spaces=[space], at=at)
    revoke_key(made.key, at=at)
    revoke_key(made.key, at=at + DAY)
    assert made.key.revoked_at == at
    with pytest.raises(UnusableToken, match="revoked on 2026-06-15"):
        find_key(made.token, at=at)


def test_a_key_to_no_space_is_refused(db: None, at: datetime.datetime) -> None:
    with pytest.raises(ValidationError) as raised:
        make_key(name="shop", spaces=[], at=at)
    assert raised.value.message_dict.keys() == {"spaces"}


def test_a_key_that_has_expired_already_is_refused(space: Space, at: datetime.datetime) -> None:
    with pytest.raises(ValidationError) as raised:
        make_key(name="shop", spaces=[space], expires_at=at, at=at)
    assert raised.value.message_dict.keys() == {"expires_at"}


def test_a_key_without_name_is_refused(space: Space, at: datetime.datetime) -> None:
    with pytest.raises(ValidationError) as raised:
        make_key(name="", spaces=[space], at=at)
    assert raised.value.message_dict.keys() == {"name"}
