"""The lists of the API: `limit` and `cursor` in the query, a page in the answer."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

from litestar import Response
from litestar.params import FromQuery, QueryParameter

from market.accounts.identity import Asking
from market.api.cursors import LARGEST_PAGE, Page, page, page_size, unseal

T = TypeVar("T")

Limit = Annotated[int, QueryParameter(description=f"Most items of the page, 1 to {LARGEST_PAGE}.")]
Cursor = FromQuery[str]
# `state` itself is a name the framework keeps for the application's state.
StateIs = Annotated[str, QueryParameter(name="state", description="Only those in this state.")]
USUAL = 50


async def offset_page(
    request: Asking,
    limit: int,
    cursor: str,
    read: Callable[[int, int], Awaitable[Sequence[T]]],
) -> Response[Page[T]]:
    """The page that `read(limit, offset)` gives; one row more is asked for, to see whether
    anything follows."""
    size = page_size(limit)
    offset = unseal(request, cursor, int) if cursor else 0
    found = await read(size + 1, offset)
    return page(request, list(found[:size]), offset + size if len(found) > size else None)


async def whole_page(
    request: Asking, limit: int, cursor: str, items: Sequence[T]
) -> Response[Page[T]]:
    """A page of a list that is short enough to be read as a whole."""

    async def read(most: int, offset: int) -> Sequence[T]:
        return items[offset : offset + most]

    return await offset_page(request, limit, cursor, read)
