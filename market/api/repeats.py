"""`Idempotency-Key`: a request that was sent twice has one effect and one answer."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec
from litestar.params import HeaderParameter

from market.accounts.idempotency import once, request_hash
from market.accounts.identity import Asking
from market.api.negotiation import same_body
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
    *,
    sent: bytes | None = None,
) -> T:
    """What `effect` returns, or what it returned when this key came the first time.

    Two requests are the same when address, query and content are: the content of a JSON body is
    what it says, whether in JSON or in MessagePack; a route that reads its body as a stream gives
    in `sent` what stands for it.
    """
    if key is None:
        return await effect()

    async def encoded() -> bytes:
        return msgspec.json.encode(await effect())

    query = request.scope["query_string"].decode("latin-1")
    target = f"{request.url.path}?{query}" if query else request.url.path
    said = await same_body(request) if sent is None else sent
    answer = await once(who, key, request_hash(request.method, target, said), encoded)
    return msgspec.json.decode(answer, type=shape)


async def act_once(
    request: Asking, who: Actor, key: str | None, effect: Callable[[], Awaitable[None]]
) -> None:
    """The same for an act that answers nothing."""
    await answer_once(request, who, key, type(None), effect)
