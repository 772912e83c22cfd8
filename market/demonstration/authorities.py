"""What tax and market regulation report about single agencies."""

from datetime import timedelta

import msgspec

from market.demonstration.calendar import Story, office_hour
from market.demonstration.cases import standing_follows
from market.demonstration.cast import Cast, stream
from ratings.ledger.clock import local_date
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
