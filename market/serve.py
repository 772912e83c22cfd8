"""Starting the market: a database, its migrations, the catalogue, the door and the timetable."""

import asyncio
import contextlib
import errno
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

import msgspec
import uvicorn
import uvloop

from market import worker
from market.app import create_app
from market.catalogue.actions import load_catalogue
from market.catalogue.guide_actions import load_guides
from market.demonstration.accounts import table_of_accounts
from market.demonstration.population import populate
from market.files.store import open_store
from market.migrations import migrate
from market.server import config
from market.settings import Settings
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.database import connect, disconnect
from ratings.ledger.errors import Unavailable
from ratings.ledger.postgres import EmbeddedPostgres

Say = Callable[[str], None]


def serve_market(settings: Settings, *, with_worker: bool, say: Say) -> None:
    """Blocks until stopped; everything that can fail at the start says what to do."""
    listening = _listen(settings)
    with ExitStack() as stack:
        stack.enter_context(contextlib.closing(listening))
        url = settings.database_url
        if not url:
            say("→ database: starting the embedded PostgreSQL …")
            url = stack.enter_context(EmbeddedPostgres(settings.var_dir / "postgres"))
        ready = msgspec.structs.replace(settings, database_url=url)
        # uvicorn sends itself the signal again once it has finished. Taken as an ordinary end, it
        # leaves time to close the timetable, the pool and the embedded server.
        signal.signal(signal.SIGTERM, _leave)
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(ready, listening, with_worker=with_worker, say=say))


def _leave(number: int, frame: object) -> None:
    raise SystemExit(0)


async def _serve(
    settings: Settings, listening: socket.socket, *, with_worker: bool, say: Say
) -> None:
    started = time.monotonic()
    app = create_app(settings)
    await connect(settings.database_url)
    try:
        applied = await migrate(settings.database_url)
        if applied:
            say(f"→ database: {len(applied)} migrations applied")
        loaded = await load_catalogue(system(now()))
        if loaded:
            say(f"→ catalogue: {loaded} items loaded")
        if guides := await load_guides(system(now())):
            say(f"→ catalogue: {guides} guides begun")
        if settings.demonstration:
            await populate(
                now(), open_store(settings.files), lambda line: say(f"→ demonstration: {line}")
            )
        host, port = listening.getsockname()[:2]
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host

        def announce() -> None:
            say(f"→ ready after {time.monotonic() - started:.1f} s")
            say(f"\n  Steelyard（一杆秤）  http://{shown}:{port}/\n")
            if settings.demonstration:
                say(table_of_accounts())
            say("  Ctrl-C stops it; the data stays.")

        server = _Server(config(app, settings), announce)
        stop = asyncio.Event()
        timetable = asyncio.create_task(worker.run(settings, stop)) if with_worker else None
        try:
            await server.serve(sockets=[listening])
        finally:
            stop.set()
            if timetable is not None:
                await timetable
    finally:
        await disconnect()


class _Server(uvicorn.Server):
    """Announces its address once it answers there, not before."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._announce()


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything slow begins, so that a taken one is told at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise Unavailable(
                "port-taken",
                "Port {port} is taken. Stop what uses it, or choose another:"
                " steelyard serve --port {other} (make run SERVE='--port {other}').",
                port=settings.port,
                other=settings.port + 1,
            ) from error
        raise Unavailable(
            "port-refused",
            "Cannot listen on {host} port {port}: {why}.",
            host=settings.host,
            port=settings.port,
            why=error.strerror,
        ) from error
    return listening


async def run_worker(settings: Settings) -> None:
    """The timetable alone, until the process is told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await worker.run(settings, stop)
