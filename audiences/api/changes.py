"""``/audiences/ID/changes``: who entered and left between two versions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from audiences.api.members import MemberViewSet
from audiences.services.changes import Changed, NoSuchVersion, changed_between
from segments.api.errors import bad_parameter, shown
from segments.api.operations import AnswerSerializer, Listing, Operation
from segments.api.parameters import filters
from segments.api.resource import ResourceViewSet

FILTERS = {
    "from": "The earlier version; unless given, the one before the other. 0 is nobody yet.",
    "to": "The later version; unless given, the one in force.",
}
_NAMES = {"start": "from", "end": "to"}


def changed(view: ResourceViewSet) -> tuple[Any, Changed]:
    """The audience that the URL names, and what changed between the versions that the query does.

    :raises Refused: a version isn't there.
    """
    given = filters(view.request, known=FILTERS)
    audience = view.get_object()
    versions = {which: _number(name, given.get(name)) for which, name in _NAMES.items()}
    try:
        return audience, changed_between(audience=audience, **versions)
    except NoSuchVersion as error:
        name = _NAMES[error.which]
        detail = f"There is no such version to count {name}. {error}"
        raise bad_parameter(f"filter[{name}]", detail) from error


def _number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        detail = f"{shown(text)} is not a version. Give a whole number such as 1."
        raise bad_parameter(f"filter[{name}]", detail)
    return int(text)


class ChangesSerializer(AnswerSerializer):
    start = serializers.IntegerField(help_text="The earlier version.")
    end = serializers.IntegerField(help_text="The later version.")
    entered = serializers.IntegerField(help_text="How many are in by the later one only.")
    left = serializers.IntegerField(help_text="How many are in by the earlier one only.")
    size_before = serializers.IntegerField()
    size_after = serializers.IntegerField()

    class Meta:
        resource_name = "audience-changes"


class Changes(Operation):
    """Who came and went in between is not counted. Whoever it was is listed at
    ``changes/entered`` and ``changes/left``."""

    summary = "Count who entered and left an audience between two versions"
    gives = ChangesSerializer
    filters = FILTERS

    def answer(self, view: ResourceViewSet) -> Response:
        self.given(view)
        audience, found = changed(view)
        values = {**vars(found), "entered": len(found.entered), "left": len(found.left)}
        return self.document(view, f"{audience.id}:{found.start}:{found.end}", values)


class ChangedViewSet(MemberViewSet):
    filterset_class = None  # type: ignore[assignment]  # those of memberships aren't taken
    filter_backends = ()
    worked_out_filters = FILTERS


class WhoChanged(Listing):
    """Memberships that have been deleted since are counted, and not listed."""

    filters = FILTERS

    def __init__(self, which: str) -> None:
        super().__init__("audiences.api.changes.ChangedViewSet")
        self.which = which
        self.summary = f"List who {which} an audience between two versions"  # type: ignore[misc]

    def narrowed(self, view: ResourceViewSet) -> dict[str, Any]:
        _, found = changed(view)
        return {"held": getattr(found, self.which)}
