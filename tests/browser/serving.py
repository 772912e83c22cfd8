"""An application behind a real socket, with its timetable running."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import msgspec
import uvicorn
from litestar import Litestar

from market import worker


@asynccontextmanager
async def serving(
    app: Litestar, database_url: str, *, lifespan: Literal["on", "off"] = "off"
) -> AsyncIterator[str]:
    """The address at which `app` answers; `lifespan` is off if it has been started already."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        # From here on whoever comes early waits instead of being turned away.
        listening.listen()
        config = uvicorn.Config(
            app,
            loop="none",
            lifespan=lifespan,
            ws="none",
            log_level="warning",
            server_header=False,
        )
        settings = msgspec.structs.replace(app.state.settings, database_url=database_url)
        server, stop = uvicorn.Server(config), asyncio.Event()
        timetable = asyncio.create_task(worker.run(settings, stop))
        answering = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield "http://{}:{}".format(*listening.getsockname())
        finally:
            stop.set()
            server.should_exit = True
            await answering
            await timetable
