"""What an agency says of itself is kept true by its administrators, and by nobody else."""

import msgspec
import pytest
from litestar import Litestar

from market.accounts.profiles import profile
from market.agencies.details import NewDetails, change_details, details
from market.agencies.queries import agency
from ratings.ledger.errors import Forbidden, NotFound, Refused
from ratings.ledger.queries import latest
from tests.colleagues import colleague
from tests.county import County


async def test_an_administrator_puts_them_right(app: Litestar, county: County) -> None:
    account = await county.agency()
    before = await details(account.actor())
    wanted = NewDetails(
        " Cloud Brook ", before.introduction, before.address, "诸葛新", "139-0000-1"
    )
    changed = await change_details(account.actor(), wanted)
    assert await details(account.actor()) == changed
    assert (await agency(account.uscc or "")).name_en == "Cloud Brook"
    assert (await profile(account.actor())).name_en == "Cloud Brook"
    entry, named = await latest(2)
    assert (entry.act, named.act) == ("agency.details_changed", "organisation.changed")
    assert "诸葛新" not in entry.facts + named.facts
    await change_details(account.actor(), changed)
    assert (await latest(1))[0].seq == entry.seq, "what is the same is no act"

    with pytest.raises(Refused) as refused:
        await change_details(
            account.actor(), msgspec.structs.replace(changed, contact_phone=" ", address="路" * 201)
        )
    assert {fault.pointer for fault in refused.value.faults} == {"/contact_phone", "/address"}
    member = await colleague(app, account)
    with pytest.raises(Forbidden, match="administrator"):
        await change_details(member.actor(), changed)
    with pytest.raises(NotFound):
        await details(county.enterprise.actor())
