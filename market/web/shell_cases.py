"""A shell case on the centre's table: its way step by step, and the form of what comes next."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import people_of, person_names
from market.agencies.queries import agency
from market.files.store import open_store, read_file
from market.settings import Settings
from market.web import shell_words
from market.web.case_evidence import change_of, strip_of, ties_of_case
from market.web.case_files import rectifying
from market.web.downloads import attachment
from market.web.forms import Form, refusal, submitted
from market.web.render import locale_of, page, see_other
from market.web.screens import OUTCOMES, evidence_rows
from market.web.shell_meanwhile import meanwhile
from market.web.text import error_text
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import Forbidden, SteelyardError
from ratings.ledger.text import N_
from ratings.sanctions.queries import case_file, impartial
from ratings.sanctions.rules import Severity, first_and_last_end
from ratings.shells import case_actions as acts
from ratings.shells.case_actions import ExcuseTerms, ProposedFinding
from ratings.shells.case_queries import ShellCase, registered_excuses, shell_case, stored_photo
from ratings.shells.case_way import Desk, Fate, Reply, ShellFinding
from ratings.shells.queries import finding
from ratings.shells.rescoring import kept_county
from ratings.shells.visit import checklist
from ratings.signals.contract import Excuse

_HERE = "/console/shell-cases"
_REASONS = {
    "desk": "desk_reason",
    "propose": "finding_reason",
    "refuse": "refuse_reason",
    "conclude": "fate_reason",
    "answer": "answer_reason",
}
_FIELDS = {
    "text-empty": "notice",
    "end-out-of-bounds": "until",
    "excuse-months": "to_month",
    "excuse-source": "source",
    "as-of-month": "from_month",
    "referral-incomplete": "document",
}
_PROGRESS = ("desk", "notice", "visit", "decision", "second", "referral", "outcome", "closed")


async def shell_page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    """The case; `form` is what was typed into the step that was refused."""
    who = actor(request)
    case = await shell_case(identifier, who.at)
    found = await finding(case.uscc)
    names = await person_names([case.opened_by, case.owner, *(one.by for one in case.steps)])
    officers = await person_names(await people_of(Role.CENTRE))
    reason = _REASONS.get(form.text("step"), "reason")
    return page(
        request,
        "centre/shell_case.html",
        status=error.status if error else 200,
        case=case,
        agency=await agency(case.uscc),
        finding=found,
        kept_county=await kept_county(case.uscc),
        evidence=evidence_rows(locale_of(request), found) if found else [],
        strip=await strip_of(request, found),
        change=await change_of(request, found),
        ties=await ties_of_case(request, case.uscc, own=False),
        outcomes=OUTCOMES,
        names=names,
        officers=sorted(officers.items(), key=lambda one: one[1]),
        own=case.owner == who.person,
        barred=await _barred(request, case),
        person=who.person,
        excuses=await registered_excuses(case.uscc),
        bounds={one: first_and_last_end(one, local_date(who.at)) for one in Severity},
        words=shell_words,
        questions={one.code: one for one in checklist()},
        stages=_stages(case),
        typed=form.typed,
        **meanwhile(case, form, error),
        **await rectifying(request, who, await case_file(identifier)),
        **refusal(request, error, _FIELDS | {"reason-missing": reason}),
    )


def _stages(case: ShellCase) -> tuple[list[str], int]:
    """The stages of the case's way as the row of steps shows them, and the one it is at."""
    decided = case.last("decided")
    short = case.closed and (decided is None or decided.result != ShellFinding.SHELL)
    kept = _PROGRESS[:5] if short or not decided else _PROGRESS[:-1]
    names = [shell_words.STAGES[one] for one in kept]
    at = len(names) + 1 if case.closed else list(kept).index(case.stage) + 1
    return names, at


async def _barred(request: Asking, case: ShellCase) -> str:
    """Why the reader may take no step; empty for who may."""
    try:
        await impartial(actor(request), case.id)
    except Forbidden as error:
        return error_text(locale_of(request), error)
    return ""


