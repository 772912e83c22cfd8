"""The organisation of a careless flag is told what was seen, once, and may remark on it."""

import asyncio
from datetime import timedelta

from market.oversight.audience import told_to
from ratings.integrity.actions import dismiss_flag, raise_flags, take_up_flag
from ratings.integrity.flags import Flag, FlagKind
from ratings.integrity.notice_actions import remark_on_notice, tell_rater
from ratings.integrity.notice_queries import (
    SHOWN,
    new_notices,
    notice_of_flag,
    rater_notice,
    telling_of,
)
from ratings.integrity.queries import flag_of, flags
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.verification import verify
from tests.county import County, at, refused

FIGURES = {"ratings": "12", "spread": "0.29", "mean": "99.92"}


async def flagged(county: County, kind: FlagKind = FlagKind.CARELESS, number: str = "e1") -> str:
    owner = county.enterprise.organisation or ""
    found = Flag(kind, owner, (number,), (owner, number), figures=FIGURES)
    await raise_flags(system(now()), [found])
    return (await flags(kind=kind, limit=1))[0].id


async def test_it_is_told_and_remarks(county: County) -> None:
    centre, owner = county.centre.actor(), county.enterprise.actor()
    flag = await flagged(county)
    notice = await tell_rater(centre, flag, " 先提示 ")
    assert (await flag_of(flag)).state == "taken-up"
    told = await rater_notice(owner, notice)
    assert (told.figures, told.engagements, told.remark) == (FIGURES, 1, None)
    telling = await telling_of(flag)
    assert telling is not None
    assert (telling.by, telling.reason) == (county.centre.person, "先提示")
    assert [one.id for one in await new_notices(owner)] == [notice]
    assert await new_notices(at(owner, now() + SHOWN + timedelta(days=1))) == []
    assert await new_notices(county.supervisor.actor()) == []
    for stranger in (await county.agency(), county.supervisor):
        await refused(rater_notice(stranger.actor(), notice), NotFound, "notice-unknown")
        remark = remark_on_notice(stranger.actor(), notice, "x")
        await refused(remark, NotFound, "notice-unknown")
    # A desk has room for its own notices only, the centre's has none.
    assert await new_notices(centre) == []

    await refused(remark_on_notice(owner, notice, " "), Refused, "remark-missing")
    await refused(remark_on_notice(owner, notice, "x" * 1001), Refused, "remark-long")
    await remark_on_notice(owner, notice, "各次服务质量确实相近")
    await refused(remark_on_notice(owner, notice, "再说"), Conflict, "remark-made")
    assert await new_notices(owner) == []
    kept = await notice_of_flag(centre, flag)
    assert kept is not None
    assert kept.remark == "各次服务质量确实相近"
    acts = await history("integrity_flag", flag)
    assert [one.act for one in acts] == [
        "integrity_flag.taken_up",
        "integrity_flag.rater_told",
        "integrity_flag.rater_replied",
    ]
    organisation = county.enterprise.organisation or ""
    for entry in acts[1:]:
        assert entry.reason == ""
        assert organisation not in str(entry.fact())
        assert await told_to(entry) == {organisation}
    assert acts[1].fact() == {"notice": notice, **FIGURES}
    assert (await verify()).faults == []


async def test_who_may_not_and_when_not(county: County) -> None:
    centre = county.centre.actor()
    flag = await flagged(county)
    await refused(tell_rater(county.supervisor.actor(), flag, "x"), Forbidden, "not-the-centre")
    await refused(tell_rater(centre, flag, " "), Refused, "reason-missing")
    other = await flagged(county, FlagKind.RETALIATION)
    await refused(tell_rater(centre, other, "x"), Refused, "notice-needless")
    await take_up_flag(centre, flag, "约谈")
    await tell_rater(centre, flag, "书面提示")
    await refused(tell_rater(centre, flag, "再次"), Conflict, "rater-told")
    assert (await flag_of(flag)).reason == "约谈"
    dismissed = await flagged(county, FlagKind.COLLUSION)
    await dismiss_flag(centre, dismissed, "老客户")
    await refused(tell_rater(centre, dismissed, "x"), Refused, "notice-needless")


async def test_at_once_it_is_told_and_remarked_on_once(county: County) -> None:
    first, second = county.centre.actor(), (await county.second()).actor()
    flag = await flagged(county)
    ends = await asyncio.gather(
        *(tell_rater(who, flag, "先提示") for who in (first, second)), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["Conflict", "str"]
    notice = next(end for end in ends if isinstance(end, str))
    owner = county.enterprise.actor()
    ends = await asyncio.gather(
        *(remark_on_notice(owner, notice, text) for text in ("甲", "乙")), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["Conflict", "NoneType"]
    assert await fetchval("SELECT count(*) FROM rater_notice WHERE remark IS NOT NULL") == 1
