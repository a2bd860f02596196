"""One method of one route, described."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular_jsonapi.schemas.openapi import JsonApiAutoSchema

from audience_platform.api.negotiation import JSON_API
from audience_platform.api.openapi.parameters import (
    ID,
    IDEMPOTENCY_KEY,
    SPACE,
    deletion_parameters,
    list_parameters,
    operation_parameters,
    page_parameters,
    selection_parameters,
)
from audience_platform.api.openapi.resources import Components
from segments.api.operations import Doing, Listing, Operation
from segments.api.relationships import Relationship, ToMany
from segments.api.resource import ResourceViewSet
from segments.api.serializer import ResourceSerializer
from segments.api.spaces import SpaceViewSet

Schema = dict[str, Any]

_REFUSALS = {
    400: "The query, a header or the document's shape can't be understood.",
    401: "The token is missing, or opens nothing.",
    403: "The key may not do this, or it can't be done this way.",
    404: "There is no such resource in this space, or one that is named isn't.",
    406: "JSON:API isn't accepted.",
    409: "It conflicts with what is there.",
    413: "The body is too long.",
    415: "The body is sent as something else than JSON:API.",
    422: "A value isn't possible; the error points at it.",
    502: "A server of others doesn't answer, or refuses; the error says why.",
}
_READING = (400, 401, 404, 406)
_WRITING = (400, 401, 403, 404, 406, 409, 413, 415, 422)
_CHANGES = {"POST": "Add to", "PATCH": "Replace", "DELETE": "Remove from"}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers it
    target_class = "audience_platform.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> Schema:
        return {"type": "http", "scheme": "bearer"}


class JSONAPISchema(JsonApiAutoSchema):  # type: ignore[misc]  # the library is untyped
    """The extension's schema knows resources made and read by themselves, with integers for ids.
    Here the routes of relationships, the errors and all parameters are said as they are."""

    view: ResourceViewSet

    @cached_property
    def _relationship(self) -> Relationship | None:
        """The relationship that the route is about, if it is."""
        if self.view.action in ("related", "relationship", "change_relationship"):
            return self.view.relationships[self._last_step]
        return None

    @cached_property
    def _asked(self) -> Operation | None:
        """The operation that the route is, if it is one."""
        if self.view.action == "operate":
            start = f"/api/{self.view.type}/"
            return self.view.operations[self.path.removeprefix(start).removeprefix("{id}/")]
        return None

    @property
    def _last_step(self) -> str:
        step: str = self.path.rsplit("/", 1)[1]
        return step

    @property
    def _subject(self) -> type[ResourceViewSet]:
        """The viewset of what the route answers with."""
        if isinstance(self._asked, Listing):
            return self._asked.viewset
        return self._relationship.viewset if self._relationship else type(self.view)

    @property
    def _described(self) -> type[ResourceSerializer]:
        """The serializer of what the route answers with."""
        if self._asked and not isinstance(self._asked, (Doing, Listing)):
            return self._asked.gives
        return self._subject.serializer_class

    @property
    def _many(self) -> bool:
        if self._asked:
            return self._asked.many
        return self.view.action == "list" or isinstance(self._relationship, ToMany)

    def is_excluded(self) -> bool:
        return self.view.action == "change_relationship" and not self._relationship.writable  # type: ignore[union-attr]  # that of the route

    def get_operation_id(self) -> str:
        parts = [part for part in self.path.split("/")[2:] if part != "{id}"]
        if self.view.action in ("retrieve", "update", "destroy"):
            parts.append("one")
        return "_".join([self.method.lower(), *parts]).replace("-", "_").replace(".", "_")

    def get_tags(self) -> list[str]:
        return [self.view.type]

    def get_summary(self) -> str:
        if self._asked:
            return self._asked.summary
        type, name, kind = self.view.type, self._last_step, self.view.kind()
        one = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
        if self.view.action == "list":
            return f"List {type}" + (" of one membership" if "{id}" in self.path else "")
        if self.view.action == "change_relationship":
            return f"{_CHANGES[self.method]} the {name} of {one}"
        return {
            "create": f"Make {one}",
            "retrieve": f"Read {one}",
            "update": f"Change {one}",
            "destroy": f"Delete {one}",
            "related": f"The {name} of {one}",
            "relationship": f"The {name} of {one}, by their ids alone",
        }[self.view.action]

    def get_description(self) -> str:
        described = type(self.view) if self._asked is None else type(self._asked)
        own = vars(described).get("__doc__")
        return own or (type(self.view).__doc__ or "" if self._asked is None else "")

    def _get_parameters(self) -> list[Schema]:
        parameters = [ID] if "{id}" in self.path else []
        if self._asked:
            parameters += operation_parameters(self._asked)
        elif self.view.action == "relationship":
            parameters += page_parameters(self._subject) if self._many else []
        elif self.view.action in ("list", "related") and self._many:
            parameters += list_parameters(self._subject)
        elif self.view.action == "destroy":
            parameters += deletion_parameters(type(self.view))
        answers_with_rows = ("list", "retrieve", "create", "update", "related")
        if self.view.action in answers_with_rows or isinstance(self._asked, Doing):
            parameters += selection_parameters(self._subject.serializer_class)
        if not issubclass(type(self.view), SpaceViewSet):
            parameters.append(SPACE)
        return [*parameters, IDEMPOTENCY_KEY] if self.method == "POST" else parameters

    def _get_request_body(self, direction: str = "request") -> Schema | None:
        components = Components(self)
        if self._asked and self._asked.takes:
            schema = components.sent(self._asked.takes, new=True)
        elif self.view.action in ("create", "update"):
            new = self.view.action == "create"
            schema = components.sent(self.view.serializer_class, new=new)
        elif self.view.action == "change_relationship":
            schema = components.linkage(self._subject.serializer_class, many=self._many)
        else:
            return None
        required = self._asked is None or self._asked.needs_body
        return {"required": required, "content": {JSON_API: {"schema": schema}}}

    def _get_response_bodies(self, direction: str = "response") -> Schema:
        if self._asked and self._asked.is_file:
            return self._responses({"text/csv": {"schema": {"type": "string"}}})
        components, serializer = Components(self), self._described
        if self.view.action in ("destroy", "change_relationship"):
            schema = components.told()
        elif self.view.action == "relationship":
            schema = components.linkage(serializer, many=self._many)
        else:
            may_be_none = self.view.action == "related"
            schema = components.document(serializer, many=self._many, may_be_none=may_be_none)
        return self._responses({JSON_API: {"schema": schema}})

    def _responses(self, content: Schema) -> Schema:
        done: Schema = {"description": "Done.", "content": content}
        status = 201 if self.view.action == "create" else 200
        status = self._asked.status if self._asked else status
        if status == 201:
            where = {"schema": {"type": "string", "format": "uri"}, "description": "Its own URL."}
            done["headers"] = {"Location": where}
        refusals = [*(_READING if self.method == "GET" else _WRITING)]
        refusals += [502] if self._asked and self._asked.asks_others else []
        errors = {"content": {JSON_API: {"schema": Components(self).errors()}}}
        return {
            str(status): done,
            **{str(code): {"description": _REFUSALS[code], **errors} for code in refusals},
        }
