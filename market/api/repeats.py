"""`Idempotency-Key`: a request that was sent twice has one effect and one answer."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec
from litestar.params import HeaderParameter

from market.accounts.idempotency import once, request_hash
from market.accounts.identity import Asking
from ratings.ledger.actors import Actor

T = TypeVar("T")

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="A text of your own, new for each act: the same key with the same request"
        " gives the same answer and acts once.",
    ),
]


async def answer_once(
    request: Asking,
    who: Actor,
    key: str | None,
    shape: type[T],
    effect: Callable[[], Awaitable[T]],
) -> T:
    """What `effect` returns, or what it returned when this key came the first time."""

    async def encoded() -> bytes:
        return msgspec.json.encode(await effect())

    same = request_hash(request.method, request.url.path, await request.body())
    return msgspec.json.decode(await once(who, key, same, encoded), type=shape)
