"""Cases on the centre's table: what each rests on, and the decision of a person."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency, agency_names
from market.web import asked
from market.web.forms import Form, refusal, submitted
from market.web.history import timeline
from market.web.render import locale_of, page, see_other
from market.web.screens import evidence_rows
from market.web.standings import waterfall_rows
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.ledger.queries import history
from ratings.ledger.text import N_
from ratings.sanctions.actions import delist, dismiss_case
from ratings.sanctions.queries import case_file, case_files, delisting_in_force
from ratings.sanctions.rules import Kind, Severity, first_and_last_end
from ratings.shells.queries import finding
from ratings.stars.queries import current

STATES = ("open", "answered", "dismissed", "delisted", "lifted")
_SHOWN = 200


@get("/console/cases", **allow(Role.CENTRE))
async def case_list(request: Asking) -> Response[str]:
    state = asked.one_of(request, "state", STATES)
    found = await case_files(state=state, limit=_SHOWN)
    return page(
        request,
        "centre/cases.html",
        cases=found,
        names=await agency_names(case.uscc for case in found),
        state=state,
        states=STATES,
    )


async def _page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    """The case with its evidence; `typed` holds the form of the decision that was refused."""
    case = await case_file(identifier)
    locale = locale_of(request)
    standing = await current(case.uscc)
    found = await finding(case.uscc) if case.kind is Kind.SHELL else None
    delisting = await delisting_in_force(case.uscc)
    today = local_date(actor(request).at)
    acts = await history("agency", case.uscc)
    return page(
        request,
        "centre/case.html",
        status=error.status if error else 200,
        case=case,
        agency=await agency(case.uscc),
        standing=standing,
        waterfall=waterfall_rows(locale, standing.waterfall, standing.score) if standing else [],
        finding=found,
        evidence=evidence_rows(locale, found) if found else [],
        delisting=delisting if delisting and delisting.case_file == case.id else None,
        bounds={severity: first_and_last_end(severity, today) for severity in Severity},
        timeline=timeline(locale, (one for one in acts if one.act != "standing.published")),
        typed=form.typed,
        **refusal(
            request, error, {"reason-missing": _reason_field(form), "end-out-of-bounds": "until"}
        ),
    )


def _reason_field(form: Form) -> str:
    return "delist_reason" if "delist_reason" in form.typed else "reason"


@get("/console/cases/{identifier:str}", **allow(Role.CENTRE))
async def case_page(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _page(request, identifier, Form({}))


@post("/console/cases/{identifier:str}/dismissal", **allow(Role.CENTRE))
async def dismiss(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await dismiss_case(actor(request), identifier, form.text("reason"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other(f"/console/cases/{identifier}", N_("The case is dismissed."))


@post("/console/cases/{identifier:str}/delisting", **allow(Role.CENTRE))
async def decide_delisting(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        severity, until = form.choice("severity", *Severity), form.day("until")
        form.check()
        await delist(actor(request), identifier, severity, until, form.text("delist_reason"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other(
        f"/console/cases/{identifier}",
        N_("The agency is delisted; its listings have left the public catalogue."),
    )


ROUTES = [case_list, case_page, dismiss, decide_delisting]
