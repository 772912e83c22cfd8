"""The directory of agencies, and one agency: what it sells and how its stars come about."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies import queries
from market.agencies.directory_queries import AgencyFilter, agencies, count_agencies
from market.catalogue.queries import packages
from market.catalogue.standard_versions import newest_standards
from market.engagements.queries import market_figures
from market.web import asked
from market.web.decisions import agency_history
from market.web.project import figures
from market.web.render import locale_of, page
from ratings.evaluations.indicators import INDICATORS
from ratings.evaluations.switch_queries import answers_of_agency, left_out_of
from ratings.evaluations.weight_queries import lowered_of
from ratings.integrity.rerating_queries import reratings_in_force
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date, now
from ratings.sanctions.misconduct_queries import warnings_in_force
from ratings.sanctions.objection_lists import objection_on_view
from ratings.sanctions.queries import delisting_in_force
from ratings.sanctions.rectification_queries import rectifications_in_force
from ratings.stars.policy_queries import policy_in_force
from ratings.stars.queries import (
    StandingRow,
    TrendPoint,
    coming_changes,
    current,
    distribution,
    trend,
)
from ratings.stars.waterfall import MISSING_TEXT, STEP_TEXT, Step, StepCode

_PER_PAGE = 12
_ENGAGEMENTS = (
    StepCode.ENGAGEMENT,
    StepCode.ENGAGEMENT_UNRATED,
    StepCode.ENGAGEMENT_WAITS,
)


@get("/agencies", **allow(Role.PUBLIC))
async def directory(request: Asking) -> Response[str]:
    offered = await packages()
    wanted = AgencyFilter(
        text=asked.word(request, "q"),
        package=asked.one_of(request, "package", tuple(one.code for one in offered)),
        stars=asked.whole(request, "stars", least=0, most=5),
    )
    count = await count_agencies(wanted)
    pages = max(1, -(-count // _PER_PAGE))
    at = min(asked.page_number(request), pages)
    found = await agencies(wanted, limit=_PER_PAGE, offset=(at - 1) * _PER_PAGE)
    listings = await queries.listings_of_package(wanted.package) if wanted.package else []
    return page(
        request,
        "agencies/index.html",
        fragment="results",
        packages=offered,
        names={one.code: one for one in offered},
        wanted=wanted,
        agencies=found,
        count=count,
        number=at,
        pages=pages,
        listings={one.uscc: one for one in listings},
        policy=await policy_in_force(local_date(actor(request).at)),
        figures=await market_figures(),
        distribution=await distribution(),
    )


@get("/agencies/{uscc:str}", **allow(Role.PUBLIC))
async def agency(request: Asking, uscc: FromPath[str]) -> Response[str]:
    record = await queries.public_agency(asked.plain(uscc))
    offered = {one.code: one for one in await packages()}
    standing = await current(record.uscc)
    listings = await queries.listings_of_agency(record.uscc, public=True)
    standards = await newest_standards()
    today = local_date(now())
    return page(
        request,
        "agencies/show.html",
        agency=record,
        names=offered,
        standing=standing,
        waterfall=_summary(standing) if standing else [],
        engagements=_steps(standing, _ENGAGEMENTS) if standing else [],
        events=_steps(standing, _EVENTS) if standing else [],
        step_text=STEP_TEXT,
        missing_text=MISSING_TEXT,
        left_out=await left_out_of(record.uscc),
        lowered=await lowered_of(record.uscc),
        rated_again=await reratings_in_force(actor(request), record.uscc),
        said=await answers_of_agency(actor(request), record.uscc),
        indicators={one.code: one for one in INDICATORS},
        policy=await policy_in_force(local_date(actor(request).at)),
        trend=_drawn(await trend(record.uscc), today),
        coming=await coming_changes(record.uscc, actor(request).at),
        delisting=await delisting_in_force(record.uscc),
        rectifications=await rectifications_in_force(record.uscc),
        warnings=await warnings_in_force(actor(request).at, record.uscc),
        objection=await objection_on_view(record.uscc, actor(request).at),
        listings=[
            (one, figures(offered[one.package].record, one.facts, standards)) for one in listings
        ],
        qualifications=await queries.qualifications(record.uscc),
        history=await agency_history(locale_of(request), record.uscc),
        years=(today - record.established_on).days // 365,
        today=today,
    )


_EVENTS = (StepCode.DEDUCTION, StepCode.WAIVED, StepCode.BONUS, StepCode.CAP, StepCode.HYSTERESIS)


def _steps(standing: StandingRow, codes: Iterable[StepCode]) -> list[dict[str, Any]]:
    return [_readable(step) for step in standing.waterfall if step.code in codes]


def _readable(step: Step) -> dict[str, Any]:
    """A step with the days of its words as days; a public page names an engagement by them."""
    words: dict[str, Any] = {**step.params, "reference": step.reference}
    for name in ("settled_on", "on", "ends_on", "repaired_on"):
        if name in words:
            words[name] = date.fromisoformat(words[name])
    return {"step": step, "words": words}


def _summary(standing: StandingRow) -> list[dict[str, Any]]:
    """The waterfall with its engagements in one row; its points still sum to the score."""
    counted = [one for one in standing.waterfall if one.code is StepCode.ENGAGEMENT]
    rows = [
        {"code": one.code.value, "points": one.points, **_readable(one)}
        for one in standing.waterfall
        if one.code not in _ENGAGEMENTS
    ]
    if counted:
        points = sum((one.points for one in counted), Decimal(0))
        # By the robust method they follow the mean they are held against.
        start = standing.waterfall[0].code is StepCode.START
        mean = {"code": "lift" if start else "mean", "count": len(counted), "points": points}
        rows.insert(int(start), mean)
    return rows


def _drawn(points: list[TrendPoint], today: date) -> dict[str, Any] | None:
    """The last score of each day, with the span the drawing covers."""
    last = list({point.on: point for point in points}.values())
    if not last:
        return None
    lowest = min(point.score for point in last)
    return {
        "points": last,
        "first": last[0].on.toordinal(),
        "last": today.toordinal(),
        "today": today,
        "floor": min(Decimal(50), lowest // 10 * 10),
    }


ROUTES = [directory, agency]
