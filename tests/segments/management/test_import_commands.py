from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import CommandError, call_command

from segments.management import importing
from segments.models import Membership, Segment, SegmentMembership, Space

FILE = "external_id,birthday\nh-1,1990-01-01\nh-2,\n"
BAD = "external_id,birthday\nh-1,1990-01-01\nh-2,31/12/1990\nh-3\n"


class Said(NamedTuple):
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def command(space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command, from a directory where ``members.csv`` has the given content."""
    monkeypatch.chdir(tmp_path)

    def command(name: str, content: str, *options: str, into: str = "north") -> Said:
        Path("members.csv").write_text(content)
        out, err = io.StringIO(), io.StringIO()
        file = () if "-" in options else ("members.csv",)
        try:
            call_command(name, *file, "--space", into, *options, stdout=out, stderr=err)
        except CommandError as error:
            err.write(f"{error} [{error.returncode}]")
        return Said(out.getvalue(), err.getvalue())

    return command


def test_says_what_was_done(command: Command) -> None:
    said = command("import_memberships", FILE)

    assert said == ("rows      2\nadded     2\nupdated   0\nunchanged 0\n", "")
    assert Membership.objects.count() == 2


def test_says_that_nothing_changed(command: Command) -> None:
    command("import_memberships", FILE)

    said = command("import_memberships", FILE)

    assert said.out.splitlines() == [
        "Nothing changed: all is already as the file says.",
        "rows      2",
        "added     0",
        "updated   0",
        "unchanged 2",
    ]


def test_a_dry_run_says_what_would_be_done(command: Command) -> None:
    said = command("import_memberships", FILE, "--dry-run")

    assert said.out.startswith("Nothing was changed: this is what the import would do.\nrows ")
    assert Membership.objects.count() == 0


def test_shows_bad_rows_and_writes_them_down(command: Command) -> None:
    said = command("import_memberships", BAD)

    assert said.out == ""
    assert said.err.splitlines() == [
        "line 3, birthday “31/12/1990”: is not a date; write year-month-day, such as 1990-12-31",
        "line 4: has 1 value where the header names 2 columns; put quotes around a value that "
        'holds the separator or a quote, and write each quote within it twice ("")',
        "Bad rows: 2. All that is wrong with them: members.problems.csv",
        "2 rows are not as they should be, so nothing was imported. Correct them, or import the "
        "rest with --skip-bad-rows. [1]",
    ]
    assert Path("members.problems.csv").read_text().startswith("line,column,value,problem,remedy\n")
    assert Membership.objects.count() == 0


def test_skips_bad_rows(command: Command) -> None:
    said = command("import_memberships", BAD, "--skip-bad-rows", "--report", "bad.csv")

    assert said.out.splitlines()[-1] == "bad, skipped 2"
    assert "Bad rows: 2. All that is wrong with them: bad.csv" in said.err
    assert Path("bad.csv").exists()
    assert Membership.objects.count() == 1
    again = command("import_memberships", BAD, "--skip-bad-rows")
    assert "Nothing changed: the rest is already as the file says." in again.out


def test_maps_columns_and_leaves_some_out(command: Command) -> None:
    file = "Shop = no,Town,Notes\nh-1,Delft,x\n"
    maps = ("--map", "Shop = no=external_id", "--map", "Town=metadata.city", "--map", "Notes=")

    assert "added     1" in command("import_memberships", file, *maps).out
    assert Membership.objects.get().metadata == {"city": "Delft"}
    assert "not of the form COLUMN=FIELD" in command("import_memberships", file, "--map", "x").err


def test_updates_only_those_who_are_there(command: Command) -> None:
    command("import_memberships", "external_id\nh-1\n")

    said = command("import_memberships", FILE, "--mode", "update_only")

    assert said.out.splitlines()[1:] == ["added     0", "updated   1", "unchanged 0", "unknown   1"]


def test_failed_rows_can_be_mended_and_imported(command: Command) -> None:
    command("import_memberships", BAD, "--skip-bad-rows", "--failed-rows", "failed.csv")
    mended = Path("failed.csv").read_text("utf-8-sig")
    mended = mended.replace("31/12/1990", "1990-12-31").replace("h-3", "h-3,")

    assert "added     2" in command("import_memberships", mended).out


def test_reads_standard_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FILE.encode())))

    assert "added     2" in command("import_memberships", "", "-").out


def test_imports_the_members_of_segments(command: Command) -> None:
    command("import_memberships", FILE)
    rows = "segment,external_id\ngold,h-1\ngold,h-2\n"

    said = command("import_segment_members", rows, "--mode", "add", "--create-segments")
    assert said.out.splitlines() == [
        "rows             2",
        "segments created 1",
        "added            2",
        "removed          0",
        "unchanged        0",
    ]

    rows = "external_id\nh-1\n"
    replace = ("import_segment_members", rows, "--mode", "replace", "--segment", "gold")
    said = command(*replace)
    assert "This would take 1 of the 2 off “gold”" in said.err
    assert said.err.endswith("With --confirmed it is done. Nothing was changed. [1]")
    assert "removed          1" in command(*replace, "--confirmed").out
    said = command("import_segment_members", rows, "--mode", "remove", "--segment", "gold")
    assert "removed          1" in said.out
    assert Segment.objects.count() == 1
    assert SegmentMembership.objects.count() == 0


@pytest.mark.parametrize("options", [(), ("--mode", "merge")])
def test_must_be_told_what_becomes_of_the_members(
    command: Command, options: tuple[str, ...]
) -> None:
    assert "--mode" in command("import_segment_members", FILE, *options).err


def test_names_the_spaces_there_are(command: Command) -> None:
    said = command("import_memberships", FILE, into="nord")

    assert said.err == "There is no space “nord”. The spaces are: north. [1]"


def test_a_refusal_says_that_nothing_was_changed(command: Command) -> None:
    said = command("import_memberships", "external_id,brithday\n")

    assert said.err.startswith("The column “brithday” is not known. Did you mean “birthday”?")
    assert said.err.endswith("Nothing was changed. [1]")


def test_names_a_file_that_is_not_there(space: Space) -> None:
    with pytest.raises(CommandError, match=r"none\.csv: No such file or directory"):
        call_command("import_memberships", "none.csv", space="north")


def test_names_a_report_that_can_not_be_written(command: Command, tmp_path: Path) -> None:
    said = command("import_memberships", BAD, "--report", "missing/report.csv")

    assert said.err == "missing/report.csv: No such file or directory. Nothing was changed. [1]"


def test_can_be_stopped(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("segments.imports.loading._load", stopped)

    assert command("import_memberships", FILE).err == "Stopped. Nothing was changed. [130]"


class TestBar:
    def test_is_silent_where_standard_error_is_no_terminal(
        self, command: Command, capfd: pytest.CaptureFixture[str]
    ) -> None:
        command("import_memberships", FILE)

        assert capfd.readouterr().err == ""

    def test_shows_the_step_and_how_far_the_file_was_read(
        self, command: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        terminal = Terminal()
        monkeypatch.setattr("sys.stderr", terminal)
        with importing._Bar() as bar:
            bar("Reading", 50, 100)
            bar._bar.refresh()
            bar("Writing")
            bar._bar.refresh()

        shown = terminal.getvalue()
        assert "Reading  50% |" in shown
        assert "Writing 00:0" in shown
        assert shown.index("Reading") < shown.index("Writing")
