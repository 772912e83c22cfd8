"""Two stars: cases opened by a person, the order to rectify, plan, evidence and check."""

from datetime import date
from typing import cast

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.agencies.queries import agency
from market.api.cursors import Page
from market.api.description import streamed_file
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.api.uploads import upload_once
from market.files.store import Stored, open_store, read_file
from market.settings import Settings
from market.web.downloads import attachment
from ratings.ledger.actors import Role
from ratings.sanctions import actions, documents, rectification_actions, rectification_queries
from ratings.sanctions.documents import Document, DocumentRow
from ratings.sanctions.rectification_actions import Finding
from ratings.sanctions.rectification_queries import PublishedRectification, RectificationRow
from ratings.sanctions.rules import Kind

_TAGS = ["sanctions"]
_READERS = (Role.CENTRE, Role.SUPERVISOR, Role.AGENCY)


class NewCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    uscc: str
    kind: Kind
    reason: str


class CaseOpened(msgspec.Struct, frozen=True):
    case: str


class RectificationOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    instructions: str


class Ordered(msgspec.Struct, frozen=True):
    due: date


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class RectificationOfCase(msgspec.Struct, frozen=True):
    """`rectification` is null where nothing has been ordered."""

    case: str
    rectification: RectificationRow | None
    documents: list[DocumentRow]


class DocumentAdded(msgspec.Struct, frozen=True):
    document: str
    size: int
    sha256: str


@post(
    "/cases",
    operation_id="case_open",
    summary="Open a case about an agency, with the reason; somebody else decides it",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def open_case(
    request: Asking, data: JSONBody[NewCase], idempotency_key: IdempotencyKey = None
) -> CaseOpened:
    who = actor(request)
    found = await agency(data.uscc)

    async def effect() -> CaseOpened:
        return CaseOpened(await actions.open_by_person(who, found.uscc, data.kind, data.reason))

    return await answer_once(request, who, idempotency_key, CaseOpened, effect)


@get(
    "/cases/{case:str}/rectification",
    operation_id="rectification_show",
    summary="What an agency was ordered to rectify, what it has done, and the files of its case",
    tags=_TAGS,
    **allow(*_READERS),
)
async def show_rectification(request: Asking, case: FromPath[str]) -> RectificationOfCase:
    who = actor(request)
    found = await rectification_queries.visible_rectification(who, case)
    return RectificationOfCase(case, found, await documents.documents(who, case))


@post(
    "/cases/{case:str}/rectification-order",
    operation_id="rectification_order",
    summary="Order the agency of a two-star case to rectify",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def order_rectification(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[RectificationOrder],
    idempotency_key: IdempotencyKey = None,
) -> Ordered:
    """By somebody who has neither opened the case nor rated the agency; the instructions are
    public. The agency has thirty days."""
    who = actor(request)

    async def effect() -> Ordered:
        return Ordered(
            await rectification_actions.order_rectification(who, case, data.instructions)
        )

    return await answer_once(request, who, idempotency_key, Ordered, effect)


@post(
    "/cases/{case:str}/rectification-plan",
    operation_id="rectification_plan",
    summary="Hand in the plan, once: how and by when it will be mended",
    tags=_TAGS,
    status_code=204,
    **allow(Role.AGENCY),
    **in_person(),
)
async def file_plan(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[Statement],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await rectification_actions.file_plan(who, case, data.text)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/cases/{case:str}/rectification-evidence",
    operation_id="rectification_evidence",
    summary="Hand in what was mended, after the files that show it",
    tags=_TAGS,
    status_code=204,
    **allow(Role.AGENCY),
    **in_person(),
)
async def file_evidence(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[Statement],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await rectification_actions.file_evidence(who, case, data.text)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/cases/{case:str}/rectification-check",
    operation_id="rectification_check",
    summary="Find that it is rectified, or not; the reason is public",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def check_rectification(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[Finding],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """By somebody who has neither opened the case nor rated the agency. The first failure gives
    another thirty days; the second, found by another person, holds the stars at one once it is
    final. Not while an objection waits."""
    who = actor(request)

    async def effect() -> None:
        await rectification_actions.check_rectification(who, case, data)

    await act_once(request, who, idempotency_key, effect)


@get(
    "/rectifications",
    operation_id="rectification_list",
    summary="The agencies that are at rectifying something, and what",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_rectifications(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[PublishedRectification]]:
    return await sorted_page(
        request,
        limit,
        cursor,
        await rectification_queries.rectifications_in_force(),
        lambda row: (-int(row.ordered_at.timestamp() * 1_000_000), row.case),
    )


@post(
    "/cases/{case:str}/documents",
    operation_id="case_document_add",
    summary="Put a file into a pending case of one's own: the body is the file itself",
    tags=_TAGS,
    **streamed_file(),
    **allow(Role.AGENCY, Role.CENTRE, Role.SUPERVISOR),
)
async def add_document(
    request: Asking,
    case: FromPath[str],
    filename: FromQuery[str],
    idempotency_key: IdempotencyKey = None,
) -> DocumentAdded:
    """By the agency it is about; as evidence by the centre, or by the supervisor who has opened it,
    until it is decided."""
    who = actor(request)
    # Nobody's file is read for somebody else's case.
    await documents.own_case(who, case)

    async def effect(stored: Stored) -> DocumentAdded:
        added = await documents.add_document(
            who, case, msgspec.convert(stored, Document, from_attributes=True)
        )
        return DocumentAdded(added, stored.size, stored.sha256)

    return await upload_once(
        request,
        who,
        idempotency_key,
        DocumentAdded,
        effect,
        filename=filename,
        folder="cases",
    )


@get(
    "/case-documents/{document:str}",
    operation_id="case_document_download",
    summary="A file of a case",
    tags=_TAGS,
    responses={
        200: ResponseSpec(
            bytes,
            generate_examples=False,
            media_type="*/*",
            description="The file as it was uploaded, as an attachment of its own type.",
        )
    },
    **allow(*_READERS),
)
async def download_document(request: Asking, document: FromPath[str]) -> Stream:
    found = await documents.stored_document(actor(request), document)
    settings = cast(Settings, request.app.state.settings)
    return attachment(
        read_file(open_store(settings.files), found.storage_key),
        filename=found.filename,
        media_type=found.content_type,
        size=found.size,
        sha256=found.sha256,
    )


ROUTES = [
    open_case,
    show_rectification,
    order_rectification,
    file_plan,
    file_evidence,
    check_rectification,
    list_rectifications,
    download_document,
]
UPLOADS = [add_document]
