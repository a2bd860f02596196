"""``/memberships/ID/explain`` and ``/memberships/ID/audiences``: where a member is in, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from audiences.api.overlap import MOST, named_audiences
from audiences.models import Audience, Lifecycle
from audiences.services import audiences_of, explain
from audiences.services.explain import Explanation, Node
from audiences.services.since import Since, since
from segments.api import memberships
from segments.api.operations import AnswerSerializer, Listing, Operation
from segments.api.relationships import view_of
from segments.api.resource import ResourceViewSet
from segments.api.serializer import MomentField, ObjectField


class ExplanationSerializer(AnswerSerializer):
    audience = ObjectField(help_text="Its id and name.")
    member = serializers.BooleanField(help_text="Whether it holds the member now.")
    since = MomentField(
        allow_null=True,
        help_text="The moment of the version that brought the member in; null: no version has. "
        "That may be the first version: the member may have met the rule before.",
    )
    by_hand = serializers.CharField(
        allow_null=True, help_text="included or excluded: then the rule doesn't matter."
    )
    summary = serializers.CharField(help_text="Who is meant, in words.")
    rule = ObjectField(
        allow_null=True,
        help_text="The rule as a tree: of each node form, sentence, held, wanted (the rule as one "
        "writes it), seen (of a condition: the member's value), since (of a segment), and parts.",
    )
    error = serializers.CharField(allow_null=True, help_text="Why it can't be told.")

    class Meta:
        resource_name = "audience-explanations"


class Explain(Operation):
    summary = "Explain why a member is in audiences, or is not"
    gives = ExplanationSerializer
    many = True
    filters = {
        "audience": f"The ids of at most {MOST} audiences, between commas; all that are in force, "
        "unless given."
    }

    def answer(self, view: ResourceViewSet) -> Response:
        given = self.given(view)
        membership = view.get_object(view.get_queryset().only("id"))
        listing = view_of(ResourceViewSet, view)
        page = listing.paginate_queryset(_asked(view, given.get("audience"))) or []
        found = explain(
            space=view.space, membership=membership.id, audiences=list(page), at=timezone.now()
        )
        entered = since(audiences=page, membership=membership.pk)
        data = [
            self.resource(
                f"{membership.id}:{one.audience.id}", _told(one, entered.get(one.audience.pk))
            )
            for one in found
        ]
        return listing.get_paginated_response({"data": data})


def _asked(view: ResourceViewSet, ids: str | None) -> list[Audience]:
    if ids is not None:
        return list(named_audiences(view, ids, least=1, parameter="audience"))
    kept = Audience.objects.filter(space=view.space, enabled=True, lifecycle=Lifecycle.PUBLISHED)
    return list(view.access.seen(kept))


def _told(found: Explanation, entered: Since | None) -> dict[str, Any]:
    return {
        "audience": {"id": str(found.audience.id), "name": str(found.audience)},
        "member": found.member,
        "since": entered and entered.moment,
        "by_hand": found.by_hand,
        "summary": found.sentence,
        "rule": found.rule and _node(found.rule),
        "error": found.error or None,
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "form": node.form,
        "sentence": node.sentence,
        "held": node.held,
        "wanted": node.rule,
        "seen": node.seen,
        "since": node.since,
        "parts": [_node(part) for part in node.parts],
    }


class AudiencesOfAMembership(Listing):
    """Asked of the member's facts as they are now."""

    summary = "List the audiences in force that hold a member"

    def narrowed(self, view: ResourceViewSet) -> dict[str, Any]:
        membership = view.get_object(view.get_queryset().only("id"))
        found = audiences_of(space=view.space, membership=membership.id, at=timezone.now())
        numbers = [audience.pk for audience in found]
        return {"within": Audience.objects.filter(pk__in=numbers)}


class MembershipViewSet(memberships.MembershipViewSet):
    __doc__ = memberships.MembershipViewSet.__doc__

    operations: ClassVar[Mapping[str, Operation]] = {
        "audiences": AudiencesOfAMembership("offers.api.audiences.AudienceViewSet"),
        "explain": Explain(),
    }
