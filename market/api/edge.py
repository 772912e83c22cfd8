"""What HTTP expects of every address and the framework leaves to each route.

HEAD is answered wherever GET is, with the same status and headers and without the body, and
`Allow` says so. An answer of the API is given in the form that is wanted (`negotiation`), a read
carries an entity tag, and whatever has one is answered with 304 to whom has it already. Nothing is
sent before the first byte of the body is there, so that whatever fails until then is told as an
error. It stands around the whole application, so that errors are treated like answers.
"""

import asyncio
from typing import Any, cast

from litestar import Litestar, Request
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.status_codes import HTTP_200_OK, HTTP_304_NOT_MODIFIED
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    HTTPResponseStartEvent,
    HTTPScope,
    Message,
    Receive,
    Scope,
    Send,
)

from market.api import deprecation, negotiation, problems
from market.api.validators import OF_THE_BODY, VERSION, already_there, tag_of

_READING = {"GET", "HEAD"}


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
        except Exception as error:
            # Once an answer has begun it can only be broken off: the server closes the connection.
            if exchange.begun:
                raise
            request: Request[Any, Any, Any] = Request(scope, exchange.receive, exchange.send)
            told = problems.answer(request, error).to_asgi_response(app=None, request=request)
            await told(scope, exchange.receive, exchange.send)
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
        self._is_api = scope["path"].startswith("/api/")
        self._held: HTTPResponseStartEvent | None = None
        self._finished = False
        self.begun = False
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
        elif message["type"] == "http.response.start":
            self._complete(message)
            self._held = message
        else:
            if self._held is not None:
                opening, self._held = self._held, None
                # A stream is neither rewritten nor tagged here: its bytes are not known yet.
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    message["body"] = self._whole(opening, message["body"])
                await self._open(opening)
            if not self._finished:
                await self._send(message)

    def _whole(self, opening: HTTPResponseStartEvent, body: bytes) -> bytes:
        """The body in the form that is wanted, and the tag of just these bytes."""
        if not self._is_api:
            return body
        headers = MutableScopeHeaders.from_message(opening)
        asked = Headers.from_scope(self._scope).get("accept", "")
        body = negotiation.represented(headers, body, asked)
        if opening["status"] == HTTP_200_OK and self._method in _READING and "etag" not in headers:
            headers["ETag"] = tag_of(body, self._scope.get("state", {}).get(VERSION))
        return body

    async def _open(self, message: HTTPResponseStartEvent) -> None:
        """Send the head of the answer, or instead of the whole answer a 304."""
        self.restore()
        self.begun = True
        tag = MutableScopeHeaders.from_message(message).get("etag")
        known = (
            tag is not None
            and message["status"] == HTTP_200_OK
            and self._method in _READING
            and already_there(self._scope, tag)
        )
        if known:
            message["status"] = HTTP_304_NOT_MODIFIED
            message["headers"] = [
                (name, value)
                for name, value in message["headers"]
                if name.lower() not in OF_THE_BODY
            ]
        await self._send(message)
        if known or self._method == "HEAD":
            self._finished = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _complete(self, message: Message) -> None:
        headers = MutableScopeHeaders.from_message(message)
        for name, value in deprecation.headers_of(self._scope.get("route_handler")):
            headers.add(name, value)
        if "allow" not in headers:
            return
        known = self._methods.get(self._scope.get("path_template", ""))
        methods = set(known or headers["allow"].split(", "))
        if "GET" in methods:
            methods.add("HEAD")
        headers["Allow"] = ", ".join(sorted(methods))


def _methods(app: Litestar) -> dict[str, set[str]]:
    """Path template → methods. The framework's own answer to OPTIONS knows one handler only
    where an address has several."""
    return {
        route.path_format: {str(method) for method in route.methods}
        for route in app.routes
        if isinstance(route, HTTPRoute)
    }
