"""What Fanfare's API shows: audiences, consumers, imports, as objects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from audience_platform.facades.fanfare.fields import IN_METADATA, name_of
from audience_platform.facades.fanfare.rules import rules_of
from audiences.models import Audience, AudienceGroup, GroupKind, Lifecycle, Sync, SyncStatus
from audiences.querysets import AudienceQuerySet
from audiences.services.standing import Size, sizes
from segments.models import Import, ImportState, ImportTarget, Membership, Space

INCLUDABLE = ("rules", "imports", "primarySyncSource")
OWN = "fanfare"  # of an audience's metadata: what Fanfare keeps and nobody else needs
_TYPES = {"static": "STATIC", "external": "STATIC", "synced": "SYNCED_LIST"}
_GROUP_TYPES = {GroupKind.TIERS.value: "SEGMENTED_VALUE", GroupKind.RFM.value: "RFM"}
_SYNC_STATUSES = {SyncStatus.RUNNING.value: "PENDING"}  # which there covers both
_IMPORT_STATUSES = {
    ImportState.WAITING: "PENDING",
    ImportState.UPLOADED: "PENDING",
    ImportState.COUNTED: "PENDING",
    ImportState.COUNTING: "PROCESSING",
    ImportState.RUNNING: "PROCESSING",
    ImportState.SUCCEEDED: "SUCCESS",
}  # all others: FAILED


def audiences_in(space: Space) -> AudienceQuerySet:
    """The space's audiences, with what is shown of each."""
    return Audience.objects.filter(space=space).select_related(
        "space", "place__group", "synced_list__source"
    )


def own(audience: Audience) -> dict[str, Any]:
    """What is kept of an audience for Fanfare's sake."""
    kept = audience.metadata.get(OWN)
    return kept if isinstance(kept, dict) else {}


def type_of(audience: Audience) -> str:
    """STATIC, DYNAMIC or SYNCED_LIST; as it was spelled when the audience was made."""
    found = _TYPES.get(audience.audience_type, "DYNAMIC")
    said = own(audience).get("type")
    return str(said) if found == "STATIC" and said in ("STATIC_LIST", "SYNCED_LIST") else found


def told(audiences: Sequence[Audience], include: Collection[str]) -> list[dict[str, Any]]:
    """The audiences as objects. The same number of queries for one and for many."""
    known = sizes(audiences)
    synced = last_syncs(audiences)
    imports = _imports_of(audiences) if "imports" in include else {}
    found = []
    for audience in audiences:
        sync = synced.get(audience.pk)
        one = _audience(audience, known[audience.pk], sync)
        if "rules" in include:
            one["rules"] = [{**rule, "audienceId": one["id"]} for rule in rules_of(audience) or ()]
        if "imports" in include:
            rows = imports.get(str(audience.configuration.get("segment")), [])
            one["imports"] = [import_told(row, audience) for row in rows]
        if "primarySyncSource" in include:
            one["primarySyncSource"] = _sync_source(audience, sync)
        found.append(one)
    return found


def _audience(audience: Audience, size: Size, sync: Sync | None) -> dict[str, Any]:
    held = getattr(audience, "synced_list", None)
    return {
        "id": str(audience.id),
        "organizationId": str(audience.space.id),
        "name": str(audience),
        "description": audience.description or None,
        "type": type_of(audience),
        "iconName": own(audience).get("iconName"),
        "metadata": _metadata(audience) or None,
        "version": size.version,
        **_group(audience),
        "primarySyncSourceId": str(audience.id) if held else None,
        "primaryExternalId": held.list_id if held else None,
        "primarySourceVendor": held.source.vendor.upper() if held else None,
        "primaryLastSyncedAt": sync.ended_at if sync and sync.status == "SUCCESS" else None,
        "lastRefreshedAt": size.as_of,
        "refreshIntervalSeconds": audience.refresh_interval,
        "archived": audience.lifecycle == Lifecycle.ARCHIVED,
        "createdAt": audience.created_at,
        "createdBy": None,
        "updatedAt": audience.updated_at,
        "updatedBy": None,
    }


def _group(audience: Audience) -> dict[str, Any]:
    place = getattr(audience, "place", None)
    return {
        "groupId": str(place.group.id) if place else None,
        "groupType": _GROUP_TYPES.get(place.group.kind) if place else None,
        "groupName": place.group.name if place else None,
    }


def _metadata(audience: Audience) -> dict[str, Any]:
    metadata = {name: value for name, value in audience.metadata.items() if name != OWN}
    place = getattr(audience, "place", None)
    if audience.audience_type == "tier" and place:
        bounds = audience.configuration
        said = own(audience).get("tierAttribute")
        metadata |= {
            "tierGroup": str(place.group.id),
            "tierAttribute": said or name_of(bounds["attribute"]),
            "tierOrder": place.position,
            "tierBoundaries": {"min": bounds["start"], "max": bounds["end"]},
        }
    return metadata


