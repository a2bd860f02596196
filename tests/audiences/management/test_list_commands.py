"""``import_audience`` and ``export_audience``."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audiences.models import Audience
from audiences.services import define_audience, refresh_space
from audiences.services.own_list import list_of
from segments.models import Membership, SegmentMembership, Space

Make = Callable[..., Any]
Command = Callable[..., str]


@pytest.fixture
def vips(make_audience: Make) -> Audience:
    made: Audience = make_audience("static", name="VIPs")
    return made


@pytest.fixture
def people(make_membership: Make) -> list[Membership]:
    return [make_membership(external_id=f"p-{n}", email=f"{n}@x.org") for n in range(10)]


@pytest.fixture
def command(space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command, from a directory of its own; what it says on standard output."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str, file: str = "") -> str:
        if file:
            Path("list.csv").write_text(file)
        out = io.StringIO()
        call_command(*arguments, "--space", "north", stdout=out, stderr=io.StringIO())
        return out.getvalue()

    return command


def _rows(*external_ids: str) -> str:
    return "\n".join(["external_id", *external_ids, ""])


def _on(audience: Audience) -> set[str]:
    places = SegmentMembership.objects.filter(segment=list_of(audience))
    return set(places.values_list("membership__external_id", flat=True))


def test_a_file_is_added_replaced_and_removed(
    command: Command, vips: Audience, people: list[Membership]
) -> None:
    run = ("import_audience", "VIPs", "list.csv", "--mode")
    said = command(*run, "add", file=_rows("p-0", "p-1", "p-1"))
    assert "added            2\n" in said
    assert "repeated         1\n" in said
    command(*run, "add", file="email\n2@X.org\n")
    assert _on(vips) == {"p-0", "p-1", "p-2"}
    command(*run, "remove", file=_rows("p-2", "p-9"))
    assert _on(vips) == {"p-0", "p-1"}
    with pytest.raises(CommandError, match="--confirmed"):
        command(*run, "replace", file=_rows("p-1", "p-3"))
    command(*run, "replace", "--confirmed", file=_rows("p-1", "p-3"))
    assert _on(vips) == {"p-1", "p-3"}


def test_a_dry_run_changes_nothing(
    command: Command, vips: Audience, people: list[Membership]
) -> None:
    said = command("import_audience", str(vips.id), "list.csv", "--mode", "add", "--dry-run",
                   file=_rows("p-0"))  # fmt: skip
    assert "Nothing was changed" in said
    assert _on(vips) == set()


def test_unknown_people_are_refused_skipped_or_created(
    command: Command, vips: Audience, people: list[Membership]
) -> None:
    run = ("import_audience", "VIPs", "list.csv", "--mode", "add")
    with pytest.raises(CommandError, match="1 row is not as it should be"):
        command(*run, file=_rows("p-0", "new"))
    assert _on(vips) == set()
    assert "unknown, skipped 1\n" in command(*run, "--unknown", "skip")
    assert _on(vips) == {"p-0"}
    command(*run, "--unknown", "create")
    assert _on(vips) == {"p-0", "new"}
    assert Membership.objects.count() == 11


def test_an_upload_lets_an_external_list_live_on(
    command: Command, make_audience: Make, people: list[Membership]
) -> None:
    uploaded = make_audience("external", name="Uploaded")
    run = ("import_audience", "Uploaded", "list.csv", "--mode", "replace")
    command(*run, "--dry-run", file=_rows("p-0"))
    uploaded.refresh_from_db()
    assert uploaded.expires_at is None
    command(*run)
    expires_at = Audience.objects.get().expires_at
    assert expires_at is not None
    left = expires_at - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=29) < left < datetime.timedelta(days=31)


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("Nobody", "There is no audience “Nobody”"),
        ("00000000-0000-0000-0000-000000000001", "There is no audience"),
        ("Adults", "follows from its rule. Import into a static or an external audience."),
        ("Twins", "Several audiences are called “Twins”"),
    ],
)
def test_what_is_no_list_is_not_imported_into(
    command: Command, make_audience: Make, people: list[Membership], key: str, problem: str
) -> None:
    make_audience("age_within", name="Adults", minimum_age=18)
    for _ in range(2):
        make_audience("static", name="Twins")
    with pytest.raises(CommandError, match=problem):
        command("import_audience", key, "list.csv", "--mode", "add", file=_rows("p-0"))
    assert not SegmentMembership.objects.exists()


def test_a_list_of_another_space_is_not_found(
    command: Command, other_space: Space, people: list[Membership]
) -> None:
    define_audience(space=other_space, audience_type="static", configuration={}, name="Theirs")
    for run in (("export_audience", "Theirs"), ("import_audience", "Theirs", "list.csv")):
        mode = ("--mode", "add") if run[0] == "import_audience" else ()
        with pytest.raises(CommandError, match="There is no audience “Theirs”"):
            command(*run, *mode, file=_rows("p-0"))


def test_an_exported_audience_imports_again_and_changes_nothing(
    command: Command,
    space: Space,
    vips: Audience,
    people: list[Membership],
    at: datetime.datetime,
) -> None:
    command("import_audience", "VIPs", "list.csv", "--mode", "add", file=_rows("p-0", "p-1"))
    with pytest.raises(CommandError, match="Run refresh_audiences first"):
        command("export_audience", "VIPs")
    refresh_space(space=space, now=at)
    said = command("export_audience", "VIPs", "--output", "out.csv")
    assert said == "out.csv: 2 members of “VIPs”\n"
    before = list(Membership.objects.values())
    said = command("import_audience", "VIPs", "out.csv", "--mode", "replace")
    assert "Nothing changed: all is already as the file says." in said
    assert list(Membership.objects.values()) == before
    assert _on(vips) == {"p-0", "p-1"}


def test_an_export_goes_to_standard_output(
    command: Command,
    space: Space,
    vips: Audience,
    people: list[Membership],
    at: datetime.datetime,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    command("import_audience", "VIPs", "list.csv", "--mode", "add", file=_rows("p-0"))
    refresh_space(space=space, now=at)
    command("export_audience", str(vips.id))
    header, row = capfdbinary.readouterr().out.splitlines()
    assert header.startswith(b"external_id,email,")
    assert row.startswith(b"p-0,0@x.org,")


def test_a_file_that_can_not_be_written_says_so(
    command: Command, space: Space, vips: Audience, at: datetime.datetime
) -> None:
    refresh_space(space=space, now=at)
    with pytest.raises(CommandError, match="No such file or directory"):
        command("export_audience", "VIPs", "--output", "nowhere/out.csv")
