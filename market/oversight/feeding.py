"""What happens to feeds without anybody sending them: the pulls, the market's own feed, and the end
of the time for which cells are kept."""

from obstore.store import ObjectStore

from market.files.store import open_store
from market.oversight.conduct import as_csv, conduct, first_month
from market.settings import Settings, identifier_key
from ratings.ledger.actors import Actor
from ratings.ledger.clock import now
from ratings.signals.actions import Receipt, take_in
from ratings.signals.cells import WINDOW
from ratings.signals.connectors.actions import Desk
from ratings.signals.connectors.folder import read_folder
from ratings.signals.connectors.rules import finished_months
from ratings.signals.decisions import erase_old_cells
from ratings.signals.queries import accepted_partitions
from ratings.signals.rules import Way, parse_retention

PLATFORM = "platform"


def desk_of(settings: Settings) -> Desk:
    """Where pulls are worked on in this installation."""
    return Desk(
        connectors=read_folder(settings.connectors).connectors,
        networks=settings.connected_networks,
        key=identifier_key(settings),
        store=open_store(settings.files),
        clock=now,
    )


async def deliver_conduct(actor: Actor, key: bytes, store: ObjectStore) -> list[Receipt]:
    """Count the finished months of the window that the store does not have yet, the oldest first.

    `key` is the installation's (`conduct`).
    A month that is there stays as it was delivered: what it counts has dates and does not change,
    and the sessions that told its networks may have been forgotten since.
    """
    first = await first_month()
    there = {one.month for one in await accepted_partitions(PLATFORM)}
    receipts = []
    for month in finished_months(WINDOW, actor.at):
        if first is None or month < first or month in there:
            continue
        rows = await conduct(month, key)
        receipts.append(
            await take_in(
                actor,
                PLATFORM,
                f"{PLATFORM}-{month}.csv",
                as_csv(rows),
                store,
                way=Way.PLATFORM,
            )
        )
    return receipts


async def erase_beyond_retention(actor: Actor, settings: Settings) -> int:
    """Erase the cells that are older than this county keeps them; how many partitions went."""
    retention = parse_retention(settings.feed_retention)
    return await erase_old_cells(actor, retention, open_store(settings.files))
