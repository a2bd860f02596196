"""``/audiences/ID/duplicate``: another audience like it."""

from __future__ import annotations

from django.db import transaction
from rest_framework import serializers
from rest_framework.response import Response

from audiences.api.pointing import pointing
from audiences.services.duplicate import NotDuplicated, duplicate_audience
from audiences.services.labels import check_asked
from segments.api.document import Document
from segments.api.errors import Problem, Refused
from segments.api.operations import AnswerSerializer, Doing
from segments.api.parameters import check_parameters
from segments.api.received import read_resource
from segments.api.refusals import translated
from segments.api.resource import ResourceViewSet
from segments.api.values import chosen_id, read_values

_TYPE = "audience-duplicates"


class WantedDuplicateSerializer(AnswerSerializer):
    name = serializers.CharField(
        required=False, max_length=255, help_text="Unless given, “Copy of” what it copies."
    )

    class Meta:
        resource_name = _TYPE


class Duplicate(Doing):
    """What the audience means comes along, with its lists; what uses it does not, nor its key,
    external id, origin and metadata. An id that is sent is that of the copy."""

    summary = "Make a copy of an audience"
    takes = WantedDuplicateSerializer
    needs_body = False
    status = 201

    def answer(self, view: ResourceViewSet) -> Response:
        check_parameters(view.request, "include", "fields")
        selection = view.selection()
        received = read_resource(view.request.data or {"data": {"type": _TYPE}}, type=_TYPE)
        values = read_values(WantedDuplicateSerializer(), received)
        audience = view.get_object()
        try:
            with pointing(), translated(view.serializer_class(), received), transaction.atomic():
                check_asked(
                    view.access.denied_labels,
                    space=audience.space,
                    audience_type=audience.audience_type,
                    configuration=audience.configuration,
                )
                copy = duplicate_audience(audience=audience, id=chosen_id(received), **values)
                row = view.planned(view.get_queryset(), selection).get(pk=copy.pk)
        except NotDuplicated as error:
            raise Refused(409, Problem("not_duplicated", str(error))) from error
        document = Document(view.request, selection).of_one(view.serializer_class, row)
        link = document["data"]["links"]["self"]
        return Response(
            {"links": {"self": link}, **document}, status=self.status, headers={"Location": link}
        )
