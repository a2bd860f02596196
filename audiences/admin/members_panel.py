"""On an audience's page: who is in it, found and paged, and all of them as a file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from audiences.admin.pages import audience_of, page_of
from audiences.models import Audience
from audiences.services.members import members_of
from audiences.services.members_file import members_file
from segments.admin.paging import read_after
from segments.models import Membership
from segments.search import numbers_found

if TYPE_CHECKING:
    from segments.admin import RowAdmin

PAGE = 20


class MembersPanel:
    """By the version in force; pages follow the numbers, and so are as fast deep in a million. Of
    a list, nothing: who is on it stands in a panel of its own."""

    template = "admin/audiences/members.html"

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        if row.type.is_list:
            return {}
        words = request.GET.get("q", "").strip()
        everybody = held = members_of(row)
        if words and held:
            held = held & numbers_found(space=row.space, words=words)
        first = held.rank(read_after(request))
        numbers = list(held[first : first + PAGE])
        return {
            "audience": row,
            "thing": "audience",
            "change": page_of(row),
            "export": page_of(row, "members_file") if everybody else None,
            "words": words,
            "found": len(held) if words else None,
            "members": Membership.objects.filter(pk__in=numbers).order_by("number"),
            "beginning": not first,
            "next": numbers[-1] if first + PAGE < len(held) else None,
            "size": len(everybody),
        }


@require_safe
def members_file_view(request: HttpRequest, number: int, admin: RowAdmin) -> StreamingHttpResponse:
    """All of them as a file that an import takes, sent as it is made."""
    audience = audience_of(request, number, admin)
    return StreamingHttpResponse(
        members_file(members_of(audience)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="audience-{audience.pk}.csv"'},
    )


def members_urls(admin: RowAdmin) -> list[Any]:
    """The file, for the admin of audiences."""
    view = admin.admin_site.admin_view(partial(members_file_view, admin=admin))
    return [path("<int:number>/members.csv", view, name="audiences_audience_members_file")]
