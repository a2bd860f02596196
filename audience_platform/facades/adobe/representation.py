"""Audiences as Adobe shows them: every key that its pages have, of the same type."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db.models import CharField, OuterRef, Prefetch, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.text import capfirst

from audience_platform.facades.adobe.access import Access
from audience_platform.models import AuditEvent
from audiences.models import Audience, AudienceVersion, Lifecycle
from audiences.services import summaries
from audiences.services.convert import Unsayable, in_pql
from audiences.services.standing import sizes
from audiences.types.pql import asks_for_events

PROFILE = "_xdm.context.profile"
PLATFORM, EXTERNAL = "SegmentDefinition", "ExternalSegment"
_MERGE_POLICIES = UUID("1c0a2f0e-6d3b-4f6e-9a55-9d7f8f3f1a50")
# What Adobe's own service has by itself, where a client may have said otherwise.
_DEFAULTS: dict[str, Any] = {
    "schema": {"name": PROFILE},
    "dataGovernancePolicy": {"excludeOptOut": True},
    "overridePerformanceWarnings": False,
    "ansibleUiEnabled": False,
    "saveSegmentMembership": True,
}
# What follows from other things, whatever a client sends: its keys are passed over.
WORKED_OUT = frozenset(
    {
        "id",
        "type",
        "profileInstanceId",
        "imsOrgId",
        "sandbox",
        "isSystem",
        "creationTime",
        "createEpoch",
        "updateTime",
        "updateEpoch",
        "_etag",
        "dependents",
        "dependencies",
        "definedOn",
        "createdBy",
        "lastModifiedBy",
        "state",
        "metrics",
    }
)
# What has a column, or a rule, of its own.
OWN = frozenset(
    {
        "audienceId",
        "name",
        "description",
        "namespace",
        "originName",
        "lifecycleState",
        "labels",
        "expression",
        "evaluationInfo",
    }
)
EVALUATED = ("batch", "continuous", "synchronous")


def is_external(audience: Audience) -> bool:
    """Whether who is in it is decided elsewhere: it is a list."""
    return audience.type.is_list


def defaults(audience: Audience) -> dict[str, Any]:
    """What it has where nobody said otherwise."""
    if is_external(audience):
        return {"saveSegmentMembership": True}
    return {**_DEFAULTS, "mergePolicyId": str(uuid5(_MERGE_POLICIES, str(audience.space.id)))}


def etag(audience: Audience) -> str:
    """Another at every write; in the shape of Adobe's, quotes included."""
    written = audience.updated_at
    mark = zlib.crc32(f"{audience.pk} {written.isoformat()}".encode())
    return f'"{mark:08x}-0000-0200-0000-{int(written.timestamp()):08x}0000"'


def represent(audiences: QuerySet[Audience], access: Access) -> list[dict[str, Any]]:
    """The audiences, whatever their number, with the same queries."""
    others = access.audiences.only("id")
    rows = list(
        audiences.prefetch_related(
            Prefetch("dependencies", queryset=others), Prefetch("dependents", queryset=others)
        )
    )
    for row in rows:
        row.space = access.space
    known = _Known.of(rows)
    return [_document(row, access, known) for row in rows]


@dataclass(frozen=True)
class _Known:
    """What is read of many audiences together, by their numbers or ids."""

    names: dict[int, str]
    versions: dict[int, AudienceVersion]
    as_of: dict[int, datetime | None]
    actors: dict[int, tuple[str, str]]

    @classmethod
    def of(cls, rows: Sequence[Audience]) -> _Known:
        phrases = summaries([row for row in rows if not row.name])
        latest = AudienceVersion.objects.filter(audience__in=rows).order_by(
            "audience_id", "-version"
        )
        return cls(
            names={row.pk: row.name or capfirst(phrases[row.pk]) for row in rows},
            versions={one.audience_id: one for one in latest.distinct("audience_id")},
            as_of={pk: size.as_of for pk, size in sizes(rows).items()},
            actors=_actors(rows),
        )


def _actors(rows: Sequence[Audience]) -> dict[int, tuple[str, str]]:
    """Who made each and who changed it last, by the audit trail as far as it goes back."""
    events = (
        AuditEvent.objects.filter(
            object_id=Cast(OuterRef("id"), CharField()),
            space=OuterRef("space"),
            object_type="audiences",
        )
        .exclude(changes__has_key="run")  # a working-out, which changes nothing of it
        .values(who=Coalesce(NullIf("actor_id", Value("")), "actor_name"))
    )
    found = Audience.objects.filter(pk__in=[row.pk for row in rows]).values_list(
        "pk", Subquery(events.order_by("number")[:1]), Subquery(events.order_by("-number")[:1])
    )
    return {pk: (made or "", changed or "") for pk, made, changed in found}


