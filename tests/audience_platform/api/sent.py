"""A request of each kind that has a body, each of which is carried out as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from audiences.models import Audience, AudienceGroup
from offers.models import Offer
from segments.models import Membership, Segment

Request = tuple[str, str, Any]  # method, path, document
TIERS = [
    {"name": "Low", "start": 0, "end": "10"},
    {"name": "High", "start": 10, "end": None},
]


@dataclass(frozen=True)
class There:
    """What the requests are about."""

    segment: Segment
    membership: Membership
    newcomer: Membership  # in no segment
    audience: Audience
    offer: Offer
    group: AudienceGroup  # of tiers


def requests_about(there: There) -> list[Request]:
    return [
        *_memberships(there),
        *_segments(there),
        *_audiences(there),
        *_groups(there),
        *_offers(there),
        *_questions(there),
    ]


def _named(type: str, row: Any) -> dict[str, str]:
    return {"type": type, "id": str(row.id)}


def _document(type: str, attributes: Any = None, *, id: Any = None, **related: Any) -> Any:
    """``related`` are resource identifiers, or lists of them, by the names of relationships."""
    return {
        "data": {
            "type": type,
            **({"id": str(id)} if id else {}),
            **({"attributes": attributes} if attributes else {}),
            **(
                {"relationships": {name: {"data": data} for name, data in related.items()}}
                if related
                else {}
            ),
        }
    }


def _memberships(there: There) -> list[Request]:
    new = {
        "external_id": "m-1",
        "email": "ana@example.org",
        "birthdate": "1990-01-31",
        "total_orders": 3,
        "total_order_value": "5.00",
        "last_order_at": "2026-01-01T00:00:00Z",
        "metadata": {"tier": {"name": ["gold", 1]}},
    }
    id = there.membership.id
    changed = {"full_name": "Ana", "metadata": {}}
    supposed = {**new, "external_id": "x", "at": "2027-01-01T00:00:00Z"}
    segments = [_named("segments", there.segment)]
    return [
        ("POST", "memberships", _document("memberships", new)),
        ("PATCH", f"memberships/{id}", _document("memberships", changed, id=id)),
        (
            "POST",
            f"memberships/{id}/what-if",
            _document("what-ifs", supposed, segments=segments, lists=[]),
        ),
    ]


def _segments(there: There) -> list[Request]:
    member = _named("memberships", there.membership)
    place = _document(
        "segment-memberships",
        id="5e4b24b5-3f5c-4b5f-9d2c-3b7d1f5f3a11",
        segment=_named("segments", there.segment),
        membership=_named("memberships", there.newcomer),
    )
    return [
        ("POST", "segments", _document("segments", {"short_code": "s", "name": "S"})),
        (
            "POST",
            f"segments/{there.segment.id}/relationships/memberships",
            {"data": [member, {"type": "memberships", "meta": {"external_id": "m-0"}}]},
        ),
        ("POST", "segment-memberships", place),
    ]


def _audiences(there: There) -> list[Request]:
    ages = {"audience_type": "age_within", "configuration": {"minimum_age": 18, "maximum_age": 35}}
    listed = {
        "audience_type": "in_any_segment",
        "configuration": {"segments": [str(there.segment.id)]},
        "name": "Gold",
    }
    offer, audience = _named("offers", there.offer), _named("audiences", there.audience)
    days = {"days": [1, 4], "hours": [6], "time_zone": "Europe/Amsterdam"}
    path = f"audiences/{there.audience.id}/relationships"
    return [
        ("POST", "audiences", _document("audiences", ages, offer=offer, offers=[offer])),
        ("POST", "audiences", _document("audiences", listed)),
        ("PATCH", f"{path}/offer", {"data": offer}),
        ("POST", f"{path}/included", {"data": [_named("memberships", there.membership)]}),
        ("POST", "refresh-schedules", _document("refresh-schedules", days, audience=audience)),
    ]


def _groups(there: There) -> list[Request]:
    grouped = {"name": "Ages", "description": "By age", "kind": "plain"}
    loyalty = {"name": "Loyalty", "kind": "tiers", "attribute": "metadata.points", "tiers": TIERS}
    dated = [
        {"name": "Early", "start": "2020-01-01", "end": "2021-01-01"},
        {"name": "Late", "start": "2021-01-01"},
    ]
    changed = {"attribute": "last_order_at", "tiers": dated}
    type, id, audience = "audience-groups", there.group.id, _named("audiences", there.audience)
    moves = _document("audience-group-previews", {"tiers": TIERS}, group=_named(type, there.group))
    return [
        ("POST", type, _document(type, loyalty)),
        ("POST", type, _document(type, grouped, audiences=[audience])),
        ("POST", f"{type}/preview", moves),
        ("PATCH", f"{type}/{id}", _document(type, changed, id=id)),
    ]


def _offers(there: There) -> list[Request]:
    shown = {
        "name": "Coffee",
        "publish_at": "2026-01-01",
        "expire_at": "2027-01-01T00:00:00Z",
        "discontinued": False,
        "custom_data": {},
    }
    aimed_at = [_named("audiences", there.audience)]
    return [
        ("POST", "offers", _document("offers", shown, audiences=aimed_at)),
        ("POST", "offers/preview", _document("offer-previews", audiences=aimed_at)),
    ]


def _questions(there: There) -> list[Request]:
    conditions = [
        {"field": "metadata.tier", "operator": "in", "value": ["gold"], "case_sensitive": True},
        {"field": "age", "operator": "between", "value": [18, 35]},
        {"field": "created_at", "operator": "within_last", "value": {"amount": 1, "unit": "day"}},
        {"not": {"in_segment": str(there.segment.id)}},
        {"sample": {"percent": 10, "seed": "x"}},
    ]
    ruled = {"rule": {"any": [{"all": conditions}]}, "estimate": False}
    said = {"all": [conditions[0], conditions[3]]}
    convertible = {"format": "rules", "value": said, "to": "pql/json"}
    audience = _named("audiences", there.audience)
    return [
        ("POST", "audiences/preview", _document("audience-previews", ruled, audience=audience)),
        ("POST", "rules/convert", _document("rule-conversions", convertible)),
    ]
