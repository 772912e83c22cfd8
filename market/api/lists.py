"""The lists of the API: `limit` and `cursor` in the query, a page in the answer."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Protocol, TypeVar

from litestar import Response
from litestar.params import FromQuery, QueryParameter

from market.accounts.identity import Asking
from market.api.cursors import LARGEST_PAGE, Page, page, page_size, unseal

T = TypeVar("T")
P = TypeVar("P")
# What a short list is ordered by: JSON keeps numbers and texts exactly, so moments are numbers.
Key = tuple[float | str, ...]

Limit = Annotated[int, QueryParameter(description=f"Most items of the page, 1 to {LARGEST_PAGE}.")]
Cursor = FromQuery[str]
# `state` itself is a name the framework keeps for the application's state.
StateIs = Annotated[str, QueryParameter(name="state", description="Only those in this state.")]
USUAL = 50


async def keyset_page(
    request: Asking,
    limit: int,
    cursor: str,
    place: type[P],
    read: Callable[[int, P | None], Awaitable[Sequence[T]]],
    place_of: Callable[[T], P],
) -> Response[Page[T]]:
    """The page that `read(limit, after)` gives: behind the place where the last one ended.

    One row more is asked for, to see whether anything follows.
    """
    size = page_size(limit)
    found = await read(size + 1, unseal(request, cursor, place) if cursor else None)
    more = len(found) > size
    return page(request, list(found[:size]), place_of(found[size - 1]) if more else None)


async def sorted_page(
    request: Asking, limit: int, cursor: str, items: Sequence[T], key: Callable[[T], Key]
) -> Response[Page[T]]:
    """The same for a list that is short enough to be read as a whole, in the order of `key`.

    A key is total (it ends with an id), and as constant as the list allows.
    """

    async def read(most: int, after: Key | None) -> Sequence[T]:
        ordered = sorted(items, key=key)
        return [one for one in ordered if after is None or key(one) > tuple(after)][:most]

    return await keyset_page(request, limit, cursor, Key, read, key)


async def constant_page(
    request: Asking, limit: int, cursor: str, items: Sequence[T]
) -> Response[Page[T]]:
    """A page of what comes with an edition of the program: no row is added while it runs."""
    size = page_size(limit)
    start = unseal(request, cursor, int) if cursor else 0
    shown = list(items[start : start + size])
    return page(request, shown, start + size if len(items) > start + size else None)


class _Standing(Protocol):
    """An agency among others, wherever it is listed."""

    @property
    def uscc(self) -> str: ...
    @property
    def stars(self) -> int | None: ...
    @property
    def score(self) -> str | None: ...
    @property
    def confirmed(self) -> bool: ...


def best_first(row: _Standing) -> Key:
    """By what an agency is worth now: who moves past the place while pages are read is met twice
    or not at all."""
    return (
        -(row.stars or 0),
        float(not row.confirmed),
        -float(row.score or -1),
        row.uscc,
    )
