"""A shell case at the agency's own desk: what was found, its explanation, and its objections."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.web import shell_words
from market.web.case_evidence import change_of, strip_of, ties_of_case
from market.web.case_files import rectifying
from market.web.forms import Form, refusal, submitted
from market.web.render import locale_of, page, see_other
from market.web.screens import OUTCOMES, evidence_rows, rescored_page
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.sanctions.queries import visible_case_file
from ratings.shells.case_actions import explain, object_to_step
from ratings.shells.case_queries import case_over, visible_shell_case
from ratings.shells.queries import finding
from ratings.shells.rescoring import kept_county
from ratings.shells.visit import checklist

_HERE = "/workspace/shell-cases/{identifier:str}"


async def _page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    who = actor(request)
    case = await visible_shell_case(who, identifier)
    found = await finding(case.uscc)
    field = "objection" if "objection" in form.typed else "explanation"
    return page(
        request,
        "agency/shell_case.html",
        status=error.status if error else 200,
        case=case,
        now=who.at,
        finding=found,
        evidence=evidence_rows(locale_of(request), found) if found else [],
        strip=await strip_of(request, found),
        change=await change_of(request, found),
        ties=await ties_of_case(request, case.uscc, own=True),
        kept_county=await kept_county(case.uscc),
        outcomes=OUTCOMES,
        words=shell_words,
        questions={one.code: one for one in checklist()},
        typed=form.typed,
        **await rectifying(request, who, await visible_case_file(who, identifier)),
        **refusal(request, error, {"text-empty": field}),
    )


@get(_HERE, **allow(Role.AGENCY))
async def own_shell_case(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _page(request, identifier, Form({}))


@get(f"{_HERE}/now", **allow(Role.AGENCY))
async def own_score_now(request: Asking, identifier: FromPath[str]) -> Response[str]:
    """What officials see of the agency, for the agency itself while its case runs."""
    case = await visible_shell_case(actor(request), identifier)
    if case.closed:
        raise case_over(case)
    return await rescored_page(request, "agency/rescored.html", case.uscc, case=case, own=True)


@post(_HERE, **allow(Role.AGENCY))
async def speak(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """An explanation, or an objection to the step that the form names."""
    form, who = await submitted(request), actor(request)
    await visible_shell_case(who, identifier)
    objects = "objection" in form.typed
    try:
        if objects:
            against = form.whole("against")
            form.check()
            await object_to_step(who, identifier, against, form.text("objection"))
        else:
            await explain(who, identifier, form.text("explanation"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other(
        f"/workspace/shell-cases/{identifier}",
        N_("Your objection is filed; another person answers it.")
        if objects
        else N_("Your explanation is with the centre."),
    )


ROUTES = [own_shell_case, own_score_now, speak]
