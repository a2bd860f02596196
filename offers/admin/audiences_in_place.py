"""An offer's audiences, made, changed, attached and taken off on the offer's own page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin import site
from django.db.models import Count
from django.http import HttpRequest, QueryDict

from audiences.admin import FORMS, AudienceForm, titles
from audiences.admin.seen import seen
from audiences.models import Audience
from audiences.types import registry
from offers.models import Offer
from offers.services import aim, let_go
from segments.admin.choices import PickOne, pick_from
from segments.models import Space

if TYPE_CHECKING:
    from django.contrib.admin.helpers import Fieldset
else:
    from unfold.forms import Fieldset

EXISTING = "existing"
BLANK = "__prefix__"  # stands for the place of a card that is yet to be added


class ExistingForm(forms.Form):
    """An audience that the space has already."""

    configured = ["audience"]

    audience = forms.ModelChoiceField(
        queryset=Audience.objects.none(),
        widget=PickOne,
        help_text="Type a part of its name, then pick it.",
        error_messages={"required": "Pick an audience, or take this away."},
    )

    def __init__(self, request: HttpRequest, data: Any, space: Space, prefix: str) -> None:
        super().__init__(data, prefix=prefix)
        audiences = seen(request, Audience.objects.filter(space=space))
        pick_from(self.fields["audience"], audiences, space, titles)

    def define(self) -> Audience:
        chosen: Audience = self.cleaned_data["audience"]
        return chosen


class Card:
    """One audience on the offer's page: its type, its form, and where else it is used."""

    def __init__(self, place: str, kind: str, form: AudienceForm | ExistingForm) -> None:
        self.place = place
        self.kind = kind
        self.form = form
        self.audience: Audience | None = getattr(form, "instance", None)
        self.title = "An existing audience" if kind == EXISTING else registry.get(kind).label
        self.help = "" if kind == EXISTING else registry.get(kind).help_text

    @property
    def key(self) -> str:
        """What the card sends along: its place, its type, its audience's number when it has one."""
        return f"{self.place}:{self.kind}:{(self.audience and self.audience.pk) or ''}"

    @property
    def other_offers(self) -> int:
        return max(getattr(self.audience, "offer_count", 0) - 1, 0)

    @property
    def rows(self) -> Any:
        """The fields of the type, as far as they are asked for here."""
        rows = [row if isinstance(row, tuple) else (row,) for row in self.form.configured]
        shown = [tuple(name for name in row if name in self.form.fields) for row in rows]
        return self._fields([row for row in shown if row])

    @property
    def name_row(self) -> Any:
        """Its name, which is better left empty most of the time."""
        is_asked_above = "name" in self.form.configured or "name" not in self.form.fields
        return self._fields([] if is_asked_above else ["name"])

    def _fields(self, names: list[Any]) -> Any:
        form: Any = self.form
        return Fieldset(form, fields=names)

    @property
    def named(self) -> bool:
        return "name" in self.form.fields and bool(self.form["name"].value())

    def save(self) -> Audience:
        """The audience, defined anew where something of it was changed."""
        if self.audience is not None and self.audience.pk and not self.form.has_changed():
            return self.audience
        return self.form.define()


class AudiencesInPlace:
    """The cards of an offer's page: as the offer has them, or as they were sent."""

    def __init__(self, request: HttpRequest, offer: Offer, data: QueryDict | None) -> None:
        self._admin: Any = site.get_model_admin(Audience)
        self._request = request
        self._offer = offer
        self._data = data
        self.problems: list[str] = []
        audiences = seen(request, Audience.objects.filter(space=offer.space))
        self._audiences = audiences.annotate(offer_count=Count("offer_audiences"))
        if data is None:
            attached = list(self._audiences.filter(offers=offer.pk)) if offer.pk else []
            self.shown = [audience.pk for audience in attached]
            self.cards = [
                self._card(str(place), audience.audience_type, audience)
                for place, audience in enumerate(attached)
            ]
        else:
            self.shown = [int(each) for each in data.getlist("audience-shown") if each.isdecimal()]
            self.cards = list(self._sent(data.getlist("audience")))

    def _sent(self, keys: list[str]) -> Iterator[Card]:
        sent = [(*key.split(":"), "", "", "")[:3] for key in keys]
        numbers = [number for _, _, number in sent if number.isdecimal()]
        known = {str(row.pk): row for row in self._audiences.filter(pk__in=numbers)}
        for place, kind, number in sent:
            if number and number not in known:
                self.problems.append("An audience of this offer was deleted meanwhile.")
            elif number:
                yield self._card(place, known[number].audience_type, known[number])
            elif kind in FORMS or kind == EXISTING:
                yield self._card(place, kind)
            else:
                self.problems.append(f"There is no type of audience called “{kind}”.")

    def _card(self, place: str, kind: str, audience: Audience | None = None) -> Card:
        prefix = f"audience-{place}"
        data = None if place == BLANK else self._data
        if kind == EXISTING:
            return Card(place, kind, ExistingForm(self._request, data, self._offer.space, prefix))
        form = self._admin.form_of_type(self._request, kind)
        instance = audience or Audience()
        instance.space = self._offer.space  # known, and so not asked for again
        return Card(place, kind, form(data, prefix=prefix, instance=instance))

    @cached_property
    def blanks(self) -> list[Card]:
        """A blank card of each kind, for the browser to add."""
        return [self._card(BLANK, kind) for kind in (*FORMS, EXISTING)]

    @property
    def media(self) -> Any:
        return sum((card.form.media for card in self.blanks), start=forms.Media())

    def is_valid(self) -> bool:
        right = [card.form.is_valid() for card in self.cards]  # all of them, to show what is wrong
        return all(right) and not self.problems

    def has_changed(self) -> bool:
        kept = [card.audience and card.audience.pk for card in self.cards]
        return kept != self.shown or any(card.form.has_changed() for card in self.cards)

    def save(self) -> None:
        """Aim the offer at these. Let go are only those that this page showed and that were taken
        off it: what somebody else attached meanwhile stays."""
        kept = [card.save() for card in self.cards]
        gone = set(self.shown) - {audience.pk for audience in kept}
        let_go(offer=self._offer, audiences=self._audiences.filter(pk__in=gone))
        aim(offer=self._offer, audiences=kept)
