"""A made-up department's data service that really runs: tokens that end, limits, faults, pages.

It is what a connector meets in the world: an HTTP server with its own idea of names and units.
"""

import hashlib
import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.receiving import Received, answering, receiving

CLIENT, SECRET = "market of yunxi", "a secret: with a colon / and a slash"

DOCUMENT = Path(__file__).parents[1] / "docs" / "connectors.md"
EXAMPLE_HOST = "https://data.example.gov.cn"


def document_blocks() -> list[str]:
    """The pieces of connectors that the document shows; the first is a whole one."""
    return re.findall(r"^```toml\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.M | re.S)


def documented(url: str = EXAMPLE_HOST) -> str:
    """The document's example, at another address."""
    return document_blocks()[0].replace(EXAMPLE_HOST, url)


@dataclass
class Department:
    """`rows` by month (YYYYMM). `before` may answer a request for data in its stead."""

    url: str = ""
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    uses_of_a_token: int = 1_000
    asked: list[dict[str, str]] = field(default_factory=list)
    before: Callable[["Department", dict[str, str]], bytes | None] = lambda *_: None
    used: int = 0

    def answer(self, request: Received) -> bytes:
        _, target, _ = request.line.split(" ")
        parts = urlsplit(target)
        if parts.path == "/oauth/token":
            return self._token(request)
        query = dict(parse_qsl(parts.query))
        sent = request.headers.get("authorization", "")
        self.used += 1
        if not self.tokens or sent != f"Bearer {self.tokens[-1]}":
            return answering(401)
        if self.used > self.uses_of_a_token:
            return answering(401)
        self.asked.append(query)
        return self.before(self, query) or self.page(query)

    def _token(self, request: Received) -> bytes:
        kind, _, sent = request.headers["authorization"].partition(" ")
        given = [unquote(one) for one in b64decode(sent).decode().split(":")]
        form = dict(parse_qsl(request.body.decode()))
        if (kind, given) != ("Basic", [CLIENT, SECRET]):
            return answering(401)
        assert form == {"grant_type": "client_credentials", "scope": "deposits"}
        self.tokens.append(f"token {len(self.tokens) + 1}")
        self.used = 0
        return said({"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": 3600})

    def page(self, query: dict[str, str]) -> bytes:
        rows = self.rows.get(query["period"], [])
        page, size = int(query["page"]), int(query["size"])
        return said(
            {
                "code": 0,
                "data": {"total": len(rows), "items": rows[(page - 1) * size : page * size]},
            }
        )


def said(document: object, *headers: str) -> bytes:
    body = json.dumps(document, ensure_ascii=False).encode()
    return answering(200, body, "Content-Type: application/json", *headers)


@asynccontextmanager
async def department() -> AsyncIterator[Department]:
    made = Department()
    async with receiving() as server:
        made.url = server.url.removesuffix("/hook")
        server.answer = made.answer
        yield made


def signature(secret: str, text: str) -> str:
    """How a gateway checks a signed request: computed here by its own rules, not by ours."""
    return b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
