"""One page for quintiles: who would be in which, and then making them, or working them out anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from audiences.admin.tiers_page import matrix
from audiences.services.rfm import NothingToMeasure, make_rfm, preview_rfm
from segments.admin.spaces import sent_space
from segments.services import InUse

if TYPE_CHECKING:
    from segments.admin import RowAdmin


def quintiles_page(request: HttpRequest, model_admin: RowAdmin) -> HttpResponse:
    space = sent_space(request)
    problem = ""
    found = []
    try:
        if request.method == "POST":
            for one in make_rfm(space=space, at=timezone.now()):
                if one.group:
                    model_admin.log_change(request, one.group, [{"changed": {"fields": ["tiers"]}}])
            messages.success(request, "The quintiles are saved. Members follow within moments.")
            return HttpResponseRedirect(reverse("admin:audiences_audiencegroup_changelist"))
        found = preview_rfm(space=space, at=timezone.now())
    except InUse as error:
        problem = str(error.as_seen(model_admin.see(request)))
    except NothingToMeasure as error:
        problem = str(error)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Recency, frequency, monetary",
        "opts": model_admin.opts,
        "space": space,
        "problem": problem,
        "measures": [(quintiles, moves, matrix(moves)) for quintiles, moves in found],
        "made": any(quintiles.group for quintiles, _ in found),
    }
    return TemplateResponse(request, "admin/groups/quintiles.html", context)
