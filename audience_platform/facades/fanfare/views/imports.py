"""``/audiences/ID/import`` and where its file is sent; ``/audiences/import/klaviyo``."""

from __future__ import annotations

import datetime
from functools import partial
from typing import Any

from django.core import signing
from django.urls import reverse
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audience_platform.facades.fanfare.errors import Failure, exception_handler
from audience_platform.facades.fanfare.received import Received
from audience_platform.facades.fanfare.shapes import import_told
from audience_platform.facades.fanfare.views.base import Anything, View
from audiences.jobs import start_syncs
from audiences.models import Audience, Source
from audiences.querysets import AudienceQuerySet
from audiences.services.own_list import list_of
from audiences.services.sources import ListsImported, NoSuchLists, briefly, import_lists
from audiences.sources.base import SourceError
from segments.api.uploads import UploadView
from segments.imports.asking import NotNow, make_import
from segments.imports.uploads import find_import, upload_token
from segments.jobs import start_import
from segments.models import Import, ImportMode, ImportTarget, Unknown

_SALT = "audience_platform.facades.fanfare.imports"
MOST_LISTS = 100


class AudienceImport(View):
    def get(self, request: Request, id: str) -> Response:
        """The newest import of the audience, whoever made it."""
        audience = self.audience(id)
        rows = Import.objects.filter(target=ImportTarget.AUDIENCE, segment__audiences=audience)
        newest = rows.order_by("-number").first()
        if newest is None:
            raise Failure(404, "Import not found")
        return Response(import_told(newest, audience))

    def post(self, request: Request, id: str) -> Response:
        """Make an import: it runs by itself when its file has come."""
        audience = self.audience(id)
        if not audience.type.takes_imports:
            raise Failure(400, "Audience is not a static list", message=_follows(audience))
        made = make_import(
            space=self.space,
            segment=list_of(audience),
            mode=ImportMode.ADD,
            unknown=Unknown.CREATE,
            skip_bad_rows=True,
            made_by=f"the key “{request.auth.key.name}”",
        )
        token = signing.dumps(upload_token(made, at=timezone.now()), salt=_SALT)
        url = request.build_absolute_uri(reverse("fanfare-uploads", args=[token]))
        return Response({**import_told(made, audience), "uploadUrl": url})


def _follows(audience: Audience) -> str:
    return f"Who is in “{audience}” follows from {audience.type.follows}."


class Upload(UploadView):
    """Takes the file, and has it imported. The URL is all that it takes."""

    renderer_classes = (JSONRenderer,)
    content_negotiation_class = Anything

    def get_exception_handler(self) -> Any:
        return exception_handler

    def put(self, request: Request, token: str) -> Response:
        try:
            inner = signing.loads(token, salt=_SALT)
        except signing.BadSignature as error:
            message = "This URL was not made here, or not copied whole. Take uploadUrl as it is."
            raise Failure(403, "Forbidden", message=message) from error
        super().put(request, inner)
        now: datetime.datetime = timezone.now()
        try:
            start_import(find_import(inner, at=now), dry_run=False, at=now)
        except NotNow as error:
            raise Failure(409, "Import already in progress", message=str(error)) from error
        return Response(status=200)


class KlaviyoImport(View):
    def post(self, request: Request) -> Response:
        """Make a synced audience of each list. Those that can't be are told, and passed over."""
        received = Received(request.data)
        ids = received.take("listIds", "array", needed=True, default=[])
        if not all(isinstance(id, str) and id for id in ids):
            received.wrong("Give the ids of lists, as texts.", "listIds")
        elif len(ids) > MOST_LISTS or ("listIds" in received and not ids):
            received.wrong(f"Give 1 to {MOST_LISTS} lists.", "listIds")
        received.check()
        source = self._source()
        try:
            done, missing = _imported(source, list(dict.fromkeys(ids)))
        except SourceError as error:
            raise Failure(
                502, "Klaviyo can't be read", code=error.code, message=str(error)
            ) from error
        return Response(_told(done, missing, self.audiences))

    def _source(self) -> Source:
        sources = list(Source.objects.filter(space=self.space, vendor="klaviyo")[:2])
        if len(sources) == 1:
            return sources[0]
        if sources:
            message = "Which is meant? POST /api/sources/klaviyo/import takes the account's id."
            raise Failure(409, "Several Klaviyo accounts", message=message)
        message = "Give the account's key first, in the admin under Sources or at /api/sources."
        raise Failure(400, "Klaviyo is not connected", message=message)


def _imported(source: Source, ids: list[str]) -> tuple[ListsImported, list[str]]:
    """What became of the lists; and those that the account hasn't."""
    patience, sync = briefly(), partial(start_syncs, at=timezone.now())
    try:
        return import_lists(source=source, ids=ids, patience=patience, afterwards=sync), []
    except NoSuchLists as error:
        there = [id for id in ids if id not in error.ids]
        done = import_lists(source=source, ids=there, patience=patience, afterwards=sync)
        return done, error.ids


def _told(done: ListsImported, missing: list[str], seen: AudienceQuerySet) -> dict[str, object]:
    there = set(seen.filter(pk__in=[one.pk for one in done.skipped.values()]))
    skipped = [
        (id, "Already synced", str(one.id) if one in there else None)
        for id, one in done.skipped.items()
    ]
    skipped += [(id, "List not found", None) for id in missing]
    return {
        "imported": [
            {
                "listId": id,
                "syncSourceId": str(one.id),
                "audienceId": str(one.id),
                "status": "PENDING",
            }
            for id, one in done.made.items()
        ],
        "skipped": [
            {"listId": id, "reason": reason, "existingAudienceId": existing}
            for id, reason, existing in skipped
        ],
    }
