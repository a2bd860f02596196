"""``/sources/VENDOR/import``: a synced audience for each of a vendor's lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from audiences.api.pointing import ATTRIBUTES, pointing
from audiences.jobs import start_syncs
from audiences.models import Audience, Source, Sync
from audiences.services.sources import ListsImported, NoSuchLists, briefly, import_lists
from audiences.sources import registry
from audiences.sources.base import Kind, SourceError
from segments.api.errors import Problem, Refused
from segments.api.operations import AnswerSerializer, Operation
from segments.api.relations import RelatedById
from segments.api.resource import ResourceViewSet

_MOST_LISTS = 100


class ListImportSerializer(AnswerSerializer):
    lists = serializers.ListField(
        child=serializers.CharField(max_length=255),
        allow_empty=False,
        max_length=_MOST_LISTS,
        help_text="The vendor's ids of lists.",
    )
    kind = serializers.ChoiceField(
        choices=[kind.value for kind in Kind],
        default=Kind.LIST.value,
        help_text="What the vendor calls them.",
    )
    interval = serializers.JSONField(
        write_only=True, required=False, help_text="As the configuration of a synced audience."
    )
    unknown = serializers.JSONField(write_only=True, required=False, help_text="Likewise.")
    removable_share = serializers.JSONField(write_only=True, required=False, help_text="Likewise.")
    made = serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text="For each list that was not synced: list, audience and sync, all by their ids.",
    )
    skipped = serializers.ListField(
        read_only=True,
        child=serializers.DictField(),
        help_text="For each that is: list, and the id and name of the audience that has it.",
    )
    source = RelatedById(queryset=Source.objects.all(), required=False)
    audiences = RelatedById(many=True, read_only=True, model=Audience)

    class Meta:
        resource_name = "list-imports"


@contextmanager
def read_elsewhere() -> Iterator[None]:
    """Turn into a refusal that a source can't be read."""
    try:
        yield
    except SourceError as error:
        raise Refused(502, Problem(error.code, str(error))) from error


class ListImport(Operation):
    """Each audience is called as the vendor calls the list, and synced at once, in the background.
    Lists that are synced already are skipped. Name the source where the space has several of the
    vendor's."""

    gives = takes = ListImportSerializer
    method = "post"
    status = 202
    on_one = False
    changes_nothing = False
    asks_others = True

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self.summary = f"Make synced audiences of lists of {registry.get(vendor).label}"  # type: ignore[misc]  # of this one

    def answer(self, view: ResourceViewSet) -> Response:
        id, sent = self.received(view)
        source = self._source(view, sent)
        kind = Kind(sent.pop("kind"))
        lists = sent.pop("lists")
        syncs: list[Sync] = []
        try:
            with pointing(ATTRIBUTES), read_elsewhere():
                done = import_lists(
                    source=source,
                    ids=lists,
                    kind=kind,
                    options=sent,
                    patience=briefly(),
                    afterwards=lambda made: syncs.extend(start_syncs(made, at=timezone.now())),
                )
        except NoSuchLists as error:
            problems = [
                Problem("not_found", str(error), pointer=f"{ATTRIBUTES}/lists/{lists.index(one)}")
                for one in error.ids
            ]
            raise Refused(422, *problems) from error
        return self.document(view, id, _told(source, kind, lists, done, syncs))

    def _source(self, view: ResourceViewSet, sent: dict[str, Any]) -> Source:
        """The source that is named, or the only one there is.

        :raises Refused: it isn't clear which.
        """
        label = registry.get(self._vendor).label
        found = Source.objects.filter(space=view.space, vendor=self._vendor)
        if "source" in sent:
            found = found.filter(pk=sent.pop("source").pk)
        sources = list(found[:2])
        if len(sources) == 1:
            return sources[0]
        pointer = "/data/relationships/source"
        if sources:
            detail = f"This space has several sources of {label}. Name the one that is meant."
            raise Refused(422, Problem("ambiguous", detail, pointer=pointer))
        detail = f"This space has no such source of {label}. POST one to sources first."
        raise Refused(422, Problem("not_found", detail, pointer=pointer))


def _told(
    source: Source, kind: Kind, lists: list[str], done: ListsImported, begun: list[Sync]
) -> dict[str, Any]:
    syncs = dict(zip(done.made, begun, strict=True))
    return {
        "lists": lists,
        "kind": kind,
        "made": [
            {"list": id, "audience": str(audience.id), "sync": str(syncs[id].id)}
            for id, audience in done.made.items()
        ],
        "skipped": [
            {
                "list": id,
                "reason": "already_synced",
                "audience": str(audience.id),
                "name": str(audience),
            }
            for id, audience in done.skipped.items()
        ],
        "source": source,
        "audiences": [*done.made.values(), *done.skipped.values()],
    }
