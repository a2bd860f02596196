"""``/audiences/preview``: whom a rule would mean, before anything is saved."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from audiences.api.pointing import pointing
from audiences.models import Audience
from audiences.services.draft import preview_draft
from audiences.services.labels import check_asked
from audiences.services.preview import Preview, Step
from segments.api.errors import Problem, Refused, escaped
from segments.api.operations import AnswerSerializer, Operation
from segments.api.relations import RelatedById
from segments.api.resource import ResourceViewSet
from segments.api.serializer import MomentField, ObjectField
from segments.models import Membership


class PreviewSerializer(AnswerSerializer):
    audience_type = serializers.CharField(
        required=False, max_length=63, help_text="“rules”, or the audience's own, unless given."
    )
    configuration = ObjectField(
        required=False, help_text="As an audience takes it. The audience's own, unless given."
    )
    rule = ObjectField(
        required=False,
        write_only=True,
        help_text="Instead of a configuration: the rule of an audience of type “rules”.",
    )
    estimate = serializers.BooleanField(
        required=False,
        write_only=True,
        help_text="Look at a sample only, unless all can be counted as fast: at once, however "
        "many members. `exact` says which it was.",
    )
    audience = RelatedById(queryset=Audience.objects.all(), required=False, allow_null=True)
    summary = serializers.CharField(read_only=True, help_text="Who is meant, in words.")
    count = serializers.IntegerField(read_only=True, help_text="How many would be in.")
    everyone = serializers.IntegerField(read_only=True, help_text="How many the space has.")
    percent = serializers.FloatField(read_only=True)
    exact = serializers.BooleanField(read_only=True, help_text="False: an estimate.")
    as_of = MomentField(read_only=True)
    steps = serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text="Each condition and group: path (a JSON pointer into the rule), sentence, count "
        "(of itself), removes (in its place in an all), adds (in its place in an any).",
    )
    lacking = serializers.DictField(
        read_only=True, help_text="By field of the rule: how many members have no value there."
    )
    warnings = serializers.ListField(read_only=True, child=serializers.CharField())
    sample = serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text="Some who would be in: id, external_id, full_name, email.",
    )
    would_enter = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Given an audience: who isn't in it now."
    )
    would_leave = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Given an audience: who is in it only now."
    )

    class Meta:
        resource_name = "audience-previews"


class PreviewAudience(Operation):
    """Nothing is saved. The id is that of the answer alone: yours, if you send one."""

    summary = "Count whom an audience would hold, condition by condition"
    gives = takes = PreviewSerializer
    method = "post"
    on_one = False

    def answer(self, view: ResourceViewSet) -> Response:
        id, sent = self.received(view)
        audience = sent.get("audience") and Audience.objects.get(pk=sent["audience"].pk)  # whole
        kind, configuration, place = _definition(sent)
        with pointing(place):
            draft, found = preview_draft(
                space=view.space,
                audience_type=kind,
                configuration=configuration,
                at=timezone.now(),
                audience=audience,
                estimate=sent.get("estimate", False),
            )
            check_asked(
                view.access.denied_labels,
                space=view.space,
                audience_type=draft.audience_type,
                configuration=draft.configuration,
            )
        told = _told(found, _people(found.sample))
        values = {
            **told,
            "audience_type": draft.audience_type,
            "configuration": draft.configuration,
            "audience": audience,
        }
        return self.document(view, id, values)


def _definition(sent: dict[str, Any]) -> tuple[str | None, dict[str, Any] | None, str]:
    """The type and configuration that were sent, and the pointer to where a configuration begins.

    :raises Refused: there is too little to know, or too much.
    """
    kind, configuration = sent.get("audience_type"), sent.get("configuration")
    if "rule" in sent:
        if configuration is not None or kind not in (None, "rules"):
            detail = "A rule is the whole of an audience of type “rules”. Send it alone."
            problem = Problem("contradiction", detail, pointer="/data/attributes/rule")
            raise Refused(422, problem)
        return "rules", {"rule": sent["rule"]}, "/data/attributes"
    if configuration is None and sent.get("audience") is None:
        detail = "configuration is missing. Send one, or a rule, or name an audience."
        problem = Problem("required", detail, pointer="/data/attributes/configuration")
        raise Refused(422, problem)
    if kind is None and sent.get("audience") is None:
        kind = "rules"
    return kind, configuration, "/data/attributes/configuration"


def _told(found: Preview, people: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "summary": found.steps[0].sentence,
        "count": found.count,
        "everyone": found.everyone,
        "percent": found.percent,
        "exact": found.exact,
        "as_of": found.as_of,
        "steps": [_step(step) for step in found.steps],
        "lacking": found.lacking,
        "warnings": found.warnings,
        "sample": people,
        "would_enter": found.would_enter,
        "would_leave": found.would_leave,
    }


def _step(step: Step) -> dict[str, Any]:
    path = "".join(f"/{escaped(place)}" for place in step.path)
    return {**vars(step), "path": path}


def _people(numbers: list[int]) -> list[dict[str, Any]]:
    rows = Membership.objects.filter(pk__in=numbers).order_by("number")
    return [
        {
            "id": str(row.id),
            "external_id": row.external_id,
            "full_name": row.full_name,
            "email": row.email,
        }
        for row in rows
    ]
