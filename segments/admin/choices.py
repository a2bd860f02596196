"""Pickers with search: type a part of the name, choose from what the space has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from segments.models import Space

if TYPE_CHECKING:
    from django.forms import Select as UnfoldSelect
    from django.forms import SelectMultiple as UnfoldSelectMultiple
else:
    from unfold.widgets import UnfoldAdminAutocompleteWidget as UnfoldSelect
    from unfold.widgets import UnfoldAdminMultipleAutocompleteWidget as UnfoldSelectMultiple

# What rows are called, by their numbers.
Titles = Callable[[Sequence[Any]], Mapping[int, str]]


def plain_titles(rows: Sequence[Any]) -> dict[int, str]:
    return {row.pk: str(row) for row in rows}


class _ChosenOnly(forms.Select):
    """Draws only the options that are chosen: the browser asks for others as one types."""

    option_template_name = "django/forms/widgets/select_option.html"
    titles: Titles = staticmethod(plain_titles)

    def optgroups(self, name: str, value: list[Any], attrs: Any = None) -> Any:
        rows = getattr(self.choices, "queryset")  # noqa: B009  ModelChoiceIterator's own
        chosen = list(rows.filter(pk__in=[number for number in value if str(number).isdecimal()]))
        options = [
            self.create_option(name, number, title, True, place, attrs=attrs)
            for place, (number, title) in enumerate(self.titles(chosen).items())
        ]
        return [(None, options, 0)]


class PickOne(_ChosenOnly, UnfoldSelect): ...


class PickSeveral(_ChosenOnly, UnfoldSelectMultiple): ...


def pick_from(
    field: forms.Field, rows: QuerySet[Any], space: Space, titles: Titles = plain_titles
) -> None:
    """Let a model field with one of these widgets choose from the rows, which are the space's."""
    kind = rows.model._meta
    url = reverse(f"admin:{kind.app_label}_{kind.model_name}_choices")
    field.queryset = rows  # type: ignore[attr-defined]
    field.widget.titles = titles
    field.widget.attrs["data-ajax--url"] = f"{url}?space={space.pk}"
