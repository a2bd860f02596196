"""The signed URL to which the file of an import is sent."""

from __future__ import annotations

import datetime
import io
import os
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from segments.api.uploads import UploadView
from segments.imports.uploads import GOOD_FOR, upload_token
from segments.models import Import, Space


def url_of(imports: Any) -> tuple[str, str]:
    data = imports.make().json()["data"]
    return data["id"], data["attributes"]["upload_url"]


def told(answer: Any) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["code"], error["detail"]


def kept(folder: Path) -> list[Path]:
    return [path for path in (folder / "imports").rglob("*") if path.is_file()]


def test_the_url_is_our_own_and_absolute(imports: Any) -> None:
    _, url = url_of(imports)
    assert url.startswith("https://testserver/api/uploads/")


def test_a_second_file_takes_the_place_of_the_first(imports: Any, data_folder: Path) -> None:
    before = set(kept(data_folder))
    id, url = url_of(imports)
    for body in (b"external_id\nm-1\n", b"external_id,email\nm-1,a@example.com\n"):
        assert imports.put(url, body).status_code == 204
    assert imports.read(id)["look"]["header"] == ["external_id", "email"]
    (left,) = set(kept(data_folder)) - before
    assert left.read_bytes() == body
    assert left.stat().st_mode & 0o777 == 0o600


