"""What follows from what, where a person has already spoken."""

from datetime import timedelta

from market.worker import consider_case
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.sanctions.actions import dismiss_case
from ratings.stars.actions import restand
from tests.county import County, at


async def test_a_dismissed_question_is_asked_again_only_on_new_evidence(county: County) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    uscc = agency.uscc or ""
    for _ in range(3):
        await county.evaluated(agency, listing, 40)
    await restand(system(now()), uscc)
    case = await consider_case(now(), uscc)
    assert case is not None
    await dismiss_case(at(county.centre.actor(), now()), case, "不可归责于该机构")
    assert await consider_case(now() + timedelta(days=1), uscc) is None
    await county.evaluated(agency, listing, 40)
    again = await consider_case(now(), uscc)
    assert again is not None
    assert again != case
