"""The API's own description, at ``/api/schema``, made from the viewsets and their serializers."""

from audience_platform.api.openapi.operation import JSONAPISchema

__all__ = ["JSONAPISchema"]
