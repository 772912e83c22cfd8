"""Engagements: milestones, deliverables, acceptance, settlement."""

from typing import cast

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.api.cursors import Page
from market.api.description import streamed_file
from market.api.lists import USUAL, Cursor, Limit, StateIs, keyset_page
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.api.uploads import upload_once
from market.engagements import actions, queries
from market.engagements.dispute_queries import DisputeRow, disputes_of
from market.engagements.queries import DeliverableRow, EngagementRow, MilestoneRow
from market.files.store import Stored, open_store, read_file
from market.settings import Settings
from market.web.downloads import attachment
from ratings.evaluations.queries import docket_of_engagement
from ratings.ledger.actors import Role
from ratings.ledger.places import Moment

_TAGS = ["engagements"]
_INVOLVED = (Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE, Role.AUDITOR)


class EngagementDetail(EngagementRow, frozen=True):
    """An engagement with its parts; `docket` is its evaluation once it is settled."""

    milestones: list[MilestoneRow]
    deliverables: list[DeliverableRow]
    disputes: list[DisputeRow]
    docket: str | None


class MilestoneNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    note: str = ""


class Delivered(msgspec.Struct, frozen=True):
    """`size` in bytes, `sha256` in hexadecimal."""

    deliverable: str
    size: int
    sha256: str


class Settled(msgspec.Struct, frozen=True):
    docket: str


@get(
    "/engagements",
    operation_id="engagement_list",
    summary="The engagements one may see, newest first",
    tags=_TAGS,
    **allow(*_INVOLVED),
)
async def list_engagements(
    request: Asking, state_: StateIs = "", limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[EngagementRow]]:
    """`state` is running, delivered, accepted or settled."""
    who = actor(request)
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        lambda most, after: queries.engagements(who, state=state_, limit=most, after=after),
        lambda row: Moment(row.started_at, row.id),
    )


@get(
    "/engagements/{engagement:str}",
    operation_id="engagement_show",
    summary="One engagement with its milestones and deliverables",
    tags=_TAGS,
    **allow(*_INVOLVED),
)
async def show_engagement(request: Asking, engagement: FromPath[str]) -> EngagementDetail:
    who = actor(request)
    row = await queries.engagement(who, engagement)
    docket = await docket_of_engagement(who, row.id)
    return EngagementDetail(
        **msgspec.structs.asdict(row),
        milestones=await queries.milestones(row.id),
        deliverables=await queries.deliverables(row.id),
        disputes=await disputes_of(row.id),
        docket=docket.id if docket else None,
    )


@post(
    "/engagements/{engagement:str}/milestones/{position:int}",
    operation_id="engagement_milestone_report",
    summary="Report one item of the package done",
    tags=_TAGS,
    status_code=204,
    **allow(Role.AGENCY),
)
async def report_milestone(
    request: Asking,
    engagement: FromPath[str],
    position: FromPath[int],
    data: JSONBody[MilestoneNote],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await actions.report_milestone(who, engagement, position, data.note)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/engagements/{engagement:str}/deliverables",
    operation_id="engagement_deliverable_add",
    summary="Upload a deliverable: the body is the file itself",
    tags=_TAGS,
    **streamed_file(),
    **allow(Role.AGENCY),
)
async def add_deliverable(
    request: Asking,
    engagement: FromPath[str],
    filename: FromQuery[str],
    idempotency_key: IdempotencyKey = None,
) -> Delivered:
    who = actor(request)
    # Nobody's file is read for somebody else's engagement.
    await queries.engagement(who, engagement)

    async def effect(stored: Stored) -> Delivered:
        deliverable = await actions.add_deliverable(who, engagement, stored)
        return Delivered(deliverable=deliverable, size=stored.size, sha256=stored.sha256)

    return await upload_once(
        request,
        who,
        idempotency_key,
        Delivered,
        effect,
        filename=filename,
        folder="deliverables",
    )


@get(
    "/deliverables/{deliverable:str}",
    operation_id="deliverable_download",
    summary="The file of a deliverable",
    tags=_TAGS,
    responses={
        200: ResponseSpec(
            bytes,
            generate_examples=False,
            media_type="*/*",
            description="The file as it was uploaded, as an attachment of its own type.",
        )
    },
    **allow(*_INVOLVED),
)
async def download(request: Asking, deliverable: FromPath[str]) -> Stream:
    found = await queries.stored_file(actor(request), deliverable)
    settings = cast(Settings, request.app.state.settings)
    return attachment(
        read_file(open_store(settings.files), found.storage_key),
        filename=found.filename,
        media_type=found.content_type,
        size=found.size,
        sha256=found.sha256,
    )


@post(
    "/engagements/{engagement:str}/acceptance",
    operation_id="engagement_accept",
    summary="Accept what was delivered",
    tags=_TAGS,
    status_code=204,
    **allow(Role.ENTERPRISE),
)
async def accept(
    request: Asking, engagement: FromPath[str], idempotency_key: IdempotencyKey = None
) -> None:
    who = actor(request)

    async def effect() -> None:
        await actions.accept(who, engagement)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/engagements/{engagement:str}/settlement",
    operation_id="engagement_settle",
    summary="Confirm that the fee is paid; the three evaluations open",
    tags=_TAGS,
    **allow(Role.ENTERPRISE),
)
async def settle(
    request: Asking, engagement: FromPath[str], idempotency_key: IdempotencyKey = None
) -> Settled:
    who = actor(request)

    async def effect() -> Settled:
        return Settled(docket=await actions.settle(who, engagement))

    return await answer_once(request, who, idempotency_key, Settled, effect)


ROUTES = [
    list_engagements,
    show_engagement,
    report_milestone,
    download,
    accept,
    settle,
]
UPLOADS = [add_deliverable]
