"""Reading screens and what they found; for officials only."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, fetchrow, fetchval, row_id
from ratings.ledger.errors import NotFound
from ratings.ledger.places import Moment
from ratings.shells.facts import SHORT
from ratings.shells.policy_queries import screen_policy_in_force
from ratings.shells.prevalence import Counts
from ratings.shells.scorecard import Reason
from ratings.shells.ties import Tie, Ties


class ScreenRow(msgspec.Struct, frozen=True):
    id: str
    as_of_month: str
    ran_at: datetime
    policy: str
    policy_version: str
    policy_digest: str
    counts: dict[str, int]


_SCREEN = (
    "SELECT id::text, as_of_month, ran_at, policy, policy_version, policy_digest, counts"
    " FROM screen_run"
)


def _screen(row: tuple[Any, ...]) -> ScreenRow:
    columns = [*row[:6], msgspec.json.decode(row[6])]
    return ScreenRow(*columns)


async def latest_screen() -> ScreenRow | None:
    row = await fetchrow(f"{_SCREEN} ORDER BY ran_at DESC LIMIT 1")
    return None if row is None else _screen(tuple(row))


async def kept_screen(identifier: str) -> ScreenRow:
    """One of them; NotFound."""
    row = await fetchrow(f"{_SCREEN} WHERE id = $1", row_id(identifier))
    if row is None:
        raise NotFound("screen-unknown", "There is no screen {id}.", id=identifier)
    return _screen(tuple(row))


async def shown_in(screen: str) -> Counts:
    """How many firms of the county lay in each bin; nothing of a screen that has not kept it."""
    found = await fetchval("SELECT shown FROM screen_run WHERE id = $1", row_id(screen))
    return msgspec.json.decode(found, type=dict[str, list[int]]) if found else {}


# A batch carries the time at which it was sent, and a large one may become known long after: only
# the order of the ledger says whether a screen can have read it.
_DUE = """
SELECT r.ran_at IS NULL OR r.policy_digest <> $3 OR EXISTS (SELECT FROM ledger_entry b
  WHERE b.seq > r.read_to AND (b.act = 'feed.released' OR b.act = 'feed.taken_in'
   AND b.facts::jsonb->>'state' = 'accepted'))
 OR EXISTS (SELECT FROM feed_batch WHERE known_at > r.ran_at AND known_at <= $1)
 OR EXISTS (SELECT FROM registered_excuse WHERE registered_at > r.ran_at AND registered_at <= $1
  OR withdrawn_at > r.ran_at AND withdrawn_at <= $1)
FROM (SELECT) one LEFT JOIN LATERAL (SELECT s.ran_at, s.policy_digest,
  coalesce((e.facts::jsonb->>'read_to')::bigint, e.seq) AS read_to
 FROM screen_run s LEFT JOIN ledger_entry e ON e.subject_kind = 'screen'
  AND e.subject = s.id::text AND e.act = 'screen.ran'
 WHERE s.as_of_month = $2 ORDER BY s.ran_at DESC LIMIT 1) r ON true
WHERE EXISTS (SELECT FROM feed_partition p JOIN feed_batch b ON b.id = p.batch
 WHERE b.known_at <= $1 AND p.feed = ANY($4) AND p.erased_at IS NULL)
"""


def last_month(at: datetime) -> str:
    """The last month (YYYY-MM) that has ended."""
    first = local_date(at).replace(day=1)
    return (first - timedelta(days=1)).strftime("%Y-%m")


async def screen_due(at: datetime) -> str | None:
    """The last month that has ended (or a later one that somebody has screened), if a screen of it
    may find what none has found yet: because there was none, or a batch, an excuse or the policy
    is newer than the latest."""
    latest = await latest_screen()
    month = max(last_month(at), latest.as_of_month if latest else "")
    policy = await screen_policy_in_force(local_date(at))
    due = await fetchval(_DUE, at, month, policy.digest, list(SHORT))
    return month if due else None


async def screens(limit: int, after: Moment | None = None) -> list[ScreenRow]:
    """The newest first, `after` one that was seen."""
    rows = await fetch(
        f"{_SCREEN} WHERE ($2::timestamptz IS NULL OR (ran_at, id) < ($2, $3::uuid))"
        " ORDER BY ran_at DESC, id DESC LIMIT $1",
        limit,
        after and after.at,
        after and after.id,
    )
    return [_screen(tuple(row)) for row in rows]


async def screen_that_saw(uscc: str) -> ScreenRow | None:
    """The latest one that found something about an agency, as `finding` has it."""
    row = await fetchrow(
        f"{_SCREEN} WHERE id IN (SELECT run FROM finding WHERE uscc = $1)"
        " ORDER BY ran_at DESC LIMIT 1",
        uscc,
    )
    return None if row is None else _screen(tuple(row))


class FindingRow(msgspec.Struct, frozen=True):
    """One agency in one screen; the contributions of `reasons` sum to `log_odds`."""

    uscc: str
    as_of_month: str
    log_odds: float
    probability: float
    points: float
    coverage: float
    classes: int
    outcome: str
    reasons: list[Reason]


_FINDING = (
    "SELECT f.uscc, r.as_of_month, f.log_odds, f.probability, f.points, f.coverage, f.classes,"
    " f.outcome, f.reasons FROM finding f JOIN screen_run r ON r.id = f.run"
)


def _finding(row: tuple[object, ...]) -> FindingRow:
    columns = [*row[:8], msgspec.json.decode(str(row[8]), type=list[Reason])]
    return FindingRow(*columns)  # type: ignore[arg-type] # columns in the order of the fields


async def finding(uscc: str) -> FindingRow | None:
    """What the latest screen that saw an agency found about it."""
    row = await fetchrow(f"{_FINDING} WHERE f.uscc = $1 ORDER BY r.ran_at DESC LIMIT 1", uscc)
    return None if row is None else _finding(tuple(row))


async def findings(screen: str, outcomes: tuple[str, ...] = ()) -> list[FindingRow]:
    """Those of one screen, the highest points first; of all outcomes or the named ones."""
    rows = await fetch(
        f"{_FINDING} WHERE f.run = $1::uuid AND ($2::text[] = '{{}}' OR f.outcome = ANY($2))"
        " ORDER BY f.points DESC",
        screen,
        list(outcomes),
    )
    return [_finding(tuple(row)) for row in rows]


async def firm_ties(uscc: str) -> Ties | None:
    """Of the latest screen that saw the agency; None where it shares nothing."""
    row = await fetchrow(
        "SELECT t.firms, t.ties FROM firm_ties t WHERE t.uscc = $1 AND t.run ="
        " (SELECT f.run FROM finding f JOIN screen_run r ON r.id = f.run WHERE f.uscc = $1"
        " ORDER BY r.ran_at DESC LIMIT 1)",
        uscc,
    )
    return row and Ties(uscc, row[0], msgspec.json.decode(row[1], type=tuple[Tie, ...]))
