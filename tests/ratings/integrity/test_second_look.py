"""What the robust policy wants a person to look at, in the running system."""

import msgspec
import pytest

from market.worker import FOLLOWS, nightly
from ratings.evaluations.actions import answer
from ratings.evaluations.indicators import Party
from ratings.integrity.actions import dismiss_flag, look_again
from ratings.integrity.flags import FlagKind
from ratings.integrity.queries import FlagRow, flags, second_look_at
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.database import fetchval
from ratings.stars.actions import LOOK_AGAIN, restand
from ratings.stars.policy import load_policy
from tests.conftest import Account
from tests.county import County, at, marks
from tests.ratings.stars.test_policy_in_force import LONG_AGO, THEN, adopted, ago


async def looks(uscc: str) -> list[FlagRow]:
    return [
        flag
        for flag in await flags(limit=50)
        if flag.subject == uscc and flag.kind in (FlagKind.REVIEW, FlagKind.CLIP)
    ]


@pytest.fixture
async def agency(county: County) -> Account:
    """One that has just done badly, in a county that is used to good work."""
    good = await county.agency()
    listing = await county.listing(good)
    for _ in range(4):
        await county.evaluated(good, listing, 92, when=LONG_AGO)
    robust = msgspec.structs.replace(load_policy("robust"), version="2")
    await adopted(county, robust, "robust", ago(30))
    bad = await county.agency()
    await county.evaluated(bad, await county.listing(bad), 62, when=ago(20))
    return bad


async def test_a_hidden_bad_agency_is_a_question_to_a_person_once(
    county: County, agency: Account
) -> None:
    uscc = agency.uscc or ""
    shown = await restand(system(ago(19)), uscc)
    assert shown.stars is not None
    assert shown.stars >= 3
    # The look follows the standing at once, as a job of the same transaction, and every night.
    waiting = "SELECT count(*)::int FROM pgqueuer WHERE entrypoint = $1"
    assert await fetchval(waiting, LOOK_AGAIN) > 0
    await FOLLOWS[LOOK_AGAIN](ago(19), {"uscc": uscc})
    (flag,) = await looks(uscc)
    assert (flag.kind, flag.state, len(flag.engagements)) == (FlagKind.REVIEW, "open", 1)
    assert (flag.figures["unshrunk"], flag.limits["unshrunk"]) == ("62.00", "70")
    assert flag.figures["score"] == str(shown.score)
    assert (flag.raters, flag.basis) == ((), "proposal")
    # Another answer is more evidence for the same question, which stays one.
    await county.evaluated(agency, await county.listing(agency), 60, when=ago(15))
    await nightly(ago(14))
    (grown,) = await looks(uscc)
    assert len(grown.engagements) == 2
    await dismiss_flag(county.centre.actor(), grown.id, "现场核查，质量合格")
    assert await look_again(system(ago(13)), uscc) == 0
    await county.evaluated(agency, await county.listing(agency), 60, when=ago(12))
    assert await look_again(system(ago(11)), uscc) == 0
    for _ in range(2):
        await county.evaluated(agency, await county.listing(agency), 60, when=ago(10))
    assert await look_again(system(ago(9)), uscc) == 1


async def test_an_owner_that_was_pulled_back_is_a_question(county: County, agency: Account) -> None:
    listing = await county.listing(agency)
    docket = await county.settled(agency, listing, when=ago(8))
    for party, score in ((Party.OWNER, 60), (Party.SUPERVISOR, 90), (Party.CENTRE, 91)):
        who = at(county.party(party).actor(), ago(8))
        await answer(who, docket, marks(party, score), "理由如此", final=True)
    for _ in range(2):
        await look_again(system(THEN), agency.uscc or "")
    (clip,) = [one for one in await looks(agency.uscc or "") if one.kind is FlagKind.CLIP]
    assert clip.raters == (county.enterprise.organisation,)
    assert len(clip.engagements) == 1
    assert float(clip.figures["apart"]) > float(clip.limits["apart"]) == 15
    assert float(clip.figures["clipped"]) == 15 - float(clip.figures["apart"])
    shown = await county.centre.browser.get(f"/console/flags/{clip.id}")
    assert "项目业主与其余两方相差过大" in shown.text


async def test_a_plain_policy_hides_nothing(county: County) -> None:
    agency = await county.agency()
    await county.evaluated(agency, await county.listing(agency), 62)
    await restand(system(now()), agency.uscc or "")
    assert await second_look_at(agency.uscc or "", now()) == []
