"""What tax and market regulation report, and twenty-four months of feeds to be screened."""

import tempfile
from datetime import timedelta
from pathlib import Path

import msgspec

from market.demonstration.calendar import Story, office_hour
from market.demonstration.cases import proceed, standing_follows
from market.demonstration.cast import Cast, stream
from ratings.ledger.clock import add_months, local_date
from ratings.sanctions.queries import case_files
from ratings.shells.actions import take_in_and_screen
from ratings.shells.check_up_actions import make_check_ups
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.stars.actions import ReportedEvent, report_event
from ratings.stars.feedback import Cap, Severity

_TAX = "云溪县税务局"
_MARKET = "云溪县市场监督管理局"


class Report(msgspec.Struct, frozen=True):
    """One document about one agency, by its place among the invented ones."""

    agency: int
    days_ago: int
    source: str
    severity: Severity
    cap: Cap = Cap.NONE


REPORTS = (
    Report(0, 70, _MARKET, Severity.BONUS),
    Report(7, 140, _MARKET, Severity.BONUS),
    Report(3, 150, _TAX, Severity.MINOR),
    Report(6, 75, _TAX, Severity.MINOR),
    Report(6, 30, _TAX, Severity.MINOR),
    Report(10, 120, _MARKET, Severity.GENERAL),
    Report(26, 210, _TAX, Severity.GENERAL),
    Report(21, 40, _MARKET, Severity.GENERAL, Cap.TWO_STAR),
)


async def report(cast: Cast, number: int, wanted: Report) -> Story:
    random = stream(f"report {number}")
    day = local_date(cast.days_ago(wanted.days_ago))
    agency = cast.agency_plans[wanted.agency]
    yield (at := office_hour(day, random))
    event = ReportedEvent(
        uscc=agency.uscc,
        on=day - timedelta(days=random.randint(2, 9)),
        source=wanted.source,
        document=f"示范反馈〔{day.year}〕{100 + number}号",
        severity=wanted.severity,
        cap=wanted.cap,
    )
    await report_event(cast.centre.at(at), event)
    await standing_follows(cast, agency, at)


async def screen(cast: Cast) -> Story:
    """The centre takes in the feeds of the authorities; each flag becomes a case."""
    random = stream("screen")
    yield (at := office_hour(local_date(cast.days_ago(4)), random))
    month = add_months(local_date(at).replace(day=1), -1).strftime("%Y-%m")
    known = [plan for plan in cast.agency_plans if plan.uscc in cast.agencies]
    facts = [AgencyFacts(plan.uscc, plan.feeds, plan.established_on) for plan in known]
    with tempfile.TemporaryDirectory() as directory:
        write_feeds(Path(directory), facts, month)
        agencies = frozenset(cast.agencies)
        delivery = await take_in_and_screen(
            cast.centre.at(at), Path(directory), month, agencies, cast.store
        )
    await make_check_ups(cast.centre.at(at), delivery.screen, agencies, cast.store)
    flagged = [plan for plan in known if plan.uscc in delivery.cases]
    # The first answers at once, the others still have their say.
    for plan in flagged[:1]:
        for case in await case_files(uscc=plan.uscc, state="open"):
            cast.calendar.add(proceed(cast, plan, case.id))
