"""Sources that feeds are pulled from: how each stands, and a pull on demand."""

from datetime import datetime
from typing import Annotated, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, keyset_page, sorted_page
from market.api.problems import api_locale
from market.api.repeats import IdempotencyKey, answer_once
from market.settings import Settings
from market.web import text
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.places import Moment
from ratings.signals.connectors import queries
from ratings.signals.connectors.actions import pull_now
from ratings.signals.connectors.folder import read_folder
from ratings.signals.connectors.queries import PullRow
from ratings.signals.connectors.rules import next_time

_TAGS = ["screens"]


class ConnectorLine(msgspec.Struct, frozen=True):
    connector: str
    feed: str | None
    title_zh: str
    title_en: str
    next_pull_at: datetime | None
    fault: str


class PullLine(msgspec.Struct, frozen=True):
    pull: str
    connector: str
    feed: str
    month: str
    state: str
    began_at: datetime
    ended_at: datetime | None
    reading: int
    pages: int
    rows: int
    total: int | None
    failures: int
    next_attempt_at: datetime | None
    problem: str
    unknown_fields: list[str]
    missing_fields: list[str]
    batch: str | None
    batch_state: str | None


class PullsBegun(msgspec.Struct, frozen=True):
    months: list[str]


OfConnector = Annotated[
    str, QueryParameter(name="connector", description="Only those of this connector.")
]


@get(
    "/connectors",
    operation_id="connector_list",
    summary="The sources that feeds are pulled from, and when each is pulled next",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_connectors(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[ConnectorLine]]:
    """One whose file cannot be read is listed with its fault."""
    folder = read_folder(cast(Settings, request.app.state.settings).connectors)
    locale, at = api_locale(request), now()
    lines = [
        ConnectorLine(
            one.name, one.feed, one.title_zh, one.title_en, next_time(one.schedule, at), ""
        )
        for one in folder.connectors.values()
    ] + [
        ConnectorLine(name, None, name, name, None, text.error_text(locale, error))
        for name, error in folder.faulty.items()
    ]
    return await sorted_page(request, limit, cursor, lines, lambda line: (line.connector,))


@get(
    "/connector-pulls",
    operation_id="connector_pull_list",
    summary="Pulls of feeds from their sources, the newest first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_pulls(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = "", connector: OfConnector = ""
) -> Response[Page[PullLine]]:
    locale = api_locale(request)

    def line(row: PullRow) -> PullLine:
        return PullLine(
            pull=row.id,
            connector=row.connector,
            feed=row.feed,
            month=row.month,
            state=row.state,
            began_at=row.began_at,
            ended_at=row.ended_at,
            reading=row.reading,
            pages=row.pages,
            rows=row.rows,
            total=row.total,
            failures=row.failures,
            next_attempt_at=row.next_attempt_at if row.state == "reading" else None,
            problem=text.gettext(locale, row.problem, **row.params),
            unknown_fields=row.unknown_fields,
            missing_fields=row.missing_fields,
            batch=row.batch,
            batch_state=row.batch_state,
        )

    async def read(most: int, after: Moment | None) -> list[PullLine]:
        return [line(row) for row in await queries.pulls(most, after, connector=connector)]

    return await keyset_page(
        request, limit, cursor, Moment, read, lambda row: Moment(row.began_at, row.pull)
    )


@post(
    "/connectors/{connector:str}/pulls",
    operation_id="connector_pull",
    summary="Pull the months of a source's schedule now",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def begin_pull(
    request: Asking, connector: FromPath[str], idempotency_key: IdempotencyKey = None
) -> PullsBegun:
    """The worker does it; what is waiting for a busy source goes on at once."""
    who = actor(request)
    folder = read_folder(cast(Settings, request.app.state.settings).connectors)

    async def effect() -> PullsBegun:
        return PullsBegun(await pull_now(who, folder.connectors, connector))

    return await answer_once(request, who, idempotency_key, PullsBegun, effect)


ROUTES = [list_connectors, list_pulls, begin_pull]
