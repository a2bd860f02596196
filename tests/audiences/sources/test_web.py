"""Asking other people's servers: what is followed, what is taken, and how long it may take."""

from __future__ import annotations

import datetime
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from audiences.sources import web
from audiences.sources.base import SourceError
from audiences.sources.web import Answer, Limits, Web
from tests.audiences.sources.stand_in import Said, StandIn, says

LIMITS = Limits(bytes=1_000_000, seconds=20)
pytestmark = pytest.mark.usefixtures("on_this_machine")


def get(url: str, *, limits: Limits = LIMITS, **options: Any) -> tuple[Answer, bytes]:
    into = io.BytesIO()
    with Web() as one:
        answer = one.get(
            url, headers={"Authorization": "Bearer s"}, into=into, limits=limits, **options
        )
    return answer, into.getvalue()


def refusal(url: str, **options: Any) -> SourceError:
    with pytest.raises(SourceError) as refused:
        get(url, **options)
    return refused.value


def test_an_answer_is_taken_whole(elsewhere: StandIn) -> None:
    answer, body = get(f"{elsewhere.url}/some/file?of=ours")

    assert (answer.status, body) == (200, b"hello")
    (asked,) = elsewhere.asked
    assert (asked.path, asked.query) == ("/some/file", {"of": "ours"})
    assert asked.headers["Authorization"] == "Bearer s"


def test_one_connection_serves_many_requests(elsewhere: StandIn) -> None:
    with Web() as one:
        for _ in range(3):
            one.get(elsewhere.url, headers={}, into=io.BytesIO(), limits=LIMITS)

    assert (len(elsewhere.asked), elsewhere.connections) == (3, 1)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://lists.example.com/members.csv", "is not encrypted. Only URLs that begin with"),
        ("http://lists.example.com/members.csv?token=hunter2", "is not encrypted"),
        ("ftp://127.0.0.1/members.csv", "is not encrypted"),
        ("file:///etc/passwd", "is not a URL"),
        ("members.csv", "is not a URL"),
        ("https://", "is not a URL"),
        ("https://lists.example.com:port/", "is not a URL"),
        ("https://lists.example.com/\r\nX-Header: 1", "is not a URL"),
        ("https://robin:hunter2@lists.example.com/", "can't hold a name and a password"),
    ],
)
def test_what_is_no_url_to_ask(url: str, words: str) -> None:
    refused = refusal(url)

    assert words in str(refused)
    assert "hunter2" not in str(refused)


def redirect(to: str, status: int = 302) -> Said:
    return Said(status, b"", {"Location": to})


def test_a_redirect_is_followed_as_often_as_is_said(elsewhere: StandIn) -> None:
    elsewhere.script = [says(redirect("/there")), says(redirect(f"{elsewhere.url}/on", 308))]

    answer, body = get(f"{elsewhere.url}/here", redirects=2)

    assert (answer.url, body) == (f"{elsewhere.url}/on", b"hello")
    assert all("Authorization" in asked.headers for asked in elsewhere.asked)


def test_no_redirect_is_followed_that_nobody_asked_for(elsewhere: StandIn) -> None:
    elsewhere.script = [says(redirect("/there"))] * 3

    refused = refusal(elsewhere.url)

    assert (refused.code, len(elsewhere.asked)) == ("redirected", 1)
    assert refusal(elsewhere.url, redirects=1).code == "redirected"


@pytest.mark.parametrize(
    "to",
    [
        "https://localhost/admin",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:10.0.0.7]/",
        "//192.168.1.1/",
    ],
)
def test_no_redirect_leads_into_a_private_network(elsewhere: StandIn, to: str) -> None:
    elsewhere.script = [says(redirect(to.replace("//192", "https://192")))]

    assert refusal(elsewhere.url, redirects=5).code == "not_public"


def test_no_redirect_leads_out_of_encryption(elsewhere: StandIn) -> None:
    elsewhere.script = [says(redirect("http://lists.example.com/members.csv"))]

    assert "is not encrypted" in str(refusal(elsewhere.url, redirects=5))


def test_a_key_goes_to_no_other_host(elsewhere: StandIn) -> None:
    another = StandIn(says(Said(200, b"there")))
    with another.serving():
        elsewhere.script = [says(redirect(f"{another.url}/there"))]

        _, body = get(elsewhere.url, redirects=1)

    assert body == b"there"
    assert "Authorization" not in another.asked[0].headers


