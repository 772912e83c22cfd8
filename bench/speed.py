"""How fast the public reads of the API are, beside a bare application that returns their bytes.

    make bench       or: python bench/speed.py

Four servers under the same uvicorn, uvloop and httptools, on one database with the demonstration:

    bare    an ASGI application that returns the bytes it was given (bench/floor.py)
    kept    the market, answering from its kept bodies
    read    the market with nothing kept: each answer is read from the database and encoded anew
    peer    the directory by FastAPI and SQLAlchemy (bench/peer.py)

Where there are two processors, the servers have one and the load and PostgreSQL the other. In each
round every server is asked in turn, so that what else the machine does meets all of them. What is
printed is requests for each second of processor time that the server's process used, and the same
with the time of PostgreSQL's processes added; a ratio is always to the bare one of the same round.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from ratings.ledger.postgres import EmbeddedPostgres

HERE = Path(__file__).parent
CONNECTIONS = 16
ROUNDS = 5
SECONDS = 0.5  # for each server in each round
WARM_UP = 0.2
STARTING = 240  # seconds; the demonstration is made on the first start
# Enough for any round: the counting is measured, the refusing is not.
ALLOWANCE = "reads=999999999/3600"
TICKS = os.sysconf("SC_CLK_TCK")
PEERS = "/api/v1/agencies"


@dataclass(frozen=True)
class Server:
    """A process under measurement, its port and whether it asks PostgreSQL for each answer."""

    name: str
    process: subprocess.Popen[bytes]
    port: int

    def seconds(self) -> float:
        """Processor time used so far."""
        return _used(self.process.pid)


@dataclass(frozen=True)
class Sample:
    """One run against one server."""

    rate: float  # requests for each second of processor time of the server
    with_database: float  # the same, PostgreSQL's time added
    p50: float  # milliseconds
    p99: float


class Bench:
    """The database and the servers on it, all ended with the `ExitStack` that is given."""

    def __init__(self, stack: ExitStack, directory: Path) -> None:
        processors = sorted(os.sched_getaffinity(0))
        self._theirs, *rest = processors
        self._pinned = bool(rest)
        if self._pinned:
            # Before the database is started, which then stays beside the load.
            os.sched_setaffinity(0, {rest[0]})
        self._stack = stack
        self._directory = directory
        self._url = stack.enter_context(EmbeddedPostgres(directory / "postgres"))
        self._postmaster = int((directory / "postgres/data/postmaster.pid").read_text().split()[0])

    @property
    def layout(self) -> str:
        if self._pinned:
            return "the servers on one processor, the load and PostgreSQL on another"
        return "everything on one processor: the times of answers mean little"

    def market(self, name: str, kept_bytes: int) -> Server:
        return self._start(
            name,
            [Path(sys.executable).parent / "steelyard", "serve", "--demo", "--no-worker", "--port"],
            {
                "DATABASE_URL": self._url,
                "STEELYARD_VAR_DIR": str(self._directory),
                "STEELYARD_RATE_LIMITS": ALLOWANCE,
                "STEELYARD_HOT_READS_BYTES": str(kept_bytes),
            },
            "/healthz/ready",
        )

    def bare(self, paths: list[str], answers: Mapping[str, httpx.Response]) -> Server:
        folder = self._directory / "answers"
        folder.mkdir()
        for path in paths:
            answer = answers[path]
            # uvicorn adds its own date.
            headers = [(k, v) for k, v in answer.headers.multi_items() if k.lower() != "date"]
            text = json.dumps(headers).encode() + b"\n" + answer.content
            (folder / path.encode().hex()).write_bytes(text)
        return self._uvicorn("bare", "floor:app", {"BENCH_ANSWERS": str(folder)}, paths[0])

    def peer(self) -> Server:
        url = self._url.replace("postgresql:", "postgresql+asyncpg:", 1)
        return self._uvicorn("peer", "peer:app", {"BENCH_PEER_URL": url}, PEERS)

    def _uvicorn(self, name: str, app: str, variables: Mapping[str, str], path: str) -> Server:
        command = [sys.executable, "-m", "uvicorn", app, "--app-dir", HERE, "--loop", "uvloop"]
        quiet = ["--http", "httptools", "--no-server-header", "--log-level", "warning", "--port"]
        return self._start(name, [*command, *quiet], variables, path)

    def _start(
        self, name: str, command: list[str | Path], variables: Mapping[str, str], path: str
    ) -> Server:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen(
            [*command, str(port)], env=os.environ | variables, stdout=subprocess.DEVNULL
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        deadline = time.monotonic() + STARTING
        while not _answers(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"“{name}” did not start.")
            time.sleep(0.1)
        if self._pinned:
            for thread in Path(f"/proc/{process.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {self._theirs})
        return Server(name, process, port)

    def sample(self, server: Server, path: str, seconds: float) -> Sample:
        """Ask for a while; every request of the run and all the time it took are counted."""
        request = self._directory / "request"
        host = f"Host: 127.0.0.1:{server.port}"
        request.write_bytes(f"GET {path} HTTP/1.1\r\n{host}\r\nAccept: */*\r\n\r\n".encode())
        before, before_database = server.seconds(), _used_below(self._postmaster)
        command = [sys.executable, HERE / "load.py", str(server.port), request]
        done = subprocess.run(
            [*command, str(seconds), str(CONNECTIONS)],
            stdout=subprocess.PIPE,
            check=True,
            timeout=60,
        )
        used = server.seconds() - before
        database = _used_below(self._postmaster) - before_database
        measured = json.loads(done.stdout)
        count = measured["requests"]
        return Sample(
            count / used, count / (used + database), measured["p50_ms"], measured["p99_ms"]
        )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def _fields(process: int) -> list[str]:
    """Of /proc/…/stat, from the third on: the second is a name that may hold anything."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _used(process: int) -> float:
    fields = _fields(process)
    return (int(fields[11]) + int(fields[12])) / TICKS


