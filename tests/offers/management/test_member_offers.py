import datetime
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from segments.models import Space

Make = Callable[..., Any]


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("member_offers", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_every_offer_is_printed_with_its_status_and_all_its_reasons(
    space: Space, make_membership: Make, make_offer: Make, make_audience: Make,
    at: datetime.datetime,
) -> None:  # fmt: skip
    make_membership(external_id="m-1", full_name="Bo")
    make_offer(name="Open", external_id="open")
    adults = make_audience("age_within", minimum_age=18, maximum_age=None)
    make_offer(adults, name="Wine", external_id="wine", publish_at=at + datetime.timedelta(days=1))
    assert run("m-1", "--space", space.slug, "--at", "2026-06-15") == [
        "Bo (m-1) at 2026-06-15 00:00 CEST",
        "OFFER  NAME  STATUS       WHY",
        "open   Open  visible",
        "wine   Wine  unpublished  The offer is published on 2026-06-16 14:00 CEST. "
        "Only for members aged 18 or over.",
        "1 of 2 offers visible",
    ]
    assert "1 of 2 offers visible" in run("m-1", "--space", space.slug)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["m-1", "--space", "nowhere"], "There is no space “nowhere”. The spaces are: north."),
        (["m-2", "--space", "north"], "There is no membership “m-2” in north."),
        (["m-1", "--space", "north", "--at", "soon"], "“soon” is not a moment"),
        (["m-1", "--space", "north", "--at", "2026-06-15T12:00"], "with its zone"),
    ],
)
def test_wrong_input_is_refused_with_what_would_be_right(
    space: Space, make_membership: Make, arguments: list[str], said: str
) -> None:
    make_membership(external_id="m-1")
    with pytest.raises(CommandError, match=said):
        run(*arguments)
