"""The server on a real socket, byte by byte: what HTTP does not allow is refused and the connection
closed, so that no two readers of the same bytes see two different requests in them."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
import uvicorn
from litestar.types import ASGIApp, Receive, Scope, Send

from market import server
from market.settings import Settings

_GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
_POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
_HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


class Echo:
    """Answers with what it saw of the request, once it has read the body."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        self.seen.append(f"{scope['method']} {scope['path']}")
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            assert message["type"] == "http.request"
            body += message["body"]
            if not message["more_body"]:
                break
        told = msgspec.json.encode(
            {"client": scope["client"], "scheme": scope["scheme"], "body": body.decode()}
        )
        headers = [(b"content-length", str(len(told)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told, "more_body": False})


@asynccontextmanager
async def serving(app: ASGIApp, settings: Settings | None = None) -> AsyncIterator[int]:
    """The port at which our server answers for the application."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        made = server.config(app, settings or Settings())
        made.lifespan = "off"
        running = uvicorn.Server(made)
        answering = asyncio.create_task(running.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            running.should_exit = True
            await answering


async def exchange(port: int, *pieces: bytes) -> bytes:
    """All that comes back until the server closes the connection, as it must."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.fixture
async def echo() -> Echo:
    return Echo()


@pytest.fixture
async def port(echo: Echo) -> AsyncIterator[int]:
    async with serving(echo) as at:
        yield at


AMBIGUOUS = {
    "length and chunks": _POST
    + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"
    + _HIDDEN,
    "chunks and length": _POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"
    + _HIDDEN,
    "two lengths": _POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + _HIDDEN,
    "the same length twice": _POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab" + _HIDDEN,
    "a list of lengths": _POST + b"Content-Length: 0, 44\r\n\r\n" + _HIDDEN,
    "a signed length": _POST + b"Content-Length: +0\r\n\r\n" + _HIDDEN,
    "a negative length": _POST + b"Content-Length: -1\r\n\r\n" + _HIDDEN,
    "a length in hexadecimal": _POST + b"Content-Length: 0x0\r\n\r\n" + _HIDDEN,
    "an endless length": _POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n" + _HIDDEN,
    "another last encoding": _POST
    + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"
    + _HIDDEN,
    "an unknown encoding": _POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + _HIDDEN,
    "chunks said twice": _POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"
    + _HIDDEN,
    "a blank before the colon": _POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + _HIDDEN,
    "a folded field": _POST + b"X: a\r\n b\r\n\r\n" + _HIDDEN,
    "a folded encoding": _POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + _HIDDEN,
    "a bare line feed": _GET.replace(b"\r\n", b"\n") + b"\n" + _HIDDEN,
    "a bare line feed in the head": _GET + b"X: a\nTransfer-Encoding: chunked\r\n\r\n" + _HIDDEN,
    "a bare return": _GET + b"X: a\rTransfer-Encoding: chunked\r\n\r\n" + _HIDDEN,
    "a zero byte": _GET + b"X: a\0b\r\n\r\n" + _HIDDEN,
    "a field without a name": _GET + b": a\r\n\r\n" + _HIDDEN,
    "a chunk of no size": _POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + _HIDDEN,
    "a chunk of a negative size": _POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + _HIDDEN,
    "a chunk that ends elsewhere": _POST
    + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabcd\r\n0\r\n\r\n"
    + _HIDDEN,
    "no protocol": b"GET /\r\n\r\n" + _HIDDEN,
    "an unknown version": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n" + _HIDDEN,
    "nonsense": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40,
}


@pytest.mark.parametrize("name", AMBIGUOUS)
async def test_what_can_be_read_in_two_ways_is_refused(port: int, echo: Echo, name: str) -> None:
    told = await exchange(port, AMBIGUOUS[name])
    assert _STATUS.findall(told) == [b"400"], told
    assert b"connection: close" in told
    assert b"application/problem+json" in told
    assert "GET /hidden" not in echo.seen


async def test_byte_by_byte_it_is_read_the_same(port: int, echo: Echo) -> None:
    pieces = [bytes([one]) for one in AMBIGUOUS["length and chunks"][:120]]
    assert _STATUS.findall(await exchange(port, *pieces)) == [b"400"]
    assert echo.seen == []


async def test_requests_in_one_piece_are_answered_one_after_the_other(
    port: int, echo: Echo
) -> None:
    chunked = _POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    sized = _POST + b"Content-Length: 3\r\n\r\nabc"
    told = await exchange(
        port, _GET + b"\r\n" + chunked + sized + _GET + b"Connection: close\r\n\r\n"
    )
    assert _STATUS.findall(told) == [b"200"] * 4
    assert re.findall(rb'"body":"(\w*)"', told) == [b"", b"ab", b"abc", b""]


async def test_an_old_client_is_answered_once_whatever_it_asks(port: int, echo: Echo) -> None:
    old = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    told = await exchange(port, old + _HIDDEN)
    assert _STATUS.findall(told) == [b"200"]
    assert b"connection: close" in told
    assert echo.seen == ["GET /"]


async def test_what_follows_a_farewell_is_not_read(port: int, echo: Echo) -> None:
    told = await exchange(port, _GET + b"Connection: close\r\n\r\n" + _HIDDEN)
    assert _STATUS.findall(told) == [b"200"]
    assert echo.seen == ["GET /"]


async def test_no_other_protocol_is_spoken(port: int, echo: Echo) -> None:
    upgrade = _GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    told = await exchange(port, upgrade + _HIDDEN)
    assert _STATUS.findall(told) == [b"200"]
    assert echo.seen == ["GET /"]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * server.LARGEST_HEAD + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        _GET + b"X: " + b"a" * server.LARGEST_HEAD + b"\r\n\r\n",
        _GET + b"".join(b"X-%d: a\r\n" % number for number in range(5000)) + b"\r\n",
    ],
    ids=["address", "one field", "many fields"],
)
async def test_a_head_has_an_end(port: int, echo: Echo, head: bytes) -> None:
    whole = await exchange(port, head)
    unfinished = await exchange(port, head[: server.LARGEST_HEAD + 1000])
    in_pieces = await exchange(port, *(head[at : at + 500] for at in range(0, len(head), 500)))
    # Whoever goes on sending may meet a closed connection before reading why.
    assert {tuple(_STATUS.findall(one)) for one in (whole, unfinished, in_pieces)} <= {
        (b"431",),
        (),
    }
    assert _STATUS.findall(unfinished) == [b"431"]
    assert echo.seen == []


