"""The floor: a bare ASGI application that returns the bytes it is given, and does nothing else.

BENCH_ANSWERS is a folder with a file for each path, its name the path in hexadecimal: a JSON list
of the headers, a line end, and the body, as the market itself answered.
"""

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

_ANSWERS: dict[bytes, tuple[list[tuple[bytes, bytes]], bytes]] = {}
for _file in Path(os.environ["BENCH_ANSWERS"]).iterdir():
    _head, _, _body = _file.read_bytes().partition(b"\n")
    _ANSWERS[bytes.fromhex(_file.name)] = (
        [(name.encode(), value.encode()) for name, value in json.loads(_head)],
        _body,
    )


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        return
    headers, body = _ANSWERS[scope["raw_path"]]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
