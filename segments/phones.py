"""Phone numbers, written alike however people write them."""

from __future__ import annotations

import re

import phonenumbers

_CODES = "|".join(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))

# What is in E.164 as it stands, in Python's words and PostgreSQL's. A zero after the country's code
# is most often one that is only dialled within the country.
E164 = rf"^\+({_CODES})[1-9][0-9]{{4,12}}$"
_is_e164 = re.compile(E164).match

LAST_DIGITS = 6

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)


def e164(phone: str, country: str = "") -> str | None:
    """The number in E.164, such as +31201234567, or None where it can't be one.

    One without a country's code is of ``country`` (ISO 3166, two letters), if that is given. Takes
    about 20 µs where the number is not in E.164 already.
    """
    phone = phone.strip()
    if _is_e164(phone):
        return phone
    try:
        number = phonenumbers.parse(phone, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def ending(phone: str) -> str:
    """The last digits of a phone (SQL), as SQL: they are the same however people write it."""
    return f"right(translate({phone}, ' -().+/\u00a0', ''), {LAST_DIGITS})"