async def test_an_ordinary_head_is_taken(port: int, echo: Echo) -> None:
    fine = _GET + b"Cookie: " + b"a" * 8000 + b"\r\nConnection: close\r\n\r\n"
    assert _STATUS.findall(await exchange(port, fine)) == [b"200"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_PATIENCE", 0.2)
    monkeypatch.setattr(server, "BODY_PATIENCE", 0.2)


@pytest.mark.usefixtures("impatient")
class TestPatience:
    async def test_a_slow_head_is_ended(self, port: int, echo: Echo) -> None:
        assert _STATUS.findall(await exchange(port, _GET[:20])) == [b"408"]
        assert echo.seen == []

    async def test_drops_do_not_keep_it_open(self, port: int) -> None:
        """One byte now and then is still too slow for a head."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def dripping() -> None:
            writer.write(_GET)
            while True:
                writer.write(b"a")
                await asyncio.sleep(0.05)

        drip = asyncio.create_task(dripping())
        told = await asyncio.wait_for(reader.read(), 20)
        drip.cancel()
        writer.close()
        assert _STATUS.findall(told) == [b"408"]

    async def test_who_says_nothing_is_shown_out(self, port: int) -> None:
        assert await exchange(port) == b""

    async def test_a_body_that_stops_is_ended(self, port: int, echo: Echo) -> None:
        stopped = _POST + b"Content-Length: 10\r\n\r\nabc"
        assert await exchange(port, stopped) == b""
        assert echo.seen == ["POST /"]

    async def test_a_slow_answer_is_waited_for(self) -> None:
        """The client has done its part: the patience is not for the application."""
        going_on = asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await asyncio.sleep(0.5)
            going_on.set()
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        async with serving(slow) as at:
            told = await exchange(at, _GET + b"Connection: close\r\n\r\n")
        assert going_on.is_set()
        assert _STATUS.findall(told) == [b"204"]

    async def test_an_open_connection_may_ask_again_within_its_time(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(_GET + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"}")
            # Longer than a head may take: between two requests another patience counts.
            await asyncio.sleep(0.3)
        writer.write(_GET[:20])
        assert _STATUS.findall(await asyncio.wait_for(reader.read(), 20)) == [b"408"]
        writer.close()
