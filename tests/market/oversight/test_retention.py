"""Cells beyond the time the county keeps them go by the timetable, in the store of the market."""

import msgspec
import obstore
import pytest

from market.files.store import open_store
from market.oversight.feeding import erase_beyond_retention
from market.settings import Settings
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.errors import Refused
from ratings.signals.actions import take_in
from ratings.signals.queries import known_partitions
from tests.conftest import make_uscc


async def test_the_settings_say_how_long_cells_are_kept(settings: Settings, database: str) -> None:
    store, firm = open_store(settings.files), make_uscc(1)
    for month in ("2021-03", "2022-11"):
        content = f"uscc,month,out_fen\n{firm},{month},100\n".encode()
        await take_in(system(now()), "invoices", "invoices.csv", content, store)
    keys = {one.month: one.key for one in await known_partitions(now())}
    longer = msgspec.structs.replace(settings, feed_retention="invoices=600")
    assert await erase_beyond_retention(system(now()), longer) == 0
    assert await erase_beyond_retention(system(now()), settings) == 2
    assert set(keys) == {"2021-03", "2022-11"}
    for key in keys.values():
        with pytest.raises(FileNotFoundError):
            await obstore.head_async(store, key)
    wrong = msgspec.structs.replace(settings, feed_retention="invoices=2")
    with pytest.raises(Refused, match="at least 24"):
        await erase_beyond_retention(system(now()), wrong)
