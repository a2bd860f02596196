"""``/offers/ID/duplicate``: another offer like one."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.response import Response

from offers.models import Offer
from offers.services import duplicate
from segments.api.document import Document
from segments.api.operations import AnswerSerializer, Doing
from segments.api.parameters import check_parameters
from segments.api.received import Resource, read_resource
from segments.api.refusals import translated
from segments.api.resource import ResourceViewSet
from segments.api.serializer import MomentField
from segments.api.values import read_values


class OfferDuplicateSerializer(AnswerSerializer):
    name = serializers.CharField(required=False, max_length=255, help_text="Left out: “Copy of …”.")
    publish_at = MomentField(required=False, allow_null=True)
    expire_at = MomentField(required=False, allow_null=True)

    class Meta:
        model = Offer
        resource_name = "offer-duplicates"


class Duplicate(Doing):
    """Aimed at the same audiences, without the external id. It has the dates that are sent; without
    any it begins discontinued, so that nobody sees it yet. Answers with the new offer."""

    summary = "Duplicate an offer"
    takes = OfferDuplicateSerializer
    needs_body = False
    status = 201

    def answer(self, view: ResourceViewSet) -> Response:
        check_parameters(view.request, "include", "fields")
        selection = view.selection()
        offer = view.get_object()
        received = Resource(None, {}, {})
        serializer = OfferDuplicateSerializer(context=view.get_serializer_context())
        if view.request.data:
            received = read_resource(view.request.data, type=serializer.resource_type())
        with translated(serializer, received):
            copy = duplicate(offer=offer, **read_values(serializer, received))
        made = view.planned(view.get_queryset(), selection).get(pk=copy.pk)
        document = Document(view.request, selection).of_one(view.serializer_class, made)
        link = document["data"]["links"]["self"]
        return Response(
            {"links": {"self": link}, **document}, status=201, headers={"Location": link}
        )
