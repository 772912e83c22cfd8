"""Files beside the answers of an evaluation: sealed with them, and opened with them."""

from typing import cast

import msgspec
from litestar import delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.description import streamed_file
from market.api.repeats import IdempotencyKey
from market.api.uploads import upload_once
from market.files.store import Stored, open_store, read_file
from market.settings import Settings
from market.web.downloads import attachment as as_attachment
from ratings.evaluations import attachments, queries
from ratings.evaluations.actions import party_of
from ratings.evaluations.attachment_queries import attachment_file
from ratings.ledger.actors import Role

_TAGS = ["evaluations"]
_ASKED = (Role.ENTERPRISE, Role.SUPERVISOR, Role.CENTRE)


class Attached(msgspec.Struct, frozen=True):
    """`size` in bytes, `sha256` in hexadecimal."""

    attachment: str
    size: int
    sha256: str


@post(
    "/dockets/{docket:str}/attachments",
    operation_id="docket_attach",
    summary="Put a file beside one's own answer: the body is the file itself",
    tags=_TAGS,
    **streamed_file(),
    **allow(*_ASKED),
    **in_person(),
)
async def attach(
    request: Asking,
    docket: FromPath[str],
    filename: FromQuery[str],
    idempotency_key: IdempotencyKey = None,
) -> Attached:
    """Before the answer or while it may be changed; others see the file once all are opened."""
    who = actor(request)
    # Nobody's file is read for an evaluation that is not theirs to give.
    party_of(who, await queries.docket(who, docket))

    async def effect(stored: Stored) -> Attached:
        made = await attachments.attach(who, docket, stored)
        return Attached(attachment=made, size=stored.size, sha256=stored.sha256)

    return await upload_once(
        request, who, idempotency_key, Attached, effect, filename=filename, folder="evaluations"
    )


@get(
    "/answer-attachments/{attachment:str}",
    operation_id="answer_attachment_download",
    summary="A file beside an answer: one's own, or anybody's once the answers are opened",
    tags=_TAGS,
    responses={
        200: ResponseSpec(
            bytes,
            generate_examples=False,
            media_type="*/*",
            description="The file as it was uploaded, as an attachment of its own type.",
        )
    },
    **allow(*_ASKED, Role.AGENCY, Role.AUDITOR),
)
async def download(request: Asking, attachment: FromPath[str]) -> Stream:
    found = await attachment_file(actor(request), attachment)
    settings = cast(Settings, request.app.state.settings)
    return as_attachment(
        read_file(open_store(settings.files), found.storage_key),
        filename=found.filename,
        media_type=found.content_type,
        size=found.size,
        sha256=found.sha256,
    )


@delete(
    "/answer-attachments/{attachment:str}",
    operation_id="answer_attachment_withdraw",
    summary="Take back a file of one's own while the answer may be given or changed",
    tags=_TAGS,
    **allow(*_ASKED),
    **in_person(),
)
async def withdraw(request: Asking, attachment: FromPath[str]) -> None:
    await attachments.withdraw_attachment(actor(request), attachment)


ROUTES = [download, withdraw]
UPLOADS = [attach]
