"""What the commands that import share: arguments, a progress bar, and words for the outcome."""

from __future__ import annotations

import sys
import threading
from abc import abstractmethod
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from segments.imports.loading import Loaded
from segments.imports.refusals import BadRows, ImportRefused, Problem, TooManyRemoved
from segments.management.spaces import space_named


class ImportCommand(BaseCommand):
    """Imports a CSV file into a space."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            help="CSV, or a zip archive of one, its first row naming the columns; - is standard "
            "input",
        )
        parser.add_argument("--space", required=True, metavar="SLUG", help="into which space")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )
        parser.add_argument(
            "--skip-bad-rows",
            action="store_true",
            help="import the other rows; without this, any bad row stops the whole import",
        )
        parser.add_argument(
            "--report",
            type=Path,
            metavar="CSV",
            help="where to write what is wrong in which row (else FILE.problems.csv, here)",
        )
        parser.add_argument(
            "--failed-rows",
            type=Path,
            metavar="CSV",
            help="where to write the bad rows as they came, to be mended and imported",
        )
        parser.add_argument(
            "--map",
            type=_mapped,
            action="append",
            default=[],
            metavar="COLUMN=FIELD",
            help="the field that a column of the file holds, such as Town=metadata.city; COLUMN= "
            "leaves it out. For each column that is not known by its name",
        )

    @abstractmethod
    def run_import(self, arguments: dict[str, Any], options: Mapping[str, Any]) -> Loaded:
        """Call the import with these arguments, and what else the options say."""

    @abstractmethod
    def counts(self, imported: Any) -> Mapping[str, int]:
        """How much was added, removed and so on, and how much was “unchanged”."""

    def handle(self, *args: Any, **options: Any) -> None:
        name = "standard-input" if options["file"] == "-" else Path(options["file"]).stem
        try:
            with _opened(options["file"]) as file, _Bar() as bar:
                imported = self.run_import(
                    {
                        "space": space_named(options["space"]),
                        "file": file,
                        "now": timezone.now(),
                        "dry_run": options["dry_run"],
                        "skip_bad_rows": options["skip_bad_rows"],
                        "report": options["report"] or Path(f"{name}.problems.csv"),
                        "failed_rows": options["failed_rows"],
                        "mapping": dict(options["map"]),
                        "progress": bar,
                    },
                    options,
                )
        except BadRows as refusal:
            self._show_problems(refusal.count, refusal.first, refusal.report)
            raise CommandError(
                f"{refusal} Correct them, or import the rest with --skip-bad-rows."
            ) from refusal
        except TooManyRemoved as refusal:
            raise CommandError(
                f"{refusal} With --confirmed it is done. Nothing was changed."
            ) from refusal
        except ImportRefused as refusal:
            raise CommandError(f"{refusal} Nothing was changed.") from refusal
        except OSError as error:
            raise CommandError(
                f"{error.filename or name}: {error.strerror}. Nothing was changed."
            ) from error
        except KeyboardInterrupt as interrupt:
            raise CommandError("Stopped. Nothing was changed.", returncode=130) from interrupt
        if imported.bad:
            self._show_problems(imported.bad, imported.first_problems, imported.report)
        self._show_counts(imported, dry_run=options["dry_run"])

    def _show_counts(self, imported: Loaded, *, dry_run: bool) -> None:
        counts = self.counts(imported)
        rows = {"rows": imported.rows, **counts}
        if imported.bad:
            rows["bad, skipped"] = imported.bad
        if dry_run:
            self.stdout.write("Nothing was changed: this is what the import would do.")
        elif not any(number for word, number in counts.items() if word != "unchanged"):
            what = "the rest" if imported.bad else "all"
            self.stdout.write(f"Nothing changed: {what} is already as the file says.")
        widths = max(map(len, rows)), max(len(f"{number:,}") for number in rows.values())
        for word, number in rows.items():
            self.stdout.write(f"{word:<{widths[0]}} {number:>{widths[1]},}")

    def _show_problems(self, rows: int, first: list[Problem], report: Path | None) -> None:
        for problem in first:
            self.stderr.write(str(problem))
        if rows > len(first):
            self.stderr.write("…")
        self.stderr.write(f"Bad rows: {rows:,}. All that is wrong with them: {report}")


def _mapped(text: str) -> tuple[str, str | None]:
    """A column of the file and its field, or None.

    :raises ArgumentTypeError: when no column is named.
    """
    column, equals, field = text.rpartition("=")
    if not (equals and column.strip()):
        raise ArgumentTypeError(f"“{text}” is not of the form COLUMN=FIELD")
    return column.strip(), field.strip() or None


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    with Path(name).open("rb") as file:
        yield file


class _Bar:
    """A ``Progress`` on standard error; silent where that is not a terminal."""

    def __init__(self) -> None:
        self._bar = tqdm(disable=None, leave=False, bar_format="{desc} {elapsed}", unit="B")
        self._ended = threading.Event()
        self._ticking = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        if not self._bar.disable:
            self._ticking.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._ticking.is_alive():
            self._ticking.join()
        self._bar.close()

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        self._bar.total = total
        self._bar.bar_format = (
            "{desc} {percentage:3.0f}% |{bar}| {elapsed}" if total else "{desc} {elapsed}"
        )
        self._bar.set_description_str(step, refresh=False)
        self._bar.update(done - self._bar.n)

    def _tick(self) -> None:
        """Let the time go on in a step that the database takes."""
        while not self._ended.wait(0.5):
            self._bar.refresh()
