"""``/rules/convert``: a description of who, in another language. Nothing is saved."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.response import Response

from audiences.api.pointing import ATTRIBUTES, pointing
from audiences.services.convert import LANGUAGES, Unsayable, convert
from segments.api.errors import Problem, Refused
from segments.api.operations import AnswerSerializer, Operation
from segments.api.resource import ResourceViewSet
from segments.models import Space

_CHOICES = [(name, name) for name in LANGUAGES]


class RuleConversionSerializer(AnswerSerializer):
    format = serializers.ChoiceField(choices=_CHOICES, help_text="The language of the value.")
    value = serializers.JSONField(
        help_text="Of rules, the rule; of pql/json the text or the JSON; of the others the text."
    )
    to = serializers.ChoiceField(choices=_CHOICES, help_text="The language that is wanted.")
    converted = serializers.JSONField(
        read_only=True, help_text="The same in that language: a rule, or a text."
    )
    summary = serializers.CharField(read_only=True, help_text="Who is meant, in words.")
    warnings = serializers.ListField(
        read_only=True,
        child=serializers.CharField(),
        help_text="What in it means less than it seems to.",
    )

    class Meta:
        resource_name = "rule-conversions"


class ConvertRule(Operation):
    """Rules, pql/text, pql/json and definition queries, each into any. What the other language
    can't say exactly is refused, with a reason for each part. The id is that of the answer alone:
    yours, if you send one."""

    summary = "Say a rule in another language, or the other way round"
    gives = takes = RuleConversionSerializer
    method = "post"
    on_one = False

    def answer(self, view: ResourceViewSet) -> Response:
        id, sent = self.received(view)
        with pointing(f"{ATTRIBUTES}/value"):
            try:
                found = convert(
                    space=view.space, language=sent["format"], value=sent["value"], to=sent["to"]
                )
            except Unsayable as unsayable:
                problems = [
                    Problem("unsayable", reason, pointer=f"{ATTRIBUTES}/to")
                    for reason in unsayable.reasons
                ]
                raise Refused(422, *problems) from unsayable
        values = {
            **sent,
            "converted": found.value,
            "summary": found.summary,
            "warnings": found.warnings,
        }
        return self.document(view, id, values)


class _RuleSerializer(RuleConversionSerializer):
    class Meta:
        resource_name = "rules"


class RuleViewSet(ResourceViewSet):
    """Rules are no rows: there is nothing here to list."""

    serializer_class = _RuleSerializer
    queryset = Space.objects.none()
    operations = {"convert": ConvertRule()}