def _used_below(parent: int) -> float:
    """Processor time of a process' children, those that have ended included."""
    fields = _fields(parent)
    used = (int(fields[13]) + int(fields[14])) / TICKS
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int(_fields(int(entry.name))[1]) == parent:
                    used += _used(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return used


def addresses(base: str) -> list[str]:
    """The list of items, one package, the directory, one agency and its standing."""
    with httpx.Client(base_url=base) as client:
        package = client.get("/api/v1/packages").json()["items"][0]["code"]
        agency = client.get("/api/v1/agencies").json()["items"][0]["uscc"]
    return [
        "/api/v1/items",
        f"/api/v1/packages/{package}",
        PEERS,
        f"/api/v1/agencies/{agency}",
        f"/api/v1/agencies/{agency}/standing",
    ]


def report(bench: Bench, servers: list[Server], paths: list[str], sizes: dict[str, int]) -> None:
    print(
        f"{CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS:g} s for each server;"
        f" {bench.layout}.\n"
        "Requests for each second of processor time (median), the same with PostgreSQL's time,\n"
        "the ratio to “bare” without and with it (least, median, most), times of answers in ms.\n"
    )
    print(
        f"{'':6}{'req/CPU s':>10}{'with PG':>9}   {'ratio, server alone':^22}"
        f"{'ratio, with PG':^22}{'p50':>6}{'p99: least–most':>17}"
    )
    for path in paths:
        asked = [server for server in servers if server.name != "peer" or path == PEERS]
        samples: dict[str, list[Sample]] = {server.name: [] for server in asked}
        for server in asked:
            bench.sample(server, path, WARM_UP)
        for _ in range(ROUNDS):
            for server in asked:
                samples[server.name].append(bench.sample(server, path, SECONDS))
        print(f"{path}, {sizes[path]} bytes")
        for server in asked:
            print(_line(server.name, samples[server.name], samples["bare"]), flush=True)


def _line(name: str, found: list[Sample], bare: list[Sample]) -> str:
    alone = [one.rate / floor.rate for one, floor in zip(found, bare, strict=True)]
    both = [one.with_database / floor.rate for one, floor in zip(found, bare, strict=True)]
    slowest = [one.p99 for one in found]
    return (
        f"  {name:4}{statistics.median(one.rate for one in found):10.0f}"
        f"{statistics.median(one.with_database for one in found):9.0f}   "
        f"{_spread(alone):^22}{_spread(both):^22}"
        f"{statistics.median(one.p50 for one in found):6.1f}"
        f"{f'{min(slowest):.1f}–{max(slowest):.1f}':>17}"
    )


def _spread(ratios: list[float]) -> str:
    found = [ratio * 100 for ratio in ratios]
    return f"{min(found):.1f}  {statistics.median(found):.1f}  {max(found):.1f} %"


def main() -> None:
    with ExitStack() as stack:
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="steelyard-bench-"))
        )
        bench = Bench(stack, directory)
        kept = bench.market("kept", 32 * 1024 * 1024)
        read = bench.market("read", 0)
        base = f"http://127.0.0.1:{kept.port}"
        paths = addresses(base)
        plain = {"Accept-Encoding": "identity", "Accept": "*/*"}
        answers = {path: httpx.get(base + path, headers=plain) for path in paths}
        bare = bench.bare(paths, answers)
        peer = bench.peer()
        theirs = httpx.get(f"http://127.0.0.1:{peer.port}{PEERS}").json()
        if theirs["items"] != answers[PEERS].json()["items"]:
            sys.exit("The peer does not answer with the same rows.")
        sizes = {path: len(answers[path].content) for path in paths}
        report(bench, [bare, kept, read, peer], paths, sizes)


if __name__ == "__main__":
    main()
