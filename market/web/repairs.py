"""Repair in pages: the agency's application, and the decision on the centre's table."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency_of
from market.web.cases import shown
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.sanctions.repair_actions import (
    Application,
    RepairDecision,
    apply_for_repair,
    decide_repair,
)
from ratings.sanctions.repair_queries import effects_of

_FIELDS = {"text-empty": "text", "repair-of-nothing": "references"}


async def _form(
    request: Asking, form: Form, chosen: list[str], error: SteelyardError | None = None
) -> Response[str]:
    who = actor(request)
    return page(
        request,
        "agency/repair.html",
        status=error.status if error else 200,
        effects=await effects_of(await agency_of(who), who.at),
        today=local_date(who.at),
        chosen=chosen,
        typed=form.typed,
        **refusal(request, error, _FIELDS),
    )


@get("/workspace/repair", **allow(Role.AGENCY))
async def repair_form(request: Asking) -> Response[str]:
    return await _form(request, Form({}), [])


@post("/workspace/repair", **allow(Role.AGENCY))
async def ask_for_repair(request: Asking) -> Response[Any]:
    form = await submitted(request)
    chosen = [str(one) for one in (await request.form()).getall("references", [])]
    try:
        wanted = Application(tuple(chosen), form.text("text"))
        case = await apply_for_repair(actor(request), wanted)
    except SteelyardError as error:
        return await _form(request, form, chosen, error)
    return see_other(
        f"/workspace/cases/{case}",
        N_("You have applied. Put the files that show it into the case."),
    )


@post("/console/cases/{identifier:str}/repair", **allow(Role.CENTRE))
async def decide(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    granted = form.text("button") == "grant"
    try:
        decision = RepairDecision(granted, form.text("repair_reason"))
        await decide_repair(actor(request), identifier, decision)
    except SteelyardError as error:
        return await shown(request, identifier, form, error)
    return see_other(
        f"/console/cases/{identifier}",
        N_("The repair is granted; everything it names is lifted.")
        if granted
        else N_("The repair is refused."),
    )


ROUTES = [repair_form, ask_for_repair, decide]