@get(_HERE + "/{identifier:str}", **allow(Role.CENTRE))
async def show(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await shell_page(request, identifier, Form({}))


async def _assign(who: Actor, case: str, form: Form) -> str:
    officer = form.choice("owner", *await people_of(Role.CENTRE))
    form.check()
    await acts.assign(who, case, officer)
    return N_("The case is given to the officer.")


async def _desk(who: Actor, case: str, form: Form) -> str:
    result = form.choice("desk", *Desk)
    form.check()
    seen = form.versions("version")
    await acts.check_at_desk(who, case, result, form.text("desk_reason"), seen)
    return N_("The desk check is recorded.")


async def _notice(who: Actor, case: str, form: Form) -> str:
    await acts.give_notice(who, case, form.text("notice"))
    return N_("The agency has its notice, and ten working days to explain.")


async def _propose(who: Actor, case: str, form: Form) -> str:
    wanted = form.choice("finding", *ShellFinding)
    excuse = severity = until = None
    if wanted is ShellFinding.EXCUSE:
        kind = form.choice("kind", *Excuse)
        form.required("from_month", "source")
        months = (form.text("from_month"), form.text("to_month"))
        excuse = ExcuseTerms(kind, *months, form.text("source"))
    if wanted is ShellFinding.SHELL:
        severity, until = form.choice("severity", *Severity), form.day("until")
    form.check()
    proposed = ProposedFinding(wanted, form.text("finding_reason"), excuse, severity, until)
    await acts.propose_finding(who, case, proposed, form.versions("version"))
    return N_("The finding is proposed; another person decides.")


async def _adopt(who: Actor, case: str, form: Form) -> str:
    await acts.decide_finding(who, case, form.versions("version"))
    return N_("The case is decided.")


async def _refuse(who: Actor, case: str, form: Form) -> str:
    await acts.refuse_finding(who, case, form.text("refuse_reason"), form.versions("version"))
    return N_("The proposal is not adopted; the case waits on.")


async def _refer(who: Actor, case: str, form: Form) -> str:
    await acts.refer(who, case, form.text("registrar"), form.text("document"))
    return N_("The referral is recorded.")


async def _conclude(who: Actor, case: str, form: Form) -> str:
    fate = form.choice("fate", *Fate)
    form.check()
    await acts.conclude(who, case, fate, form.text("fate_reason"))
    return N_("The outcome is recorded.")


async def _answer(who: Actor, case: str, form: Form) -> str:
    against, reply = form.whole("against"), form.choice("reply", *Reply)
    form.check()
    reason, seen = form.text("answer_reason"), form.versions("version")
    await acts.answer_step_objection(who, case, against, reply, reason, seen)
    return N_("The objection is answered.")


_STEPS: dict[str, Callable[[Actor, str, Form], Awaitable[str]]] = {
    "assign": _assign,
    "desk": _desk,
    "notice": _notice,
    "propose": _propose,
    "adopt": _adopt,
    "refuse": _refuse,
    "refer": _refer,
    "conclude": _conclude,
    "answer": _answer,
}


@post(_HERE + "/{identifier:str}", **allow(Role.CENTRE))
async def take_step(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """The step that the form names. Who judges has read the version that the form carries, as the
    API asks in If-Match."""
    form, who = await submitted(request), actor(request)
    await shell_case(identifier, who.at)
    try:
        name = form.choice("step", *_STEPS)
        form.check()
        told = await _STEPS[name](who, identifier, form)
    except SteelyardError as error:
        return await shell_page(request, identifier, form, error)
    return see_other(f"{_HERE}/{identifier}", told)


@get("/visit-photos/{identifier:str}", **allow(Role.AGENCY, Role.SUPERVISOR, Role.CENTRE))
async def download_photo(request: Asking, identifier: FromPath[str]) -> Stream:
    """Always as an attachment, like every file that was sent here."""
    file = await stored_photo(actor(request), identifier)
    store = open_store(cast(Settings, request.app.state.settings).files)
    return attachment(
        read_file(store, file.storage_key),
        filename=file.filename,
        media_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
    )


ROUTES = [show, take_step, download_photo]
