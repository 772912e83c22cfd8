"""The HTTP server in front of the application: whom it believes, and what it has no patience for.

uvicorn with httptools refuses what HTTP does not allow (llhttp reads strictly), but it waits for
ever for the rest of a request and takes a head of any size. `Connection` puts an end to both.
"""

import asyncio
import logging

import msgspec
import uvicorn
from litestar.types import ASGIApp
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from market.settings import Settings

# Bytes of request line and header fields; browsers and proxies stay far below.
LARGEST_HEAD = 32 * 1024
# Seconds: for the whole head of a request, for the next piece of a body, for the next request on
# an open connection (longer than our proxy keeps one, so that it never sends into a closing one),
# and for requests under way when the server is told to stop.
HEAD_PATIENCE = 15.0
BODY_PATIENCE = 30.0
_KEEP_ALIVE = 30
_LAST_REQUESTS = 15
# Connections of one process; the next one is told 503.
_MOST_CONNECTIONS = 1000

_VERSIONS = ("1.1", "1.0")
_REFUSALS = {
    400: ("Bad Request", "malformed-http", "The request is not valid HTTP."),
    408: ("Request Timeout", "request-timeout", "The head of the request took too long to arrive."),
    431: (
        "Request Header Fields Too Large",
        "head-too-large",
        f"The head of a request has at most {LARGEST_HEAD} bytes here.",
    ),
}


def config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """What a visitor's proxy says of address and scheme is believed of the trusted ones only:
    the client is the right-most address of X-Forwarded-For that is none of them."""
    proxies = [str(network) for network in settings.proxies]
    return uvicorn.Config(
        app,
        loop="none",
        http=Connection,
        ws="none",
        lifespan="on",
        log_level=logging.WARNING,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_LAST_REQUESTS,
    )


class Connection(HttpToolsProtocol):
    """One connection. A request's head must come soon and be of a size, its body must go on."""

    _in_head = True
    _head_bytes = 0
    _timer: asyncio.TimerHandle | None = None
    flow: FlowControl

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(HEAD_PATIENCE)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._in_head:
            self._wait(BODY_PATIENCE)
        elif self._head_bytes > LARGEST_HEAD:
            self._refuse(431)
        elif self._head_bytes and self._timer is None:
            self._wait(HEAD_PATIENCE)

    def on_headers_complete(self) -> None:
        self._in_head = False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > LARGEST_HEAD:
            self._refuse(431)
        elif self.parser.get_http_version() not in _VERSIONS:
            self._refuse(400)
        else:
            super().on_headers_complete()
            if self.parser.should_upgrade():
                # We speak no other protocol, and what follows here would be read as one.
                self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._stop_waiting()
        if self.cycle is not None:
            super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        self._refuse(400)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        answering = self.cycle is not None and not self.cycle.response_complete
        if self.flow.read_paused or (self._in_head and answering):
            # It is the application that takes its time, not whoever sends.
            self._wait(BODY_PATIENCE)
        elif self._in_head and self._head_bytes:
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        """Answer without asking the application, and close: what follows on this connection can
        no longer be told apart."""
        if self.transport.is_closing():
            return
        phrase, code, detail = _REFUSALS[status]
        body = msgspec.json.encode(
            {
                "type": f"urn:steelyard:problem:{code}",
                "title": phrase,
                "status": status,
                "detail": detail,
                "code": code,
            }
        )
        head = (
            f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
