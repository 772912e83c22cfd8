"""The market's own feed: what it knows of each agency's conduct in a month.

Everything is counted from dated rows, so a finished month gives the same figures whenever it is
asked for. What the market does not know is empty, never zero: `device_id` and `finance_officer_id`
it never knows, and `network_id` only of sessions that have not been forgotten yet.
"""

import csv
import io
import ipaddress
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import msgspec

from market.accounts.seals import keyed_hash
from ratings.ledger.clock import add_months, end_of_day, start_of_day
from ratings.ledger.database import fetch, fetchval
from ratings.signals.contract import PLATFORM


class Conduct(msgspec.Struct, frozen=True):
    """One agency in one month (YYYY-MM, as the county counts it).

    `bids`: offers to serve a group. `awards`, `contract_fen`: engagements that began, and their
    price. `delivered`: engagements whose last part was handed in. `overdue`: engagements whose
    promised last day lies in the month and passed undelivered. `distinct_signers`: the different
    people who offered, reported or handed in for the agency. `network_id`: keyed hash of the
    network (a /24, of IPv6 a /48) from which its people have mostly signed in.
    """

    uscc: str
    month: str
    bids: int
    awards: int
    delivered: int
    overdue: int
    contract_fen: int
    distinct_signers: int
    network_id: str | None


SIGNED = (
    "engagement.deliverable_added",
    "engagement.milestone_reported",
    "group_buy.offered",
)
"""The acts by which somebody puts their name to an agency's work."""

_COUNTED = """
WITH engaged AS (
 SELECT e.agency, e.price_fen, e.started_at, e.due_on,
  CASE WHEN e.state <> 'running' THEN greatest(
   (SELECT max(reported_at) FROM milestone WHERE engagement = e.id),
   (SELECT min(uploaded_at) FROM deliverable WHERE engagement = e.id)) END AS delivered_at
 FROM engagement e
), work AS (
 SELECT agency,
  count(*) FILTER (WHERE started_at >= $1 AND started_at < $2) AS awards,
  sum(price_fen) FILTER (WHERE started_at >= $1 AND started_at < $2) AS contract_fen,
  count(*) FILTER (WHERE delivered_at >= $1 AND delivered_at < $2) AS delivered,
  count(*) FILTER (WHERE due_on >= $3 AND due_on <= $4 AND (delivered_at IS NULL
   OR (delivered_at AT TIME ZONE 'Asia/Shanghai')::date > due_on)) AS overdue
 FROM engaged GROUP BY agency
), offers AS (
 SELECT agency, count(*) AS bids FROM offer WHERE offered_at >= $1 AND offered_at < $2
 GROUP BY agency
), signed AS (
 SELECT organisation, count(DISTINCT person) AS signers FROM ledger_entry
 WHERE act = ANY($5::text[]) AND role = 'agency' AND at >= $1 AND at < $2 GROUP BY organisation
)
SELECT a.uscc, coalesce(o.bids, 0), coalesce(w.awards, 0), coalesce(w.delivered, 0),
 coalesce(w.overdue, 0), coalesce(w.contract_fen, 0)::bigint, coalesce(s.signers, 0)
FROM agency a LEFT JOIN work w ON w.agency = a.uscc LEFT JOIN offers o ON o.agency = a.uscc
LEFT JOIN signed s ON s.organisation = a.organisation::text
WHERE a.state = 'admitted' AND a.decided_at < $2 ORDER BY a.uscc
"""


async def conduct(month: str, key: bytes) -> list[Conduct]:
    """Every agency that had been admitted before the month ended, by its code.

    `key` is the installation's; networks are hashed under one derived from it.
    """
    first = date.fromisoformat(f"{month}-01")
    last = add_months(first, 1) - timedelta(days=1)
    starts, ends = start_of_day(first), end_of_day(last)
    networks = await _networks(starts, ends, key)
    rows = await fetch(_COUNTED, starts, ends, first, last, list(SIGNED))
    return [
        Conduct(row[0], month, row[1], row[2], row[3], row[4], row[5], row[6], networks.get(row[0]))
        for row in rows
    ]


async def first_month() -> str | None:
    """The month in which the first agency was admitted; None while there is none."""
    found: str | None = await fetchval(
        "SELECT to_char(min(decided_at AT TIME ZONE 'Asia/Shanghai'), 'YYYY-MM') FROM agency"
        " WHERE state = 'admitted'"
    )
    return found


def as_csv(rows: Sequence[Conduct]) -> bytes:
    """The feed as the file contract has it; a column that nothing is known of is left out."""
    known = set(Conduct.__struct_fields__)
    names = [column.name for column in PLATFORM.columns if column.name in known]
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow("" if (one := getattr(row, name)) is None else one for name in names)
    return written.getvalue().encode()


async def _networks(starts: datetime, ends: datetime, key: bytes) -> dict[str, str]:
    rows = await fetch(
        "SELECT a.uscc, s.address FROM session s JOIN agency a ON a.organisation = s.organisation"
        " WHERE s.seen_at >= $1 AND s.created_at < $2",
        starts,
        ends,
    )
    seen: dict[str, list[str]] = {}
    for row in rows:
        seen.setdefault(row[0], []).append(row[1])
    found = {uscc: main_network(addresses) for uscc, addresses in seen.items()}
    return {uscc: keyed_hash(key, "network", one) for uscc, one in found.items() if one}


def main_network(addresses: Iterable[str]) -> str:
    """The network met most, of equals the first by its text; empty when none says anything.

    A private network is everybody's: who signs in from one sits behind a proxy that this
    installation has not been told of, or in the same house.
    """
    counted = Counter(one for one in addresses if one and ipaddress.ip_network(one).is_global)
    return min(counted, key=lambda one: (-counted[one], one), default="")
