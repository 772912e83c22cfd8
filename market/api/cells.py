"""Feeds as the store has them: health, batches, unreadable rows, and the cells of one agency."""

from typing import Annotated, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from obstore.store import ObjectStore

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, StateIs, keyset_page, sorted_page
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.files.store import open_store
from market.settings import Settings
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.places import Moment
from ratings.ledger.uscc import parse_uscc
from ratings.signals import decisions, queries
from ratings.signals.actions import Receipt
from ratings.signals.agency_cells import FeedCells, RawRow, agency_cells, raw_rows
from ratings.signals.health import FeedHealth, feed_health, finished_months, gaps
from ratings.signals.queries import AccessRow, BatchRow, MonthRow, UnmatchedRowShown
from ratings.signals.relations import stored_feeds

_TAGS = ["screens"]

OfFeed = Annotated[str, QueryParameter(name="feed", description="Only those of this feed.")]


class BatchShown(msgspec.Struct, frozen=True):
    batch: BatchRow
    months: list[MonthRow]


class Ground(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class Mending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    values: dict[str, str]
    reason: str


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    uscc: str
    reason: str


class CellsShown(msgspec.Struct, frozen=True):
    look: str
    uscc: str
    feeds: list[FeedCells]
    kept_rows: list[RawRow]


def _store(request: Asking) -> ObjectStore:
    return open_store(cast(Settings, request.app.state.settings).files)


@get(
    "/feed-health",
    operation_id="feed_health_list",
    summary="How well each of the nine feeds comes, over the last 24 finished months",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_health(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[FeedHealth]]:
    return await sorted_page(
        request, limit, cursor, await feed_health(now()), lambda row: (row.feed,)
    )


@get(
    "/feed-batches",
    operation_id="feed_batch_list",
    summary="The batches of the feeds, the newest first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_batches(
    request: Asking,
    limit: Limit = USUAL,
    cursor: Cursor = "",
    feed: OfFeed = "",
    state_is: StateIs = "",
) -> Response[Page[BatchRow]]:
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        lambda most, after: queries.batches(most, after, feed=feed, state=state_is),
        lambda row: Moment(row.received_at, row.id),
    )


@get(
    "/feed-batches/{batch:str}",
    operation_id="feed_batch_show",
    summary="A batch with its months, and why it was held",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_batch(batch: FromPath[str]) -> BatchShown:
    shown = await queries.batch_show(batch)
    return BatchShown(shown, await queries.months_of(shown.id))


@post(
    "/feed-batches/{batch:str}/release",
    operation_id="feed_batch_release",
    summary="Release a held batch to the screen, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def release(
    request: Asking,
    batch: FromPath[str],
    data: JSONBody[Ground],
    idempotency_key: IdempotencyKey = None,
) -> None:
    await _decide(request, batch, data.reason, idempotency_key, release=True)


@post(
    "/feed-batches/{batch:str}/rejection",
    operation_id="feed_batch_reject",
    summary="Reject a held batch for good, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def reject(
    request: Asking,
    batch: FromPath[str],
    data: JSONBody[Ground],
    idempotency_key: IdempotencyKey = None,
) -> None:
    await _decide(request, batch, data.reason, idempotency_key, release=False)


async def _decide(
    request: Asking, batch: str, reason: str, key: str | None, *, release: bool
) -> None:
    who, store = actor(request), _store(request)
    await act_once(
        request,
        who,
        key,
        lambda: decisions.decide_held(who, batch, release=release, reason=reason, store=store),
    )


@get(
    "/unmatched-rows",
    operation_id="unmatched_row_list",
    summary="Rows of feeds that could not be read, and what became of them",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_rows(
    request: Asking,
    limit: Limit = USUAL,
    cursor: Cursor = "",
    feed: OfFeed = "",
    state_is: StateIs = "",
) -> Response[Page[UnmatchedRowShown]]:
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        lambda most, after: queries.unmatched_rows(most, after, feed=feed, state=state_is),
        lambda row: Moment(row.received_at, row.id),
    )


@post(
    "/unmatched-rows/{row:str}/mending",
    operation_id="unmatched_row_mend",
    summary="Mend a row and take it in as a correction",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def mend(
    request: Asking,
    row: FromPath[str],
    data: JSONBody[Mending],
    idempotency_key: IdempotencyKey = None,
) -> Receipt:
    """`values` replace columns of the row; an empty text takes one away."""
    who, store = actor(request), _store(request)
    return await answer_once(
        request,
        who,
        idempotency_key,
        Receipt,
        lambda: decisions.resolve_row(who, row, data.values, data.reason, store),
    )


@post(
    "/unmatched-rows/{row:str}/dismissal",
    operation_id="unmatched_row_dismiss",
    summary="Leave a row out for good, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def dismiss(
    request: Asking,
    row: FromPath[str],
    data: JSONBody[Ground],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)
    await act_once(
        request, who, idempotency_key, lambda: decisions.dismiss_row(who, row, data.reason)
    )


@post(
    "/cell-looks",
    operation_id="cells_look",
    summary="Look at what offices report of one agency; who looked, and why, is noted",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def look(
    request: Asking, data: JSONBody[Look], idempotency_key: IdempotencyKey = None
) -> CellsShown:
    who, uscc = actor(request), parse_uscc(data.uscc)

    async def effect() -> CellsShown:
        noted = await decisions.look_at(who, uscc, data.reason)
        months = finished_months(who.at)
        stored = await stored_feeds(_store(request), who.at)
        return CellsShown(
            noted,
            uscc,
            await agency_cells(stored, uscc, months, await gaps(who.at, months[-1])),
            await raw_rows(stored, uscc, months),
        )

    return await answer_once(request, who, idempotency_key, CellsShown, effect)


@get(
    "/cell-looks",
    operation_id="cell_look_list",
    summary="Who looked at the cells of which agency, and why; the newest first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_looks(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[AccessRow]]:
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        queries.accesses,
        lambda row: Moment(row.at, row.id),
    )


ROUTES = [
    list_health,
    list_batches,
    show_batch,
    release,
    reject,
    list_rows,
    mend,
    dismiss,
    look,
    list_looks,
]
