"""What the form of an audience asks as one edits: whom it would mean, saved as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from audiences.admin.forms import FORMS
from audiences.admin.forms.counted import CountedForm
from audiences.admin.seen import check_asks
from audiences.models import Audience
from audiences.rules import fields
from audiences.services import summaries
from audiences.services.draft import preview_draft
from audiences.services.labels import LabelDenied
from audiences.services.preview import Preview
from audiences.types import ConfigurationError
from segments.models import Membership

if TYPE_CHECKING:
    from segments.admin import RowAdmin


@require_POST
def draft_view(request: HttpRequest, admin: RowAdmin) -> JsonResponse:
    """Whom the form that is sent would mean, as ``html``; or ``problems``, by the field.

    With ``estimate`` a sample is looked at.
    """
    name, audience = request.GET.get("type", ""), _audience(request, admin)
    if not issubclass(FORMS.get(name, object), CountedForm):
        raise Http404(f"There is nothing to count of the type {name!r}.")
    form: Any = admin.get_form(request, audience, change=audience is not None)(
        request.POST, instance=audience
    )
    form.is_valid()
    if problems := form.problems():
        return JsonResponse({"problems": problems})
    meant = {
        "space": form.of_space,
        "audience_type": name,
        "configuration": form.configuration(),
    }
    try:
        check_asks(request, **meant)  # the form doesn't, where another field is wrong
        draft, found = preview_draft(
            **meant,
            at=timezone.now(),
            audience=audience,
            estimate="estimate" in request.GET,
        )
    except ConfigurationError as error:
        return JsonResponse({"problems": form.problems(error.problems)})
    except LabelDenied as error:
        return JsonResponse({"problems": {"": [str(error)]}})
    html = render_to_string("admin/audiences/draft.html", _told(draft, found), request)
    return JsonResponse({"problems": {}, "html": html})


def _audience(request: HttpRequest, admin: RowAdmin) -> Audience | None:
    number = request.GET.get("audience")
    if not number:
        return None
    found = admin.get_object(request, number)
    if not isinstance(found, Audience) or found.audience_type != request.GET.get("type"):
        raise Http404(f"There is no audience {number} of this type among yours.")
    return found


def _told(draft: Audience, found: Preview) -> Mapping[str, Any]:
    lacking = [(fields.get(name).label, count) for name, count in found.lacking.items() if count]
    return {
        "found": found,
        "sentence": capfirst(summaries([draft])[draft.pk]),
        "lacking": lacking,
        "sample": Membership.objects.filter(pk__in=found.sample).order_by("number"),
    }


def draft_urls(admin: RowAdmin) -> list[Any]:
    """The page of this, for the admin of audiences."""
    seen = admin.admin_site.admin_view(partial(draft_view, admin=admin))
    return [path("draft/", seen, name="audiences_audience_draft")]
