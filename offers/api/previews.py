"""``/offers/preview``: how many would see an offer now, before anything is saved."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from audiences.models import Audience
from offers.models import Offer, Schedule
from offers.visibility import count_aimed_at
from segments.api.operations import AnswerSerializer, Operation
from segments.api.relations import RelatedById
from segments.api.resource import ResourceViewSet
from segments.api.serializer import MomentField

_SCHEDULE = ("publish_at", "expire_at", "discontinued")


class OfferPreviewSerializer(AnswerSerializer):
    publish_at = MomentField(required=False, allow_null=True)
    expire_at = MomentField(required=False, allow_null=True)
    discontinued = serializers.BooleanField(required=False)
    offer = RelatedById(queryset=Offer.objects.all(), required=False, allow_null=True)
    audiences = RelatedById(many=True, queryset=Audience.objects.all(), required=False)
    state = serializers.CharField(
        read_only=True, help_text=f"Now: {', '.join(Schedule)}. Only a live offer is seen."
    )
    count = serializers.IntegerField(read_only=True, help_text="How many would see it now.")
    in_audiences = serializers.IntegerField(
        read_only=True, help_text="How many are in all the audiences, whatever the schedule."
    )
    everyone = serializers.IntegerField(read_only=True, help_text="How many the space has.")
    percent = serializers.FloatField(read_only=True, help_text="The count's share of everyone.")
    exact = serializers.BooleanField(read_only=True)
    as_of = MomentField(read_only=True)
    sizes = serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text="Of each audience, oldest first: id, name, and the size that it has now; how "
        "many it removes of those whom the ones before it leave, and how many are left then.",
    )

    class Meta:
        resource_name = "offer-previews"


class PreviewOffer(Operation):
    """Nothing is saved. Given an offer, what is left out is the offer's own."""

    summary = "Count who would see an offer now"
    gives = takes = OfferPreviewSerializer
    method = "post"
    on_one = False

    def answer(self, view: ResourceViewSet) -> Response:
        id, sent = self.received(view)
        offer = sent.get("offer") and Offer.objects.get(pk=sent["offer"].pk)  # whole
        draft, at = Offer(space=view.space), timezone.now()
        for name in _SCHEDULE:
            setattr(draft, name, sent.get(name, getattr(offer or draft, name)))
        aimed_at = sent.get("audiences", offer.audiences.all() if offer else [])
        rows = Audience.objects.filter(pk__in=[audience.pk for audience in aimed_at])
        audiences, seen = list(rows), set(view.access.seen(rows))
        found = count_aimed_at(space=view.space, audiences=audiences, at=at)
        state = draft.schedule(at)
        count = found.count if state == Schedule.LIVE else 0
        values: dict[str, Any] = {
            **{name: getattr(draft, name) for name in _SCHEDULE},
            "offer": offer,
            "audiences": [audience for audience in audiences if audience in seen],
            "state": state.value,
            "count": count,
            "in_audiences": found.count,
            "everyone": found.everyone,
            "percent": round(100 * count / found.everyone, 2) if found.everyone else 0.0,
            "exact": True,
            "as_of": at,
            "sizes": [
                {
                    "id": str(audience.id),
                    "name": str(audience),
                    "size": size,
                    "removes": removes,
                    "left": left,
                }
                for audience, size, removes, left in zip(
                    audiences, found.sizes, found.removes, found.left, strict=True
                )
                if audience in seen
            ],
        }
        return self.document(view, id, values)
