"""Pages of a list: where the last one ended, sealed so that nobody makes up a place of their own.

A cursor is the sort key of the last row seen, so rows added meanwhile neither repeat nor skip
others. Clients must not read it.
"""

import base64
import binascii
import functools
import hashlib
import hmac
from typing import Generic, TypeVar, cast
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Response

from market.accounts.identity import Asking
from market.settings import Settings, installation_key
from ratings.ledger.errors import Malformed

LARGEST_PAGE = 100
_SEAL = 16  # bytes of the keyed hash: 128 bits

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """`next` is the address of the following page, or null on the last one."""

    items: list[T]
    next: str | None


def seal(request: Asking, place: object) -> str:
    """The cursor of a place: anything JSON can hold, for instance the last row's sort key."""
    text = msgspec.json.encode(place)
    return base64.urlsafe_b64encode(_mark(request, text) + text).decode().rstrip("=")


def unseal(request: Asking, cursor: str, shape: type[T]) -> T:
    """The place in a cursor of ours; Malformed for any other text, and for another list's."""
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        mark, text = sealed[:_SEAL], sealed[_SEAL:]
        if hmac.compare_digest(mark, _mark(request, text)):
            return msgspec.json.decode(text, type=shape)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        pass
    raise Malformed("cursor-malformed", "This is no cursor of this list. Begin at its first page.")


def page(request: Asking, items: list[T], place: object | None) -> Response[Page[T]]:
    """Answer with a page; `place` is where it ended, None when nothing follows."""
    following = _address(request, seal(request, place)) if place is not None else None
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    return Response(Page(items=items, next=following), headers=headers)


def page_size(limit: int) -> int:
    if not 1 <= limit <= LARGEST_PAGE:
        raise Malformed(
            "limit", "The limit of a page lies between 1 and {most}.", most=LARGEST_PAGE
        )
    return limit


def _address(request: Asking, cursor: str) -> str:
    """This request's path and query with another cursor; relative, so that no proxy spoils it."""
    asked = request.scope["query_string"]
    if not asked:
        return f"{request.scope['path']}?cursor={cursor}"
    query = [(key, value) for key, value in parse_qsl(asked.decode()) if key != "cursor"]
    return f"{request.scope['path']}?{urlencode([*query, ('cursor', cursor)])}"


def _mark(request: Asking, text: bytes) -> bytes:
    """Bound to the path, so that one list's place is not taken for another's."""
    key = installation_key(cast(Settings, request.app.state.settings))
    mark = _marking(key).copy()
    mark.update(request.scope["path"].encode() + b"\0" + text)
    return mark.digest()


@functools.cache
def _marking(key: bytes) -> "hashlib.blake2b":
    """A keyed hash that has seen nothing yet; what it costs to begin is paid once."""
    return hashlib.blake2b(key=hashlib.sha256(key).digest(), person=b"cursor", digest_size=_SEAL)
