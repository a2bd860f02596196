"""Two to five audiences held against each other, on a page whose address can be passed on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from audiences.admin.circles import HEIGHT, WIDTH, picture
from audiences.admin.seen import seen
from audiences.admin.standing import Told, everybody, share, told
from audiences.models import Audience
from audiences.services import overlap, titles
from audiences.services.overlap import MOST_COMBINED, Combination, Overlap
from audiences.services.standing import Standing, standings
from segments.admin.choices import PickSeveral, pick_from
from segments.admin.spaces import current_space, enter_space, spaces_of
from segments.models import Space

if TYPE_CHECKING:
    from segments.admin import RowAdmin

LEAST = 2
_WRONG = f"Pick {LEAST} to {MOST_COMBINED} audiences to compare."


@dataclass(frozen=True)
class Compared:
    """One of the audiences, called by a letter; its sizes; and how it stands."""

    letter: str
    audience: Audience
    title: str
    size: int
    share: str
    alone: int  # in none of the others
    told: Told


@dataclass(frozen=True)
class Shared:
    """What two of them have in common."""

    first: Compared
    second: Compared
    both: int
    of_first: str
    of_second: str
    only_first: int
    only_second: int


@dataclass(frozen=True)
class Part:
    """Those in just these of the audiences, and how to make an audience of them."""

    inside: list[bool]
    sentence: str
    count: int
    share: str
    width: float  # of its bar, in per cent of the longest
    make: str


class CompareForm(forms.Form):
    """Which to compare; of one space."""

    audiences = forms.ModelMultipleChoiceField(
        queryset=Audience.objects.none(),
        widget=PickSeveral,
        help_text=f"Type a part of a name, then pick it. {LEAST} to {MOST_COMBINED} of them.",
        error_messages={
            "required": _WRONG,
            "invalid_choice": "One of them is not there, or not any more. Pick others.",
        },
    )

    def __init__(self, request: HttpRequest, space: Space, data: QueryDict | None) -> None:
        super().__init__(data, auto_id="compare_%s")
        rows = seen(request, Audience.objects.filter(space=space))
        pick_from(self.fields["audiences"], rows, space, titles)

    def clean_audiences(self) -> list[Audience]:
        """In the order in which they were given."""
        rows = {str(row.pk): row for row in self.cleaned_data["audiences"]}
        order = dict.fromkeys(self["audiences"].value() or [])
        if not LEAST <= len(rows) <= MOST_COMBINED:
            raise forms.ValidationError(_WRONG)
        return [rows[number] for number in order if number in rows]


@require_safe
def compare_view(request: HttpRequest, admin: RowAdmin) -> HttpResponse:
    """The page: a picker, and what comes of what is picked."""
    chosen = request.GET.getlist("audiences")
    space = _space(request, chosen)
    asked = len(set(chosen)) > 1 or "compare" in request.GET
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": "Compare audiences",
        "opts": admin.opts,
    }
    if space is not None:
        form = CompareForm(request, space, request.GET if asked else None)
        if not asked:
            form.initial["audiences"] = [number for number in chosen if number.isdecimal()]
        context["form"] = form
        if asked and form.is_valid():
            context |= _compared(form.cleaned_data["audiences"], space)
    return TemplateResponse(request, "admin/audiences/compare.html", context)


def _space(request: HttpRequest, chosen: Sequence[str]) -> Space | None:
    """That of the first of them, when it is one of theirs: an address leads into its space."""
    numbers = [int(number) for number in chosen if number.isdecimal() and len(number) < 10]
    rows = seen(request, Audience.objects.filter(space__in=spaces_of(request), pk__in=numbers))
    first = rows.select_related("space").first()
    if first is not None:
        enter_space(request, first.space)
    return first.space if first else current_space(request)


def _compared(audiences: Sequence[Audience], space: Space) -> dict[str, Any]:
    now = timezone.now()
    found = overlap(audiences)
    known = standings(audiences=audiences, at=now)
    stand = {one.pk: told(one, known[one.pk], at=now) for one in audiences}
    by_number = _by_number(audiences, found, stand, everybody(space.pk))
    compared = list(by_number.values())
    parts = [_part(one, by_number, found) for one in found.combinations]
    return {
        "compared": compared,
        "pairs": [
            _shared(by_number[pair.first], by_number[pair.second], pair.both)
            for pair in found.pairs
        ],
        "combinations": parts,
        "in_any": found.everyone,
        "in_all": found.in_all,
        "of_any": share(found.in_all, found.everyone),
        "picture": _picture(by_number, found),
        "as_of": _earliest(known),
        "width": WIDTH,
        "height": HEIGHT,
    }


def _earliest(known: Mapping[int, Standing]) -> Any:
    moments = [one.size.as_of for one in known.values()]
    return min((moment for moment in moments if moment), default=None)


def _by_number(
    audiences: Sequence[Audience], found: Overlap, stand: Mapping[int, Told], everyone: int
) -> dict[int, Compared]:
    names = titles(audiences)
    alone = {one.audiences[0]: one.count for one in found.combinations if len(one.audiences) == 1}
    return {
        one.pk: Compared(
            letter,
            one,
            names[one.pk],
            found.sizes[one.pk],
            share(found.sizes[one.pk], everyone),
            alone.get(one.pk, 0),
            stand[one.pk],
        )
        for letter, one in zip("ABCDE", audiences, strict=False)
    }


def _shared(first: Compared, second: Compared, both: int) -> Shared:
    return Shared(
        first,
        second,
        both,
        share(both, first.size),
        share(both, second.size),
        first.size - both,
        second.size - both,
    )


def _part(part: Combination, by_number: Mapping[int, Compared], found: Overlap) -> Part:
    within = [one for number, one in by_number.items() if number in part.audiences]
    without = [one for number, one in by_number.items() if number not in part.audiences]
    sentence = f"in {_and(within)}"
    if without:
        sentence += f", not in {' or '.join(_quoted(one) for one in without)}"
    rule = {
        "all": [
            *({"in_audience": str(one.audience.id)} for one in within),
            *({"not": {"in_audience": str(one.audience.id)}} for one in without),
        ]
    }
    query = QueryDict(mutable=True)
    query.update({"type": "rules", "rule": json.dumps(rule), "name": capfirst(sentence)[:255]})
    return Part(
        [number in part.audiences for number in by_number],
        sentence,
        part.count,
        share(part.count, found.everyone),
        round(100 * part.count / found.combinations[0].count, 1),
        f"{reverse('admin:audiences_audience_add')}?{query.urlencode()}",
    )


def _and(those: Sequence[Compared]) -> str:
    return " and ".join(_quoted(one) for one in those)


def _quoted(one: Compared) -> str:
    """Without a name, it is called by a sentence: not in “In Gold tier”."""
    return one.title if one.audience.name else f"“{one.title}”"


def _picture(by_number: Mapping[int, Compared], found: Overlap) -> Any:
    places = {number: place for place, number in enumerate(by_number)}
    parts = {
        tuple(places[number] for number in one.audiences): one.count for one in found.combinations
    }
    drawn = picture([one.size for one in by_number.values()], parts)
    if drawn is None:
        return None
    circles = zip(by_number.values(), drawn.circles, strict=True)
    return {"circles": list(circles), "numbers": drawn.numbers}


def compare_page(numbers: Iterable[int]) -> str:
    """The address of the page about these audiences."""
    query = QueryDict(mutable=True)
    query.setlist("audiences", [str(number) for number in numbers])
    query["compare"] = ""
    return f"{reverse('admin:audiences_audience_compare')}?{query.urlencode()}"


def compare_urls(admin: RowAdmin) -> list[Any]:
    """The page, for the admin of audiences."""
    view = admin.admin_site.admin_view(partial(compare_view, admin=admin))
    return [path("compare/", view, name="audiences_audience_compare")]
