"""What the desk of the shell screen shows as a whole: its findings and how they spread, the reviews
of each month with the lot, what decided cases say about the screen, and the drift of its feeds."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.agencies.queries import admitted
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.repeats import IdempotencyKey, answer_once
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date, now
from ratings.ledger.errors import NotFound
from ratings.shells import audit_queries, queries
from ratings.shells.audit import Measures
from ratings.shells.audit_actions import plan_reviews
from ratings.shells.audit_queries import Band, FeedDrift, PlannedMonth
from ratings.shells.policy_queries import screen_policy_of
from ratings.shells.prevalence import Beginning, FeatureHere, beginning, weights_here
from ratings.shells.queries import FindingRow
from ratings.shells.scorecard import Outcome
from ratings.signals.contract import FEEDS

_TAGS = ["screens"]

OfOutcome = Annotated[
    Outcome | None, QueryParameter(name="outcome", description="Only those with this outcome.")
]


class ReviewBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    budget: int


class PlannedReviews(msgspec.Struct, frozen=True):
    """The agencies in the order of the lot."""

    month: str
    drawn: list[str]


class ScreenBands(msgspec.Struct, frozen=True):
    screen: str
    bands: list[Band]


class ScreenWeights(msgspec.Struct, frozen=True):
    screen: str
    policy: str
    policy_version: str
    policy_digest: str
    beginning: Beginning
    features: tuple[FeatureHere, ...]


@get(
    "/screens/{screen:str}/findings",
    operation_id="screen_finding_list",
    summary="What one screen found about each agency, the highest points first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_findings(
    request: Asking,
    screen: FromPath[str],
    outcome: OfOutcome = None,
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> Response[Page[FindingRow]]:
    ran = await queries.kept_screen(screen)
    found = await queries.findings(ran.id, (outcome.value,) if outcome else ())
    return await sorted_page(request, limit, cursor, found, lambda row: (-row.points, row.uscc))


@get(
    "/screens/{screen:str}/bands",
    operation_id="screen_bands",
    summary="How many agencies of one screen have how many points",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_bands(screen: FromPath[str]) -> ScreenBands:
    """In bands of ten points from the first to the last with anybody in it; the lowest band there
    can be also has all below it, the highest all above."""
    ran = await queries.kept_screen(screen)
    return ScreenBands(ran.id, await audit_queries.distribution(ran.id))


@get(
    "/screens/{screen:str}/weights",
    operation_id="screen_weights",
    summary="Where firms began and what every bin weighed in one screen, by what the county shows",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_weights(screen: FromPath[str]) -> ScreenWeights:
    """As the policy has them where the screen is older than the counting."""
    ran = await queries.kept_screen(screen)
    policy = await screen_policy_of(ran.policy_digest)
    shown = await queries.shown_in(ran.id)
    return ScreenWeights(
        ran.id,
        ran.policy,
        ran.policy_version,
        ran.policy_digest,
        beginning(policy, shown),
        weights_here(policy, shown),
    )


@get(
    "/review-months",
    operation_id="review_month_list",
    summary="The months whose reviews are planned, the newest first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_months(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[PlannedMonth]]:
    months = await audit_queries.planned_months()
    return await sorted_page(
        request, limit, cursor, months, lambda row: (-int(row.month.replace("-", "")),)
    )


@get(
    "/review-months/{month:str}",
    operation_id="review_month_show",
    summary="The reviews of one month (YYYY-MM): how many, how many are used, and the lot",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_month(month: FromPath[str]) -> PlannedMonth:
    """Whoever has the findings of the screen can draw the lot again from its seed."""
    found = await audit_queries.planned_month(month)
    if found is None:
        raise NotFound("reviews-unplanned", "The reviews of {month} are not planned.", month=month)
    return found


@post(
    "/review-months",
    operation_id="reviews_plan",
    summary="Say how many reviews this month has, and draw a tenth of them by lot",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def plan(
    request: Asking, data: JSONBody[ReviewBudget], idempotency_key: IdempotencyKey = None
) -> PlannedReviews:
    """Once a month. For each agency that the lot falls on a case is opened, which says that nothing
    speaks against it; it goes the way of the others."""
    who = actor(request)

    async def effect() -> PlannedReviews:
        drawn = await plan_reviews(who, data.budget, await admitted())
        return PlannedReviews(local_date(who.at).strftime("%Y-%m"), drawn)

    return await answer_once(request, who, idempotency_key, PlannedReviews, effect)


@get(
    "/shell-case-measures",
    operation_id="shell_case_measures",
    summary="What decided cases say about the screen: precision, what it misses, time to decision",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_measures() -> Measures:
    """A case that was taken back upon an objection counts as no shell."""
    return await audit_queries.case_measures()


@get(
    "/feed-drift",
    operation_id="feed_drift_list",
    summary="How many firms each feed named in its newest month, against the months before",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_drift(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[FeedDrift]]:
    """In the order of the contract; a feed of which nothing has come is not listed."""
    order = list(FEEDS)
    return await sorted_page(
        request,
        limit,
        cursor,
        await audit_queries.feed_drift(now()),
        lambda row: (order.index(row.feed),),
    )


ROUTES = [
    list_findings,
    show_bands,
    show_weights,
    list_months,
    show_month,
    plan,
    show_measures,
    list_drift,
]