def last_syncs(audiences: Sequence[Audience]) -> dict[int, Sync]:
    """The newest sync of each audience that holds a vendor's list, by its number."""
    held = [one.pk for one in audiences if getattr(one, "synced_list", None)]
    rows = Sync.objects.filter(audience__in=held).order_by("audience_id", "-number")
    return {sync.audience_id: sync for sync in rows.distinct("audience_id")}


def sync_status(sync: Sync | None) -> str | None:
    return _SYNC_STATUSES.get(sync.status, sync.status) if sync else None


def _sync_source(audience: Audience, sync: Sync | None) -> dict[str, Any] | None:
    """Where a synced list comes from. An audience has one such, which goes by the audience's id."""
    held = getattr(audience, "synced_list", None)
    if held is None:
        return None
    return {
        "id": str(audience.id),
        "audienceId": str(audience.id),
        "organizationId": str(audience.space.id),
        "syncSource": held.source.vendor.upper(),
        "syncSourceId": held.list_id,
        "syncStatus": sync_status(sync),
        "lastSyncedAt": sync.ended_at if sync else None,
        "sourceData": {"kind": held.kind, "source": held.source.name},
        "archived": False,
    }


def _imports_of(audiences: Sequence[Audience]) -> dict[str, list[Import]]:
    """The newest import of each list, by the list's id."""
    lists = [one.configuration["segment"] for one in audiences if one.type.is_list]
    rows = (
        Import.objects.filter(
            target=ImportTarget.AUDIENCE,
            segment__id__in=lists,
            space__in={one.space_id for one in audiences},
        )
        .select_related("segment", "space")
        .order_by("segment_id", "-number")
        .distinct("segment_id")
    )
    return {str(row.segment.id): [row] for row in rows if row.segment}


def import_told(import_: Import, audience: Audience) -> dict[str, Any]:
    """An import as an object, but for where its file is sent."""
    made = int(import_.created_at.timestamp() * 1000)
    status = _IMPORT_STATUSES.get(ImportState(import_.state), "FAILED")
    return {
        "id": str(import_.id),
        "organizationId": str(audience.space.id),
        "audienceId": str(audience.id),
        "status": status,
        "progress": 100 if status == "SUCCESS" else round(import_.percent),
        "processedConsumers": import_.rows_done,
        "totalConsumers": import_.rows_total,
        "errorCount": import_.problem_count,
        "errors": _errors(import_),
        "s3Key": f"imports/{audience.space.id}/{audience.id}/{made}.csv",
        "archived": False,
        "createdAt": import_.created_at,
        "createdBy": import_.made_by or None,
        "updatedAt": import_.touched_at,
        "updatedBy": None,
    }


def _errors(import_: Import) -> list[dict[str, Any]] | None:
    """The first rows at fault, counted from 1 without the header. What stopped all is row 0."""
    found = [
        {
            "row": problem["line"] - 1,
            "issues": [
                {
                    "field": problem["column"],
                    "received": problem["value"],
                    "message": f"{problem['problem']} {problem['remedy']}".strip(),
                }
            ],
        }
        for problem in import_.first_problems
    ]
    if import_.error and not found:
        found = [{"row": 0, "issues": [{"field": "", "received": "", "message": import_.error}]}]
    return found or None


def consumer(membership: Membership) -> dict[str, Any]:
    """A membership as a consumer. Facts that Fanfare has and we keep in the metadata are told where
    they are known."""
    known = {name: membership.metadata[name] for name in IN_METADATA if name in membership.metadata}
    value = membership.total_order_value
    return {
        **known,
        "id": str(membership.id),
        "email": membership.email,
        "phone": membership.phone,
        "fullName": membership.full_name,
        "metadata": membership.metadata or None,
        "externalId": membership.external_id,
        "totalOrders": membership.total_orders,
        "totalOrderValue": float(value),
        "ltv": str(value),
        "lastOrderAt": membership.last_order_at,
        "createdAt": membership.created_at,
        "updatedAt": membership.updated_at,
    }


def group_told(group: AudienceGroup, audiences: Sequence[Audience]) -> dict[str, Any]:
    """A group of tiers with its audiences."""
    return {"tierGroup": str(group.id), "audiences": told(audiences, ("rules",))}


def audience_named(audience: Audience) -> Mapping[str, str]:
    """An audience as a consumer shows it."""
    return {"id": str(audience.id), "name": str(audience), "type": type_of(audience)}
