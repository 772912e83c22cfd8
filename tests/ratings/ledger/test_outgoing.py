"""Calling out, against real sockets: what is sent, what is read, and where it will not go."""

import asyncio
import datetime
import socket
import ssl
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ratings.ledger import outgoing
from ratings.ledger.addresses import parse_networks
from ratings.ledger.outgoing import Answer, post
from tests.receiving import LOOPBACK, answering, receiving

HERE = parse_networks(LOOPBACK)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Names resolve to each of the answers in turn; the list tells which names were asked."""
    asked: list[str] = []
    waiting = list(answers)

    async def getaddrinfo(self: object, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        if not waiting:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (waiting.pop(0), port))]

    monkeypatch.setattr(asyncio.get_running_loop().__class__, "getaddrinfo", getaddrinfo)
    return asked


async def test_what_arrives_and_what_is_told_of_the_answer() -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: answering(201, "收到\x00\x1b[31m".encode())
        answer = await post(f"{receiver.url}?a=b", b"{}", {"webhook-id": "evt_1"}, HERE)
    (received,) = receiver.received
    assert received.line == "POST /hook?a=b HTTP/1.1"
    assert (received.body, received.headers["webhook-id"]) == (b"{}", "evt_1")
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert (answer.status, answer.error, answer.text) == (201, "", "收到  [31m")
    assert answer.good


async def test_of_a_long_answer_only_the_beginning_is_read() -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: (
            b"HTTP/1.1 500 No\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 100_000
        )
        answer = await post(receiver.url, b"", {}, HERE)
    assert (answer.status, answer.text) == (500, "x" * 1000)
    assert not answer.good


async def test_a_redirect_is_not_followed() -> None:
    async with receiving() as receiver, receiving() as elsewhere:
        receiver.answer = lambda _: answering(307, b"", f"Location: {elsewhere.url}")
        answer = await post(receiver.url, b"", {}, HERE)
    assert (answer.status, answer.good, elsewhere.received) == (307, False, [])


async def test_who_says_nothing_is_waited_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "_TOTAL_SECONDS", 0.2)
    async with receiving() as receiver:
        receiver.answer = lambda _: None
        answer = await post(receiver.url, b"", {}, HERE)
    assert (answer.status, answer.error) == (None, "time-out")


async def test_who_drips_its_answer_is_cut_off_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each read is quick, the whole is not: the limit is of the whole."""
    monkeypatch.setattr(outgoing, "_TOTAL_SECONDS", 0.3)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while not reader.at_eof():
                writer.write(b".")
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        answer = await post(f"http://127.0.0.1:{port}/", b"", {}, HERE)
    assert answer.error == "time-out"


async def test_nobody_there_and_nonsense() -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: b"SSH-2.0-OpenSSH\r\n\r\n"
        assert (await post(receiver.url, b"", {}, HERE)).error == "protocol"
        address = receiver.url
    assert (await post(address, b"", {}, HERE)).error == "connection"


async def test_our_own_machine_is_not_called_unless_it_is_named() -> None:
    async with receiving() as receiver:
        for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"):
            answer = await post(f"https://{host}:{receiver.port}/", b"", {}, ())
            assert answer == Answer(None, "no-address", "", answer.milliseconds), host
        assert (await post(receiver.url, b"", {}, parse_networks("10.0.0.0/8"))).status is None
    assert receiver.received == []


async def test_a_name_is_looked_up_once_and_judged_by_what_was_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The trick of answering with a public address first and a private one then."""
    async with receiving() as receiver:
        asked = resolving(monkeypatch, "203.0.114.7", "127.0.0.1")
        connected = []

        async def connect(self: object, host: str, port: int, **_: Any) -> Any:
            connected.append((host, port))
            raise httpcore.ConnectError

        monkeypatch.setattr("httpcore._backends.auto.AutoBackend.connect_tcp", connect)
        answer = await post(f"https://rebound.example:{receiver.port}/", b"", {}, ())
    assert asked == ["rebound.example"]
    assert connected == [("203.0.114.7", receiver.port)]
    assert answer.error == "connection"


async def test_a_private_name_and_an_unknown_one_read_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolving(monkeypatch, "10.0.0.5")
    private = await post("https://db.internal/", b"", {}, ())
    unknown = await post("https://db.internal/", b"", {}, ())
    assert private.error == unknown.error == "no-address"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for hooks.example, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


async def test_the_certificate_is_checked_for_the_name(
    monkeypatch: pytest.MonkeyPatch, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    server, trusting = certificate
    async with receiving(server) as receiver:
        resolving(monkeypatch, *["127.0.0.1"] * 3)
        right = f"https://hooks.example:{receiver.port}/"
        assert (await post(right, b"", {}, HERE)).error == "certificate", "nobody vouches for it"
        monkeypatch.setattr(outgoing, "_trust", lambda: trusting)
        assert (await post(right, b"", {}, HERE)).status == 204
        wrong = f"https://other.example:{receiver.port}/"
        assert (await post(wrong, b"", {}, HERE)).error == "certificate"
    (received,) = receiver.received
    assert received.headers["host"] == f"hooks.example:{receiver.port}"
