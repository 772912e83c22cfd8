"""What follows from what, where a person has already spoken."""

from datetime import timedelta

from market.accounts.idempotency import KEPT, once, request_hash
from market.worker import consider_case, nightly
from ratings.ledger.actors import system
from ratings.ledger.clock import add_months, end_of_day, local_date, now
from ratings.ledger.database import fetch
from ratings.sanctions.actions import dismiss_case, lift
from ratings.sanctions.rules import Severity
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
    second = await county.second()
    await dismiss_case(at(second.actor(), now()), case, "不可归责于该机构")
    assert await consider_case(now() + timedelta(days=1), uscc) is None
    await county.evaluated(agency, listing, 40)
    again = await consider_case(now(), uscc)
    assert again is not None
    assert again != case
    assert await consider_case(now(), uscc) is None
    last_day = add_months(local_date(now()), 3)
    delisting = await county.delist(again, Severity.ORDINARY, last_day, "三个项目均不合格")
    assert await lift(system(end_of_day(last_day)), delisting)
    assert await consider_case(end_of_day(last_day), uscc) is None


async def test_the_night_forgets_old_idempotency_keys(county: County) -> None:
    who = at(county.enterprise.actor(), now() - KEPT - timedelta(hours=1))

    async def effect() -> bytes:
        return b"{}"

    await once(who, "old", request_hash("POST", "/", b""), effect)
    await once(county.enterprise.actor(), "young", request_hash("POST", "/", b""), effect)
    await nightly(now())
    rows = await fetch("SELECT key FROM idempotency_key")
    assert [row[0] for row in rows] == ["young"]
