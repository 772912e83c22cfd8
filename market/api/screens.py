"""The screen for shell agencies: feeds in, flags out; for officials only."""

import asyncio
import hashlib
import tempfile
from pathlib import Path
from typing import Any, cast

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import admitted
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, keyset_page
from market.api.repeats import IdempotencyKey, answer_once
from market.files.store import open_store
from market.settings import Settings
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.errors import Malformed, NotFound
from ratings.ledger.places import Moment
from ratings.shells import queries
from ratings.shells.actions import Delivery, Screened, screen_store, take_in_and_screen
from ratings.shells.queries import FindingRow, ScreenRow
from ratings.shells.replay import Replay, replay
from ratings.shells.rescoring import Rescored, not_kept, rescored_now
from ratings.signals.contract import FEEDS
from ratings.signals.files import SUFFIXES

_TAGS = ["screens"]
_PIECE = 1024 * 1024


@get(
    "/screens/latest",
    operation_id="screen_latest",
    summary="The latest screen and how many agencies it found in which state",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def latest() -> ScreenRow:
    row = await queries.latest_screen()
    if row is None:
        raise NotFound("screen-none", "No screen has been run yet.")
    return row


@get(
    "/screens",
    operation_id="screen_list",
    summary="The screens that were run, the newest first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_screens(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[ScreenRow]]:
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        queries.screens,
        lambda row: Moment(row.ran_at, row.id),
    )


class ScreenOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    as_of_month: str


@post(
    "/screens",
    operation_id="screen_run",
    summary="Screen what the store of feeds holds of the 24 months up to a month (YYYY-MM)",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def run_screen(
    request: Asking, data: JSONBody[ScreenOrder], idempotency_key: IdempotencyKey = None
) -> Screened:
    """Every night the last month that has ended is screened by itself if something came."""
    settings = cast(Settings, request.app.state.settings)
    who = actor(request)

    async def effect() -> Screened:
        store = open_store(settings.files)
        return await screen_store(who, data.as_of_month, await admitted(), store)

    return await answer_once(request, who, idempotency_key, Screened, effect)


@get(
    "/screens/{screen:str}/replay",
    operation_id="screen_replay",
    summary="Run a screen again by its own policy, and compare it with what was kept",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def replay_screen(request: Asking, screen: FromPath[str]) -> Replay:
    """Over the feeds as they were known then; it takes as long as a screen, and nothing is kept."""
    settings = cast(Settings, request.app.state.settings)
    return await replay(screen, open_store(settings.files))


@get(
    "/findings/{uscc:str}",
    operation_id="finding_show",
    summary="What the latest screen found about an agency, reason by reason",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_finding(uscc: FromPath[str]) -> FindingRow:
    row = await queries.finding(uscc)
    if row is None:
        raise NotFound("finding-unknown", "No screen has seen the code {uscc}.", uscc=uscc)
    return row


@get(
    "/findings/{uscc:str}/now",
    operation_id="finding_now",
    summary="The score of an agency as the feeds stand now, beside what the latest screen said",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_now(request: Asking, uscc: FromPath[str]) -> Rescored:
    """By the policy, the window and the norms of that screen. It decides nothing: a case is opened
    by a screen, a lot or a person."""
    settings = cast(Settings, request.app.state.settings)
    found = await rescored_now(uscc, open_store(settings.files), now())
    if found is None:
        raise not_kept(uscc)
    return found


@post(
    "/feed-deliveries",
    operation_id="feed_delivery_take_in",
    summary="Take in feed files and screen the 24 months up to a month (YYYY-MM)",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def deliver(
    request: Asking,
    as_of: FromQuery[str],
    data: MultipartBody[dict[str, Any]],
    idempotency_key: IdempotencyKey = None,
) -> Delivery:
    """Each part is a file named after its feed, such as tax_filing.csv or excuses.parquet."""
    settings = cast(Settings, request.app.state.settings)
    who = actor(request)
    with tempfile.TemporaryDirectory(prefix="steelyard-feeds-") as directory:
        sent = sorted([await _save(part, Path(directory)) for part in data.values()])

        async def effect() -> Delivery:
            return await take_in_and_screen(
                who, Path(directory), as_of, await admitted(), open_store(settings.files)
            )

        return await answer_once(
            request, who, idempotency_key, Delivery, effect, sent="\n".join(sent).encode()
        )


ROUTES = [list_screens, latest, run_screen, replay_screen, show_finding, show_now]
UPLOADS = [deliver]


async def _save(part: object, directory: Path) -> str:
    """Write one part under a name of the contract; what the client calls it is only compared.

    Returns the name with the hash of the content.
    """
    name = part.filename if isinstance(part, UploadFile) else ""
    known = {feed + suffix for feed in FEEDS for suffix in SUFFIXES}
    if not isinstance(part, UploadFile) or name not in known:
        raise Malformed(
            "feed-name",
            "“{name}” is no feed file. Expected are: {feeds}, each .csv, .parquet or .xlsx.",
            name=name or "∅",
            feeds=", ".join(FEEDS),
        )
    target = directory / name
    if target.exists():
        raise Malformed("feed-twice-sent", "{name} was sent twice.", name=name)
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while piece := await part.read(_PIECE):
            digest.update(piece)
            await asyncio.to_thread(file.write, piece)
    return f"{name} {digest.hexdigest()}"
