"""Phone numbers, written alike however people write them."""

from __future__ import annotations

import re

import phonenumbers

# A country's code, and no zero after it: that one is most often dialled within the country only.
# For PostgreSQL too, which is ten times slower on the codes one by one, or on a bounded repetition.
_E164 = (
    r"^\+(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|(?:2[1-689]|3[578]|42|5[09]|6[7-9]|8[03578]|9[679])[0-9])[1-9][0-9]*$"
)
_SHORTEST, _LONGEST = 8, 16
_matches = re.compile(_E164).match

LAST_DIGITS = 6

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)


def e164(phone: str, country: str = "") -> str | None:
    """The number in E.164, such as +31201234567, or None where it can't be one.

    One without a country's code is of ``country`` (ISO 3166, two letters), if that is given. Takes
    about 20 µs where the number is not in E.164 already.
    """
    phone = phone.strip()
    if _matches(phone) and _SHORTEST <= len(phone) <= _LONGEST:
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


def is_e164(phone: str) -> str:
    """SQL for whether a text is in E.164 as it stands, as ``e164`` sees it."""
    return f"({phone} ~ '{_E164}' AND length({phone}) BETWEEN {_SHORTEST} AND {_LONGEST})"
