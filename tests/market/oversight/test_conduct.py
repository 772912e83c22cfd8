"""The market's own feed: what the tables know of an agency's month, and what they do not."""

import csv
import io
from datetime import UTC, datetime

import pytest

from market.accounts.sessions import open_session
from market.accounts.visits import Visit
from market.engagements.actions import purchase
from market.files.store import open_store
from market.oversight.conduct import Conduct, as_csv, conduct, first_month, main_network
from market.oversight.feeding import deliver_conduct
from market.purchasing.actions import offer_to_serve, open_group_buy
from market.settings import installation_key
from ratings.ledger.actors import system
from ratings.ledger.clock import SHANGHAI, local_date, now
from ratings.ledger.database import execute, fetchval
from ratings.signals.contract import PLATFORM
from ratings.signals.rules import BatchState
from tests.county import County, at

KEY = b"the key of an installation"
OCTOBER, NOVEMBER = "2026-10", "2026-11"
# Half past eleven in the evening of the county's last day of October.
LATE = datetime(2026, 10, 31, 15, 30, tzinfo=UTC)


async def admitted_long_ago(uscc: str | None) -> str:
    await execute("UPDATE agency SET applied_at = $2, decided_at = $2 WHERE uscc = $1", uscc, LATE)
    return uscc or ""


def this_month() -> str:
    return f"{local_date(now()):%Y-%m}"


async def of(uscc: str, month: str) -> Conduct:
    (found,) = [one for one in await conduct(month, KEY) if one.uscc == uscc]
    return found


async def test_a_month_is_counted_from_what_was_done_in_it(county: County) -> None:
    agency = await county.agency()
    uscc = await admitted_long_ago(agency.uscc)
    listing = await county.listing(agency)
    await county.delivered(agency, listing, when=LATE)
    # Nothing is handed in of this one, whose promised day is the 20th working day after.
    owner = at(county.enterprise.actor(), LATE)
    await purchase(owner, listing, "三号厂房")
    price = county.high_fen * 3 // 4
    assert await of(uscc, OCTOBER) == Conduct(
        uscc=uscc,
        month=OCTOBER,
        bids=0,
        awards=2,
        delivered=1,
        overdue=0,
        contract_fen=2 * price,
        distinct_signers=1,
        network_id=None,
    )
    november = await of(uscc, NOVEMBER)
    assert (november.awards, november.delivered, november.overdue) == (0, 0, 1)
    assert november.distinct_signers == 0


async def test_an_offer_to_a_group_is_a_bid(county: County) -> None:
    agency = await county.agency()
    await county.listing(agency)
    buy = await open_group_buy(county.enterprise.actor(), county.group_buy())
    await offer_to_serve(agency.actor(), buy)
    found = await of(agency.uscc or "", this_month())
    assert (found.bids, found.awards, found.distinct_signers) == (1, 0, 1)


async def test_nobody_is_there_before_they_were_admitted(county: County) -> None:
    assert await first_month() is None
    uscc = await admitted_long_ago((await county.agency()).uscc)
    await county.applicant()
    assert await first_month() == OCTOBER
    assert await conduct("2026-09", KEY) == []
    assert [one.uscc for one in await conduct(OCTOBER, KEY)] == [uscc]


async def test_a_network_is_known_while_its_sessions_are(county: County) -> None:
    first, second = await county.agency(), await county.agency()
    await execute("DELETE FROM session")
    for agency, address in ((first, "8.8.8.7"), (second, "8.8.8.200")):
        await open_session(agency.person, now(), Visit(address), second_factor=False)
    here = await of(first.uscc or "", this_month())
    assert here.network_id is not None
    assert len(here.network_id) == 64
    assert here.network_id == (await of(second.uscc or "", this_month())).network_id
    assert (await conduct(this_month(), b"another installation"))[0].network_id != here.network_id


@pytest.mark.parametrize(
    ("addresses", "main"),
    [
        (["8.8.8.0/24", "9.9.9.0/24", "9.9.9.0/24"], "9.9.9.0/24"),
        (["9.9.9.0/24", "8.8.8.0/24"], "8.8.8.0/24"),
        (["10.0.0.0/24", "127.0.0.0/24", "", "2001:4860:4860::/48"], "2001:4860:4860::/48"),
        (["192.168.1.0/24"], ""),
        ([], ""),
    ],
    ids=["most", "equal", "private", "only private", "none"],
)
def test_a_private_network_says_nothing(addresses: list[str], main: str) -> None:
    assert main_network(addresses) == main


def test_the_file_leaves_out_what_is_not_known() -> None:
    row = Conduct("91320999MA0000001X", OCTOBER, 1, 2, 3, 4, 500, 6, None)
    (read,) = csv.DictReader(io.StringIO(as_csv([row]).decode()))
    assert read["network_id"] == ""
    assert (read["contract_fen"], read["distinct_signers"]) == ("500", "6")
    contract = {column.name for column in PLATFORM.columns}
    assert contract - set(read) == {"device_id", "finance_officer_id", "received_at"}


async def test_every_finished_month_is_delivered_once(county: County) -> None:
    agency = await county.agency()
    await admitted_long_ago(agency.uscc)
    await county.delivered(agency, await county.listing(agency), when=LATE)
    later = datetime(2026, 12, 1, 0, 30, tzinfo=SHANGHAI)
    client = county.centre.client
    settings = county.app.state.settings
    key, store = installation_key(settings), open_store(settings.files)
    receipts = await deliver_conduct(system(later), key, store)
    assert [[month.month for month in one.months] for one in receipts] == [[OCTOBER], [NOVEMBER]]
    assert [(one.matched, one.unmatched, one.state) for one in receipts] == [
        (1, 0, BatchState.ACCEPTED)
    ] * 2
    # Whoever asks later, a person too, gets what is new only.
    told = await client.post("/api/v1/feeds/platform/computation")
    assert (told.status_code, told.json()) == (201, {"months": []})
    assert await fetchval("SELECT count(*) FROM feed_batch WHERE way = 'platform'") == 2
