"""The centre hides what an opened answer says, or leaves it out of the score: two switches."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.engagements.queries import engagement
from market.web.forms import Form, refusal, submitted
from market.web.history import timeline
from market.web.render import locale_of, page, see_other
from ratings.evaluations.indicators import INDICATORS, Party
from ratings.evaluations.queries import docket
from ratings.evaluations.switch_actions import turn_switch
from ratings.evaluations.switch_queries import has_answered, shown_answers
from ratings.evaluations.switches import Switch
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.queries import history
from ratings.ledger.text import N_


async def _page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    """The opened answers with what was done about each; forms for whom they are."""
    who = actor(request)
    row = await docket(who, identifier)
    field = f"reason-{form.text('party')}-{form.text('switch')}"
    return page(
        request,
        "centre/answer_switches.html",
        status=error.status if error else 200,
        docket=row,
        engagement=await engagement(who, row.engagement),
        answers=await shown_answers(who, row.id),
        indicators={one.code: one for one in INDICATORS},
        own=await has_answered(row.id, who.person),
        timeline=timeline(locale_of(request), await history("docket", row.id)),
        typed={field: form.text("reason")},
        **refusal(request, error, {"reason-missing": field, "switch-reason-long": field}),
    )


@get("/evaluations/{identifier:str}/switches", **allow(Role.CENTRE))
async def answer_switches(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _page(request, identifier, Form({}))


@post("/evaluations/{identifier:str}/switches", **allow(Role.CENTRE))
async def turn(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    off = form.text("turn") != "on"
    switch = form.choice("switch", *Switch)
    try:
        party = form.choice("party", *Party)
        form.check()
        await turn_switch(
            actor(request), identifier, party, switch, off=off, reason=form.text("reason")
        )
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other(f"/evaluations/{identifier}/switches", _DONE[switch, off])


_DONE = {
    (Switch.COMMENT, True): N_("The words are hidden; the scores go on counting."),
    (Switch.COMMENT, False): N_("The words are shown again."),
    (Switch.SCORE, True): N_("The answer is left out; the standing follows."),
    (Switch.SCORE, False): N_("The answer counts again; the standing follows."),
}

ROUTES = [answer_switches, turn]
