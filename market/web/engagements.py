"""The work as its parties see it: the list, one engagement, and the acts on it."""

from collections.abc import Mapping
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import contact
from market.catalogue.queries import package
from market.catalogue.standard_versions import newest_standards
from market.engagements import actions, queries
from market.engagements.dispute_actions import NewDispute, open_dispute, resolve_dispute
from market.engagements.dispute_queries import disputes_of, engagement_of
from market.files.kinds import KINDS
from market.files.store import open_store, read_file
from market.settings import Settings
from market.web import asked
from market.web.downloads import attachment
from market.web.forms import refusal, submitted
from market.web.history import timeline
from market.web.project import figures
from market.web.render import locale_of, page, see_other
from market.web.uploads import uploaded
from ratings.evaluations.indicators import INDICATORS
from ratings.evaluations.queries import docket_of_engagement
from ratings.evaluations.rules import parties_asked
from ratings.evaluations.switch_queries import shown_answers
from ratings.integrity.rerating_queries import reratings_of_docket
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.ledger.queries import history
from ratings.ledger.text import N_

STATES = ("running", "delivered", "accepted", "settled")
_PER_PAGE = 20
_PARTIES = (Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE)


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


@get("/engagements", **allow(*_PARTIES))
async def engagement_list(request: Asking) -> Response[str]:
    wanted, at = asked.one_of(request, "state", STATES), asked.page_number(request)
    found = await queries.engagements(
        actor(request), state=wanted, limit=_PER_PAGE + 1, offset=(at - 1) * _PER_PAGE
    )
    return page(
        request,
        "engagement/list.html",
        engagements=found[:_PER_PAGE],
        state=wanted,
        number=at,
        more=len(found) > _PER_PAGE,
        states=STATES,
    )


async def _page(
    request: Asking,
    identifier: str,
    error: SteelyardError | None = None,
    typed: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
) -> Response[str]:
    """One engagement with everything its parties may see and do; `fields` say which field an
    error is about."""
    who = actor(request)
    row = await queries.engagement(who, identifier)
    docket = await docket_of_engagement(who, row.id)
    bought = await package(row.package)
    acts = await history("engagement", row.id)
    if docket:
        acts += await history("docket", docket.id)
    return page(
        request,
        "engagement/show.html",
        status=error.status if error else 200,
        engagement=row,
        began=local_date(row.started_at),
        figures=figures(bought.record, row.facts, await newest_standards()),
        milestones=await queries.milestones(row.id),
        deliverables=await queries.deliverables(row.id),
        contact=await contact(row.agency),
        disputes=await disputes_of(row.id),
        docket=docket,
        asked=parties_asked(docket.owner, docket.supervisor) if docket else (),
        answers={one.party: one for one in await shown_answers(who, docket.id)} if docket else {},
        reratings=await reratings_of_docket(who, docket.id) if docket else (),
        indicators={indicator.code: indicator for indicator in INDICATORS},
        timeline=timeline(locale_of(request), acts),
        is_owner=who.organisation == row.owner,
        is_agency=who.uscc == row.agency,
        now=who.at,
        file_endings=",".join(KINDS),
        most_mb=_settings(request).max_upload_bytes // (1024 * 1024),
        typed=typed or {},
        **refusal(request, error, fields),
    )


@get("/engagements/{identifier:str}", **allow(*_PARTIES))
async def engagement_page(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _page(request, identifier)


@post("/engagements/{identifier:str}/milestones/{position:int}", **allow(Role.AGENCY))
async def report_milestone(
    request: Asking, identifier: FromPath[str], position: FromPath[int]
) -> Response[Any]:
    form = await submitted(request)
    note = form.text("note")
    try:
        await actions.report_milestone(actor(request), identifier, position, note)
    except SteelyardError as error:
        return await _page(request, identifier, error, {f"note-{position}": note})
    return see_other(f"/engagements/{identifier}", N_("The milestone is reported."))


@post("/engagements/{identifier:str}/deliverables", **allow(Role.AGENCY))
async def upload_deliverable(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """Refused unless the engagement is the agency's own: nobody else's file is even stored."""
    who = actor(request)
    try:
        await queries.engagement(who, identifier)
        await uploaded(
            request,
            lambda stored: actions.add_deliverable(who, identifier, stored),
            folder="deliverables",
        )
    except SteelyardError as error:
        return await _page(request, identifier, error)
    return see_other(f"/engagements/{identifier}", N_("The deliverable is uploaded."))


@get("/deliverables/{identifier:str}", **allow(*_PARTIES))
async def download_deliverable(request: Asking, identifier: FromPath[str]) -> Stream:
    """Always as an attachment: nothing a party uploads is ever shown inside this site."""
    file = await queries.stored_file(actor(request), identifier)
    store = open_store(_settings(request).files)
    return attachment(
        read_file(store, file.storage_key),
        filename=file.filename,
        media_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
    )


@post("/engagements/{identifier:str}/acceptance", **allow(Role.ENTERPRISE))
async def accept(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    try:
        await actions.accept(actor(request), identifier)
    except SteelyardError as error:
        return await _page(request, identifier, error)
    return see_other(
        f"/engagements/{identifier}",
        N_("You have accepted the work. Settle once the fee is paid."),
    )


@post("/engagements/{identifier:str}/settlement", **allow(Role.ENTERPRISE))
async def settle(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    try:
        docket = await actions.settle(actor(request), identifier)
    except SteelyardError as error:
        return await _page(request, identifier, error)
    return see_other(
        f"/evaluations/{docket}",
        N_("The engagement is settled. Please evaluate the agency's work."),
    )


@post("/engagements/{identifier:str}/disputes", **allow(Role.ENTERPRISE, Role.AGENCY))
async def record_dispute(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    subject, text = form.text("subject"), form.text("text")
    try:
        await open_dispute(actor(request), identifier, NewDispute(subject, text))
    except SteelyardError as error:
        field = "text" if subject.strip() else "subject"
        told = dict.fromkeys(("dispute-text-missing", "dispute-text-long"), field)
        return await _page(request, identifier, error, {"subject": subject, "text": text}, told)
    return see_other(f"/engagements/{identifier}", N_("The dispute is recorded."))


@post("/disputes/{dispute:str}/resolution", **allow(Role.ENTERPRISE, Role.AGENCY, Role.CENTRE))
async def settle_dispute(request: Asking, dispute: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    identifier, field = await engagement_of(actor(request), dispute), f"outcome-{dispute}"
    try:
        await resolve_dispute(actor(request), dispute, form.text(field))
    except SteelyardError as error:
        told = dict.fromkeys(("dispute-text-missing", "dispute-text-long"), field)
        return await _page(request, identifier, error, {field: form.text(field)}, told)
    return see_other(f"/engagements/{identifier}", N_("The dispute is settled."))


ROUTES = [
    engagement_list,
    engagement_page,
    report_milestone,
    download_deliverable,
    accept,
    settle,
    record_dispute,
    settle_dispute,
]
UPLOADS = [upload_deliverable]
