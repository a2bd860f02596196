"""``/imports/ID/dry-run``, ``/run``, ``/cancel``, and what was wrong with the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from segments.api.errors import Problem, Refused
from segments.api.operations import AnswerSerializer, Doing, Operation
from segments.api.resource import ResourceViewSet
from segments.imports import files
from segments.imports.asking import NotNow, cancel
from segments.jobs import start_import
from segments.models import Import


@contextmanager
def possible_now() -> Iterator[None]:
    """Turn into a refusal that an import is in no state for something."""
    try:
        yield
    except NotNow as error:
        raise Refused(409, Problem("wrong_state", str(error))) from error


class DryRun(Doing):
    """Nothing is changed. The counting is done in the background: read the import until its
    ``state`` is ``counted``, or ``failed`` with an ``error``. Its ``dry_run`` has the numbers."""

    summary = "Count what an import would do"
    status = 202

    def do(self, view: ResourceViewSet, row: Import) -> None:
        with possible_now():
            start_import(row, dry_run=True, at=timezone.now())


class RunSerializer(AnswerSerializer):
    confirm = serializers.BooleanField(
        required=False, help_text="Though it takes more than the set share off a list."
    )

    class Meta:
        resource_name = "import-runs"


class Run(Doing):
    """It is done in the background, all of it or nothing: read the import until its ``state`` is
    ``succeeded``, ``failed`` with an ``error``, or ``needs_confirmation``."""

    summary = "Run an import"
    takes = RunSerializer
    needs_body = False
    status = 202

    def do(self, view: ResourceViewSet, row: Import) -> None:
        confirmed = bool(view.request.data and self.received(view)[1].get("confirm"))
        with possible_now():
            start_import(row, dry_run=False, confirmed=confirmed, at=timezone.now())


class Cancel(Doing):
    """One that is being worked on ends within a second or two, and has changed nothing."""

    summary = "Cancel an import"
    status = 202

    def do(self, view: ResourceViewSet, row: Import) -> None:
        with possible_now():
            cancel(row, at=timezone.now())


class ProblemSerializer(AnswerSerializer):
    line = serializers.IntegerField(
        help_text="Of the file, on which the row begins; its header is line 1."
    )
    column = serializers.CharField(help_text="Empty where it is the row as a whole.")
    value = serializers.CharField(help_text="As it is in the file, its first 200 characters.")
    problem = serializers.CharField(help_text="What is wrong.")
    remedy = serializers.CharField(help_text="What would be right.")

    class Meta:
        resource_name = "import-problems"


class _Problems:
    """An import's problems, for the paginator: read as far as the page goes."""

    def __init__(self, import_: Import) -> None:
        self._import = import_

    def count(self) -> int:
        return self._import.problem_count

    def __getitem__(self, page: slice) -> list[tuple[int, Mapping[str, Any]]]:
        if not self._import.problems_file:
            return []
        found = files.problems(self._import.problems_file, page.start, page.stop)
        return [(page.start + place, one._asdict()) for place, one in enumerate(found)]


class ProblemsOfAnImport(Operation):
    """Those that the last dry run or run found, in the order of the file."""

    summary = "List what is wrong with the rows of an import's file"
    gives = ProblemSerializer
    many = True

    def answer(self, view: ResourceViewSet) -> Response:
        self.given(view)
        row = view.get_object()
        problems: Any = _Problems(row)  # which has of rows what the paginator asks
        page: Any = view.paginate_queryset(problems) or []
        data = [self.resource(f"{row.id}:{place}", told) for place, told in page]
        return view.get_paginated_response({"data": data})


class FileOfAnImport(Operation):
    """It is there for a week after the last that happened to the import."""

    is_file = True

    def __init__(self, field: str, name: str, summary: str) -> None:
        self._field = field
        self._name = name
        self.summary = summary  # type: ignore[misc]  # of this one

    def answer(self, view: ResourceViewSet) -> Any:
        self.given(view)
        row = view.get_object()
        name = getattr(row, self._field)
        if not name:
            detail = "This import has no such file: no row was found bad, or it was removed."
            raise Refused(404, Problem("not_found", detail))
        return StreamingHttpResponse(
            files.chunks(name),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{row.id}-{self._name}.csv"'},
        )


OPERATIONS: Mapping[str, Operation] = {
    "dry-run": DryRun(),
    "run": Run(),
    "cancel": Cancel(),
    "problems": ProblemsOfAnImport(),
    "problems.csv": FileOfAnImport(
        "problems_file", "problems", "Read what is wrong with the rows of an import as CSV"
    ),
    "failed-rows.csv": FileOfAnImport(
        "failed_rows_file", "failed-rows", "Read the bad rows of an import, to be mended, as CSV"
    ),
}
