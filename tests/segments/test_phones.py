from __future__ import annotations

import phonenumbers
import pytest
from django.db import connection

from segments.phones import e164, is_e164


@pytest.mark.parametrize(
    ("phone", "country", "written"),
    [
        ("+31612345678", "", "+31612345678"),
        (" +31 (0)6 1234 5678 ", "", "+31612345678"),
        ("+310612345678", "US", "+31612345678"),
        ("06 12345678", "NL", "+31612345678"),
        ("0031-6-12345678", "NL", "+31612345678"),
        ("(201) 555-0100", "US", "+12015550100"),
        ("+39 06 1234567", "NL", "+39061234567"),  # Italy dials the zero from abroad too
        ("020-1234567 ext. 12", "NL", "+31201234567"),
    ],
)
def test_writes_a_number_alike_however_it_is_written(
    phone: str, country: str, written: str
) -> None:
    assert e164(phone, country) == written


@pytest.mark.parametrize(
    ("phone", "country"),
    [("06 12345678", ""), ("12", "NL"), ("vera", "NL"), ("", "NL"), ("+0612345678", "NL")],
)
def test_says_where_there_is_no_number(phone: str, country: str) -> None:
    assert e164(phone, country) is None


def test_knows_the_code_of_every_country() -> None:
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        assert e164(f"+{code}23456789") == f"+{code}23456789"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("phone", "as_it_stands"),
    [
        ("+31612345678", True),
        ("+12015550100", True),
        ("+310612345678", False),
        ("+39061234567", False),
        ("+31612", False),
        ("+3161234567890123", False),
        ("31612345678", False),
        ("+31 612345678", False),
    ],
)
def test_postgresql_sees_what_is_in_order_as_it_stands(phone: str, as_it_stands: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {is_e164('%s::text')}", [phone, phone])
        assert cursor.fetchone() == (as_it_stands,)
    if as_it_stands:
        assert e164(phone) == phone
