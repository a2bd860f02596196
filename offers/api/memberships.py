"""``memberships``, with ``/memberships/ID/what-if``: what other facts would change for a member."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import uuid4

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from audiences.api import memberships
from audiences.models import Audience
from audiences.services.what_if import SUPPOSABLE, Supposition, WhatIf, suppose, what_if
from offers import visibility
from offers.answers import VISIBLE, Visibility
from segments.api.memberships import MembershipSerializer
from segments.api.operations import AnswerSerializer, Operation
from segments.api.parameters import check_parameters
from segments.api.received import read_resource
from segments.api.refusals import translated
from segments.api.relations import RelatedById
from segments.api.resource import ResourceViewSet
from segments.api.serializer import MomentField
from segments.api.values import chosen_id, read_values
from segments.models import Membership, Segment


class AskedMomentField(MomentField):
    default_error_messages = {"too_far": "Give a moment of the years 1900 to 9000."}

    def to_internal_value(self, value: Any) -> datetime.datetime:
        moment = super().to_internal_value(value)
        if not 1900 <= moment.year <= 9000:
            self.fail("too_far")
        return moment


class WhatIfSerializer(AnswerSerializer):
    aliases = MembershipSerializer.aliases

    at = AskedMomentField(
        required=False, help_text="The moment to ask for, instead of now: ISO 8601."
    )
    segments = RelatedById(
        many=True, queryset=Segment.objects.without_lists(), required=False, write_only=True
    )
    lists = RelatedById(many=True, queryset=Audience.objects.all(), required=False, write_only=True)
    as_of = MomentField(read_only=True, help_text="When the facts were as they are.")
    enters = serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text="The audiences in force that it would be in and isn't: id and name of each.",
    )
    leaves = serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text="Those that it's in, and wouldn't be.",
    )
    stays = serializers.IntegerField(
        read_only=True, help_text="In how many it is, and would be still."
    )
    visible = serializers.IntegerField(
        read_only=True, help_text="How many offers it would see then."
    )
    visible_now = serializers.IntegerField(read_only=True, help_text="How many it sees now.")
    offers = serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text="Those with another answer then: id, name, and before and after, each with "
        "visible_status and visible_reasons.",
    )

    class Meta:
        resource_name = "what-ifs"
        model = Membership

    def get_fields(self) -> dict[str, Any]:
        """The facts that may be supposed are those that may be written; none must be given."""
        facts = MembershipSerializer(context=self.context).get_fields()
        for name in SUPPOSABLE:
            facts[name].required, facts[name].write_only = False, True
        return {**{name: facts[name] for name in SUPPOSABLE}, **super().get_fields()}


class AskWhatIf(Operation):
    """Facts, ``segments`` and ``lists`` (audiences that are lists) are as they are unless given,
    and whole where they are. Nothing is saved."""

    summary = "Tell what other facts would change for a member"
    gives = takes = WhatIfSerializer
    method = "post"

    def answer(self, view: ResourceViewSet) -> Response:
        check_parameters(view.request)
        membership = view.get_object(view.get_queryset().only("id"))
        received = read_resource(view.request.data, type=WhatIfSerializer.resource_type())
        serializer = WhatIfSerializer(context=view.get_serializer_context())
        sent = read_values(serializer, received)
        others = {name: sent.pop(name, None) for name in ("segments", "lists", "at")}
        now = timezone.now()
        with translated(serializer, received):
            supposed = suppose(
                space=view.space,
                membership=membership.id,
                supposition=Supposition(sent, **others),
                now=now,
            )
        audiences = what_if(space=view.space, supposed=supposed)
        changes = visibility.what_if(
            space=view.space, supposed=supposed, denied=view.access.denied_labels
        )
        values = {
            "at": supposed.then.clock.now,
            "as_of": now,
            **_moves(view, audiences),
            "visible": sum(_is_visible(change.after) for change in changes),
            "visible_now": sum(_is_visible(change.before) for change in changes),
            "offers": [_changed(change) for change in changes if change.is_one],
        }
        return self.document(view, chosen_id(received) or uuid4(), values)


def _moves(view: ResourceViewSet, found: WhatIf) -> dict[str, Any]:
    """Of the audiences that whoever asks may see."""
    numbers = [audience.pk for audience in (*found.enters, *found.leaves, *found.stays)]
    seen = view.access.seen(Audience.objects.filter(pk__in=numbers))
    shown = set(seen.values_list("pk", flat=True))

    def named(audiences: Sequence[Audience]) -> list[dict[str, str]]:
        return [
            {"id": str(audience.id), "name": str(audience)}
            for audience in audiences
            if audience.pk in shown
        ]

    return {
        "enters": named(found.enters),
        "leaves": named(found.leaves),
        "stays": len(named(found.stays)),
    }


def _is_visible(answer: Visibility) -> bool:
    return answer.visible_status == VISIBLE


def _changed(change: visibility.Change) -> dict[str, Any]:
    offer = change.after.offer
    return {
        "id": str(offer.id),
        "name": offer.name,
        "before": _told(change.before),
        "after": _told(change.after),
    }


def _told(answer: Visibility) -> dict[str, Any]:
    return {
        "visible_status": answer.visible_status,
        "visible_reasons": [reason.document() for reason in answer.visible_reasons],
    }


class MembershipViewSet(memberships.MembershipViewSet):
    __doc__ = memberships.MembershipViewSet.__doc__

    operations: ClassVar[Mapping[str, Operation]] = {
        **memberships.MembershipViewSet.operations,
        "what-if": AskWhatIf(),
    }
