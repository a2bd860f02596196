"""Who is in an audience or a group, who is put in, and whether somebody is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from pyroaring import BitMap
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.fanfare.errors import Failure, Invalid, Issue
from audience_platform.facades.fanfare.pages import Members, page
from audience_platform.facades.fanfare.received import Received
from audience_platform.facades.fanfare.rules import parts_of, rules_of
from audience_platform.facades.fanfare.shapes import audience_named, consumer
from audience_platform.facades.fanfare.views.base import View, found
from audiences.models import Audience
from audiences.services import explain
from audiences.services.enrol import NotByHand, enrol
from audiences.services.explain import which_hold
from audiences.services.members import in_which, members_of
from segments.models import Membership
from segments.search import numbers_found

MOST_ENROLLED = 10_000
Told = Callable[[Sequence[int]], dict[int, list[Audience]]]


class MembersView(View):
    def page(self, held: BitMap, told: Told) -> Response:
        """A page of consumers from a set; ``told`` says which audiences each is in."""
        include = self.included(among=("audiences",))
        words = self.asked.get("search", "").strip()
        if words and held:
            held = held & numbers_found(space=self.space, words=words)
        shown = page(self.asked, Members(held))
        rows = Membership.objects.filter(space=self.space).in_bulk(shown.numbers)
        data = [consumer(rows[number]) for number in shown.numbers if number in rows]
        if "audiences" in include:
            which, denied = told(shown.numbers), set(self.access.denied_labels)
            there = [number for number in shown.numbers if number in rows]
            for one, number in zip(data, there, strict=True):
                one["audiences"] = [
                    audience_named(audience)
                    for audience in which[number]
                    if denied.isdisjoint(audience.labels)
                ]
        return Response({"data": data, "pageInfo": shown.info})


class AudienceMembers(MembersView):
    def get(self, request: Request, id: str) -> Response:
        space = self.space
        return self.page(
            members_of(self.audience(id)), lambda numbers: in_which(space=space, numbers=numbers)
        )

    def post(self, request: Request, id: str) -> Response:
        """Put consumers on a static list; those on it already stay. All of them, or nobody."""
        audience = self.audience(id)
        received = Received(request.data)
        ids = received.take("consumerIds", "array", needed=True, default=[])
        if len(ids) > MOST_ENROLLED:
            received.wrong(f"Give at most {MOST_ENROLLED:,} at once.", "consumerIds")
        received.check()
        numbers = self._numbers(ids)
        try:
            added = enrol(audience=audience, memberships=numbers).added
        except NotByHand as error:
            raise Failure(400, "Audience is not a static list", message=str(error)) from error
        return Response({"audienceId": str(audience.id), "addedCount": added})

    def _numbers(self, ids: list[Any]) -> list[int]:
        wanted = [_uuid(id) for id in ids]
        rows = Membership.objects.filter(space=self.space, id__in=[id for id in wanted if id])
        known: dict[UUID, int] = dict(rows.values_list("id", "number"))
        missing = [
            Issue(("consumerIds", place), "There is no such consumer.", sent)
            for place, (sent, id) in enumerate(zip(ids, wanted, strict=True))
            if id not in known
        ]
        if missing:
            raise Invalid(*missing)
        return list(known.values())


def _uuid(sent: Any) -> UUID | None:
    try:
        return UUID(sent)
    except (ValueError, TypeError, AttributeError):
        return None


class OneMember(View):
    def get(self, request: Request, id: str, consumer_id: str) -> Response:
        """Whether a consumer is a member, by the facts as they are, and by which rules."""
        audience = self.audience(id)
        rows = Membership.objects.filter(space=self.space)
        membership = found(rows, consumer_id, "Consumer")
        now = timezone.now()
        [explained] = explain(
            space=self.space, membership=membership.id, audiences=[audience], at=now
        )
        rules = rules_of(audience) or []
        held = which_hold(space=self.space, membership=membership.id, rules=parts_of(rules), at=now)
        told = [
            {"ruleId": rule["id"], "matched": holds, "groupId": rule["groupId"]}
            for rule, holds in zip(rules, held, strict=True)
        ]
        return Response(
            {
                "audienceId": str(audience.id),
                "consumerId": str(membership.id),
                "isMember": explained.member,
                "matchedRules": [one["ruleId"] for one in told if one["matched"]],
                "rules": told,
                "byHand": explained.by_hand,
                "summary": explained.sentence,
                "error": explained.error or None,
            }
        )
