"""A CSV file at a URL: who is in it, and what is said when it can't be read."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from audiences.sources import registry
from audiences.sources.base import (
    Access,
    Beginning,
    Kind,
    Profile,
    SettingsError,
    SourceError,
    VendorList,
)
from audiences.sources.csv_url.vendor import THE_FILE
from tests.audiences.sources.stand_in import Said, StandIn, says

VENDOR = registry.get("csv_url")


@pytest.fixture
def of_file(on_this_machine: None, elsewhere: StandIn, access: Access) -> Access:
    return replace(access, key="", settings={"url": f"{elsewhere.url}/exports/members%202.csv"})


def pulled(access: Access) -> list[Profile]:
    return [one for page in VENDOR.profiles(access, Kind.LIST, THE_FILE) for one in page]


def test_the_one_list_is_called_like_the_file(of_file: Access) -> None:
    assert list(VENDOR.lists(of_file)) == [VendorList(Kind.LIST, THE_FILE, "members 2.csv")]


def test_one_without_a_name_is_called_like_its_host(access: Access) -> None:
    settings = {"url": "https://files.example.com/?token=secret"}
    found = list(VENDOR.lists(replace(access, settings=settings)))
    assert found == [VendorList(Kind.LIST, THE_FILE, "files.example.com")]


def test_the_people_of_the_file(elsewhere: StandIn, of_file: Access) -> None:
    text = "E-mail;Phone_Number; name ;City\nkim@example.com;+31612345678;Kim Bos;Ede\n;;Ö;\n"
    elsewhere.script = [says(Said(200, b"\xef\xbb\xbf" + text.encode()))]

    assert pulled(of_file) == [
        Profile("", "kim@example.com", "+31612345678", "Kim Bos"),
        Profile(full_name="Ö"),
    ]
    assert "Authorization" not in elsewhere.asked[0].headers


def test_the_file_may_be_packed_and_in_another_encoding(
    elsewhere: StandIn, of_file: Access
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "members.csv", "Klantnummer,Voornaam,Achternaam\n7,Zoë,Bos\n".encode("cp1252")
        )
    elsewhere.script = [says(Said(200, packed.getvalue()))]

    assert pulled(of_file) == [Profile(external_id="7", full_name="Zoë Bos")]


def test_many_people_come_page_by_page(elsewhere: StandIn, of_file: Access) -> None:
    rows = "".join(f"id-{n}\n" for n in range(2500))
    elsewhere.script = [says(Said(200, f"external_id\n{rows}".encode()))]

    pages = list(VENDOR.profiles(of_file, Kind.LIST, THE_FILE))

    assert [len(page) for page in pages] == [1000, 1000, 500]


def test_a_server_may_want_a_key(elsewhere: StandIn, of_file: Access) -> None:
    elsewhere.script = [says(Said(200, b"email\n"))]

    assert pulled(replace(of_file, key="Bearer secret")) == []
    assert elsewhere.asked[0].headers["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        (Said(401), "key_refused", "Give the source the key that it wants"),
        (Said(403), "key_refused", "Give the source the key that it wants"),
        (Said(404), "not_found", "There is no file at this URL"),
        (Said(500), "unreachable", "answers 500 instead of the file"),
        (Said(200, b""), "not_understood", "The file is empty"),
        (Said(200, b"city,name\nEde,Kim\n"), "not_understood", "no column by which people"),
        (Said(200, b"email,e-mail\na@b.nl,\n"), "not_understood", "several columns for email"),
        (Said(200, b"email,name\na@b.nl\n"), "not_understood", "line 2 has 1 values"),
        (Said(200, b'email\n"a@b.nl\n'), "not_understood", "is not closed there"),
        (Said(200, b"email\n", {"Content-Encoding": "gzip"}), "not_understood", "compressed"),
        (Said(200, b"email\na@b.nl\n", promised=1000), "broken_off", "broke off its answer"),
        (Said(302, b"", {"Location": "https://10.0.0.7/x.csv"}), "not_public", "not on the public"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_with_the_file(
    elsewhere: StandIn, of_file: Access, said: Said, code: str, words: str
) -> None:
    elsewhere.script = [says(said)]

    with pytest.raises(SourceError) as refused:
        pulled(of_file)

    assert refused.value.code == code
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "at", "words"),
    [
        ({}, "url", "Give the URL"),
        ({"url": 7}, "url", "Give the URL"),
        ({"url": "http://lists.example.com/x.csv"}, "url", "is not encrypted"),
        ({"url": "https://robin:x@lists.example.com/"}, "url", "a name and a password"),
        ({"url": "https://lists.example.com/", "key": "x"}, "settings", "“key” is not a setting"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], at: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        VENDOR.clean(settings)

    assert list(refused.value.problems) == [at]
    assert words in refused.value.problems[at]


def test_settings_that_make_sense() -> None:
    settings = {"url": "https://lists.example.com/members.csv?of=ours"}

    assert VENDOR.clean(settings) == settings


def test_of_a_small_file_the_beginning_is_all_of_it(elsewhere: StandIn, of_file: Access) -> None:
    elsewhere.answer = says(Said(200, b"email\na@example.com\nb@example.com\n"))

    beginning = VENDOR.beginning(of_file, Kind.LIST, THE_FILE)

    assert [one.email for one in beginning.people] == ["a@example.com", "b@example.com"]
    assert beginning.size == 2
    VENDOR.check(of_file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_of_a_large_file_the_first_people_are_read(
    encoding: str, elsewhere: StandIn, of_file: Access
) -> None:
    rows = "".join(f"é{n}@example.com\n" for n in range(100_000))
    elsewhere.answer = says(Said(200, f"email\n{rows}".encode(encoding)))

    beginning = VENDOR.beginning(of_file, Kind.LIST, THE_FILE)

    assert beginning.people[:2] == [
        Profile(email="é0@example.com"),
        Profile(email="é1@example.com"),
    ]
    assert (len(beginning.people), beginning.size) == (1000, None)


def test_of_a_large_archive_nothing_is_read(elsewhere: StandIn, of_file: Access) -> None:
    elsewhere.answer = says(Said(200, b"PK" + bytes(2_000_000)))
    assert VENDOR.beginning(of_file, Kind.LIST, THE_FILE) == Beginning([], None)


def test_a_file_that_cant_be_used_is_told_by_its_beginning(
    elsewhere: StandIn, of_file: Access
) -> None:
    elsewhere.answer = says(Said(200, b"Product\nSoap\n"))
    with pytest.raises(SourceError, match="no column by which people are found"):
        VENDOR.check(of_file)
    elsewhere.answer = says(Said(200, b""))
    with pytest.raises(SourceError) as refused:
        VENDOR.check(of_file)
    assert refused.value.code == "not_understood"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://lists.example.com/a.csv", "https://lists.example.com/a.csv"),
        ("https://lists.example.com/a.csv?token=secret#x", "https://lists.example.com/a.csv?…"),
        ("https://lists.example.com/a.csv#secret", "https://lists.example.com/a.csv"),
    ],
)
def test_what_may_be_secret_in_a_url_is_not_shown(url: str, shown: str) -> None:
    assert VENDOR.shown({"url": url}) == {"url": shown}
    with pytest.raises(SettingsError, match="Give the whole URL"):
        VENDOR.clean({"url": "https://lists.example.com/a.csv?…"})
