"""The centre's console: admissions, who supervises which package, outside events, the ledger."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import organisation_names, supervisors
from market.agencies.actions import decide_admission
from market.agencies.queries import (
    agency,
    agency_names,
    awaiting_admission,
    contact,
    name_check,
    qualifications,
    refused_admissions,
)
from market.catalogue.actions import assign_supervisor
from market.catalogue.package_queries import drafts
from market.catalogue.queries import packages
from market.web import asked, words
from market.web.decisions import OF_THE_MARKET, latest_decisions
from market.web.forms import Form, refusal, submitted
from market.web.history import timeline
from market.web.render import locale_of, page, see_other
from ratings.evaluations.queries import awaiting
from ratings.ledger.actors import Actor, Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.queries import history, latest
from ratings.ledger.text import N_
from ratings.sanctions.objection_lists import waiting_objections
from ratings.sanctions.queries import case_files
from ratings.sanctions.rules import UNDECIDED
from ratings.shells.queries import latest_screen
from ratings.stars.actions import ReportedEvent, report_event
from ratings.stars.event_proposals import SIGN_TEXT
from ratings.stars.feedback import Cap, Severity
from ratings.stars.proposal_queries import OPEN, event_proposals
from ratings.stars.queries import distribution

_LEDGER_ENTRIES = 40
_SHOWN = 8
_PROPOSALS = 200
# What the overview tells: decisions and arrivals, not the daily run of standings.
_NEWS = (*OF_THE_MARKET, "agency.applied", "agency.refused", "case.opened", "case.answered")


@get("/console", **allow(Role.CENTRE))
async def console(request: Asking) -> Response[str]:
    who = actor(request)
    waiting = await waiting_objections(who.at)
    undecided = [case for state in (*UNDECIDED, "asked") for case in await case_files(state=state)]
    return page(
        request,
        "centre/console.html",
        applicants=await awaiting_admission(),
        cases=undecided[:_SHOWN],
        open_cases=len(undecided),
        waiting=waiting,
        names=await agency_names([one.uscc for one in undecided] + [one.uscc for one in waiting]),
        dockets=await _dockets(who),
        screen=await latest_screen(),
        distribution=await distribution(),
        timeline=[
            {**one, "title": f"{one['title']} · {one['about']}"}
            for one in await latest_decisions(locale_of(request), _NEWS, _SHOWN)
        ],
    )


async def _dockets(who: Actor) -> list[Any]:
    """What the centre has to answer; an auditor is asked nothing."""
    return await awaiting(who) if who.role is Role.CENTRE else []


@get("/console/evaluations", **allow(Role.CENTRE))
async def evaluations(request: Asking) -> Response[str]:
    return page(request, "centre/evaluations.html", dockets=await _dockets(actor(request)))


@get("/console/admissions", **allow(Role.CENTRE))
async def admissions(request: Asking) -> Response[str]:
    return page(
        request,
        "centre/admissions.html",
        applicants=await awaiting_admission(),
        refused=await refused_admissions(),
    )


async def _admission_page(
    request: Asking, uscc: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    applicant = await agency(uscc)
    return page(
        request,
        "centre/admission.html",
        status=error.status if error else 200,
        agency=applicant,
        contact=await contact(uscc),
        qualifications=await qualifications(uscc),
        name_check=await name_check(uscc),
        timeline=timeline(locale_of(request), await history("agency", uscc)),
        typed=form.typed,
        **refusal(request, error, {"reason-missing": "reason"}),
    )


@get("/console/admissions/{uscc:str}", **allow(Role.CENTRE))
async def admission(request: Asking, uscc: FromPath[str]) -> Response[str]:
    return await _admission_page(request, asked.plain(uscc), Form({}))


@post("/console/admissions/{uscc:str}", **allow(Role.CENTRE))
async def decide(request: Asking, uscc: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    admit = form.text("decision") == "admit"
    try:
        if form.text("decision") not in ("admit", "refuse"):
            form.fault("decision", "missing", "Please choose.")
        form.check()
        await decide_admission(actor(request), uscc, admit=admit, reason=form.text("reason"))
    except SteelyardError as error:
        return await _admission_page(request, asked.plain(uscc), form, error)
    return see_other(
        "/console/admissions",
        N_("The agency is admitted.") if admit else N_("The admission is refused."),
    )


async def _packages_page(
    request: Asking, error: SteelyardError | None = None, chosen: dict[str, str] | None = None
) -> Response[str]:
    """`chosen` is what was asked for a package and refused: it stays chosen."""
    found = await packages()
    return page(
        request,
        "centre/packages.html",
        status=error.status if error else 200,
        packages=found,
        known={one.code for one in found},
        drafts=await drafts(),
        departments=await supervisors(),
        chosen=chosen or {},
        **refusal(request, error),
    )


@get("/console/packages", **allow(Role.CENTRE))
async def package_supervisors(request: Asking) -> Response[str]:
    return await _packages_page(request)


@post("/console/packages/{code:str}/supervisor", **allow(Role.CENTRE))
async def name_supervisor(request: Asking, code: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await assign_supervisor(
            actor(request), code, form.text("supervisor"), form.versions("version")
        )
    except SteelyardError as error:
        return await _packages_page(request, error, {code: form.text("supervisor")})
    return see_other("/console/packages", N_("The supervising department is named."))


async def _events_page(
    request: Asking, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    fields = {
        "uscc-length": "uscc",
        "uscc-character": "uscc",
        "uscc-region": "uscc",
        "uscc-check": "uscc",
        "event-later": "on",
        "document-missing": "document",
        "event-known": "document",
    }
    proposed = await event_proposals(state=OPEN, limit=_PROPOSALS)
    return page(
        request,
        "centre/events.html",
        status=error.status if error else 200,
        proposed=proposed,
        signs=SIGN_TEXT,
        names=await agency_names(one.uscc for one in proposed),
        severities=tuple(Severity),
        caps=tuple(Cap),
        typed=form.typed,
        **refusal(request, error, fields),
    )


@get("/console/events", **allow(Role.CENTRE))
async def events(request: Asking) -> Response[str]:
    return await _events_page(request, Form({"uscc": asked.word(request, "uscc")}))


@post("/console/events", **allow(Role.CENTRE))
async def take_in_event(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("uscc", "source", "document")
        event = ReportedEvent(
            uscc=form.text("uscc"),
            on=form.day("on"),
            source=form.text("source"),
            document=form.text("document"),
            severity=form.choice("severity", *Severity),
            cap=form.choice("cap", *Cap),
        )
        form.check()
        await report_event(actor(request), event)
    except SteelyardError as error:
        return await _events_page(request, form, error)
    return see_other("/console/events", N_("The event is taken in; the standing follows."))


@get("/console/ledger", **allow(Role.CENTRE))
async def ledger(request: Asking) -> Response[str]:
    act = asked.one_of(request, "act", tuple(words.ACTS))
    entries = await latest(_LEDGER_ENTRIES, (act,) if act else ())
    organisations = [entry.organisation for entry in entries if entry.organisation]
    return page(
        request,
        "centre/ledger.html",
        entries=entries,
        organisations=await organisation_names(organisations),
        agencies=await agency_names(
            entry.subject for entry in entries if entry.subject_kind == "agency"
        ),
        act=act,
    )


ROUTES = [
    console,
    evaluations,
    admissions,
    admission,
    decide,
    package_supervisors,
    name_supervisor,
    events,
    take_in_event,
    ledger,
]