def _document(row: Audience, access: Access, known: _Known) -> dict[str, Any]:
    external = is_external(row)
    id = str(row.id)
    made_by, changed_by = known.actors[row.pk]
    document = {
        **defaults(row),
        **({} if external else {"profileInstanceId": "ups"}),
        **row.metadata,
        "id": id,
        "audienceId": row.external_id or id,
        "name": known.names[row.pk],
        "description": row.description,
        "type": EXTERNAL if external else PLATFORM,
        "namespace": namespace_of(row),
        "originName": row.origin or ("CUSTOM_UPLOAD" if external else "REAL_TIME_CUSTOMER_PROFILE"),
        "lifecycleState": str(row.lifecycle),
        "labels": row.labels,
        "state": "enabled" if row.enabled else "disabled",
        "isSystem": False,
        "imsOrgId": access.organization,
        "sandbox": sandbox(access),
        "createdBy": made_by,
        "lastModifiedBy": changed_by,
        "dependencies": sorted(str(other.id) for other in row.dependencies.all()),
        "dependents": sorted(str(other.id) for other in row.dependents.all()),
        **_times(row),
        "_etag": etag(row),
    }
    document.pop("metrics", None)
    document |= _metrics(known.versions.get(row.pk), known.as_of[row.pk])
    if row.ttl_days is not None:
        document["ttlInDays"] = row.ttl_days
    if external:
        return document
    return document | {
        "profileInstanceId": "ups",
        "evaluationInfo": evaluation(row),
        "definedOn": [
            {
                "meta:resourceType": "unions",
                "meta:containerId": "tenant",
                "$ref": "https://ns.adobe.com/xdm/context/profile__union",
            }
        ],
        "expression": expression_of(row),
    }


def namespace_of(audience: Audience) -> str:
    default = "CustomerAudienceUpload" if is_external(audience) else "AEPSegments"
    return audience.namespace or default


def sandbox(access: Access) -> dict[str, Any]:
    return {
        "sandboxId": str(access.space.id),
        "sandboxName": access.space.slug,
        "type": "production",
        "default": len(access.key.opens) == 1,
    }


def _times(row: Audience) -> dict[str, int]:
    created, updated = row.created_at.timestamp(), row.updated_at.timestamp()
    return {
        "creationTime": int(created * 1000),
        "createEpoch": int(created),
        "updateTime": int(updated * 1000),
        "updateEpoch": int(updated),
    }


def _metrics(version: AudienceVersion | None, as_of: datetime | None) -> dict[str, Any]:
    """How many it holds; nothing before it has been worked out."""
    if version is None or as_of is None:
        return {}
    return {
        "metrics": {
            "type": "batch_segmentation",
            "id": str(version.id),
            "jobId": str(version.id),
            "data": {
                "totalProfiles": version.size,
                "totalProfilesByStatus": {
                    "realized": version.entered,
                    "existing": version.size - version.entered,
                    "exited": version.left,
                },
            },
            "createEpoch": int(version.as_of.timestamp()),
            "updateEpoch": int(as_of.timestamp()),
        }
    }


def expression_of(audience: Audience) -> dict[str, Any]:
    """Who is meant, in PQL: as it was written, or translated from what it was written in. Where
    PQL can't say it, that whoever is in the audience is in it."""
    if audience.audience_type == "pql":
        kept = audience.metadata.get("expression")
        extra = kept if isinstance(kept, dict) else {}
        return {**extra, **audience.configuration["expression"]}
    try:
        value = in_pql(audience)
    except Unsayable:
        value = f'inSegment("{audience.id}")'
    return {"type": "PQL", "format": "pql/text", "value": value}


def evaluation(audience: Audience) -> dict[str, Any]:
    """How it is worked out: as it was wished, and continuously where nobody wished otherwise. What
    asks for events can't be, and falls to batch."""
    kept = audience.metadata.get("evaluationInfo")
    wished = {
        way
        for way in EVALUATED
        if isinstance(kept, dict) and isinstance(kept.get(way), dict) and kept[way].get("enabled")
    }
    if audience.audience_type == "pql" and asks_for_events(audience.configuration):
        wished = {"batch"}
    return {way: {"enabled": way in (wished or {"continuous"})} for way in EVALUATED}


def lifecycle_of(state: str) -> str:
    """Our word for a lifecycleState; “active” is an old one for “published”."""
    return Lifecycle.PUBLISHED if state == "active" else state
