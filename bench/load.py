"""Asks one address over and over, as fast as it is answered, and prints what came of it as JSON.

    python bench/load.py PORT REQUEST SECONDS CONNECTIONS

REQUEST is a file with the bytes of one request. Every answer must be a 200 of the same length as
the first: so an answer is complete when its bytes are counted, and the client costs little beside
the server it measures. Only this machine is asked.
"""

import asyncio
import json
import re
import sys
import time
from functools import partial
from pathlib import Path
from typing import cast

import uvloop

_SUCCESS = b"HTTP/1.1 200"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Client(asyncio.Protocol):
    """One connection: the next request goes out when the last answer is complete."""

    def __init__(self, request: bytes, until: float, times: list[float]) -> None:
        self._request = request
        self._until = until
        self._times = times
        self._length = 0
        self._missing = 0
        self._begun = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's own transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            if not data.startswith(_SUCCESS):
                self._fail(data)
                return
            # The lengths of the heads differ by a digit of what is left of an allowance.
            head = data.index(b"\r\n\r\n") + 4
            length = _LENGTH.search(data, 0, head)
            if length is None:
                self._fail(b"an answer without its length")
                return
            self._missing = head + int(length.group(1))
        self._missing -= len(data)
        if self._missing:
            return
        now = time.perf_counter()
        self._times.append(now - self._begun)
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self._begun = time.perf_counter()
        self._transport.write(self._request)

    def _fail(self, data: bytes) -> None:
        self.done.set_exception(RuntimeError(f"not the answer that was expected: {data[:300]!r}"))
        self._transport.close()


def _itself(client: Client) -> Client:
    return client


async def run(port: int, request: bytes, seconds: float, connections: int) -> dict[str, float]:
    times: list[float] = []
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    clients = [Client(request, begun + seconds, times) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(partial(_itself, client), "127.0.0.1", port)
    await asyncio.gather(*(client.done for client in clients))
    lasted = time.perf_counter() - begun
    times.sort()
    return {
        "requests": len(times),
        "seconds": lasted,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
    }


def main() -> None:
    port, request, seconds, connections = sys.argv[1:]
    measured = run(int(port), Path(request).read_bytes(), float(seconds), int(connections))
    print(json.dumps(uvloop.run(measured)))


if __name__ == "__main__":
    main()
