"""What other authorities report about an agency."""

from litestar import post
from litestar.params import JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.api.repeats import IdempotencyKey, answer_once
from ratings.ledger.actors import Role
from ratings.stars.actions import ReportedEvent, report_event


@post(
    "/outside-events",
    operation_id="outside_event_report",
    summary="Take in one outside event with its document; the standing follows",
    tags=["standings"],
    **allow(Role.CENTRE),
)
async def report(
    request: Asking, data: JSONBody[ReportedEvent], idempotency_key: IdempotencyKey = None
) -> ReportedEvent:
    who = actor(request)

    async def effect() -> ReportedEvent:
        await report_event(who, data)
        return data

    return await answer_once(request, who, idempotency_key, ReportedEvent, effect)


ROUTES = [report]
