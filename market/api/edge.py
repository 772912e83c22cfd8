"""What HTTP expects of every address and the framework leaves to each route.

HEAD is answered wherever GET is, with the same status and headers and without the body, and
`Allow` says so. It stands around the whole application, so that errors are treated like answers.
"""

import asyncio
from typing import cast

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    HTTPScope,
    Message,
    Receive,
    Scope,
    Send,
)


def around(app: Litestar) -> ASGIApp:
    """The application, seen from outside."""
    application = app.asgi_handler
    methods = _methods(app)

    async def edge(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await application(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, methods)
        try:
            await application(scope, exchange.receive, exchange.send)
        finally:
            exchange.restore()

    return edge


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, scope: HTTPScope, receive: Receive, send: Send, methods: dict[str, set[str]]
    ) -> None:
        self._scope = scope
        self._methods = methods
        self._receive = receive
        self._send = send
        self._method = scope["method"]
        self._finished = False
        if self._method == "HEAD":
            scope["method"] = "GET"

    def restore(self) -> None:
        """The server looks at the method again when it sends: no body may follow a HEAD."""
        self._scope["method"] = self._method

    async def receive(self) -> HTTPReceiveMessage:
        """A file that streams is told to stop once nobody wants the rest of it."""
        if self._finished:
            return {"type": "http.disconnect"}
        return cast(HTTPReceiveMessage, await self._receive())

    async def send(self, message: Message) -> None:
        if self._finished:
            # Gives way, so that a stream which never waits can be stopped too.
            await asyncio.sleep(0)
            return
        if message["type"] == "http.response.start":
            self.restore()
            self._complete_allow(message)
        await self._send(message)
        if message["type"] == "http.response.start" and self._method == "HEAD":
            await self._finish()

    def _complete_allow(self, message: Message) -> None:
        headers = MutableScopeHeaders.from_message(message)
        if "allow" not in headers:
            return
        known = self._methods.get(self._scope.get("path_template", ""))
        methods = set(known or headers["allow"].split(", "))
        if "GET" in methods:
            methods.add("HEAD")
        headers["Allow"] = ", ".join(sorted(methods))

    async def _finish(self) -> None:
        self._finished = True
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _methods(app: Litestar) -> dict[str, set[str]]:
    """Path template → methods. The framework's own answer to OPTIONS knows one handler only
    where an address has several."""
    return {
        route.path_format: {str(method) for method in route.methods}
        for route in app.routes
        if isinstance(route, HTTPRoute)
    }
