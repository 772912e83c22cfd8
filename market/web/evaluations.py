"""One party's sealed evaluation of one engagement."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.engagements.queries import engagement
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.evaluations import actions, queries
from ratings.evaluations.indicators import INDICATORS, WEIGHTS
from ratings.evaluations.rules import NEEDS_REASON_BELOW, parties_asked
from ratings.ledger.actors import Role
from ratings.ledger.errors import Refused, SteelyardError

_ANSWERING = (Role.ENTERPRISE, Role.SUPERVISOR, Role.CENTRE)
# What a click fills in for somebody who does not want to weigh single points.
_QUICK = (100, 90, 80, 70, 60)


async def _page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    """The form of the party that asks, or after the answer its confirmation."""
    who = actor(request)
    docket = await queries.docket(who, identifier)
    party = None if who.role is Role.AUDITOR else actions.party_of(who, docket)
    asked = party in parties_asked(docket.owner, docket.supervisor)
    weights = WEIGHTS[party] if party else {}
    told = refusal(request, error, {"reason-missing": "comment"})
    return page(
        request,
        "evaluation/form.html",
        status=error.status if error else 200,
        docket=docket,
        engagement=await engagement(who, docket.engagement),
        party=party,
        indicators=[
            (indicator, weights[indicator.code])
            for indicator in INDICATORS
            if indicator.code in weights
        ],
        open=asked
        and party not in docket.answered
        and docket.unsealed_at is None
        and who.at < docket.due[party or next(iter(docket.due))],
        quick=_QUICK,
        limit=NEEDS_REASON_BELOW,
        typed=form.typed,
        **told,
    )


@get("/evaluations/{identifier:str}", **allow(*_ANSWERING))
async def evaluation_form(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _page(request, identifier, Form({}))


@post("/evaluations/{identifier:str}", **allow(*_ANSWERING))
async def evaluate(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    scores = {
        indicator.code: form.text(f"scores-{indicator.code}") or form.text(_chosen(indicator.code))
        for indicator in INDICATORS
    }
    given = {code: score for code, score in scores.items() if score}
    try:
        if not given:
            raise Refused("answer-empty", "Score at least one indicator.")
        await actions.answer(actor(request), identifier, given, form.text("comment"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other(f"/evaluations/{identifier}")


def _chosen(code: str) -> str:
    return f"quick-{code}"


ROUTES = [evaluation_form, evaluate]
