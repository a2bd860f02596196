"""Which addresses a source may be at: those of the public Internet.

A source's URL is typed by people, and answered by others. Without this, either could have the
platform ask what only it can reach: the database, a colleague's machine, a cloud's metadata.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

from django.conf import settings
from django.utils.http import is_same_domain

from audiences.sources.base import SourceError

_CONNECT_SECONDS = 10.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # IPv6 addresses that stand for one of IPv4
# Not public, though not every version of Python knows: the machines of two clouds are told their
# secrets there; and an old form of private addresses.
_NOT_PUBLIC = [
    ipaddress.ip_network(network) for network in ("168.63.129.16/32", "192.0.0.0/24", "fec0::/10")
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def connect(host: str, port: int) -> socket.socket:
    """A connection to a public address of the host: to the very address that was looked at.

    :raises SourceError: any of the host's addresses isn't public, or none answers.
    """
    addresses = _resolve(host, port)
    if not is_allowed(host) and not all(is_public(address) for address, _ in addresses):
        raise SourceError(
            "not_public",
            f"“{host}” is not on the public Internet. A source must be: nothing within a private "
            "network is asked.",
        )
    failure: OSError | None = None
    for address, port in addresses:
        try:
            return socket.create_connection((str(address), port), timeout=_CONNECT_SECONDS)
        except OSError as error:
            failure = error
    raise SourceError("unreachable", f"“{host}” doesn't answer. Try again later.") from failure


def is_allowed(host: str) -> bool:
    """Whether ``SOURCES_ALLOWED_HOSTS`` names the host, which then may be anywhere."""
    return any(
        is_same_domain(host, allowed.strip("[]")) for allowed in settings.SOURCES_ALLOWED_HOSTS
    )


def is_public(address: Address) -> bool:
    """Whether an address, and each one within it, belongs to the public Internet."""
    return all(
        one.is_global
        and not (one.is_multicast or one.is_reserved or one.is_unspecified)
        and not any(one in network for network in _NOT_PUBLIC)
        for one in _with_those_within(address)
    )


def _with_those_within(address: Address) -> Iterator[Address]:
    """The address, or that of IPv4 which it stands for; and those of IPv4 on the way to it."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
    elif address.ipv4_mapped or address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address
        if address.sixtofour:
            yield address.sixtofour
        yield from address.teredo or ()


def _resolve(host: str, port: int) -> list[tuple[Address, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(
            "unreachable", f"“{host}” can't be found. Check how the name is written."
        ) from error
    places = {(str(place[0]), int(place[1])): None for *_, place in found}
    return [(ipaddress.ip_address(address), port) for address, port in places]
