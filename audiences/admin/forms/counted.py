"""Forms that say, as one edits, how many members the audience would have."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from django.forms.widgets import Script
from django.urls import reverse

from audiences.admin.forms.base import AudienceForm
from audiences.types import Path


class CountedForm(AudienceForm):
    """A script sends it to ``audiences.admin.draft`` whenever it changes, on the audience's own
    page; on an offer's page, where several stand together, nothing is counted."""

    class Media:
        css = {"all": ["audiences/draft.css"]}
        js = [Script("audiences/draft.js", defer=True)]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.prefix:
            return
        page = reverse("admin:audiences_audience_draft")
        number = f"&audience={self.instance.pk}" if self.instance.pk else ""
        attrs = self.fields[self.asked()[0]].widget.attrs
        attrs["data-draft"] = f"{page}?type={self.audience_type}{number}"
        attrs["data-draft-fields"] = " ".join(self.asked())

    @classmethod
    def asked(cls) -> list[str]:
        """The names of the type's own fields."""
        rows = ([row] if isinstance(row, str) else row for row in cls.configured)
        return list(chain.from_iterable(rows))

    def problems(self, found: Mapping[Path, str] | None = None) -> dict[str, list[str]]:
        """What is wrong with whom it would mean, by the field; "" for the whole. ``found`` is what
        the type finds besides."""
        for path, problem in (found or {}).items():
            self.add_error(self.field_at(path), problem)
        return {
            "" if name == "__all__" else name: list(map(str, said))
            for name, said in self.errors.items()
            if name in (*self.asked(), "__all__")
        }
