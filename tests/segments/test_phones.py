from __future__ import annotations

import re

import pytest
from django.db import connection

from segments.phones import E164, e164


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
    [("06 12345678", ""), ("12", "NL"), ("vera", "NL"), ("", "NL"), ("+9991234567", "NL")],
)
def test_says_where_there_is_no_number(phone: str, country: str) -> None:
    assert e164(phone, country) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "phone", ["+31612345678", "+310612345678", "+12015550100", "+391", "31612345678", "+999123456"]
)
def test_python_and_postgresql_agree_on_what_is_in_order_already(phone: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s ~ %s", [phone, E164])
        assert cursor.fetchone() == (bool(re.match(E164, phone)),)
