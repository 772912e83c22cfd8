"""The desk of the shell screen: what is due, who is drawn by lot, and what the cases have shown."""

from typing import Any, cast

from litestar import Response, get, post

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import person_names
from market.agencies.queries import admitted, agency_names
from market.files.store import open_store
from market.settings import Settings
from market.web import asked, shell_words
from market.web.feed_names import FEED_TEXT
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from market.web.screens import OUTCOMES
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.shells.actions import screen_what_is_new
from ratings.shells.audit import lots
from ratings.shells.audit_actions import plan_reviews
from ratings.shells.audit_queries import (
    case_measures,
    distribution,
    feed_drift,
    past_screens,
    planned_month,
)
from ratings.shells.case_queries import shell_cases
from ratings.shells.policy_queries import screen_policy_of
from ratings.shells.queries import ScreenRow, findings, latest_screen, screen_due
from ratings.shells.scorecard import points_at


async def _cuts(ran: ScreenRow) -> tuple[float, float]:
    """From how many points on the policy of a screen watches an agency and flags it."""
    policy = await screen_policy_of(ran.policy_digest)
    return points_at(policy.watch_probability), points_at(policy.case_probability)


async def overview(
    request: Asking, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    """The whole desk; `form` is the budget that was refused."""
    who = actor(request)
    ran = await latest_screen()
    outcome = asked.one_of(request, "outcome", tuple(OUTCOMES)) or "case"
    found = await findings(ran.id, (outcome,)) if ran else []
    queue = await shell_cases(who.at, undecided=True)
    month = local_date(who.at).strftime("%Y-%m")
    return page(
        request,
        "centre/screen.html",
        status=error.status if error else 200,
        screen=ran,
        outcome=outcome,
        outcomes=OUTCOMES,
        findings=found,
        queue=queue,
        names=await agency_names([one.uscc for one in found] + [one.uscc for one in queue]),
        officers=await person_names({one.owner for one in queue}),
        person=who.person,
        bands=await distribution(ran.id) if ran else [],
        cuts=await _cuts(ran) if ran else (),
        drift=await feed_drift(who.at),
        past=await past_screens(),
        due=await screen_due(who.at),
        measured=await case_measures(),
        month=month,
        plan=await planned_month(month),
        lots=lots,
        feeds=FEED_TEXT,
        words=shell_words,
        typed=form.typed,
        **refusal(request, error, {"review-budget": "budget", "reviews-planned": "budget"}),
    )


@get("/console/screen", **allow(Role.CENTRE))
async def desk(request: Asking) -> Response[str]:
    return await overview(request, Form({}))


@post("/console/reviews", **allow(Role.CENTRE))
async def plan(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        budget = form.whole("budget")
        form.check()
        drawn = await plan_reviews(actor(request), budget, await admitted())
    except SteelyardError as error:
        return await overview(request, form, error)
    return see_other(
        "/console/screen",
        N_("The month is planned; {count} agencies were drawn by lot."),
        count=len(drawn),
    )


@post("/console/screen", **allow(Role.CENTRE))
async def run_screen(request: Asking) -> Response[Any]:
    store = open_store(cast(Settings, request.app.state.settings).files)
    try:
        ran = await screen_what_is_new(actor(request), await admitted(), store)
    except SteelyardError as error:
        return await overview(request, Form({}), error)
    if ran is None:
        return see_other("/console/screen", N_("Nothing has come since the last screen."))
    return see_other(
        "/console/screen",
        N_("Screened. New cases: {count}."),
        count=len(ran.cases),
    )


ROUTES = [desk, plan, run_screen]
