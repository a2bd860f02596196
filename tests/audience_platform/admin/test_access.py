"""Users, and what they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User

from segments.models import Space

Make = Callable[..., Any]


def test_a_superuser_adds_a_colleague_and_gives_them_a_space(
    make_colleague: Make, space: Space, other_space: Space
) -> None:
    superuser = make_colleague(superuser=True)
    password = "four quiet words here"
    superuser.save(
        "auth/user/add/",
        username="vera",
        usable_password="true",
        password1=password,
        password2=password,
    )
    vera = User.objects.get(username="vera")
    path = f"auth/user/{vera.pk}/change/"
    assert "North" in superuser.page(path)
    superuser.save(path, username="vera", is_active="on", is_staff="on", spaces=[space.pk])
    vera.refresh_from_db()
    assert vera.is_staff
    assert list(vera.spaces.all()) == [space]


def test_a_space_names_its_staff(make_colleague: Make, space: Space) -> None:
    superuser = make_colleague(superuser=True)
    vera = User.objects.create(username="vera", is_staff=True)
    superuser.save(
        f"segments/space/{space.pk}/change/",
        name="North",
        slug="north",
        time_zone="UTC",
        staff=[vera.pk],
    )
    assert list(space.staff.all()) == [vera]


def test_a_time_zone_that_is_none_is_told_at_its_field(make_colleague: Make, space: Space) -> None:
    answer = make_colleague(superuser=True).save(
        f"segments/space/{space.pk}/change/", name="North", slug="north", time_zone="Mars"
    )
    assert "“Mars” is not a time zone" in answer.content.decode()


def test_a_country_that_is_none_is_told_at_its_field(make_colleague: Make, space: Space) -> None:
    answer = make_colleague(superuser=True).save(
        f"segments/space/{space.pk}/change/",
        name="North",
        slug="north",
        time_zone="UTC",
        country="XX",
    )
    assert "“XX” is not a country" in answer.content.decode()
