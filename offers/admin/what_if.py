"""A membership's page “What if”: other facts, and at once what they would change. None is saved."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst

from audiences.admin import titles
from audiences.admin.seen import denied_labels, seen
from audiences.models import Audience
from audiences.services import summaries
from audiences.services.what_if import SUPPOSABLE, Supposition, suppose, what_if
from audiences.types.registry import TYPES
from offers import visibility
from offers.admin.panels import group_of, in_words
from offers.answers import Visibility
from segments.admin import RowAdmin
from segments.admin.choices import PickSeveral, pick_from
from segments.admin.memberships import MembershipForm
from segments.admin.row import page_url
from segments.models import Membership

MOST = 100  # of a kind that are named
_MOMENT = "%Y-%m-%dT%H:%M:%S"


def _moment(**attrs: Any) -> forms.DateTimeInput:
    return forms.DateTimeInput(
        format=_MOMENT, attrs={"type": "datetime-local", "class": "field", **attrs}
    )


def _field(**attrs: Any) -> dict[str, Any]:
    return {"attrs": {"class": "field", **attrs}}


class WhatIfForm(MembershipForm):
    """The facts as they are, to be changed. What couldn't be saved is told by the service."""

    at = forms.DateTimeField(
        required=False,
        label="As of",
        widget=_moment(),
        help_text="Empty: now. Ages, offers' times and lists that run out go by it.",
    )
    birthday = forms.DateField(
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", **_field(type="date")),
    )
    last_order_at = forms.DateTimeField(required=False, label="Last order", widget=_moment(step=1))
    lists = forms.ModelMultipleChoiceField(
        queryset=Audience.objects.none(),
        required=False,
        widget=PickSeveral,
        help_text="Static, external and synced lists that the member would be on.",
    )

    class Meta:
        model = Membership
        fields = SUPPOSABLE
        widgets = {
            **{
                name: forms.TextInput(**_field())
                for name in ("external_id", "full_name", "email", "phone")
            },
            "total_orders": forms.NumberInput(**_field()),
            "total_order_value": forms.NumberInput(**_field(step="0.01")),
        }

    field_order = [
        *("at", "birthday", "total_orders", "total_order_value", "last_order_at"),
        *("segments", "lists", "metadata", "full_name", "email", "phone", "external_id"),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [name for name, kind in TYPES.items() if kind.is_list]
        lists = Audience.objects.filter(space=self.of_space, audience_type__in=kinds)
        visible = seen(self.request, lists)
        pick_from(self.fields["lists"], visible, self.of_space, titles)
        self.fields["lists"].widget.attrs["data-ajax--url"] += "&only=lists"
        held = lists.filter(segments__segment_memberships__membership=self.instance)
        numbers = set(visible.values_list("pk", flat=True))
        on = list(held)
        self.initial["lists"] = [audience.pk for audience in on if audience.pk in numbers]
        self._unseen = [audience for audience in on if audience.pk not in numbers]

    def _post_clean(self) -> None:
        """The membership stays as it is."""

    def clean_at(self) -> datetime.datetime | None:
        at: datetime.datetime | None = self.cleaned_data["at"]
        if at is not None and not 1900 <= at.year <= 9000:
            raise ValidationError("Give a moment of the years 1900 to 9000.")
        return at

    def supposition(self) -> Supposition:
        given, changed = self.cleaned_data, self.changed_data
        return Supposition(
            {name: given[name] for name in SUPPOSABLE if name in changed},
            list(given["segments"]) if "segments" in changed else None,
            [*given["lists"], *self._unseen] if "lists" in changed else None,
            given["at"],
        )


def what_if_view(request: HttpRequest, row: Membership, admin: RowAdmin) -> HttpResponse:
    """The form, and what comes of it: for a script that asked only that, with what is wrong."""
    form_class = type("WhatIfForm", (WhatIfForm,), {"request": request})
    form = form_class(request.POST if request.method == "POST" else None, instance=row)
    context: dict[str, Any] = {"form": form, "original": row, "outcome": None}
    if request.method == "POST" and form.is_valid():
        try:
            context["outcome"] = _outcome(request, row, form.supposition())
        except ValidationError as error:
            form.add_error(None, error)
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "admin/offers/what_if_answer.html", context)
    page = {
        **admin.admin_site.each_context(request),
        "title": "What if",
        "opts": admin.opts,
        "back": page_url(row, "change"),
        "url": page_url(row, "what-if"),
    }
    return TemplateResponse(request, "admin/offers/what_if.html", {**page, **context})


def _outcome(request: HttpRequest, row: Membership, supposition: Supposition) -> dict[str, Any]:
    supposed = suppose(
        space=row.space, membership=row.id, supposition=supposition, now=timezone.now()
    )
    found = what_if(space=row.space, supposed=supposed)
    changes = visibility.what_if(space=row.space, supposed=supposed, denied=denied_labels(request))
    moved = [audience.pk for audience in (*found.enters, *found.leaves)]
    shown = set(seen(request, Audience.objects.filter(pk__in=moved)).values_list("pk", flat=True))
    turned = [change for change in changes if change.is_one]
    offers = {
        "Would become visible": [one for one in turned if _sees(one.after)],
        "Would be hidden": [one for one in turned if _sees(one.before)],
        "Would stay hidden, for other reasons": [
            one for one in turned if not _sees(one.before) and not _sees(one.after)
        ],
    }
    return {
        "at": supposition.at,
        "audiences": [
            (title, len(moves), _named(moves[:MOST]))
            for title, moves in (
                ("Would enter", [one for one in found.enters if one.pk in shown]),
                ("Would leave", [one for one in found.leaves if one.pk in shown]),
            )
        ],
        "stays": len(found.stays),
        "offers": [
            (title, len(group), [_both(change) for change in group[:MOST]])
            for title, group in offers.items()
        ],
        "visible_now": sum(_sees(change.before) for change in changes),
        "visible": sum(_sees(change.after) for change in changes),
    }


def _sees(answer: Visibility) -> bool:
    return group_of(answer) == "visible"


def _named(audiences: Sequence[Audience]) -> list[dict[str, Any]]:
    names, phrases = titles(audiences), summaries(audiences)
    return [
        {
            "pk": audience.pk,
            "title": names[audience.pk],
            "summary": capfirst(phrases[audience.pk]) if audience.name else "",
        }
        for audience in audiences
    ]


def _both(change: visibility.Change) -> dict[str, Any]:
    return {
        "offer": change.after.offer,
        "before": in_words(change.before),
        "after": in_words(change.after),
    }
