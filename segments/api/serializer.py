"""What every resource's serializer shares: its type and its kinds of fields.

Serializers describe a resource and check what is sent (``segments.api.values``);
``segments.api.document`` writes what is answered.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import models
from rest_framework.fields import DateTimeField, JSONField
from rest_framework_json_api.serializers import ModelSerializer
from rest_framework_json_api.utils import get_resource_type_from_serializer

from segments.api.relations import RelatedById
from segments.api.space import access_of

_FIRST = datetime.datetime(2, 1, 1, tzinfo=datetime.UTC)
_LAST = datetime.datetime(9998, 12, 31, tzinfo=datetime.UTC)


class MomentField(DateTimeField):
    """A moment; one sent without a zone, or as a date alone, is by the clock of the space."""

    default_error_messages = {
        "invalid": "Give a moment as ISO 8601 has it, such as 2026-05-01T09:00:00Z.",
        "out_of_range": "Give a moment from the year 2 to 9998.",
    }

    def default_timezone(self) -> datetime.tzinfo:
        return access_of(self.context["request"]).space.zone

    def to_internal_value(self, value: Any) -> datetime.datetime:
        try:
            moment = super().to_internal_value(value)
        except OverflowError:  # the clock of the space takes it out of all years
            self.fail("out_of_range")
        if not _FIRST <= moment <= _LAST:
            self.fail("out_of_range")
        return moment


class ObjectField(JSONField):
    """A JSON object."""

    default_error_messages = {"not_an_object": "Give a JSON object of names and values."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("not_an_object")
        return data


class ResourceSerializer(ModelSerializer):  # type: ignore[misc]  # the library is untyped
    serializer_related_field = RelatedById
    serializer_field_mapping = {
        **ModelSerializer.serializer_field_mapping,
        models.DateTimeField: MomentField,
    }
    # Other names under which an attribute may be sent, each with the one it stands for.
    aliases: ClassVar[Mapping[str, str]] = {}

    def get_validators(self) -> list[Any]:
        """None of the model's: what must hold between fields is checked by the services."""
        return []

    @classmethod
    def resource_type(cls) -> str:
        type: str = get_resource_type_from_serializer(cls)
        return type

    @classmethod
    def prepare(cls, rows: Sequence[Any], names: Sequence[str]) -> None:
        """Give the rows what their wanted attributes need besides columns, in constant queries."""
