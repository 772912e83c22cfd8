"""Where feeds come from without anybody uploading them: pulls, pushes, the market's own figures."""

from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import supervisors
from market.files.store import open_store
from market.oversight.feeding import PLATFORM, deliver_conduct
from market.oversight.pushing import dismiss_sender, name_sender, senders
from market.settings import Settings, installation_key
from market.web import asked, text
from market.web.feed_names import FEED_TEXT
from market.web.forms import Form, refusal, submitted
from market.web.render import locale_of, page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.signals.connectors.actions import pull_now
from ratings.signals.connectors.description import SECRET_PREFIX
from ratings.signals.connectors.folder import read_folder
from ratings.signals.connectors.queries import PullRow, last_pulls
from ratings.signals.connectors.rules import next_time
from ratings.signals.queries import accepted_partitions

_HERE = "/console/connectors"
_MONTHS = 3
STATES = {
    "reading": (N_("Reading"), "info"),
    "waiting": (N_("Waiting for the source"), "warn"),
    "landed": (N_("Landed"), "ok"),
    "held": (N_("Held for a person"), "warn"),
    "rejected": (N_("Rejected by a person"), ""),
    "failed": (N_("Failed"), "seal"),
}


def state_of(row: PullRow) -> str:
    """Which of `STATES` a pull is in, for people."""
    if row.state == "reading" and row.failures:
        return "waiting"
    if row.state == "landed" and row.batch_state in ("held", "rejected"):
        return row.batch_state
    return row.state


async def _page(request: Asking, form: Form, error: SteelyardError | None = None) -> Response[str]:
    who = actor(request)
    folder = read_folder(_settings(request).connectors)
    locale = locale_of(request)
    return page(
        request,
        "centre/connectors.html",
        status=error.status if error else 200,
        connectors=list(folder.connectors.values()),
        faulty={name: text.error_text(locale, one) for name, one in folder.faulty.items()},
        next_pull={
            name: next_time(one.schedule, who.at) for name, one in folder.connectors.items()
        },
        pulls={name: rows[:_MONTHS] for name, rows in (await last_pulls()).items()},
        state_of=state_of,
        states=STATES,
        feeds=FEED_TEXT,
        senders=await senders(who),
        departments=await supervisors(),
        conduct=[one.month for one in await accepted_partitions(PLATFORM)],
        secret_prefix=SECRET_PREFIX,
        typed=form.typed,
        **refusal(request, error, {}),
    )


@get(_HERE, **allow(Role.CENTRE))
async def connectors(request: Asking) -> Response[str]:
    return await _page(request, Form({}))


@post(f"{_HERE}/{{connector:str}}/pulls", **allow(Role.CENTRE))
async def begin_pull(request: Asking, connector: FromPath[str]) -> Response[Any]:
    folder = read_folder(_settings(request).connectors)
    await pull_now(actor(request), folder.connectors, asked.plain(connector))
    return see_other(_HERE, N_("The pull has begun. The worker reads the source page by page."))


@post("/console/conduct", **allow(Role.CENTRE))
async def compute_conduct(request: Asking) -> Response[Any]:
    settings = _settings(request)
    key, store = installation_key(settings), open_store(settings.files)
    try:
        receipts = await deliver_conduct(actor(request), key, store)
    except SteelyardError as error:
        return await _page(request, Form({}), error)
    if not receipts:
        return see_other(_HERE, N_("Every finished month is there already."))
    return see_other(_HERE, N_("The finished months have been counted and taken in."))


@post("/console/feeds/{feed:str}/sender", **allow(Role.CENTRE))
async def sender(request: Asking, feed: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    department = form.text("department")
    try:
        if department:
            await name_sender(actor(request), asked.plain(feed), department)
        else:
            await dismiss_sender(actor(request), asked.plain(feed))
    except SteelyardError as error:
        return await _page(request, form, error)
    return see_other(_HERE, N_("It is settled who sends the feed."))


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


ROUTES = [connectors, begin_pull, compute_conduct, sender]
