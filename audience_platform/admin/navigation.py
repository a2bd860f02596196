"""What stands beside every page: where one is, and where one can go. Named in ``settings``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from segments.admin.spaces import current_space, spaces_of

_TARGETING = [
    ("Offers", "sell", "offers_offer"),
    ("Audiences", "groups", "audiences_audience"),
    ("Groups and tiers", "leaderboard", "audiences_audiencegroup"),
    ("Segments", "label", "segments_segment"),
    ("Memberships", "badge", "segments_membership"),
    ("Imports", "upload_file", "segments_import"),
    ("Sources", "cloud_sync", "audiences_source"),
]
_ACCESS = [
    ("API keys", "key", "audience_platform_apikey"),
    ("Audit trail", "history", "audience_platform_auditevent"),
]
_SUPERUSERS = [
    ("Spaces", "domain", "segments_space"),
    ("Users", "manage_accounts", "auth_user"),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    superuser = getattr(request.user, "is_superuser", False)
    home = {"title": "Home", "icon": "home", "link": reverse("admin:index")}
    targeting = _items(_TARGETING) if spaces_of(request) else []
    if targeting:
        calendar = reverse("admin:offers_offer_calendar")
        offers = next(item for item in targeting if item["title"] == "Offers")
        offers["active"] = offers["link"] in request.path and request.path != calendar
        place = targeting.index(offers) + 1
        targeting.insert(place, {"title": "Calendar", "icon": "calendar_month", "link": calendar})
    access = (_items(_ACCESS) if spaces_of(request) else []) + (
        _items(_SUPERUSERS) if superuser else []
    )
    return [
        {"items": [home, *targeting]},
        {"title": "Access", "separator": True, "items": access},
    ]


def space_name(request: HttpRequest) -> str:
    """The space one is in; empty for who has none, or hasn't come in yet."""
    space = current_space(request) if request.user.is_authenticated else None
    return space.name if space else ""


def space_choices(request: HttpRequest) -> list[dict[str, Any]]:
    """The other spaces one may go into: empty for who has only one."""
    if not request.user.is_authenticated:
        return []
    here = current_space(request)
    return [
        {
            "title": space.name,
            "link": reverse("admin:segments_space_enter", args=[space.pk]),
            "icon": "domain",
        }
        for space in spaces_of(request)
        if space != here
    ]


def stylesheet(_request: HttpRequest) -> str:
    return static("audience_platform/admin.css")


def script(_request: HttpRequest) -> str:
    return static("audience_platform/admin.js")


def icon(_request: HttpRequest) -> str:
    return static("audience_platform/icon.svg")


def _items(pages: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [
        {"title": title, "icon": icon, "link": reverse(f"admin:{page}_changelist")}
        for title, icon, page in pages
    ]
