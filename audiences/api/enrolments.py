"""``/audiences/ID/members/add`` and ``/members/remove``: people named as other systems know them;
and ``/extend``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from audiences.models import Audience
from audiences.services.enrol import Enrolment, NotByHand, enrol_named, withdraw_named
from audiences.services.own_list import NeverRunsOut, extend
from segments.api.errors import Problem, Refused
from segments.api.operations import AnswerSerializer, Doing, Operation
from segments.api.resource import ResourceViewSet
from segments.people import By, Named

MOST_NAMED = 10_000
_SENT = {"external_ids": By.EXTERNAL_ID, "emails": By.EMAIL, "phones": By.PHONE}


def not_by_hand(error: NotByHand) -> Refused:
    return Refused(403, Problem("read_only_relationship", str(error)))


def _names(help_text: str) -> serializers.ListField:
    name = serializers.CharField(max_length=255)
    return serializers.ListField(
        child=name, required=False, write_only=True, max_length=MOST_NAMED, help_text=help_text
    )


def _passed_over(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text=f"{help_text}, each as it was sent.",
    )


class EnrolmentSerializer(AnswerSerializer):
    external_ids = _names(f"Whom it is about. With the others, at most {MOST_NAMED:,} in all.")
    emails = _names("In whichever case.")
    phones = _names("With the country's code, or of the country of the space.")
    added = serializers.IntegerField(read_only=True)
    already_in = serializers.IntegerField(read_only=True)
    removed = serializers.IntegerField(read_only=True)
    not_in = serializers.IntegerField(read_only=True)
    unknown = _passed_over("Whom the space doesn't know")
    ambiguous = _passed_over("Who may be several, and so were passed over")

    class Meta:
        resource_name = "enrolments"


class Enrol(Operation):
    """Whoever isn't known is told and passed over. The members are brought up to date in the
    background, about a second later."""

    gives = takes = EnrolmentSerializer
    method = "post"
    changes_nothing = False

    def __init__(self, summary: str, change: Callable[..., Enrolment]) -> None:
        self.summary = summary  # type: ignore[misc]  # that of the route
        self._change = change

    def answer(self, view: ResourceViewSet) -> Response:
        audience = view.get_object()
        id, sent = self.received(view)
        names = [Named(by, name) for field, by in _SENT.items() for name in sent.get(field, ())]
        _check_count(len(names))
        try:
            done = self._change(audience=audience, names=names)
        except NotByHand as error:
            raise not_by_hand(error) from error
        values = {**vars(done), "unknown": _told(done.unknown), "ambiguous": _told(done.ambiguous)}
        return self.document(view, id, values)


def _check_count(count: int) -> None:
    """:raises Refused: nobody is named, or too many are."""
    if not count:
        detail = f"Nobody is named. Give some of {', '.join(_SENT)}."
        raise Refused(422, Problem("required", detail, pointer="/data/attributes"))
    if count > MOST_NAMED:
        detail = f"{count:,} are too many. Name at most {MOST_NAMED:,}, or import a file."
        raise Refused(422, Problem("too_many", detail, pointer="/data/attributes"))


def _told(names: Sequence[Named]) -> list[dict[str, str]]:
    return [{one.by: one.name} for one in names]


ENROL = Enrol("Put people on a static list", enrol_named)
WITHDRAW = Enrol("Take people off a static list", withdraw_named)


class Extend(Doing):
    """Its members stay, or come back, for its ``ttl_days`` from now on. An upload does the same."""

    summary = "Extend the life of an external list"

    def do(self, view: ResourceViewSet, row: Any) -> None:
        audience: Audience = row
        try:
            extend(audience=audience, at=timezone.now())
        except NeverRunsOut as error:
            raise Refused(409, Problem("never_runs_out", str(error))) from error
