"""The report of a site visit: a form for a phone that is filled in where there is no network.

The page is loaded once; the script keeps what is typed in the browser until the report has been
sent. Without a script the form works as any other, and the page prints as a sheet to fill in.
"""

from typing import Any, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency
from market.settings import Settings
from market.web import shell_words
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from market.web.uploads import uploaded_all
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import Conflict, SteelyardError
from ratings.ledger.text import N_
from ratings.sanctions.documents import Document
from ratings.shells.case_actions import MOST_PHOTOS, Visit, report_visit
from ratings.shells.case_queries import shell_case
from ratings.shells.case_way import Seen, Stage
from ratings.shells.visit import ANSWERS, checklist

_HERE = "/console/shell-cases/{identifier:str}/visit"
_FIELDS = {"text-empty": "note", "visit-photos": "photos"}


async def _form(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    who = actor(request)
    case = await shell_case(identifier, who.at)
    settings = cast(Settings, request.app.state.settings)
    return page(
        request,
        "centre/visit.html",
        status=error.status if error else 200,
        case=case,
        agency=await agency(case.uscc),
        waits=case.stage in (Stage.VISIT, Stage.DECISION),
        questions=checklist(),
        words=shell_words,
        answers=ANSWERS,
        results=tuple(Seen),
        first_day=local_date(case.opened_at),
        today=local_date(who.at),
        most_photos=MOST_PHOTOS,
        most_mb=settings.max_upload_bytes // (1024 * 1024),
        typed=form.typed,
        **refusal(request, error, _FIELDS),
    )


@get(_HERE, **allow(Role.CENTRE))
async def visit_form(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _form(request, identifier, Form({}))


@post(_HERE + "-report", **allow(Role.CENTRE))
async def send_visit(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """Refused out of turn before any photo is stored."""
    who = actor(request)
    case = await shell_case(identifier, who.at)
    form = Form({})
    try:
        if case.stage not in (Stage.VISIT, Stage.DECISION):
            raise Conflict("shell-step-order", "This case does not wait for that step now.")
        form = await submitted(request)
        visit = _read(form)
        await uploaded_all(
            request,
            "photos",
            lambda stored: report_visit(
                who,
                identifier,
                visit,
                [msgspec.convert(one, Document, from_attributes=True) for one in stored],
                min(form.versions("version"), default=None),
            ),
            folder="visits",
            most=MOST_PHOTOS,
        )
    except SteelyardError as error:
        return await _form(request, identifier, form, error)
    return see_other(f"/console/shell-cases/{identifier}", N_("The visit is recorded."))


def _read(form: Form) -> Visit:
    result, on = form.choice("result", *Seen), form.day("on")
    latitude, longitude = form.decimal("latitude"), form.decimal("longitude")
    form.check()
    return Visit(
        result=result,
        on=on,
        checklist={one.code: form.text(one.code) for one in checklist()},
        note=form.text("note"),
        latitude=None if latitude is None else float(latitude),
        longitude=None if longitude is None else float(longitude),
    )


ROUTES = [visit_form]
UPLOADS = [send_visit]
