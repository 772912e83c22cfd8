"""Feeds that a department's program sends, and who may send which."""

import asyncio
import hashlib
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, cast

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.description import streamed_file
from market.api.lists import USUAL, Cursor, Limit, keyset_page, sorted_page
from market.api.problems import api_locale
from market.api.repeats import IdempotencyKey, answer_once
from market.files.store import open_store
from market.oversight import pushing
from market.oversight.feeding import deliver_conduct
from market.oversight.pushed import MEDIA_TYPES, as_parquet, ending, is_records
from market.oversight.pushing import PushedRow, SenderRow
from market.settings import Settings, installation_key
from market.web import text
from ratings.ledger.actors import Role
from ratings.ledger.errors import TooLarge
from ratings.ledger.places import Moment
from ratings.signals.queries import BatchRow, MonthRow, batch_show, months_of
from ratings.signals.units import Jump

_TAGS = ["screens"]
_MB = 1024 * 1024

OfFeed = Annotated[str, QueryParameter(name="feed", description="Only those of this feed.")]


class Sender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    organisation: str


class RowFault(msgspec.Struct, frozen=True):
    line: int
    column: str
    code: str
    reason: str


class PushReceipt(msgspec.Struct, frozen=True):
    batch: str
    feed: str
    state: str
    received_at: datetime
    repeated: bool
    rows: int
    matched: int
    duplicates: int
    unmatched: int
    faults: list[RowFault]
    unknown_columns: list[str]
    months: list[MonthRow]
    held_because: list[Jump]


class ConductDelivered(msgspec.Struct, frozen=True):
    months: list[str]


@get(
    "/feeds",
    operation_id="feed_list",
    summary="The feeds, and the office that sends each of them",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.SUPERVISOR),
)
async def list_feeds(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[SenderRow]]:
    """A department sees those that it sends."""
    found = await pushing.senders(actor(request))
    return await sorted_page(request, limit, cursor, found, lambda row: (row.feed,))


@put(
    "/feeds/{feed:str}/sender",
    operation_id="feed_sender_name",
    summary="Name the department whose programs may send a feed",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def name_sender(request: Asking, feed: FromPath[str], data: JSONBody[Sender]) -> None:
    await pushing.name_sender(actor(request), feed, data.organisation)


@delete(
    "/feeds/{feed:str}/sender",
    operation_id="feed_sender_dismiss",
    summary="Let no department send a feed any more",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def dismiss_sender(request: Asking, feed: FromPath[str]) -> None:
    await pushing.dismiss_sender(actor(request), feed)


@get(
    "/feed-receipts",
    operation_id="feed_receipt_list",
    summary="The batches that programs have sent, the newest first",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.SUPERVISOR),
)
async def list_receipts(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = "", feed: OfFeed = ""
) -> Response[Page[PushedRow]]:
    """A department sees its own."""
    who = actor(request)
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        lambda most, after: pushing.pushed(who, most, after, feed=feed),
        lambda row: Moment(row.received_at, row.batch),
    )


@get(
    "/feed-receipts/{batch:str}",
    operation_id="feed_receipt_show",
    summary="What became of a batch that was sent, row by row where something is wrong",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.SUPERVISOR),
)
async def show_receipt(request: Asking, batch: FromPath[str]) -> PushReceipt:
    return await _told(request, await pushing.pushed_batch(actor(request), batch))


@post(
    "/feeds/{feed:str}/batches",
    operation_id="feed_batch_send",
    summary="Send a batch of a feed: the body is the table itself",
    tags=_TAGS,
    **streamed_file(*MEDIA_TYPES),
    **allow(Role.CENTRE, Role.SUPERVISOR),
)
async def send_batch(
    request: Asking, feed: FromPath[str], idempotency_key: IdempotencyKey = None
) -> PushReceipt:
    """CSV (`text/csv`), Parquet, Excel, or records as JSON or NDJSON, by its Content-Type. Only the
    department that the centre has named for the feed may send it, and the centre itself."""
    who = actor(request)
    # Nobody's body is read for a feed that is not theirs.
    await pushing.may_send(who, feed)
    media_type = request.headers.get("content-type", "")
    suffix = ending(media_type)
    settings = cast(Settings, request.app.state.settings)
    with tempfile.TemporaryDirectory(prefix="steelyard-push-") as folder:
        path = Path(folder) / f"{feed}{suffix}"
        digest = await _saved(request, path, settings.max_upload_bytes)
        if is_records(media_type):
            await asyncio.to_thread(
                lambda: path.write_bytes(as_parquet(feed, media_type, path.read_bytes()))
            )

        async def effect() -> PushReceipt:
            taken = await pushing.push(who, feed, path.name, path, open_store(settings.files))
            return await _told(request, await batch_show(taken.batch), repeated=taken.repeated)

        return await answer_once(
            request, who, idempotency_key, PushReceipt, effect, sent=f"{suffix} {digest}".encode()
        )


@post(
    "/feeds/platform/computation",
    operation_id="feed_conduct_compute",
    summary="Count the market's own feed for the finished months that are not there yet",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def compute_conduct(
    request: Asking, idempotency_key: IdempotencyKey = None
) -> ConductDelivered:
    who = actor(request)
    settings = cast(Settings, request.app.state.settings)

    async def effect() -> ConductDelivered:
        key, store = installation_key(settings), open_store(settings.files)
        receipts = await deliver_conduct(who, key, store)
        return ConductDelivered([month.month for one in receipts for month in one.months])

    return await answer_once(request, who, idempotency_key, ConductDelivered, effect)


ROUTES = [
    list_feeds,
    name_sender,
    dismiss_sender,
    list_receipts,
    show_receipt,
    compute_conduct,
]
UPLOADS = [send_batch]


async def _saved(request: Asking, path: Path, most_bytes: int) -> str:
    """Write the body to a file while it comes; its SHA-256."""
    size = 0
    digest = hashlib.sha256()
    with path.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > most_bytes:
                raise TooLarge(
                    "file-too-large",
                    "The file is larger than the {most} MB allowed.",
                    most=most_bytes // _MB,
                )
            digest.update(piece)
            await asyncio.to_thread(file.write, piece)
    return digest.hexdigest()


async def _told(request: Asking, batch: BatchRow, *, repeated: bool = False) -> PushReceipt:
    """With the reasons in the language of the program."""
    locale = api_locale(request)
    faults = await pushing.set_aside(batch.id)
    return PushReceipt(
        batch=batch.id,
        feed=batch.feed,
        state=batch.state.value,
        received_at=batch.received_at,
        repeated=repeated,
        rows=batch.rows,
        matched=batch.matched,
        duplicates=batch.notes.duplicates,
        unmatched=batch.rows - batch.matched,
        faults=[
            RowFault(
                one.line, one.column, one.code, text.gettext(locale, one.message, **one.params)
            )
            for one in faults
        ],
        unknown_columns=batch.notes.unknown_columns,
        months=await months_of(batch.id),
        held_because=batch.notes.jumps,
    )
