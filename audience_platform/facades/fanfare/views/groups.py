"""``/audiences/groups/ID``, its members, and ``/audiences/loyalty-tiers``."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.fanfare.errors import Failure, Invalid, Issue, in_use, invalid
from audience_platform.facades.fanfare.fields import UnknownField, field_of
from audience_platform.facades.fanfare.received import Received
from audience_platform.facades.fanfare.shapes import OWN, audiences_in, group_told, own, told
from audience_platform.facades.fanfare.views.base import View, found
from audience_platform.facades.fanfare.views.members import MembersView
from audiences.models import Audience, AudienceGroup, GroupKind
from audiences.services import redefine_audience
from audiences.services.group_members import GroupMembers
from audiences.services.groups import audiences_of_group, delete_group
from audiences.services.tiers import change_tiers, make_tiers
from audiences.types import ConfigurationError
from segments.services import InUse

_BOUNDS = {"start": "startValue", "end": "endValue"}


def _group(view: View, id: str) -> AudienceGroup:
    """A group, unless one of its audiences is not there for the key."""
    groups = AudienceGroup.objects.filter(space=view.space)
    hidden = Audience.objects.with_labels(view.access.denied_labels)
    return found(groups.exclude(audiences__in=hidden), id, "Group")


def _audiences(group: AudienceGroup) -> list[Audience]:
    rows = audiences_in(group.space).filter(place__group=group)
    return list(rows.order_by("place__position"))


class Group(View):
    def get(self, request: Request, id: str) -> Response:
        """The audiences of a group, in their order."""
        return Response(told(_audiences(_group(self, id)), self.included()))

    def delete(self, request: Request, id: str) -> Response:
        """Delete a group with its audiences, unless something uses one."""
        group = _group(self, id)
        count = group.audiences.count()
        try:
            delete_group(group=group, with_audiences=True)
        except InUse as error:
            raise in_use("Group", error, self.access.seen) from error
        return Response({"success": True, "groupId": id, "deletedCount": count})


class GroupMembersView(MembersView):
    def get(self, request: Request, id: str) -> Response:
        """Who is in any of a group's audiences, or in one of them."""
        members = GroupMembers(_group(self, id), self.access.seen)
        held = members.held
        if (wanted := self.asked.get("audienceId")) is not None:
            named = [one for one in members.audiences if str(one.id) == wanted.lower()]
            if not named:
                raise Failure(404, "Audience not found", message="The group has no such audience.")
            held = members.held_by(named)
        return self.page(held, members.of)


class LoyaltyTiers(View):
    @transaction.atomic
    def post(self, request: Request) -> Response:
        tiers = _Tiers(request.data, is_new=True)
        with tiers.refusing():
            group = make_tiers(
                space=self.space,
                name=tiers.values["name"],
                attribute=tiers.values["attribute"],
                tiers=tiers.values["tiers"],
            )
        tiers.keep(group)
        return Response(group_told(group, _audiences(group)), status=201)


class OneGroupOfTiers(View):
    @transaction.atomic
    def put(self, request: Request, id: str) -> Response:
        """Change what is sent. A tier keeps its audience by its id, else by its name."""
        group = _group(self, id)
        if group.kind != GroupKind.TIERS:
            raise Failure(400, "Group is not a group of loyalty tiers")
        tiers = _Tiers(request.data, is_new=False)
        try:
            with tiers.refusing():
                group = change_tiers(group, **tiers.values)
        except InUse as error:
            raise in_use("Tier", error, self.access.seen) from error
        tiers.keep(group)
        return Response(group_told(group, _audiences(group)))


class _Tiers:
    """Tiers as they were sent, and as ``audiences.services.tiers`` takes them: from the lowest."""

    def __init__(self, sent: Any, *, is_new: bool) -> None:
        received = Received(sent)
        self.values: dict[str, Any] = {}
        self.attribute = received.take("attribute", "string", needed=is_new)
        if name := received.take("groupName", "string", needed=is_new):
            self.values["name"] = name
        if self.attribute is not None:
            try:
                self.values["attribute"] = field_of(self.attribute).name
            except UnknownField as error:
                received.wrong(str(error), "attribute")
        self._tiers = self._read(received, received.take("tiers", "array", needed=is_new))
        received.check()
        if self._tiers:
            self.values["tiers"] = [_as_taken(tier) for _, tier in self._tiers]

    def _read(self, received: Received, sent: list[Any] | None) -> list[tuple[int, dict[str, Any]]]:
        """The tiers in their order, each with its place in what was sent."""
        if sent is None:
            return []
        tiers = [Received(one, ("tiers", at), received.issues) for at, one in enumerate(sent)]
        if not tiers:
            received.wrong("Give one tier or more.", "tiers")
        for at, tier in enumerate(tiers):
            tier.take("name", "string", needed=True)
            tier.take("iconName", "string")
            if tier.sent.get("startValue") is None:
                tier.wrong("Required", "startValue", expected="number")
            tier.sent = {**tier.sent, "order": tier.take("order", "number", default=at)}
        ordered = sorted(enumerate(tier.sent for tier in tiers), key=lambda one: one[1]["order"])
        return ordered

    def refusing(self) -> _Refusing:
        return _Refusing([at for at, _ in self._tiers])

    def keep(self, group: AudienceGroup) -> None:
        """Keep what only Fanfare knows of the tiers: icons, and its name of the attribute."""
        icons = [tier.get("iconName") for _, tier in self._tiers]
        for place, audience in enumerate(audiences_of_group(group)):
            kept = dict(own(audience))
            if self.attribute:
                kept["tierAttribute"] = self.attribute
            if self._tiers and icons[place]:
                kept["iconName"] = icons[place]
            if kept != own(audience):
                redefine_audience(audience, metadata={**audience.metadata, OWN: kept})


def _as_taken(tier: dict[str, Any]) -> dict[str, Any]:
    said = {"name": tier["name"], "start": tier["startValue"], "end": tier.get("endValue")}
    return {**said, "id": tier["id"]} if tier.get("id") else said


class _Refusing:
    """Turns what is wrong with tiers into Fanfare's words; ``places`` are those that were sent."""

    def __init__(self, places: list[int]) -> None:
        self._places = places

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, ConfigurationError):
            issues = (Issue(self._path(path), said) for path, said in error.problems.items())
            raise Invalid(*issues) from error
        if isinstance(error, ValidationError):
            raise invalid(error, {"name": "groupName"}) from error

    def _path(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        first, *rest = path
        if first != "tiers" or not rest:
            return path
        place, *names = rest
        named = (_BOUNDS.get(str(name), str(name)) for name in names)
        return ("tiers", self._places[int(place)], *named)
