"""An agency's own cases: its answer, its objections, and what it was ordered to rectify."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import people_of
from market.web.case_files import rectifying
from market.web.forms import Form, refusal, submitted
from market.web.letters import letters_sent
from market.web.render import page, see_other
from market.web.uploads import uploaded
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.sanctions import documents
from ratings.sanctions.actions import answer_case
from ratings.sanctions.documents import Document
from ratings.sanctions.objection_actions import file_objection
from ratings.sanctions.objection_queries import contest
from ratings.sanctions.queries import visible_case_file
from ratings.sanctions.rectification_actions import file_evidence, file_plan
from ratings.sanctions.repair_queries import repair_of

_FIELDS = {"answer-empty": "answer", "objection-empty": "objection"}


async def _case_page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    who = actor(request)
    case = await visible_case_file(who, identifier)
    return page(
        request,
        "agency/case.html",
        status=error.status if error else 200,
        case=case,
        now=who.at,
        contest=await contest(who, identifier, await people_of(Role.CENTRE)),
        **await rectifying(request, who, case),
        sent=await letters_sent(who, identifier),
        repair=await repair_of(who, identifier),
        typed=form.typed,
        **refusal(request, error, _FIELDS | {"text-empty": _of_the_order(form)}),
    )


def _of_the_order(form: Form) -> str:
    return "plan" if "plan" in form.typed else "evidence"


@get("/workspace/cases/{identifier:str}", **allow(Role.AGENCY))
async def own_case(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _case_page(request, identifier, Form({}))


@post("/workspace/cases/{identifier:str}", **allow(Role.AGENCY))
async def answer_own_case(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await answer_case(actor(request), identifier, form.text("answer"))
    except SteelyardError as error:
        return await _case_page(request, identifier, form, error)
    return see_other(f"/workspace/cases/{identifier}", N_("Your answer is with the centre."))


@post("/workspace/cases/{identifier:str}/objection", **allow(Role.AGENCY))
async def object_to_own(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await file_objection(actor(request), identifier, form.text("objection"))
    except SteelyardError as error:
        return await _case_page(request, identifier, form, error)
    return see_other(
        f"/workspace/cases/{identifier}",
        N_("Your objection is filed, and another person answers it."),
    )


@post("/workspace/cases/{identifier:str}/rectification", **allow(Role.AGENCY))
async def report_rectification(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """The plan or the evidence, by the field that the form has."""
    form, who = await submitted(request), actor(request)
    asked = _of_the_order(form)
    file = file_plan if asked == "plan" else file_evidence
    try:
        await file(who, identifier, form.text(asked))
    except SteelyardError as error:
        return await _case_page(request, identifier, form, error)
    return see_other(
        f"/workspace/cases/{identifier}",
        N_("Your plan is with the centre.")
        if asked == "plan"
        else N_("Your evidence waits for the check."),
    )


@post("/workspace/cases/{identifier:str}/documents", **allow(Role.AGENCY))
async def upload_document(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """Refused unless the case is the agency's own: nobody else's file is even stored."""
    who = actor(request)
    try:
        await documents.own_case(who, identifier)
        await uploaded(
            request,
            lambda stored: documents.add_document(
                who, identifier, msgspec.convert(stored, Document, from_attributes=True)
            ),
            folder="cases",
        )
    except SteelyardError as error:
        return await _case_page(request, identifier, Form({}), error)
    return see_other(f"/workspace/cases/{identifier}", N_("The file is in the case."))


ROUTES = [own_case, answer_own_case, object_to_own, report_rectification]
UPLOADS = [upload_document]
