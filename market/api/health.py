"""For whoever watches the process: is it alive, and may it be given requests?"""

import asyncio

import msgspec
from litestar import get

from market.accounts.permissions import allow
from market.api.openapi import problem_answer
from market.migrations import pending
from ratings.ledger.actors import Role
from ratings.ledger.errors import Unavailable

# Seconds: a balancer asks again soon, and a database that takes longer is not ready.
_PATIENCE = 5


class Health(msgspec.Struct, frozen=True):
    status: str


@get(
    "/healthz/live",
    operation_id="health_live",
    summary="The process answers",
    **allow(Role.PUBLIC),
)
async def live() -> Health:
    return Health(status="live")


@get(
    "/healthz/ready",
    operation_id="health_ready",
    summary="The database is reachable and its migrations are current",
    responses={503: problem_answer("Not now: what is missing stands in the detail.")},
    **allow(Role.PUBLIC),
)
async def ready() -> Health:
    missing = await _missing()
    if missing:
        raise Unavailable(
            "migrations-pending",
            "The database lacks {count} migrations. Run “steelyard migrate”.",
            count=len(missing),
        )
    return Health(status="ready")


async def _missing() -> list[str]:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await pending()
    except Exception as error:
        # Whatever the driver says, the answer to a balancer is the same: not now.
        raise Unavailable(
            "database-unreachable",
            "The database cannot be reached: {why}. Check DATABASE_URL and that the server runs.",
            why=type(error).__name__,
        ) from error
