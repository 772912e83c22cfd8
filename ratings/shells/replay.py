"""A kept screen run again over what was known then: with its own policy, or with another one."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

import msgspec
from obstore.store import ObjectStore

from ratings.shells.case_queries import registered_excuses
from ratings.shells.policy import Policy
from ratings.shells.policy_change import SAME, Judged, ScreenImpact, impact
from ratings.shells.policy_queries import screen_policy_of
from ratings.shells.queries import FindingRow, ScreenRow, findings, kept_screen, latest_screen
from ratings.shells.registered import with_registered
from ratings.shells.screen import screen_feeds
from ratings.signals.queries import known_since
from ratings.signals.relations import stored_feeds


class Replay(msgspec.Struct, frozen=True):
    """`other` are the USCCs of whom the screen would not say again what it said; normally none."""

    screen: str
    as_of_month: str
    ran_at: datetime
    policy: str
    policy_version: str
    policy_digest: str
    agencies: int
    other: list[str]


async def replay(identifier: str, store: ObjectStore) -> Replay:
    """Run a screen again by its own policy and compare it with what was kept; NotFound."""
    ran = await kept_screen(identifier)
    kept = _judged(await findings(ran.id))
    policy = await screen_policy_of(ran.policy_digest)
    again = await _again(ran, policy, kept, store)
    other = [
        one.uscc
        for one in kept
        if (new := again.get(one.uscc)) is None
        or new.outcome != one.outcome
        or abs(new.log_odds - one.log_odds) > SAME
    ]
    return Replay(
        screen=ran.id,
        as_of_month=ran.as_of_month,
        ran_at=ran.ran_at,
        policy=ran.policy,
        policy_version=ran.policy_version,
        policy_digest=ran.policy_digest,
        agencies=len(kept),
        other=sorted(other),
    )


_ONE = asyncio.Lock()
_KNOWN: dict[tuple[str, str], ScreenImpact] = {}
_REMEMBERED = 8


async def rehearse(policy: Policy, store: ObjectStore) -> ScreenImpact | None:
    """What the latest screen would have said under `policy`; None before any screen.

    It runs the whole screen over the same feeds and takes as long; the loop stays free meanwhile.
    One runs at a time, because a whole screen wants the memory of one. What a screen says under a
    policy never changes, so the last few are remembered, in this process alone.
    """
    ran = await latest_screen()
    if ran is None:
        return None
    key = (ran.id, policy.digest)
    async with _ONE:
        if key not in _KNOWN:
            kept = _judged(await findings(ran.id))
            again = await _again(ran, policy, kept, store)
            while len(_KNOWN) >= _REMEMBERED:
                del _KNOWN[next(iter(_KNOWN))]
            _KNOWN[key] = impact(ran.id, ran.as_of_month, kept, again, policy)
        return _KNOWN[key]


async def _again(
    ran: ScreenRow, policy: Policy, kept: Iterable[Judged], store: ObjectStore
) -> dict[str, Judged]:
    feeds = await stored_feeds(store, await known_since(ran.ran_at))
    excused = with_registered(feeds, await registered_excuses(at=ran.ran_at))
    codes = frozenset(one.uscc for one in kept)
    screening = await asyncio.to_thread(screen_feeds, excused, ran.as_of_month, policy, codes=codes)
    return {
        one.uscc: Judged(one.uscc, one.log_odds, one.probability, one.outcome.value, one.reasons)
        for one in screening.scores
    }


def _judged(rows: Iterable[FindingRow]) -> list[Judged]:
    return [
        Judged(one.uscc, one.log_odds, one.probability, one.outcome, tuple(one.reasons))
        for one in rows
    ]
