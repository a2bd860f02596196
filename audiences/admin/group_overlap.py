"""On a group's page: how many of each of its audiences are in the others too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from audiences.admin.seen import may_see
from audiences.models import AudienceGroup
from audiences.services import titles
from audiences.services.groups import audiences_of_group
from audiences.services.overlap import overlap

_MOST = 12  # audiences, in a table that is still read
_SHADES = 4


class GroupOverlapPanel:
    """For a plain group of two or more: nobody is in two tiers."""

    template = "admin/groups/overlap.html"

    def context(self, request: HttpRequest, row: AudienceGroup) -> Mapping[str, Any]:
        there = [] if row.is_tiered else audiences_of_group(row)
        audiences = [one for one in there if may_see(request, one)]
        shown = audiences[:_MOST]
        if len(shown) < 2:
            return {}
        found, names = overlap(shown), titles(shown)
        both = {(pair.first, pair.second): pair.both for pair in found.pairs}
        both |= {(second, first): count for (first, second), count in both.items()}
        return {
            "columns": [names[audience.pk] for audience in shown],
            "rows": [
                {
                    "audience": audience,
                    "name": names[audience.pk],
                    "size": found.sizes[audience.pk],
                    "cells": [
                        None
                        if other == audience
                        else _cell(both[audience.pk, other.pk], found.sizes[audience.pk])
                        for other in shown
                    ],
                }
                for audience in shown
            ],
            "everyone": found.everyone,
            "left_out": len(audiences) - len(shown),
        }


def _cell(both: int, size: int) -> dict[str, Any]:
    share = both / size if size else 0.0
    return {"both": both, "percent": round(100 * share), "shade": round(share * _SHADES)}
