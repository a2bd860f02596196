"""``membership-offers``: which offers one membership may see, and why not the others. To read.

Worked out at each request, from the facts as they are; so a resource here is no row, and its id is
that of the membership and that of the offer, with a colon between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.models import Audience
from audiences.types.registry import TYPES
from offers.answers import AUDIENCE_INACTIVE, AUDIENCE_UNAVAILABLE, VISIBLE, Visibility
from offers.api.moment import read_moment
from offers.api.offers import OfferSerializer
from offers.models import Offer, Schedule
from offers.visibility import membership_offers
from segments.api.document import Document, Selection, merged, plan
from segments.api.errors import Problem, Refused, bad_parameter, shown, unknown_parameter
from segments.api.parameters import check_parameters, filters, here, read_sort
from segments.api.relations import RelatedById, as_uuid
from segments.api.relationships import Relationship, ToMany, ToOne
from segments.api.resource import ResourceViewSet
from segments.models import Membership

STATUSES = (
    VISIBLE,
    *(state for state in Schedule if state != Schedule.LIVE),
    *dict.fromkeys(type.hidden_because for type in TYPES.values()),
    AUDIENCE_INACTIVE,
    AUDIENCE_UNAVAILABLE,
)
FILTERS = {
    "membership": "The membership of this id.",
    "external_id": "The membership of this external id, instead.",
    "at": "Another moment than now: ISO 8601 with a zone, or a date.",
    "visible_status": f"One or several, between commas, of {', '.join(STATUSES)}.",
    "eligible": "true or false.",
    "category": "Offers of this category.",
}


@dataclass(frozen=True)
class MembershipOffer:
    """One offer's answer for one membership. Of the membership maybe only the id is known."""

    membership: Membership
    offer: Offer
    audiences: list[Audience]
    visibility: Visibility

    @property
    def id(self) -> str:
        return f"{self.membership.id}:{self.offer.id}"

    @property
    def pk(self) -> str:
        return self.id

    @property
    def reasons(self) -> list[dict[str, Any]]:
        return [reason.document() for reason in self.visibility.visible_reasons]


class MembershipOfferSerializer(OfferSerializer):
    included_serializers = {
        "membership": "segments.api.memberships.MembershipSerializer",
        "offer": "offers.api.offers.OfferSerializer",
        "audiences": "offers.api.audiences.AudienceSerializer",
    }

    visible_status = serializers.CharField(
        source="visibility.visible_status",
        read_only=True,
        help_text="visible, or the first reason to hide the offer from this membership.",
    )
    visible_reasons = serializers.ListField(
        source="reasons",
        read_only=True,
        child=serializers.DictField(),
        help_text="Every reason, in order: code, detail, audience, missing_segments.",
    )
    eligible = serializers.BooleanField(source="visibility.eligible", read_only=True)
    membership = RelatedById(read_only=True, model=Membership)
    offer = RelatedById(read_only=True, model=Offer)
    audiences = RelatedById(
        many=True, read_only=True, model=Audience, related=attrgetter("audiences")
    )

    class Meta(OfferSerializer.Meta):
        resource_name = "membership-offers"
        fields: ClassVar[list[str]] = [
            "visible_status",
            "visible_reasons",
            "eligible",
            *OfferSerializer.Meta.fields,
            "membership",
            "offer",
        ]

    def get_fields(self) -> dict[str, Any]:
        """The offer's own attributes are those of the row's offer."""
        fields: dict[str, Any] = super().get_fields()
        for name in set(OfferSerializer.Meta.fields) - {"audiences"}:
            fields[name].source = f"visibility.offer.{name}"
        return fields


class AudiencesOfAMembershipOffer(ToMany):
    def rows(self, row: MembershipOffer) -> QuerySet[Audience]:
        return Audience.objects.filter(offers=row.offer)


