"""Which addresses a source may be at."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from audiences.sources.addresses import connect, is_public
from audiences.sources.base import SourceError
from tests.audiences.sources.stand_in import StandIn


@pytest.fixture(autouse=True)
def _nobody_is_exempt(settings: Any) -> None:
    settings.SOURCES_ALLOWED_HOSTS = []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.7",
        "172.16.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "169.254.169.254",  # the metadata of most clouds
        "168.63.129.16",  # that of one more
        "100.100.100.200",  # and of another
        "192.0.0.192",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.1",
        "::",
        "::1",
        "fe80::1",
        "fec0::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::10.0.0.7",
        "2002:a00:7::1",  # 10.0.0.7 by 6to4
        "2001:0:a00:7::",  # a Teredo server at 10.0.0.7
        "::127.0.0.1",
    ],
)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "151.101.2.132", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"],
)
def test_an_address_that_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


class Names:
    """A name service of a test's own; and whom one connects to by it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[list[str]] = []
        self.reached: list[tuple[str, int]] = []
        monkeypatch.setattr(socket, "getaddrinfo", self._find)
        monkeypatch.setattr(socket, "create_connection", self._reach)

    def _find(self, host: str, port: int, **options: Any) -> Any:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in self.answers.pop(0)
        ]

    def _reach(self, place: tuple[str, int], **options: Any) -> Any:
        self.reached.append(place)
        return socket.socket()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


def test_a_name_is_looked_up_once_and_what_was_checked_is_reached(names: Names) -> None:
    names.answers = [["1.1.1.1"], ["127.0.0.1"]]  # who asks a second time is told another

    connect("lists.example.com", 443).close()

    assert names.reached == [("1.1.1.1", 443)]


@pytest.mark.parametrize("found", [["10.0.0.7"], ["1.1.1.1", "10.0.0.7"], ["::ffff:10.0.0.7"]])
def test_a_name_that_leads_into_a_private_network_is_not_asked(
    names: Names, found: list[str]
) -> None:
    names.answers = [found]

    with pytest.raises(SourceError, match="is not on the public Internet") as refusal:
        connect("lists.example.com", 443)

    assert refusal.value.code == "not_public"
    assert "10.0.0.7" not in str(refusal.value)
    assert names.reached == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "::1", "0"])
def test_this_machine_is_not_asked_by_whatever_name(host: str, elsewhere: StandIn) -> None:
    port = int(elsewhere.url.rpartition(":")[2])

    with pytest.raises(SourceError) as refusal:
        connect(host, port)

    assert refusal.value.code == "not_public"
    assert elsewhere.connections == 0


def test_a_host_that_the_settings_allow_is_asked_wherever_it_is(
    on_this_machine: None, elsewhere: StandIn
) -> None:
    connect("127.0.0.1", int(elsewhere.url.rpartition(":")[2])).close()

    with pytest.raises(SourceError, match="“localhost” is not on the public Internet"):
        connect("localhost", 443)  # another name, though of the same machine


def test_a_name_that_nobody_has(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(*args: Any, **options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", find)

    with pytest.raises(SourceError, match="can't be found"):
        connect("lists.example.com", 443)
