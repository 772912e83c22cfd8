"""A receiver of webhooks as another system would write one: a small HTTP server of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext

LOOPBACK = "127.0.0.0/8"
"""The network that the market must be told to be allowed to call it."""


@dataclass(frozen=True)
class Received:
    """One request; header names are in small letters."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answer` says how to answer the request that has come: raw bytes, or None to say nothing."""

    url: str = ""
    port: int = 0
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], bytes | None] = lambda _: answering(204)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            pairs = (line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(head[0], headers, body))
            said = self.answer(self.received[-1])
            if said is None:
                await reader.read()  # until the other side has had enough
            else:
                writer.write(said)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def answering(status: int, body: bytes = b"", *headers: str) -> bytes:
    head = [
        f"HTTP/1.1 {status} Said",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


@asynccontextmanager
async def receiving(tls: SSLContext | None = None) -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.handle, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    made.url = f"http{'s' if tls else ''}://127.0.0.1:{made.port}/hook"
    try:
        yield made
    finally:
        server.close()
