"""The console's pages of feeds: their health, batches, unreadable rows, and one agency's cells."""

from datetime import timedelta
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import person_names
from market.agencies.queries import agency_names
from market.files.store import open_store
from market.settings import Settings
from market.web import asked, feed_words
from market.web.feed_names import FEED_TEXT
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.errors import NotFound, SteelyardError
from ratings.ledger.text import N_
from ratings.signals import queries
from ratings.signals.agency_cells import agency_cells, raw_rows
from ratings.signals.contract import FEEDS
from ratings.signals.decisions import decide_held, dismiss_row, look_at, resolve_row
from ratings.signals.health import feed_health, finished_months, gaps
from ratings.signals.relations import stored_feeds
from ratings.signals.rules import BatchState, RowState

_HERE = "/console/feeds"
_SHOWN_MONTHS = 12
_MOST = 200
# For so long one note covers looking at the same cells again; then a new reason is asked for.
LOOK = timedelta(hours=1)
_REASON = {"feed-reason": "reason"}


def _files(request: Asking) -> Any:
    return open_store(cast(Settings, request.app.state.settings).files)


@get(_HERE, **allow(Role.CENTRE))
async def health_page(request: Asking) -> Response[str]:
    at = now()
    return page(
        request,
        "centre/feeds.html",
        feeds=FEED_TEXT,
        health=await feed_health(at, _SHOWN_MONTHS),
        held=await queries.batches(_MOST, state=BatchState.HELD),
        newest=await queries.batches(20),
        open_rows=await queries.open_count(),
        words=feed_words,
    )


async def _batch_page(
    request: Asking, batch: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    shown = await queries.batch_show(batch)
    return page(
        request,
        "centre/feed_batch.html",
        status=error.status if error else 200,
        batch=shown,
        months=await queries.months_of(shown.id),
        rows=await queries.unmatched_rows(_MOST, batch=shown.id, state=RowState.OPEN),
        feeds=FEED_TEXT,
        words=feed_words,
        typed=form.typed,
        **refusal(request, error, _REASON),
    )


@get(f"{_HERE}/batches/{{batch:str}}", **allow(Role.CENTRE))
async def batch_page(request: Asking, batch: FromPath[str]) -> Response[str]:
    return await _batch_page(request, batch, Form({}))


@post(f"{_HERE}/batches/{{batch:str}}/decision", **allow(Role.CENTRE))
async def decide_batch(request: Asking, batch: FromPath[str]) -> Response[Any]:
    """Released or rejected, by the button."""
    form = await submitted(request)
    release = form.text("button") == "release"
    try:
        await decide_held(
            actor(request),
            batch,
            release=release,
            reason=form.text("reason"),
            store=_files(request),
        )
    except NotFound:
        raise
    except SteelyardError as error:
        return await _batch_page(request, batch, form, error)
    told = N_("The batch is released.") if release else N_("The batch is rejected.")
    return see_other(f"{_HERE}/batches/{batch}", told)


@get(f"{_HERE}/rows", **allow(Role.CENTRE))
async def rows_page(request: Asking) -> Response[str]:
    state = asked.one_of(request, "state", tuple(RowState)) or RowState.OPEN.value
    feed = asked.one_of(request, "feed", tuple(FEEDS))
    return page(
        request,
        "centre/feed_rows.html",
        rows=await queries.unmatched_rows(_MOST, feed=feed, state=state),
        most=_MOST,
        state=state,
        feed=feed,
        feeds=FEED_TEXT,
        words=feed_words,
    )


async def _row_page(
    request: Asking, row: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    shown = await queries.unmatched_row(row)
    return page(
        request,
        "centre/feed_row.html",
        status=error.status if error else 200,
        row=shown,
        columns=FEEDS[shown.feed].columns,
        wrong={fault.column for fault in shown.faults},
        feeds=FEED_TEXT,
        words=feed_words,
        typed=form.typed,
        **refusal(request, error, _REASON),
    )


@get(f"{_HERE}/rows/{{row:str}}", **allow(Role.CENTRE))
async def row_page(request: Asking, row: FromPath[str]) -> Response[str]:
    return await _row_page(request, row, Form({}))


@post(f"{_HERE}/rows/{{row:str}}/decision", **allow(Role.CENTRE))
async def decide_row(request: Asking, row: FromPath[str]) -> Response[Any]:
    """Mended or dismissed, by the button."""
    form = await submitted(request)
    shown = await queries.unmatched_row(row)
    mend = form.text("button") == "mend"
    try:
        if mend:
            names = [column.name for column in FEEDS[shown.feed].columns]
            values = {name: form.text(name) for name in names if name in form.typed}
            await resolve_row(
                actor(request), shown.id, values, form.text("reason"), _files(request)
            )
        else:
            await dismiss_row(actor(request), shown.id, form.text("reason"))
    except SteelyardError as error:
        return await _row_page(request, row, form, error)
    told = N_("The row is mended and taken in.") if mend else N_("The row is dismissed.")
    return see_other(f"{_HERE}/rows", told)


async def _looks_page(
    request: Asking, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    looks = await queries.accesses(_MOST)
    return page(
        request,
        "centre/cell_looks.html",
        status=error.status if error else 200,
        looks=looks,
        most=_MOST,
        people=await person_names(one.person for one in looks),
        names=await agency_names(one.uscc for one in looks),
        typed={"uscc": asked.word(request, "uscc")} | form.typed,
        **refusal(request, error, _REASON),
    )


@get(f"{_HERE}/looks", **allow(Role.CENTRE))
async def looks_page(request: Asking) -> Response[str]:
    return await _looks_page(request, Form({}))


@post(f"{_HERE}/looks", **allow(Role.CENTRE))
async def look(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        noted = await look_at(actor(request), form.text("uscc"), form.text("reason"))
    except SteelyardError as error:
        return await _looks_page(request, form, error)
    return see_other(f"{_HERE}/looks/{noted}")


@get(f"{_HERE}/looks/{{look:str}}", **allow(Role.CENTRE))
async def cells_page(request: Asking, look: FromPath[str]) -> Response[str]:
    """Only for whoever gave the reason, and only for a while."""
    noted = await queries.access(look)
    at = now()
    if noted.person != actor(request).person or at > noted.at + LOOK:
        raise NotFound("cell-access-unknown", "There is no note {id}.", id=look)
    months = finished_months(at)
    stored = await stored_feeds(_files(request), at)
    return page(
        request,
        "centre/cells.html",
        look=noted,
        name=(await agency_names([noted.uscc])).get(noted.uscc),
        months=months,
        strips=await agency_cells(stored, noted.uscc, months, await gaps(at, months[-1])),
        rows=await raw_rows(stored, noted.uscc, months),
        feeds=FEED_TEXT,
        words=feed_words,
    )


ROUTES = [
    health_page,
    batch_page,
    decide_batch,
    rows_page,
    row_page,
    decide_row,
    looks_page,
    look,
    cells_page,
]
