"""``manage.py refresh_audiences``."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audiences.models import Audience
from segments.models import Space
from tests.conftest import Make

pytestmark = pytest.mark.django_db

KEEN = {"field": "total_orders", "operator": "greater_or_equal", "value": 10}


def refresh(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("refresh_audiences", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_a_line_is_printed_for_each(
    space: Space, make_membership: Make, make_audience: Make
) -> None:
    make_membership(total_orders=12)
    make_audience("rules", rule=KEEN, name="keen")
    assert refresh("--space", space.slug) == [
        "north: keen: 1 member, 1 entered, 0 left (first build)"
    ]
    assert refresh("--audience", "keen") == ["north: keen: 1 member, unchanged"]


def test_who_is_in_it_names_an_audience_without_a_name(make_audience: Make) -> None:
    make_audience("age_within", minimum_age=18, maximum_age=35)
    assert refresh() == ["north: Aged 18 to 35: 0 members, 0 entered, 0 left (first build)"]


def test_an_audience_that_cannot_be_worked_out_is_told_and_the_others_are_refreshed(
    make_audience: Make,
) -> None:
    broken = make_audience("rules", rule=KEEN, name="broken")
    make_audience("rules", rule=KEEN, name="keen")
    Audience.objects.filter(pk=broken.pk).update(configuration={"rule": {"colour": "red"}})
    out = StringIO()
    with pytest.raises(CommandError, match="can't be worked out: 1"):
        call_command("refresh_audiences", stdout=out)
    failed, kept = out.getvalue().splitlines()
    assert failed.startswith("north: broken: FAILED. ")
    assert kept == "north: keen: 0 members, 0 entered, 0 left (first build)"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--space", "south"), "There is no space “south”. The spaces are: north."),
        (("--audience", "keen"), "There is no audience “keen”. Give its id, or its name in full."),
    ],
)
def test_a_wrong_name_is_told(space: Space, arguments: tuple[str, str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        refresh(*arguments)
