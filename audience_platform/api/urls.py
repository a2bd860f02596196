"""The routes under ``/api/``, made from what each viewset can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path, resolve, reverse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audience_platform.api import pages
from audience_platform.api.audit_events import AuditEventViewSet
from audience_platform.api.idempotency import once
from audience_platform.api.refresh_schedules import RefreshScheduleViewSet
from audiences.api.conversions import RuleViewSet
from audiences.api.groups import AudienceGroupViewSet
from audiences.api.imports import ImportViewSet
from audiences.api.rule_fields import RuleFieldViewSet
from audiences.api.sources import SourceViewSet
from audiences.api.syncs import SyncViewSet
from audiences.api.versions import AudienceVersionViewSet
from offers.api.audiences import AudienceViewSet
from offers.api.membership_offers import MembershipOfferViewSet
from offers.api.memberships import MembershipViewSet
from offers.api.offers import OfferViewSet
from segments.api.resource import ResourceViewSet
from segments.api.segment_memberships import SegmentMembershipViewSet
from segments.api.segments import SegmentViewSet
from segments.api.spaces import SpaceViewSet
from segments.api.uploads import UploadView

VIEWSETS: tuple[type[ResourceViewSet], ...] = (
    SpaceViewSet,
    MembershipViewSet,
    SegmentViewSet,
    SegmentMembershipViewSet,
    ImportViewSet,
    AudienceViewSet,
    AudienceVersionViewSet,
    RefreshScheduleViewSet,
    AudienceGroupViewSet,
    SourceViewSet,
    SyncViewSet,
    RuleFieldViewSet,
    OfferViewSet,
    AuditEventViewSet,
    MembershipOfferViewSet,  # the last: the one that is not there without a filter
)
_COLLECTION = {"get": "list", "post": "create"}
_ONE = {"get": "retrieve", "patch": "update", "delete": "destroy"}


def _operations(viewset: type[ResourceViewSet]) -> list[URLPattern]:
    type = viewset.serializer_class.resource_type()
    return [
        path(
            f"{type}/{'<str:id>/' if operation.on_one else ''}{name}",
            _view(viewset, {operation.method: "operate"}),
            {"operation": name},
            name=f"{type}-{name}",
        )
        for name, operation in viewset.operations.items()
    ]


def _routes(viewset: type[ResourceViewSet]) -> list[URLPattern]:
    type = viewset.serializer_class.resource_type()
    routes = [
        *_operations(viewset),
        path(type, _view(viewset, _COLLECTION), name=f"{type}-list"),
        path(f"{type}/<str:id>", _view(viewset, _ONE), name=f"{type}-detail"),
    ]
    for name, relationship in viewset.relationships.items():
        kwargs = {"relationship": name}
        routes += [
            path(
                f"{type}/<str:id>/{name}",
                _view(viewset, {"get": "related"}),
                kwargs,
                name=f"{type}-{name}",
            ),
            path(
                f"{type}/<str:id>/relationships/{name}",
                _view(viewset, relationship.methods),
                kwargs,
                name=f"{type}-relationship-{name}",
            ),
        ]
    return routes


def _view(viewset: type[ResourceViewSet], actions: Mapping[str, str]) -> Any:
    possible: dict[str, Any] = {
        method: action for method, action in actions.items() if hasattr(viewset, action)
    }
    return once(viewset.as_view(possible))


def anything_else(request: HttpRequest) -> HttpResponse:
    """Serve a URL that ends with a slash like the one without: a redirect would lose a POST."""
    if not request.path_info.endswith("/"):
        raise Http404
    match = resolve(request.path_info.rstrip("/"))
    request.path, request.path_info = request.path.rstrip("/"), request.path_info.rstrip("/")
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


class Root(APIView):
    """Where everything is. It says nothing of any space, so it needs no key."""

    authentication_classes = ()
    permission_classes = ()
    http_method_names = ("get", "head")
    schema = None

    def get(self, request: Request) -> Response:
        types = [viewset.serializer_class.resource_type() for viewset in VIEWSETS]
        routes = {"self": "api-root", "describedby": "api-schema"}
        routes |= {type: f"{type}-list" for type in types}
        links = {name: request.build_absolute_uri(reverse(to)) for name, to in routes.items()}
        docs = request.build_absolute_uri(reverse("api-docs"))
        return Response({"links": links, "meta": {"docs": docs}}, headers={"Vary": "Accept"})


urlpatterns = [
    path("", Root.as_view(), name="api-root"),
    *(route for viewset in VIEWSETS for route in _routes(viewset)),
    *_operations(RuleViewSet),
    path(
        "memberships/<str:id>/offers",
        MembershipOfferViewSet.as_view({"get": "list"}),
        name="memberships-offers",
    ),
    path("uploads/<str:token>", UploadView.as_view(), name="api-uploads"),
    path("schema", pages.schema, name="api-schema"),
    path("docs", pages.docs, name="api-docs"),
    re_path(r"^.*$", anything_else),
]
