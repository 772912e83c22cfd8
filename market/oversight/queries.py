"""Whole lists for those who take them elsewhere, row by row from one unchanging view, and the
figures of the market itself."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import msgspec

from market.agencies.queries import DELISTED
from market.catalogue.queries import Project, packages, standard_ranges
from market.engagements.queries import VISIBLE
from market.oversight.market_fees import (
    FEWEST,
    MarketFees,
    Price,
    Settled,
    averages,
    of_lines,
    of_package,
)
from market.oversight.national_exchange import ServiceHandling
from market.oversight.rules import PUBLIC_ACTS
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import start_of_day
from ratings.ledger.database import fetch, fetchrow, stream
from ratings.ledger.queries import ON_VIEW

_OFFICIALS = (Role.CENTRE, Role.SUPERVISOR, Role.AUDITOR)


class AgencyLine(msgspec.Struct, frozen=True):
    """What the directory says of an admitted agency; `standing` is rated, provisional or unrated.

    `delisted_until` is the last day of a delisting in force.
    """

    uscc: str
    name: str
    name_en: str
    established_on: date
    staff: int
    stars: int | None
    score: str | None
    standing: str
    engagements: int
    packages: list[str]
    qualifications: list[str]
    delisted_until: date | None
    demonstration: bool


async def agency_lines() -> AsyncIterator[AgencyLine]:
    """Every admitted agency, by its code."""
    async for row in stream(
        "SELECT a.uscc, a.name, a.name_en, a.established_on, a.staff, s.stars, s.score::text,"
        " coalesce(s.state, 'unrated'), coalesce(s.engagements, 0),"
        f" ARRAY(SELECT l.package FROM listing l WHERE l.agency = a.uscc AND l.state = 'live'"
        f"  AND NOT {DELISTED} ORDER BY l.package),"
        " ARRAY(SELECT q.name || CASE WHEN q.level <> '' THEN ' ' || q.level ELSE '' END"
        "  FROM qualification q WHERE q.agency = a.uscc ORDER BY q.name),"
        " (SELECT max(d.until) FROM off_market d WHERE d.uscc = a.uscc),"
        " a.demonstration"
        " FROM agency a LEFT JOIN standing s ON s.uscc = a.uscc AND s.current"
        " WHERE a.state = 'admitted' ORDER BY a.uscc"
    ):
        yield AgencyLine(*row)


class EngagementLine(msgspec.Struct, frozen=True):
    """One engagement for those who take part in it; `due_on` is the last promised working day."""

    number: str
    id: str
    package: str
    project_name: str
    owner_name: str
    agency: str
    agency_name: str
    supervisor_name: str
    group_buy: str | None
    price_fen: int
    working_days: int
    state: str
    started_at: datetime
    due_on: date
    accepted_at: datetime | None
    settled_at: datetime | None


async def engagement_lines(actor: Actor) -> AsyncIterator[EngagementLine]:
    """Those the actor may see, the oldest first."""
    async for row in stream(
        "SELECT e.number, e.id::text, e.package, e.project_name, o.name, e.agency, a.name, s.name,"
        " e.group_buy::text, e.price_fen, e.working_days, e.state, e.started_at, e.due_on,"
        " e.accepted_at, e.settled_at"
        " FROM engagement e JOIN organisation o ON o.id = e.owner"
        " JOIN agency a ON a.uscc = e.agency"
        f" JOIN organisation s ON s.id = e.supervisor WHERE {VISIBLE} ORDER BY e.started_at, e.id",
        actor.role.value,
        actor.organisation,
        actor.uscc,
    ):
        yield EngagementLine(*row)


class LedgerLine(msgspec.Struct, frozen=True):
    """One act. Who acted and the links of the chain are for officials, and null for others."""

    seq: int
    at: datetime
    role: str
    act: str
    subject_kind: str
    subject: str
    facts: dict[str, Any]
    reason: str
    hash: str
    person: str | None = None
    organisation: str | None = None
    previous_hash: str | None = None
    api_key: str | None = None


async def ledger_lines(actor: Actor) -> AsyncIterator[LedgerLine]:
    """The public acts, or for officials every act, the oldest first."""
    whole = actor.role in _OFFICIALS
    async for row in stream(
        "SELECT seq, at, role, act, subject_kind, subject, facts, reason, hash,"
        " CASE WHEN $1 THEN person END, CASE WHEN $1 THEN organisation END,"
        " CASE WHEN $1 THEN previous_hash END, CASE WHEN $1 THEN api_key END"
        f" FROM ledger_entry WHERE $1 OR (act = ANY($2) AND {ON_VIEW}) ORDER BY seq",
        whole,
        list(PUBLIC_ACTS),
    ):
        values = list(row)
        values[6] = msgspec.json.decode(values[6])
        yield LedgerLine(*values)


async def service_handlings(division: str, at: datetime) -> AsyncIterator[ServiceHandling]:
    """Every item of every engagement for the national exchange, the oldest first."""
    number = 0
    async for row in stream(
        "SELECT e.number, m.position, m.name_zh, m.item, e.working_days, e.agency, a.name, o.name,"
        " coalesce(o.uscc, '') FROM engagement e JOIN milestone m ON m.engagement = e.id"
        " JOIN agency a ON a.uscc = e.agency JOIN organisation o ON o.id = e.owner"
        " ORDER BY e.started_at, e.id, m.position"
    ):
        number += 1
        yield ServiceHandling(
            lsh=number,
            dfsjzj=f"{row[0]}-{row[1]}",
            xzqhdm=division,
            zjfwsxmc=row[2],
            zjfwsxbm=row[3],
            zjfwsxslbm=f"{row[0]}-{row[3]}",
            blsx=row[4],
            zjjgdm=row[5],
            zjjgmc=row[6],
            wtr=row[7],
            wtrdm=row[8],
            scsj=at,
        )


# Years are those of the county's calendar.
_SETTLED_YEAR = "extract(year FROM settled_at AT TIME ZONE 'Asia/Shanghai')::int"


async def market_fees(today: date, year: int | None = None) -> MarketFees:
    """What was quoted and settled in a year, this one if none is given.

    Quotes are the listings on offer at some time of the year, by the range of the day they were put
    up; fees are those of engagements settled in it, by the range of the day they began.
    """
    year = year or today.year
    settled = [
        Settled(*row)
        for row in await fetch(
            f"SELECT {_SETTLED_YEAR},"
            " (extract(epoch FROM accepted_at - started_at) / 86400)::float8,"
            " price_fen FROM engagement WHERE state = 'settled'"
        )
    ]
    rows = await fetch(
        "SELECT 'settled', package, price_fen, facts,"
        " (started_at AT TIME ZONE 'Asia/Shanghai')::date, package_version, options"
        " FROM engagement"
        f" WHERE state = 'settled' AND {_SETTLED_YEAR} = $1"
        " UNION ALL SELECT 'quote', package, price_fen, facts,"
        " (listed_at AT TIME ZONE 'Asia/Shanghai')::date, package_version, options"
        " FROM listing WHERE listed_at < $3"
        " AND (withdrawn_at IS NULL OR withdrawn_at >= $2)",
        year,
        start_of_day(date(year, 1, 1)),
        start_of_day(date(year + 1, 1, 1)),
    )
    ranges = await standard_ranges(
        [Project(row[1], row[3], row[4], row[5], tuple(row[6])) for row in rows]
    )
    prices: dict[str, list[Price]] = {}
    for row, found in zip(rows, ranges, strict=True):
        prices.setdefault(row[1], []).append(Price(row[0], row[1], row[2], found))
    offered = await packages()
    return MarketFees(
        year=year,
        as_of=today,
        years=await _years(today),
        fewest=FEWEST,
        packages=[
            of_package(one.code, one.record.items, prices.get(one.code, [])) for one in offered
        ],
        lines=[
            fee
            for one in offered
            for fee in of_lines(
                one.code,
                [line.items for line in one.record.fee_lines],
                prices.get(one.code, []),
            )
        ],
        averages=averages(settled),
    )


class Means(msgspec.Struct, frozen=True):
    """What a settled engagement took, in days from its start to its acceptance, and cost."""

    days: float
    fee_fen: int


async def settled_means() -> Means | None:
    """The means over all years that are told, or None while there is none.

    A year of fewer than FEWEST is left out here, too: with it, the mean of all less those of the
    other years would give it away.
    """
    row = await fetchrow(
        "SELECT sum(days) / sum(settled), round(sum(fees_fen) / sum(settled))::bigint FROM ("
        " SELECT count(*)::int AS settled, sum(price_fen) AS fees_fen,"
        " (sum(extract(epoch FROM accepted_at - started_at)) / 86400)::float8 AS days"
        f" FROM engagement WHERE state = 'settled' GROUP BY {_SETTLED_YEAR} HAVING count(*) >= $1)"
        " AS told",
        FEWEST,
    )
    assert row is not None, "an aggregate always has one row"
    return None if row[0] is None else Means(*row)


async def _years(today: date) -> list[int]:
    """Those in which something was settled, and this one; the latest first."""
    rows = await fetch(f"SELECT DISTINCT {_SETTLED_YEAR} FROM engagement WHERE state = 'settled'")
    return sorted({today.year, *(row[0] for row in rows)}, reverse=True)
