"""Cases on the centre's table: what each rests on, and the decision of a person."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import people_of
from market.agencies.queries import agency, agency_names
from market.web import asked
from market.web.case_files import rectifying
from market.web.forms import Form, refusal, submitted
from market.web.history import timeline
from market.web.letters import letters_sent
from market.web.render import locale_of, page, see_other
from market.web.screens import evidence_rows
from market.web.standings import waterfall_rows
from market.web.text import error_text
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import Forbidden, SteelyardError
from ratings.ledger.queries import history
from ratings.ledger.text import N_
from ratings.sanctions.actions import (
    Proposal,
    delist,
    dismiss_case,
    open_by_person,
    propose_delisting,
    refuse_delisting,
)
from ratings.sanctions.matter_queries import may_answer
from ratings.sanctions.misconduct_queries import marks
from ratings.sanctions.objection_actions import GivenAnswer, answer_objection
from ratings.sanctions.objection_lists import waiting_objections
from ratings.sanctions.objection_queries import contest
from ratings.sanctions.objections import Outcome
from ratings.sanctions.queries import (
    case_file,
    case_files,
    impartial,
    proposed_delisting,
)
from ratings.sanctions.rectification_actions import (
    Finding,
    check_rectification,
    order_rectification,
)
from ratings.sanctions.repair_queries import repair_of
from ratings.sanctions.rules import BY_PERSON, UNDECIDED, Kind, Severity, first_and_last_end
from ratings.shells.queries import finding
from ratings.stars.queries import current

STATES = (
    *("open", "answered", "proposed", "dismissed", "delisted", "lifted", "annulled"),
    *("ordered", "rectified", "unrectified", "asked", "repaired", "refused"),
    *("recorded", "warned"),
)
_SHOWN = 200
_FIELDS = {"end-out-of-bounds": "until", "terms-harsher": "until"}
_REASONS = (
    "delist_reason",
    "refuse_reason",
    "answer_reason",
    "instructions",
    "check_reason",
    "repair_reason",
    "uphold_reason",
)


@get("/console/cases", **allow(Role.CENTRE))
async def case_list(request: Asking) -> Response[str]:
    return await _list_page(request, Form({"uscc": asked.word(request, "uscc")}))


async def _list_page(
    request: Asking, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    state = asked.one_of(request, "state", STATES)
    found = await case_files(state=state, limit=_SHOWN)
    waiting = await waiting_objections(actor(request).at)
    return page(
        request,
        "centre/cases.html",
        cases=found,
        names=await agency_names([one.uscc for one in found] + [one.uscc for one in waiting]),
        state=state,
        states=STATES,
        waiting=waiting,
        status=error.status if error else 200,
        kinds=BY_PERSON,
        typed=form.typed,
        **refusal(request, error, {"reason-missing": "reason", "agency-unknown": "uscc"}),
    )


@post("/console/cases", **allow(Role.CENTRE))
async def open_one(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("uscc")
        kind = form.choice("kind", *Kind)
        form.check()
        about = await agency(form.text("uscc"))
        opened = await open_by_person(actor(request), about.uscc, kind, form.text("reason"))
    except SteelyardError as error:
        return await _list_page(request, form, error)
    return see_other(f"/console/cases/{opened}", N_("The case is open; somebody else decides it."))


async def shown(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    """The case with its evidence; `typed` holds the form of the decision that was refused."""
    case = await case_file(identifier)
    locale = locale_of(request)
    standing = await current(case.uscc)
    found = await finding(case.uscc) if case.kind is Kind.SHELL else None
    who = actor(request)
    today = local_date(who.at)
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
        **await rectifying(request, who, case),
        repair=await repair_of(who, identifier),
        contest=await contest(who, identifier, await people_of(Role.CENTRE)),
        sent=await letters_sent(who, identifier),
        may_answer=await may_answer(who, identifier),
        proposal=await proposed_delisting(identifier),
        takes_evidence=who.role is Role.CENTRE and case.state in UNDECIDED,
        counted=next((one for one in await marks(who, case.uscc) if one.case == case.id), None),
        person=who.person,
        barred=await _barred(request, identifier),
        heard=case.answered_at is not None or who.at >= case.answer_due,
        bounds={severity: first_and_last_end(severity, today) for severity in Severity},
        timeline=timeline(locale, (one for one in acts if one.act != "standing.published")),
        typed=form.typed,
        **refusal(request, error, _FIELDS | {"reason-missing": _reason_field(form)}),
    )


async def _barred(request: Asking, identifier: str) -> str:
    """Why the reader may not decide the case; empty for who may."""
    try:
        await impartial(actor(request), identifier)
    except Forbidden as error:
        return error_text(locale_of(request), error)
    return ""


def _reason_field(form: Form) -> str:
    return next((name for name in _REASONS if name in form.typed), "reason")


@get("/console/cases/{identifier:str}", **allow(Role.CENTRE))
async def case_page(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await shown(request, identifier, Form({}))


@post("/console/cases/{identifier:str}/dismissal", **allow(Role.CENTRE))
async def dismiss(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await dismiss_case(actor(request), identifier, form.text("reason"))
    except SteelyardError as error:
        return await shown(request, identifier, form, error)
    return see_other(f"/console/cases/{identifier}", N_("The case is dismissed."))


@post("/console/cases/{identifier:str}/delisting-proposal", **allow(Role.CENTRE))
async def propose(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        severity, until = form.choice("severity", *Severity), form.day("until")
        form.check()
        wanted = Proposal(severity, until, form.text("delist_reason"))
        await propose_delisting(actor(request), identifier, wanted)
    except SteelyardError as error:
        return await shown(request, identifier, form, error)
    return see_other(
        f"/console/cases/{identifier}", N_("The delisting is proposed; another person decides.")
    )


@post("/console/cases/{identifier:str}/delisting", **allow(Role.CENTRE))
async def decide_delisting(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """The second person adopts or refuses, by the button."""
    form = await submitted(request)
    try:
        if form.text("button") == "refuse":
            await refuse_delisting(actor(request), identifier, form.text("refuse_reason"))
            return see_other(
                f"/console/cases/{identifier}", N_("The proposed delisting is refused.")
            )
        await delist(actor(request), identifier)
    except SteelyardError as error:
        return await shown(request, identifier, form, error)
    return see_other(
        f"/console/cases/{identifier}",
        N_("The agency is delisted; its listings have left the public catalogue."),
    )


@post("/console/cases/{identifier:str}/objection-answer", **allow(Role.CENTRE))
async def answer_filed(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        outcome = form.choice("outcome", *Outcome)
        changed = outcome is Outcome.CHANGED
        given = GivenAnswer(
            outcome,
            form.text("answer_reason"),
            form.choice("severity", *Severity) if changed else None,
            form.day("until") if changed else None,
        )
        form.check()
        await answer_objection(actor(request), identifier, given)
    except SteelyardError as error:
        return await shown(request, identifier, form, error)
    return see_other(f"/console/cases/{identifier}", N_("The objection is answered."))


@post("/console/cases/{identifier:str}/rectification", **allow(Role.CENTRE))
async def rectify(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """The order, or the check of what was handed in, by the button."""
    form, who = await submitted(request), actor(request)
    done = N_("The rectification is ordered.")
    try:
        if form.text("button") == "order":
            await order_rectification(who, identifier, form.text("instructions"))
        else:
            passed = form.text("button") == "passed"
            found = Finding(passed, form.text("check_reason"))
            await check_rectification(who, identifier, found)
            done = N_("The check is recorded.")
    except SteelyardError as error:
        return await shown(request, identifier, form, error)
    return see_other(f"/console/cases/{identifier}", done)


ROUTES = [case_list, case_page, dismiss, propose, decide_delisting, answer_filed, rectify, open_one]
