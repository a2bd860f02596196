"""The vendors there are, by name. A new one is its own folder and one line here."""

from audiences.sources.base import Vendor
from audiences.sources.csv_url import CsvUrl
from audiences.sources.klaviyo import Klaviyo

VENDORS: dict[str, Vendor] = {vendor.name: vendor() for vendor in (CsvUrl, Klaviyo)}


class UnknownVendor(LookupError):
    def __init__(self, name: object) -> None:
        super().__init__(f"{name!r} is not a vendor. Give one of {', '.join(VENDORS)}.")


def get(name: str) -> Vendor:
    """The vendor of that name.

    :raises UnknownVendor: when there is none; the error lists those there are.
    """
    try:
        return VENDORS[name]
    except (KeyError, TypeError):
        raise UnknownVendor(name) from None
