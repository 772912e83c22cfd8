"""Proposing fee standards: the workbook out and in, the curve beside the old, the decision."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.standard_impact import listings_leaving
from market.catalogue.fees import Facts
from market.catalogue.sheet_reading import MOST_BYTES
from market.catalogue.sheet_tables import standard_of
from market.catalogue.sheet_writing import workbook_of
from market.catalogue.standard_proposals import (
    decide_proposal,
    draft_standard,
    submit_proposal,
    withdraw_proposal,
)
from market.catalogue.standard_versions import proposals, proposed, standard_on, standards_on
from market.web import asked
from market.web.curve import curve_of
from market.web.downloads import workbook
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import Refused, SteelyardError
from ratings.ledger.text import N_

_HERE = "/fee-proposals"
_OFFICIALS = (Role.SUPERVISOR, Role.CENTRE)
STATES = {
    "draft": (N_("Draft"), ""),
    "proposed": (N_("Waits for a decision"), "warn"),
    "adopted": (N_("Adopted"), "ok"),
    "refused": (N_("Refused"), "seal"),
    "withdrawn": (N_("Withdrawn"), ""),
}
PLACES = {
    "above": N_("above the range"),
    "below": N_("below the range"),
    "unknown": N_("beyond the table"),
}


async def _list(request: Asking, error: SteelyardError | None = None) -> Response[str]:
    who = actor(request)
    told = refusal(request, error)
    cells = []
    if error is not None and error.code == "bad-fee-sheet":
        for pointer, text in told["faults"]:
            _, sheet, cell = pointer.split("/")
            cells.append((sheet, cell, text))
    return page(
        request,
        "fees/proposals.html",
        status=error.status if error else 200,
        proposals=await proposals(who),
        standards=list((await standards_on(local_date(who.at))).values()),
        states=STATES,
        cells=cells,
        may_propose=who.role is not Role.AUDITOR,
        **told,
    )


@get(_HERE, **allow(*_OFFICIALS))
async def index(request: Asking) -> Response[str]:
    return await _list(request)


@get("/exports/fee-standard.xlsx", **allow(*_OFFICIALS))
async def download(request: Asking) -> Stream:
    """The standard that the address names, as it is in force; an empty workbook without one."""
    code = asked.word(request, "code")
    standard = await standard_on(code, local_date(actor(request).at)) if code else None
    name = f"{standard.code if standard else 'fee-standard'}.xlsx"
    return workbook(await asyncio.to_thread(workbook_of, standard), name)


@post("/fee-drafts", **allow(*_OFFICIALS))
async def upload(request: Asking) -> Response[Any]:
    try:
        file = (await request.form()).get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Refused("file-missing", "Choose a file first.")
        data = await file.read(MOST_BYTES + 1)
        standard = await asyncio.to_thread(standard_of, data)
        made = await draft_standard(actor(request), standard)
    except SteelyardError as error:
        return await _list(request, error)
    return see_other(f"{_HERE}/{made.proposal}", N_("The draft is kept. Look at it and submit it."))


async def _show(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    found = await proposed(actor(request), identifier)
    record, before = found.record, found.before
    kept = {} if before is None else before.kinds
    changed = [
        code for code, kind in record.kinds.items() if code not in kept or kind != kept[code]
    ]
    name = asked.one_of(request, "kind", tuple(record.kinds)) or (changed or list(record.kinds))[0]
    return page(
        request,
        "fees/proposal.html",
        status=error.status if error else 200,
        one=found,
        record=record,
        before=before,
        name=name,
        changed=changed,
        curve=curve_of(record, Facts(kind=name), old=before),
        leaving=await listings_leaving(record),
        states=STATES,
        places=PLACES,
        typed=form.typed,
        **refusal(request, error, {"reason-missing": "reason"}),
    )


@get(f"{_HERE}/{{proposal:str}}", **allow(*_OFFICIALS))
async def show(request: Asking, proposal: FromPath[str]) -> Response[str]:
    return await _show(request, proposal, Form({}))


async def _acted(
    request: Asking, identifier: str, form: Form, act: Awaitable[None], told: str
) -> Response[Any]:
    try:
        await act
    except SteelyardError as error:
        return await _show(request, identifier, form, error)
    return see_other(f"{_HERE}/{identifier}", told)


@post(f"{_HERE}/{{proposal:str}}/submission", **allow(*_OFFICIALS))
async def submit(request: Asking, proposal: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    act = submit_proposal(actor(request), proposal, form.text("reason"), form.versions("version"))
    told = N_("It is submitted. Another person of the centre decides it.")
    return await _acted(request, proposal, form, act, told)


@post(f"{_HERE}/{{proposal:str}}/withdrawal", **allow(*_OFFICIALS))
async def withdraw(request: Asking, proposal: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    act = withdraw_proposal(actor(request), proposal, form.versions("version"))
    return await _acted(request, proposal, form, act, N_("The proposal is withdrawn."))


async def _decide(request: Asking, identifier: str, told: str, *, adopt: bool) -> Response[Any]:
    form = await submitted(request)
    act = decide_proposal(
        actor(request),
        identifier,
        adopt=adopt,
        reason=form.text("reason"),
        expected=form.versions("version"),
    )
    return await _acted(request, identifier, form, act, told)


@post(f"{_HERE}/{{proposal:str}}/adoption", **allow(Role.CENTRE))
async def adopt(request: Asking, proposal: FromPath[str]) -> Response[Any]:
    told = N_("The standard is adopted and takes effect on its day.")
    return await _decide(request, proposal, told, adopt=True)


@post(f"{_HERE}/{{proposal:str}}/refusal", **allow(Role.CENTRE))
async def refuse(request: Asking, proposal: FromPath[str]) -> Response[Any]:
    return await _decide(request, proposal, N_("The proposal is refused."), adopt=False)


ROUTES = [index, download, show, submit, withdraw, adopt, refuse]
UPLOADS = [upload]
