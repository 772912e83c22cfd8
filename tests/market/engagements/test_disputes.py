"""Disputes between owner and agency: who records, reads and settles them, and what they lead to."""

import asyncio
from datetime import timedelta

import pytest

from market.engagements.actions import accept, settle
from market.engagements.dispute_actions import NewDispute, open_dispute, resolve_dispute
from market.engagements.dispute_queries import Resolution, Side, disputes_of
from market.oversight.manipulation import look_for_manipulation
from market.worker import nightly
from ratings.evaluations.actions import answer
from ratings.evaluations.indicators import Party
from ratings.integrity.flags import FlagKind
from ratings.integrity.queries import flags
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, marks, reasons, refused

ABOUT = NewDispute("钻孔数", "约定12个孔，只做了9个")


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


async def test_each_side_records_one_and_who_recorded_or_the_centre_settles_it(
    county: County, agency: Account
) -> None:
    work = await county.delivered(agency, await county.listing(agency))
    owner, firm = county.enterprise.actor(), agency.actor()
    stranger = (await county.agency()).actor()
    await refused(open_dispute(stranger, work, ABOUT), NotFound, "engagement-unknown")
    await refused(open_dispute(county.centre.actor(), work, ABOUT), Forbidden, "no-side")
    await refused(open_dispute(owner, work, NewDispute(" ", "x")), Refused, "dispute-text-missing")
    long = NewDispute("x" * 121, "x")
    await refused(open_dispute(owner, work, long), Refused, "dispute-text-long")
    # Two of the same side at once: one is recorded.
    ends = await asyncio.gather(
        *(open_dispute(owner, work, ABOUT) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(end, str) for end in ends) == 1
    assert sum(isinstance(end, Conflict) for end in ends) == 2
    (first,) = [end for end in ends if isinstance(end, str)]
    second = await open_dispute(firm, work, NewDispute("尾款", "尾款未付"))
    await refused(resolve_dispute(firm, first, "好"), Refused, "dispute-of-another")
    await refused(resolve_dispute(stranger, first, "好"), NotFound, "dispute-unknown")
    await resolve_dispute(owner, first, "补做3个孔")
    await refused(resolve_dispute(owner, first, "好"), Conflict, "dispute-resolved")
    await resolve_dispute(county.centre.actor(), second, "尾款应当支付")
    mine, theirs = await disputes_of(work)
    assert (mine.side, mine.resolution) == (Side.OWNER, Resolution.AGREEMENT)
    assert (theirs.side, theirs.resolution) == (Side.AGENCY, Resolution.CENTRE)
    assert theirs.outcome == "尾款应当支付"
    acts = [entry for entry in await history("engagement", work) if "dispute" in entry.act]
    assert [one.act for one in acts].count("engagement.dispute_resolved") == 2
    assert not any("孔" in str(one.facts) or "款" in str(one.facts) for one in acts)
    # It is over, so there may be another one.
    await open_dispute(owner, work, ABOUT)
    assert (await verify()).faults == []


async def test_a_low_mark_after_a_dispute_is_a_question_and_before_it_none(
    county: County, agency: Account
) -> None:
    listing = await county.listing(agency)
    for disputed in (True, False):
        work = await county.delivered(agency, listing)
        if disputed:
            await open_dispute(agency.actor(), work, ABOUT)
        await accept(county.enterprise.actor(), work)
        docket = await settle(county.enterprise.actor(), work)
        for party, score in ((Party.OWNER, 50), (Party.SUPERVISOR, 90), (Party.CENTRE, 91)):
            who, why = county.party(party).actor(), reasons(party, score)
            await answer(who, docket, marks(party, score), reasons=why, final=True)
        if disputed:
            guilty = work
        else:
            later = at(agency.actor(), now() + timedelta(days=1))
            await open_dispute(later, work, ABOUT)
    await nightly(now() + timedelta(days=2))
    found = [one for one in await flags(limit=20) if one.kind is FlagKind.RETALIATION]
    assert [one.engagements for one in found] == [(guilty,)]
    assert found[0].subject == agency.uscc
    assert found[0].figures["below_others"] == "40.50"
    assert await look_for_manipulation(system(now() + timedelta(days=3))) == 0


async def test_both_sides_do_it_on_the_page_of_the_engagement(
    county: County, agency: Account
) -> None:
    work = await county.delivered(agency, await county.listing(agency))
    page = f"/engagements/{work}"
    form = {"subject": "工期", "text": ""}
    broken = await agency.browser.post(f"{page}/disputes", data=form)
    assert broken.status_code == 422
    assert 'value="工期"' in broken.text
    assert 'id="text-error"' in broken.text
    done = await agency.browser.post(f"{page}/disputes", data={**form, "text": "延误10天"})
    assert done.status_code == 303
    (dispute,) = await disputes_of(work)
    seen = (await county.enterprise.browser.get(page)).text
    assert "延误10天" in seen
    assert f"/disputes/{dispute.id}/resolution" not in seen
    address, field = f"/disputes/{dispute.id}/resolution", f"outcome-{dispute.id}"
    empty = await county.centre.browser.post(address, data={field: " "})
    assert empty.status_code == 422
    assert f'id="{field}-error"' in empty.text
    assert (await county.centre.browser.post(address, data={field: "不成立"})).status_code == 303
    shown = (await agency.client.get(f"/api/v1/engagements/{work}")).json()["disputes"]
    assert [(one["resolution"], one["outcome"]) for one in shown] == [("centre", "不成立")]
