"""The pages of API keys."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audience_platform.models import ApiKey
from audience_platform.services import find_key, make_key
from segments.models import Space

Make = Callable[..., Any]

ADD = "audience_platform/apikey/add/"


def made(*spaces: Space, **values: Any) -> ApiKey:
    return make_key(**{"name": "shop", "spaces": spaces, "at": timezone.now(), **values}).key


def test_the_token_is_shown_once_when_the_key_is_made(colleague: Any, space: Space) -> None:
    page = colleague.save(ADD, name="web shop", spaces=[space.pk], scope="write").content.decode()
    (token,) = set(re.findall(r'value="(ap_[^"]+)"', page))
    key = ApiKey.objects.get()
    assert find_key(token, at=timezone.now()) == key
    assert (key.scope, list(key.spaces.all())) == ("write", [space])
    for path in ("audience_platform/apikey/", f"audience_platform/apikey/{key.pk}/change/", ""):
        later = colleague.page(path)
        assert token not in later
        assert key.hashed_token not in later


def test_the_page_with_the_token_is_not_kept_by_the_browser(colleague: Any, space: Space) -> None:
    answer = colleague.save(ADD, name="web shop", spaces=[space.pk], scope="read")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"spaces": []}, "spaces", "Tick one space or more"),
        ({"name": ""}, "name", "This field is required."),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "12:00"}, "expires_at", "is past"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    fields: dict[str, Any], field: str, told: str, colleague: Any, space: Space
) -> None:
    sent = {"name": "shop", "spaces": [space.pk], "scope": "read", **fields}
    errors = colleague.save(ADD, **sent).context["adminform"].form.errors
    assert list(errors) == [field]
    assert told in errors[field][0]
    assert not ApiKey.objects.exists()


def test_a_key_opens_only_spaces_of_who_makes_it(colleague: Any, other_space: Space) -> None:
    assert other_space.name not in colleague.page(ADD)
    colleague.save(ADD, name="shop", spaces=[other_space.pk], scope="read")
    assert not ApiKey.objects.exists()


def test_a_key_is_seen_by_those_who_are_given_all_that_it_opens(
    make_colleague: Make, space: Space, other_space: Space
) -> None:
    mine, both = made(space, name="mine"), made(space, other_space, name="both")
    theirs = made(other_space, name="theirs")

    def seen(colleague: Any) -> set[str]:
        page = colleague.page("audience_platform/apikey/")
        pages = {
            key.name: colleague.get(f"/admin/audience_platform/apikey/{key.pk}/change/")
            for key in (mine, both, theirs)
        }
        listed = {name for name in pages if f">{name}<" in page}
        assert listed == {name for name, answer in pages.items() if answer.status_code == 200}
        return listed

    assert seen(make_colleague(space)) == {"mine"}
    assert seen(make_colleague(space, other_space)) == {"mine", "both", "theirs"}
    assert seen(make_colleague(superuser=True)) == {"mine", "both", "theirs"}
    path = f"/admin/audience_platform/apikey/{both.pk}/revoke/"
    assert make_colleague(space).post(path).status_code == 404


def test_a_key_is_revoked_by_a_button(colleague: Any, space: Space) -> None:
    key = made(space)
    path = f"audience_platform/apikey/{key.pk}"
    assert colleague.get(f"/admin/{path}/revoke/").status_code == 405
    assert "from now on it opens nothing" in colleague.save(f"{path}/revoke/").content.decode()
    key.refresh_from_db()
    assert key.revoked_at is not None
    page = colleague.page(f"{path}/change/")
    assert "Revoked" in page
    assert "Revoke this key" not in page


def test_a_key_is_neither_changed_nor_deleted(colleague: Any, space: Space) -> None:
    key = made(space)
    path = f"/admin/audience_platform/apikey/{key.pk}"
    assert colleague.post(f"{path}/change/", {"name": "x", "scope": "write"}).status_code == 403
    assert colleague.post(f"{path}/delete/", {"post": "yes"}).status_code == 403


def test_the_list_says_what_a_key_is_worth(colleague: Any, space: Space) -> None:
    now = timezone.now()
    made(space, name="good")
    key = made(space, name="old", expires_at=now + datetime.timedelta(days=1))
    ApiKey.objects.filter(pk=key.pk).update(expires_at=now - datetime.timedelta(days=1))
    page = colleague.page("audience_platform/apikey/")
    for words in ("In use", "Expired", "North", f"{key.prefix}…"):
        assert words in page
