"""What Fanfare calls the facts of a consumer, and what they are called here."""

from __future__ import annotations

from audiences.rules import fields

COLUMNS = {
    "id": "id",
    "externalId": "external_id",
    "email": "email",
    "emailDomain": "email_domain",
    "phone": "phone",
    "fullName": "full_name",
    "totalOrders": "total_orders",
    "totalOrderValue": "total_order_value",
    "lastOrderAt": "last_order_at",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "birthday": "birthday",
    "age": "age",
    # further names of the same, from its other pages
    "ltv": "total_order_value",
    "totalSpend": "total_order_value",
    "lifetimeSpend": "total_order_value",
    "lastPurchaseAt": "last_order_at",
}
# Facts of a consumer there which here are in the metadata, by the same names.
IN_METADATA = (
    "loyaltyScore",
    "loyaltyBalance",
    "loyaltyLifetimePoints",
    "loyaltyLastActivityAt",
    "loyaltyPoints",
    "loyaltyTier",
    "aov",
    "averageOrderValue",
    "totalReturns",
    "lastReturnAt",
    "activityScore",
    "activityRank",
    "purchaseFrequencyScore",
    "purchaseFrequencyRank",
    "monetaryScore",
    "monetaryRank",
    "status",
    "firstName",
    "lastName",
    "lastActivityAt",
    "firstPurchaseAt",
    "lastGeoCountry",
    "lastGeoRegion",
    "lastGeoCity",
    "smsOptOut",
    "emailVerified",
    "phoneVerified",
    "tags",
    "source",
)
ARRAYS = ("metadata.tags", "attributes.tags", "tags")  # where “contains” asks for a whole value
_FREE = ("metadata.", "attributes.")


class UnknownField(ValueError):
    def __init__(self, name: object) -> None:
        known = ", ".join((*COLUMNS, *IN_METADATA))
        super().__init__(f"{name!r} is not a field. Give one of {known}, or metadata. with a path.")


def field_of(name: object) -> fields.Field:
    """The field that Fanfare's name means.

    :raises UnknownField: it means none.
    """
    if isinstance(name, str):
        found = COLUMNS.get(name, name if name in fields.FIELDS else "")
        if name in IN_METADATA:
            found = fields.METADATA + name
        for beginning in _FREE:
            if name.startswith(beginning):
                found = fields.METADATA + name.removeprefix(beginning)
        if fields.is_field(found):
            return fields.get(found)
    raise UnknownField(name)


def name_of(field: str) -> str:
    """What Fanfare calls a field; one that it has no name for keeps ours."""
    for name, ours in COLUMNS.items():
        if ours == field:
            return name
    tail = field.removeprefix(fields.METADATA)
    return tail if tail in IN_METADATA else field
