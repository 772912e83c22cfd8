"""An invented county market with eighteen months behind it, made by the actions of its people.

Everything comes from a fixed seed; only the dates move with the day it is made on.
"""

from collections.abc import Callable
from datetime import datetime

from obstore.store import ObjectStore

from market.catalogue.actions import load_catalogue, load_demonstration_ranges
from market.catalogue.guide_actions import load_guides
from market.catalogue.queries import county_ranges
from market.demonstration.authorities import REPORTS, report
from market.demonstration.cases import standing_follows, warn
from market.demonstration.cast import OPENED, assemble
from market.demonstration.group_buys import buy_together, current_groups, in_groups, past_groups
from market.demonstration.plot import settled_work, work_in_hand
from market.demonstration.sellers import sell
from market.demonstration.shells import screens
from market.demonstration.work import bought_alone
from market.oversight.manipulation import look_for_manipulation
from ratings.ledger.actions import record
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetchrow, tx
from ratings.ledger.errors import Unavailable
from ratings.ledger.queries import latest
from ratings.stars.estimate_actions import freeze_all

POPULATED = "demonstration.populated"


async def populate(now: datetime, store: ObjectStore, progress: Callable[[str], None]) -> bool:
    """Fill an empty market and return True; one that has organisations is left as it is.

    Unavailable when an earlier start was broken off half way.
    """
    if await latest(1, (POPULATED,)):
        return False
    row = await fetchrow("SELECT bool_or(demonstration) FROM organisation")
    if row is not None and row[0] is not None:
        if row[0]:
            raise Unavailable(
                "demonstration-unfinished",
                "The demonstration was broken off while it was being filled. Delete the folder"
                " var (or empty the database that DATABASE_URL names) and start again.",
            )
        return False
    # One transaction, each act a savepoint of it: a start that is broken off leaves nothing
    # behind, and four thousand acts wait for the disk once.
    async with tx():
        await _populate(now, store, progress)
    # PostgreSQL looks at tables that have grown only after a minute, and plans by what it knows.
    await execute("ANALYZE")
    return True


async def _populate(now: datetime, store: ObjectStore, progress: Callable[[str], None]) -> None:
    opened = now - OPENED
    await load_catalogue(system(opened))
    await load_guides(system(opened))
    if not await county_ranges(local_date(now)):
        await load_demonstration_ranges(system(opened))
    cast = await assemble(now, store, progress)
    for plan in cast.agency_plans:
        cast.calendar.add(sell(cast, plan))
    groups = past_groups(cast)
    for group in [*groups, *current_groups(cast)]:
        cast.calendar.add(buy_together(cast, group))
    for work in [*settled_work(cast, in_groups(groups)), *work_in_hand(cast)]:
        cast.calendar.add(bought_alone(cast, work))
    for number, wanted in enumerate(REPORTS):
        cast.calendar.add(report(cast, number, wanted))
    cast.calendar.add(warn(cast))
    cast.calendar.add(screens(cast))
    await cast.calendar.run(now, progress)
    # The night before: what time alone has changed in the standings.
    for plan in cast.agency_plans:
        if plan.uscc in cast.agencies:
            await standing_follows(cast, plan, now)
    # So that any standing can be asked under the policy `robust` too.
    await freeze_all(system(now), now)
    await look_for_manipulation(system(now))
    # Their time has come and the stories have done them; the others are for the timetable.
    await execute("DELETE FROM pgqueuer WHERE execute_after <= now()")
    await record(system(now), POPULATED, "demonstration", "market", {"today": str(now.date())})
