"""Where the pages of a source begin: which request comes first, and which follows an answer.

A place is a text that the database keeps between two pages: the number of a page, a cursor, or an
address; empty at the beginning.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from ratings.ledger.errors import Refused
from ratings.signals.connectors.description import ByCursor, ByLink, ByNumber, Connector
from ratings.signals.connectors.mapping import month_as


class Asked(msgspec.Struct, frozen=True):
    method: str
    address: str
    body: bytes


class PageRead(msgspec.Struct, frozen=True):
    """`following` is the place of the next page, None at the end; `total` what the source says."""

    rows: list[dict[str, object]]
    following: str | None
    total: int | None


def request_for(connector: Connector, month: str, place: str) -> Asked:
    """The request for the page at `place` of a month."""
    asked, paging = connector.request, connector.paging
    parameters: dict[str, str | int] = {
        name: one.replace("{month}", month_as(month, asked.month_form))
        if isinstance(one, str)
        else one
        for name, one in asked.parameters.items()
    }
    match paging:
        case ByNumber():
            parameters[paging.parameter] = int(place or paging.first)
            parameters[paging.size_parameter] = paging.size
        case ByCursor() if place:
            parameters[paging.parameter] = place
        case ByLink() if place:
            return Asked(asked.method, place, b"")
    if asked.method == "POST":
        return Asked("POST", asked.url, json.dumps(parameters, ensure_ascii=False).encode())
    return Asked("GET", str(httpx.URL(asked.url, params=parameters)), b"")


def read_page(
    connector: Connector, place: str, content: bytes, headers: Mapping[str, str]
) -> PageRead:
    """What an answer holds; Refused when it is not what the connector describes."""
    try:
        # Decimal keeps 0.1 yuan what it is.
        document = json.loads(content, parse_float=Decimal)
    except ValueError:
        raise Refused(
            "connector-not-json",
            "The source of {name} did not answer with JSON. Mend the connector and pull again.",
            name=connector.name,
        ) from None
    rows = _at(document, connector.request.rows)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused(
            "connector-no-rows",
            "The answer of the source of {name} has no list of records at “{path}”. Mend the"
            " connector and pull again.",
            name=connector.name,
            path=connector.request.rows,
        )
    total = _at(document, connector.paging.total) if connector.paging.total else None
    if connector.paging.total and not (isinstance(total, int) and total >= 0):
        raise Refused(
            "connector-no-total",
            "The answer of the source of {name} has no number of rows at “{path}”. Mend the"
            " connector and pull again.",
            name=connector.name,
            path=connector.paging.total,
        )
    return PageRead(rows, _following(connector, place, document, rows, headers), total)


def _following(
    connector: Connector,
    place: str,
    document: object,
    rows: list[dict[str, object]],
    headers: Mapping[str, str],
) -> str | None:
    match connector.paging:
        case ByNumber(size=size, first=first):
            return str(int(place or first) + 1) if len(rows) >= size else None
        case ByCursor(next=path):
            found = _at(document, path)
            return None if found in (None, "", False) else str(found)
        case ByLink():
            return _next_link(connector, place, headers.get("link", ""))
    return None


def _next_link(connector: Connector, place: str, header: str) -> str | None:
    here = httpx.URL(place or connector.request.url)
    links = httpx.Response(200, headers={"link": header}).links if header else {}
    if "next" not in links:
        return None
    there = here.join(links["next"]["url"])
    home = httpx.URL(connector.request.url)
    # The request carries a token or a signature: it goes to nobody else.
    if (there.scheme, there.netloc) != (home.scheme, home.netloc):
        raise Refused(
            "connector-elsewhere",
            "The source of {name} says that its next page lies on {host}. What is meant for one"
            " host is sent to no other.",
            name=connector.name,
            host=there.host,
        )
    return str(there)


def _at(document: object, path: str) -> Any:
    for name in filter(None, path.split(".")):
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    return document