def test_an_archive_of_one_file_is_a_file(imports: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", "external_id\nm-1\nm-2\n")
    id, url = url_of(imports)
    assert imports.put(url, packed.getvalue(), "application/zip").status_code == 204
    assert imports.do(id, "run")["result"]["added"] == 2


def test_a_url_that_was_not_made_here_is_refused(imports: Any) -> None:
    _, url = url_of(imports)
    for wrong in (url[:-1], url + "x", "/api/uploads/nothing"):
        status, code, detail = told(imports.put(wrong, b"external_id\nm-1\n"))
        assert (status, code) == (403, "forged_url")
        assert "not made here, or not copied whole" in detail
    assert Import.objects.get().state == "waiting"


def test_a_url_is_good_for_an_hour(
    imports: Any, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, _ = url_of(imports)
    import_ = Import.objects.get()
    long_ago = datetime.datetime.now(datetime.UTC) - GOOD_FOR - datetime.timedelta(seconds=2)
    old = f"/api/uploads/{upload_token(import_, at=long_ago)}"
    status, code, detail = told(imports.put(old, b"external_id\nm-1\n"))
    assert (status, code) == (403, "expired_url")
    assert "PATCH the import" in detail

    new = imports.patch(id).json()["data"]["attributes"]["upload_url"]
    assert imports.put(new, b"external_id\nm-1\n").status_code == 204


def test_a_url_of_an_import_that_was_deleted_is_refused(imports: Any) -> None:
    id, url = url_of(imports)
    assert imports.api.delete(f"imports/{id}").status_code == 200
    assert told(imports.put(url, b"external_id\nm-1\n"))[:2] == (403, "import_gone")


def test_a_token_of_another_kind_opens_nothing(imports: Any) -> None:
    from django.core import signing

    url_of(imports)
    import_ = Import.objects.get()
    forged = signing.dumps([str(import_.space.id), str(import_.id), 9e12], salt="sessions")
    assert told(imports.put(f"/api/uploads/{forged}", b"x"))[:2] == (403, "forged_url")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\n\n", "empty"),
        (b"%PDF-1.7 and so on", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on", "Excel"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_not_kept(
    body: bytes, words: str, imports: Any, data_folder: Path
) -> None:
    before = set(kept(data_folder))
    id, url = url_of(imports)
    status, code, detail = told(imports.put(url, body))
    assert (status, code) == (422, "unreadable_file")
    assert words in detail
    assert imports.read(id)["state"] == "waiting"
    assert set(kept(data_folder)) == before


def test_a_file_that_cannot_be_read_leaves_the_one_before(imports: Any) -> None:
    id, url = url_of(imports)
    imports.put(url, b"external_id\nm-1\n")
    before = imports.read(id)
    assert imports.put(url, b"%PDF-1.7").status_code == 422
    assert imports.read(id) == before
    assert imports.do(id, "run")["state"] == "succeeded"


@pytest.mark.parametrize("type", ["application/json", "multipart/form-data", "image/png"])
def test_it_takes_csv_and_zip_alone(type: str, imports: Any) -> None:
    _, url = url_of(imports)
    status, code, detail = told(imports.put(url, b"external_id\nm-1\n", type))
    assert (status, code) == (415, "unsupported_media_type")
    assert "text/csv or application/zip" in detail


def test_it_takes_no_other_method(imports: Any) -> None:
    _, url = url_of(imports)
    for method in ("GET", "POST", "DELETE"):
        assert imports.api.ask(method, url.partition("/api/")[2]).status_code == 405


def test_a_file_larger_than_allowed_is_refused(imports: Any, settings: Any) -> None:
    settings.IMPORT_LARGEST_FILE = 20
    _, url = url_of(imports)
    status, code, detail = told(imports.put(url, b"external_id\n" + b"m" * 9))
    assert (status, code) == (413, "too_long")
    assert "larger than 20 bytes" in detail
    assert imports.put(url, b"external_id\n" + b"m" * 8).status_code == 204


class Body(io.BytesIO):
    """What a server gives a view to read; remembers the most that was asked for at once."""

    most = 0

    def read(self, size: int | None = -1) -> bytes:
        self.most = max(self.most, 1 << 62 if size is None or size < 0 else size)
        return super().read(size)


def sent(import_: Import, body: Body, **environ: Any) -> Any:
    token = upload_token(import_, at=datetime.datetime.now(datetime.UTC))
    given = {"CONTENT_TYPE": "text/csv", "wsgi.input": body, **environ}
    request = RequestFactory().request(
        PATH_INFO=f"/api/uploads/{token}", REQUEST_METHOD="PUT", **given
    )
    answer = UploadView.as_view()(request, token=token)
    answer.render()
    return answer


def test_a_body_is_read_in_parts_of_a_megabyte(imports: Any) -> None:
    id, _ = url_of(imports)
    body = Body(b"external_id\n" + b"".join(b"m-%d\n" % n for n in range(300_000)))
    answer = sent(Import.objects.get(), body, CONTENT_LENGTH=str(len(body.getvalue())))
    assert answer.status_code == 204
    assert body.most <= 1024 * 1024
    assert imports.read(id)["file_size"] == len(body.getvalue())


def test_a_body_without_a_length_is_read_to_its_end(imports: Any) -> None:
    id, _ = url_of(imports)
    body = Body(b"external_id\nm-1\n")
    told_by_the_server = {"wsgi.input_terminated": True}
    assert sent(Import.objects.get(), body, **told_by_the_server).status_code == 204
    assert imports.read(id)["file_size"] == 16


def test_a_body_of_which_nobody_knows_the_end_is_refused(imports: Any) -> None:
    url_of(imports)
    answer = sent(Import.objects.get(), Body(b"external_id\nm-1\n"))
    assert answer.status_code == 411


def test_an_empty_body_is_refused(imports: Any) -> None:
    url_of(imports)
    answer = sent(Import.objects.get(), Body(b""), CONTENT_LENGTH="0")
    assert answer.status_code == 422
    assert b"The file is empty" in answer.content


def test_a_body_that_is_cut_short_is_refused(imports: Any) -> None:
    id, _ = url_of(imports)
    answer = sent(Import.objects.get(), Body(b"external_id\nm-1\n"), CONTENT_LENGTH="40")
    assert answer.status_code == 400
    assert b"16 bytes came of 40" in answer.content
    assert imports.read(id)["state"] == "waiting"


def test_files_are_kept_below_the_data_directory() -> None:
    location = settings.STORAGES["imports"]["OPTIONS"]["location"]
    assert os.path.basename(location) == "imports"


def test_a_length_that_is_no_number_is_no_length(imports: Any) -> None:
    _, url = url_of(imports)
    path, body = urlsplit(url).path, b"external_id\nm-1\n"
    sent = Client().generic("PUT", path, body, "text/csv", secure=True, CONTENT_LENGTH="many")
    assert told(sent)[:2] == (411, "length_required")