class MembershipOfferViewSet(ResourceViewSet):
    """Every offer as it stands for one membership now: whether it is visible, and if not, why.

    Name the membership by ``filter[membership]`` or ``filter[external_id]``; ``filter[at]``
    previews another moment."""

    serializer_class = MembershipOfferSerializer
    queryset = Offer.objects.none()
    filter_backends = ()
    worked_out_filters = FILTERS
    ordering_fields: ClassVar[list[str]] = [
        "visible_status",
        "name",
        "category",
        "publish_at",
        "expire_at",
        "created_at",
    ]
    relationships: ClassVar[Mapping[str, Relationship]] = {
        "membership": ToOne("segments.api.memberships.MembershipViewSet", "membership"),
        "offer": ToOne("offers.api.offers.OfferViewSet", "offer"),
        "audiences": AudiencesOfAMembershipOffer(
            "offers.api.audiences.AudienceViewSet", "audiences"
        ),
    }

    def list(self, request: Request, **kwargs: Any) -> Response:
        check_parameters(request, "filter", "sort", "page", "include", "fields")
        selection = self.selection()
        given = filters(request)
        _check_filters(given, list(FILTERS))
        membership = self._membership(given)
        answers = _kept(self._answers(membership, given), given)
        _sort(answers, read_sort(request, self.ordering_fields))
        page = self.paginate_queryset(answers) or []
        rows = _rows(membership, page, selection)
        document = Document(request, selection).of(self.serializer_class, rows)
        return self.get_paginated_response(document)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        check_parameters(request, "filter", "include", "fields")
        selection = self.selection()
        row = self.get_object()
        rows = _rows(row.membership.id, [row.visibility], selection)
        document = Document(request, selection).of_one(self.serializer_class, rows[0])
        return Response({"links": {"self": here(request)}, **document})

    def get_object(self, rows: QuerySet[Any] | None = None) -> MembershipOffer:
        given = filters(self.request)
        _check_filters(given, ["at"])
        membership, _, offer = (as_uuid(part) for part in self.kwargs["id"].partition(":"))
        if membership is not None and offer is not None:
            for answer in self._answers(membership, given):
                if answer.offer.id == offer:
                    return _rows(membership, [answer], Selection({}, {}, self.access.seen))[0]
        raise self.not_found()

    def _membership(self, given: Mapping[str, str]) -> UUID:
        """The id of the one membership that the request is about."""
        named = [name for name in ("membership", "external_id") if name in given]
        if "id" in self.kwargs:  # /memberships/ID/offers
            _check_filters(given, list(FILTERS)[2:])
            id = as_uuid(self.kwargs["id"])
        elif len(named) != 1:
            detail = "Name one membership: its id, or in filter[external_id] its external id."
            raise bad_parameter("filter[membership]", detail)
        elif "membership" in given:
            id = as_uuid(given["membership"])
        else:
            memberships = Membership.objects.filter(
                space=self.space, external_id=given["external_id"]
            )
            id = memberships.values_list("id", flat=True).first()
        if id is None:
            raise self._no_membership()
        return id

    def _answers(self, membership: UUID, given: Mapping[str, str]) -> Sequence[Visibility]:
        at = timezone.now()
        if "at" in given:
            at = read_moment("filter[at]", given["at"], self.space)
        try:
            return membership_offers(
                space=self.space,
                membership=membership,
                at=at,
                denied=self.access.denied_labels,
            )
        except Membership.DoesNotExist:
            raise self._no_membership() from None

    def _no_membership(self) -> Refused:
        detail = "There is no such membership in this space. Name an existing one."
        given = [
            f"filter[{name}]" for name in list(FILTERS)[:2] if f"filter[{name}]" in self.request.GET
        ]
        return Refused(404, Problem("not_found", detail, parameter=given[0] if given else None))


def _check_filters(given: Mapping[str, str], known: Sequence[str]) -> None:
    for name in given.keys() - set(known):
        detail = f"There is no filter “{name}” here. There are {', '.join(known)}."
        raise unknown_parameter(f"filter[{name}]", detail)


def _kept(answers: Iterable[Visibility], given: Mapping[str, str]) -> list[Visibility]:
    """The answers that pass the filters."""
    if "visible_status" in given:
        wanted = set(given["visible_status"].split(","))
        if unknown := wanted - set(STATUSES):
            detail = f"There is no status “{unknown.pop()}”. There are {', '.join(STATUSES)}."
            raise bad_parameter("filter[visible_status]", detail)
        answers = [answer for answer in answers if answer.visible_status in wanted]
    if "eligible" in given:
        if given["eligible"] not in ("true", "false"):
            detail = f"{shown(given['eligible'])} is neither true nor false. Give one of them."
            raise bad_parameter("filter[eligible]", detail)
        wanted_eligible = given["eligible"] == "true"
        answers = [answer for answer in answers if answer.eligible == wanted_eligible]
    if "category" in given:
        answers = [answer for answer in answers if answer.offer.category == given["category"]]
    return list(answers)


def _sort(answers: list[Visibility], wanted: Sequence[tuple[str, bool]]) -> None:
    """Sort in place; what is missing comes last, and first where high to low: as in SQL."""
    for name, descending in reversed(wanted):

        def key(answer: Visibility, name: str = name) -> tuple[bool, Any]:
            value = getattr(answer if name == "visible_status" else answer.offer, name)
            return value is None, value

        answers.sort(key=key, reverse=descending)


def _rows(
    membership: UUID, answers: Sequence[Visibility], selection: Selection
) -> list[MembershipOffer]:
    """The answers as rows, with what the request includes fetched ahead.

    The answers' own offers are shared by requests: what is included is read anew.
    """
    include, person = selection.include, Membership(id=membership)
    if answers and "membership" in include:
        people = Membership.objects.filter(space=answers[0].offer.space_id, id=membership)
        person = plan(_serializer("membership"), people, selection, include["membership"]).get()
    offers: dict[int, Offer] = {}
    if include.keys() & {"offer", "audiences"}:
        found = Offer.objects.filter(pk__in=[answer.offer.pk for answer in answers])
        aimed_at = {"audiences": include["audiences"]} if "audiences" in include else {}
        tree = merged(include.get("offer", {}), aimed_at)
        planned = plan(OfferSerializer, found, selection, tree)
        offers = {offer.pk: offer for offer in planned}
    rows = []
    for answer in answers:
        offer = offers.get(answer.offer.pk, answer.offer)
        source = offer if "audiences" in include else answer.offer
        rows.append(MembershipOffer(person, offer, list(source.audiences.all()), answer))
    return rows


def _serializer(name: str) -> Any:
    return MembershipOfferSerializer.included_serializers[name]
