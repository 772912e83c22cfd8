"""Planning the reviews of a month: how many the centre can do, and who is drawn by lot."""

import hashlib
import uuid

import msgspec

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, system
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, fetchval, tx
from ratings.ledger.errors import Bilingual, Conflict, Forbidden, NotFound, SteelyardError
from ratings.sanctions.actions import open_case
from ratings.sanctions.holding import hold_cases
from ratings.sanctions.rules import PENDING, Kind
from ratings.shells.audit import check_budget, draw, lots
from ratings.shells.case_actions import remind
from ratings.shells.case_queries import shell_cases
from ratings.shells.queries import latest_screen
from ratings.shells.tables import ReviewMonth

_DRAWN = Bilingual(
    zh="本机构由随机抽查抽中，筛查未发现不利情况；抽查用于检验筛查是否准确。",
    en="Drawn by lot: the screen has found nothing against this agency. The lot shows how far the"
    " screen can be trusted.",
)


async def plan_reviews(actor: Actor, budget: int, agencies: frozenset[str]) -> list[str]:
    """Set how many reviews this month has, and open a case for a tenth of them, drawn by lot.

    The lot is among `agencies` that the last screen saw and did not flag. Returns whom it fell on.
    Conflict when the month has been planned.
    """
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides a case.")
    check_budget(budget)
    month = local_date(actor.at).strftime("%Y-%m")
    async with tx():
        screen = await latest_screen()
        if screen is None:
            raise NotFound("screen-none", "No screen has been run yet.")
        if await fetchval("SELECT true FROM review_month WHERE month = $1", month):
            raise Conflict("reviews-planned", "The reviews of {month} are planned.", month=month)
        pool = await _pool(screen.id, agencies)
        seed = await _seed(month)
        drawn = draw(seed, pool, lots(budget))
        await hold_cases(drawn)
        opened = {
            uscc: await open_case(system(actor.at), uscc, Kind.SHELL, [_DRAWN]) for uscc in drawn
        }
        await ReviewMonth.insert(
            ReviewMonth(
                id=str(uuid.uuid4()),
                month=month,
                budget=budget,
                run=screen.id,
                seed=seed,
                pool=len(pool),
                drawn=msgspec.json.encode(opened).decode(),
                planned_at=actor.at,
                planned_by=actor.person,
            )
        )
        await record(
            actor,
            "screen.reviews_planned",
            "screen",
            screen.id,
            {
                "month": month,
                "budget": budget,
                "seed": seed,
                "pool": len(pool),
                "drawn": list(drawn),
            },
        )
    return list(drawn)


async def _pool(screen: str, agencies: frozenset[str]) -> list[str]:
    """The agencies that a screen saw and did not flag, and about which no case is open."""
    rows = await fetch(
        "SELECT f.uscc FROM finding f WHERE f.run = $1::uuid AND f.outcome <> 'case'"
        " AND f.uscc = ANY($2::text[])"
        " AND NOT EXISTS (SELECT FROM case_file c WHERE c.uscc = f.uscc AND c.kind = 'shell'"
        "  AND c.state = ANY($3::text[]))"
        " AND NOT EXISTS (SELECT FROM delisting d WHERE d.uscc = f.uscc AND d.lifted_at IS NULL)"
        " ORDER BY f.uscc",
        screen,
        sorted(agencies),
        list(PENDING),
    )
    return [row[0] for row in rows]


async def _seed(month: str) -> str:
    """From the newest entry of the ledger: nobody who plans can choose it."""
    newest = await fetchval("SELECT hash FROM ledger_entry ORDER BY seq DESC LIMIT 1")
    return hashlib.sha256(f"{month}:{newest}".encode()).hexdigest()


async def remind_overdue(actor: Actor) -> int:
    """Remind of every case whose step is overdue; returns of how many. For the timetable."""
    count = 0
    for case in await shell_cases(actor.at, undecided=True):
        if case.overdue:
            try:
                await remind(actor, case.id)
            except SteelyardError:
                continue
            count += 1
    return count
