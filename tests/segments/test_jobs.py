"""Jobs of imports: taken up, given up, tidied up."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from segments.imports import asking, files
from segments.jobs import KEPT, look_after_imports, remove_nameless_files, start_import
from segments.models import Import, ImportState, Space

Make = Callable[..., Import]


@pytest.fixture
def make_import(space: Space) -> Make:
    def make() -> Import:
        import_ = asking.make_import(space=space)
        asking.take_file(import_, ContentFile(b"external_id\nm-1\n"), at=timezone.now())
        return import_

    return make


def jobs() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, lock FROM procrastinate_jobs ORDER BY id")
        return list(cursor.fetchall())


def test_imports_of_one_space_wait_for_each_other(make_import: Make, space: Space) -> None:
    for _ in range(2):
        start_import(make_import(), dry_run=False, at=timezone.now())
    assert jobs() == [("carry_out_import", f"import into space {space.pk}")] * 2


def test_one_that_cannot_be_started_leaves_no_job(space: Space) -> None:
    with pytest.raises(asking.NotNow):
        start_import(asking.make_import(space=space), dry_run=False, at=timezone.now())
    assert jobs() == []


def test_an_import_without_a_job_is_given_up(make_import: Make) -> None:
    lost, waiting, open = make_import(), make_import(), make_import()
    start_import(lost, dry_run=False, at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    start_import(waiting, dry_run=True, at=timezone.now())
    look_after_imports(now=timezone.now())
    states = [Import.objects.get(pk=each.pk).state for each in (lost, waiting, open)]
    assert states == [ImportState.FAILED, ImportState.COUNTING, ImportState.UPLOADED]
    lost.refresh_from_db()
    assert "Nothing was changed" in lost.error
    start_import(lost, dry_run=False, at=timezone.now())  # it may be started again


def test_files_are_removed_a_week_after_the_last_that_happened(
    make_import: Make, data_folder: Path
) -> None:
    done, at_work, young, uploaded = (make_import() for _ in range(4))
    start_import(at_work, dry_run=False, at=timezone.now())
    old = timezone.now() - KEPT - datetime.timedelta(minutes=1)
    young_enough = timezone.now() - KEPT + datetime.timedelta(minutes=1)
    states = {
        done: (ImportState.SUCCEEDED, old),
        at_work: (ImportState.RUNNING, old),
        young: (ImportState.SUCCEEDED, young_enough),
        uploaded: (ImportState.UPLOADED, old),
    }
    for import_, (state, touched_at) in states.items():
        Import.objects.filter(pk=import_.pk).update(state=state, touched_at=touched_at)
    look_after_imports(now=timezone.now())

    def is_kept(import_: Import) -> bool:
        return (data_folder / "imports" / import_.file).exists()

    assert [is_kept(each) for each in states] == [False, True, True, False]
    for import_ in states:
        import_.refresh_from_db()
    assert (done.state, done.file) == (ImportState.SUCCEEDED, "")
    assert (uploaded.state, uploaded.file) == (ImportState.CANCELLED, "")


@pytest.fixture
def storage(tmp_path: Path, settings: Any) -> Path:
    """Where files of imports are kept, and none are yet; of other tests, neither."""
    imports = settings.STORAGES["imports"]
    options = {**imports["OPTIONS"], "location": tmp_path / "imports"}
    settings.STORAGES = {**settings.STORAGES, "imports": {**imports, "OPTIONS": options}}
    return tmp_path / "imports"


@pytest.fixture
def store(space: Space, storage: Path) -> Callable[[datetime.timedelta], Path]:
    """Store a file so long ago, and be killed before an import names it."""

    def store(ago: datetime.timedelta) -> Path:
        name = files.keep(asking.make_import(space=space), ContentFile(b"external_id\nm-1\n"))
        return aged(storage / name, ago)

    return store


def aged(path: Path, ago: datetime.timedelta) -> Path:
    then = (timezone.now() - ago).timestamp()
    os.utime(path, (then, then))
    return path


def sweep() -> None:
    remove_nameless_files(timestamp=int(timezone.now().timestamp()))


def test_a_file_that_no_import_names_is_removed_after_a_day(
    store: Callable[[datetime.timedelta], Path], caplog: pytest.LogCaptureFixture
) -> None:
    old, young = store(datetime.timedelta(hours=25)), store(datetime.timedelta(hours=23))
    sweep()
    assert (old.exists(), young.exists()) == (False, True)
    assert "Removed 1 file(s) that no import names" in caplog.messages


@pytest.mark.parametrize("name", ["file", "problems_file", "failed_rows_file"])
def test_files_that_an_import_names_stay_however_old(
    name: str, make_import: Make, storage: Path
) -> None:
    import_ = make_import()
    path = aged(storage / import_.file, datetime.timedelta(days=6))
    Import.objects.filter(pk=import_.pk).update(**{"file": "", name: import_.file})
    sweep()
    assert path.exists()


def test_where_nothing_was_ever_stored_nothing_is_removed(
    storage: Path, caplog: pytest.LogCaptureFixture, db: None
) -> None:
    sweep()
    assert (caplog.messages, storage.exists()) == ([], False)
