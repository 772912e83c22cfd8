"""Requests a second and response times of the public pages and API reads.

    make bench-pages                             a demonstration market of its own, then stopped
    python bench/reads.py http://127.0.0.1:8000  a market that is already running on this machine

Pages are found by following links from the home page, one of each kind; API reads are those of
the OpenAPI description that need no parameter. The client runs on the same machine and takes its
share of the processors, so the figures are a lower bound, to be compared with themselves.
"""

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

SECONDS = 3.0  # for each address
WARM_UP = 0.5  # seconds before counting, in which caches fill
CONNECTIONS = 16
STARTING = 120  # seconds; the demonstration is made on the first start
LOCAL = ("127.0.0.1", "localhost", "::1")


@contextmanager
def market() -> Iterator[str]:
    """A demonstration market on a free port, in a directory that is thrown away."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="steelyard-bench-") as directory:
        program = subprocess.Popen(
            [Path(sys.executable).parent / "steelyard", "serve", "--demo", "--port", str(port)],
            env=os.environ
            | {
                "STEELYARD_VAR_DIR": directory,
                # One address asks for all of it here; counted like any other, but never refused.
                "STEELYARD_RATE_LIMITS": "reads=900000000/3600",
            },
            stdout=subprocess.DEVNULL,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + STARTING
            while not _is_ready(address):
                if program.poll() is not None or time.monotonic() > deadline:
                    sys.exit("The market did not start.")
                time.sleep(0.2)
            yield address
        finally:
            program.terminate()
            program.wait()


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def addresses(base: str) -> list[str]:
    """One page of each kind that the home page leads to, and the API's plain reads."""
    with httpx.Client(base_url=base, timeout=30) as client:
        found = {"/": "/"}
        for page in ("/", *_links(client, "/")):
            for link in _links(client, page):
                kind = re.sub(r"(?<=/)[^/]*\d[^/]*", "…", link)
                found.setdefault(kind, link)
        described = client.get("/api/v1/openapi.json").json()
        for path, methods in described.get("paths", {}).items():
            if "get" in methods and "{" not in path:
                found.setdefault(path, path)
        return [path for path in found.values() if client.get(path).status_code == 200]


def _links(client: httpx.Client, page: str) -> list[str]:
    found = re.findall(r'href="(/[^"?#]*)"', client.get(page).text)
    return [link for link in dict.fromkeys(found) if not link.startswith(("//", "/static"))]


async def measure(base: str, path: str) -> tuple[float, float, float, int]:
    """Requests a second, median and 99th percentile in milliseconds, bytes of one answer."""
    host = urlsplit(base)
    request = (
        f"GET {path} HTTP/1.1\r\nHost: {host.netloc}\r\nAccept-Encoding: gzip\r\n\r\n"
    ).encode()
    begin = time.perf_counter() + WARM_UP
    end = begin + SECONDS
    times: list[float] = []
    size = 0

    async def client() -> None:
        nonlocal size
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        while (started := time.perf_counter()) < end:
            writer.write(request)
            size = await _answer(reader, path)
            if started >= begin:
                times.append(time.perf_counter() - started)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    times.sort()
    return (
        len(times) / SECONDS,
        times[len(times) // 2] * 1000,
        times[len(times) * 99 // 100] * 1000,
        size,
    )


async def _answer(reader: asyncio.StreamReader, path: str) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        sys.exit(f"{path} answered {head.splitlines()[0].decode()}")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if length is None:
        sys.exit(f"{path} answers without a length, which this client cannot read")
    await reader.readexactly(int(length.group(1)))
    return int(length.group(1))


async def report(base: str) -> None:
    paths = await asyncio.to_thread(addresses, base)
    print(f"{CONNECTIONS} connections, {SECONDS:g} s each, {os.cpu_count()} processors\n")
    print(f"{'address':48} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'bytes':>8}")
    for path in paths:
        rate, median, slow, size = await measure(base, path)
        print(f"{path[:48]:48} {rate:8.0f} {median:8.1f} {slow:8.1f} {size:8}", flush=True)


def main() -> None:
    if len(sys.argv) == 1:
        with market() as base:
            asyncio.run(report(base))
        return
    base = sys.argv[1].rstrip("/")
    if urlsplit(base).hostname not in LOCAL:
        sys.exit("This puts a load on the server: only one on this machine is measured.")
    asyncio.run(report(base))


if __name__ == "__main__":
    main()
