"""On an audience's page: what uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest
from django.template.loader import render_to_string

from audiences.admin.seen import seen
from audiences.models import Audience, AudienceGroup
from audiences.services import summaries, titles
from segments.admin import Panel


class UsesPanel:
    """Other audiences and its group; ``parts`` are what the apps above have to add."""

    template = "admin/audiences/uses.html"
    parts: ClassVar[list[Panel]] = []

    def context(self, request: HttpRequest, row: Audience) -> Mapping[str, Any]:
        asking = list(seen(request, Audience.objects.filter(dependencies=row)))
        names, phrases = titles(asking), summaries(asking)
        return {
            "parts": [
                render_to_string(part.template, dict(part.context(request, row)), request)
                for part in self.parts
            ],
            "audiences": [(one, names[one.pk], phrases[one.pk]) for one in asking],
            "group": AudienceGroup.objects.filter(places__audience=row).first(),
        }