def test_an_answer_that_is_too_large(elsewhere: StandIn) -> None:
    elsewhere.script = [says(Said(200, b"x" * 2_000_001)), says(Said(200, b"x" * 2_000_000))]
    limits = Limits(bytes=2_000_000, seconds=20)

    refused = refusal(elsewhere.url, limits=limits)

    assert (refused.code, str(refused)) == (
        "too_large",
        "What “127.0.0.1” sends is larger than 2 MB, the most.",
    )
    assert len(get(elsewhere.url, limits=limits)[1]) == 2_000_000


def test_an_answer_that_breaks_off(elsewhere: StandIn) -> None:
    elsewhere.script = [says(Said(200, b"hal", promised=5))]

    assert refusal(elsewhere.url).code == "broken_off"


def test_an_answer_that_is_not_http() -> None:
    with answering(lambda made: made.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")) as url:
        assert refusal(url).code == "broken_off"


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ],
)
def test_a_server_that_never_ends(start: bytes) -> None:
    def drip(made: socket.socket) -> None:
        made.sendall(start)
        for _ in range(800):
            made.sendall(b"x")
            time.sleep(0.01)

    with answering(drip) as url:
        refused = refusal(url, limits=Limits(bytes=1000, seconds=0.2))

    assert (refused.code, "too long" in str(refused)) == ("too_slow", True)


def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_SILENT_SECONDS", 0.05)
    ended = threading.Event()
    with answering(lambda _made: ended.wait(10)) as url:
        assert refusal(url).code == "too_slow"
        ended.set()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    refused = refusal(f"http://127.0.0.1:{port}/")

    assert (refused.code, str(refused)) == (
        "unreachable",
        "“127.0.0.1” doesn't answer. Try again later.",
    )


# Encryption


@pytest.mark.parametrize(
    ("name", "body"), [("lists.example.com", b"secret"), ("other.example.com", None)]
)
def test_a_server_must_prove_its_name(
    name: str, body: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.SOURCES_ALLOWED_HOSTS = [".example.com"]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
    certificate = certificate_of("lists.example.com", tmp_path)
    trusting = ssl.create_default_context(cafile=certificate)
    trusted = Web(trust=lambda: trusting)
    with answering(hello, certificate=certificate) as url:
        port = int(url.rpartition(":")[2])
        found[0] = (*found[0][:4], ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        into = io.BytesIO()
        if body is None:
            with pytest.raises(SourceError, match="can't be trusted: Hostname mismatch"):
                trusted.get(f"https://{name}:{port}/", headers={}, into=into, limits=LIMITS)
        else:
            trusted.get(f"https://{name}:{port}/", headers={}, into=into, limits=LIMITS)
            assert into.getvalue() == body
    trusted.__exit__(None, None, None)


def test_an_answer_without_a_length_must_end_as_encryption_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_of("127.0.0.1", tmp_path)
    trusting = ssl.create_default_context(cafile=certificate)

    def cut(made: socket.socket) -> None:
        made.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf of it")
        socket.socket.shutdown(made, socket.SHUT_RDWR)  # as anybody between could

    with (
        answering(cut, certificate=certificate) as url,
        Web(trust=lambda: trusting) as one,
        pytest.raises(SourceError) as refused,
    ):
        one.get(url, headers={}, into=io.BytesIO(), limits=LIMITS)

    assert refused.value.code == "broken_off"


def hello(made: socket.socket) -> None:
    made.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")


@contextmanager
def answering(answer: Callable[[Any], object], *, certificate: Path | None = None) -> Iterator[str]:
    """A server that reads one request, and then does anything at all."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    def serve() -> None:
        try:
            made, _ = listening.accept()
            with made:
                speaking = context.wrap_socket(made, server_side=True) if context else made
                with speaking:
                    speaking.recv(65536)
                    answer(speaking)
        except OSError:
            pass  # the other side had enough

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"{'https' if context else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def certificate_of(name: str, directory: Path) -> Path:
    """A certificate of this name, which vouches for itself; with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    place: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        place = x509.IPAddress(ipaddress.ip_address(name))
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([place]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_of_a_long_answer_the_beginning_is_taken_where_that_is_enough(elsewhere: StandIn) -> None:
    elsewhere.answer = says(Said(200, b"x" * 2_000_000))
    answer, body = get(elsewhere.url, limits=Limits(bytes=300_000, seconds=20, cut=True))
    assert (answer.is_whole, len(body)) == (False, 300_000)
    answer, body = get(elsewhere.url, limits=Limits(bytes=2_000_000, seconds=20, cut=True))
    assert (answer.is_whole, len(body)) == (True, 2_000_000)
