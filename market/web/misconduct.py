"""Acts that count against agencies: the list, the warnings in force, and reporting one."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency, agency_names
from market.files.kinds import KINDS
from market.files.store import Stored
from market.web.cases import shown
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from market.web.uploads import uploaded
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.sanctions import misconduct
from ratings.sanctions.documents import Document, add_document, own_case
from ratings.sanctions.misconduct_actions import ReportedAct, report_act, uphold_act
from ratings.sanctions.misconduct_queries import warnings_in_force

_FIELDS = {
    "agency-unknown": "uscc",
    "act-unknown": "act",
    "document-missing": "document",
    "act-reported": "document",
    "reason-missing": "reason",
}


async def _page(request: Asking, form: Form, error: SteelyardError | None = None) -> Response[str]:
    found = await warnings_in_force(actor(request).at)
    return page(
        request,
        "oversight/misconduct.html",
        status=error.status if error else 200,
        grades=[
            (grade, [one for one in misconduct.ACTS if one.grade is grade])
            for grade in misconduct.Grade
        ],
        limits=misconduct,
        warnings=found,
        names=await agency_names(one.uscc for one in found),
        may_report=actor(request).role in (Role.CENTRE, Role.SUPERVISOR),
        file_endings=",".join(KINDS),
        typed=form.typed,
        **refusal(request, error, _FIELDS),
    )


@get("/misconduct", **allow(Role.PUBLIC))
async def show(request: Asking) -> Response[str]:
    return await _page(request, Form({}))


@post("/misconduct/report", **allow(Role.CENTRE, Role.SUPERVISOR))
async def report(request: Asking) -> Response[Any]:
    """With one file of evidence, or without."""
    form, who = await submitted(request), actor(request)
    file = (await request.form()).get("file")
    try:
        form.required("uscc", "act", "document", "reason")
        form.check()
        about = await agency(form.text("uscc"))
        told = ReportedAct(about.uscc, form.text("act"), form.text("document"), form.text("reason"))
        if isinstance(file, UploadFile) and file.filename:
            case = await uploaded(
                request, lambda stored: report_act(who, told, _document(stored)), folder="cases"
            )
        else:
            case = await report_act(who, told)
    except SteelyardError as error:
        return await _page(request, form, error)
    place = f"/console/cases/{case}" if who.role is Role.CENTRE else "/workspace"
    return see_other(place, N_("The act is reported; the agency is heard, and others decide."))


@post("/console/cases/{identifier:str}/upholding", **allow(Role.CENTRE))
async def uphold(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await uphold_act(actor(request), identifier, form.text("uphold_reason"))
    except SteelyardError as error:
        return await shown(request, identifier, form, error)
    return see_other(
        f"/console/cases/{identifier}", N_("Decided; it counts once nothing can change it.")
    )


@post("/console/cases/{identifier:str}/documents", **allow(Role.CENTRE))
async def put_in_evidence(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    who = actor(request)
    try:
        await own_case(who, identifier)
        await uploaded(
            request,
            lambda stored: add_document(who, identifier, _document(stored)),
            folder="cases",
        )
    except SteelyardError as error:
        return await shown(request, identifier, Form({}), error)
    return see_other(f"/console/cases/{identifier}", N_("The file is in the case."))


def _document(stored: Stored) -> Document:
    return msgspec.convert(stored, Document, from_attributes=True)


ROUTES = [show, uphold]
UPLOADS = [report, put_in_evidence]
