"""A decision of the centre and a sale at the same moment are taken one after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import timedelta

import pytest

from market.agencies.queries import held_listing, in_force
from market.engagements.actions import purchase
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import tx
from ratings.ledger.errors import NotFound
from ratings.sanctions.actions import Proposal, answer_case, delist, open_case, propose_delisting
from ratings.sanctions.rules import Kind, Severity
from tests.county import County, refused


@pytest.mark.parametrize("check", [in_force, held_listing])
async def test_a_delisting_waits_for_the_sale_that_was_checked_before_it(
    county: County, check: Callable[[str], Awaitable[object]]
) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    assert agency.uscc is not None
    case = await open_case(system(now()), agency.uscc, Kind.ONE_STAR, [])
    assert case is not None
    until = local_date(now()) + timedelta(days=180)
    await answer_case(agency.actor(), case, "说明")
    proposal = Proposal(Severity.ORDINARY, until, "invented")
    await propose_delisting(county.centre.actor(), case, proposal)
    await county.second()
    async with tx():
        await check(agency.uscc if check is in_force else listing)
        # In a context of its own, so that it does not join the transaction of the sale.
        decided = asyncio.create_task(
            delist((await county.second()).actor(), case),
            context=Context(),
        )
        await asyncio.wait({decided}, timeout=0.5)
        assert not decided.done()
    await decided
    await refused(purchase(county.enterprise.actor(), listing, "厂房"), NotFound, "listing-unknown")
