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
from market.server import config as server_config


@asynccontextmanager
async def serving(
    app: Litestar, database_url: str, *, lifespan: Literal["on", "off"] = "off"
) -> AsyncIterator[str]:
    """The address at which `app` answers; `lifespan` is off if it has been started already."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        # From here on whoever comes early waits instead of being turned away.
        listening.listen()
        config = server_config(app, app.state.settings)
        config.lifespan = lifespan
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
