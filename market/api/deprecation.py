"""Routes that will go: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) in every answer of theirs.

`@get("/old", **deprecated(date(2027, 1, 1), gone=date(2028, 1, 1), instead="/api/v1/new"))`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any

import msgspec
from litestar.handlers.base import BaseRouteHandler

from market.api.reference import area_of, place_of

_KEY = "deprecation"


class Deprecation(msgspec.Struct, frozen=True):
    since: date
    gone: date
    instead: str


def deprecated(since: date, *, gone: date, instead: str) -> dict[str, Any]:
    """Keyword arguments for a route: from which day on it should not be used, on which day it
    stops to answer (at the beginning of it, UTC), and the address that takes its place."""
    if gone <= since:
        raise ValueError("a route is deprecated before it goes")
    return {"deprecated": True, _KEY: Deprecation(since, gone, instead)}


def headers_of(handler: BaseRouteHandler | None) -> Iterator[tuple[str, str]]:
    stated: Deprecation | None = handler.opt.get(_KEY) if handler is not None else None
    if handler is not None and stated is not None:
        yield "Deprecation", f"@{int(_midnight(stated.since).timestamp())}"
        yield "Sunset", format_datetime(_midnight(stated.gone), usegmt=True)
        yield "Link", f'<{_explained_at(handler)}>; rel="deprecation"'
        yield "Link", f'<{stated.instead}>; rel="successor-version"'


def _explained_at(handler: BaseRouteHandler) -> str:
    """The place of the operation on the page for people who write programs."""
    path = min(handler.paths)
    area = area_of(path, getattr(handler, "tags", None) or ())
    return place_of(area, str(getattr(handler, "operation_id", "")))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
