"""The estimates of the robust method as they were frozen for a quarter."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

import asyncpg
import msgspec

from ratings.evaluations.indicators import Party
from ratings.ledger.clock import local_date, start_of_day
from ratings.ledger.database import fetch, fetchrow, fetchval
from ratings.ledger.errors import Refused
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.estimates_file import PublishedEstimates, published_estimates
from ratings.stars.policy import SHIPPED, Method, Policy, load_policy
from ratings.stars.policy_queries import adopted_policies
from ratings.stars.reference import Reference, nothing_known, quarter_of, reference_digest


class FrozenEstimate(msgspec.Struct, frozen=True):
    """One quarter of one policy; `digest` is that of the whole reference, habits included, and
    `published_digest` that of the file in which pseudonyms stand for the raters."""

    policy_digest: str
    quarter: date
    digest: str
    reference: Reference
    published_digest: str


def known_before(quarter: date) -> datetime:
    """The last moment whose record the estimates of a quarter are made of.

    So they follow from the record and the quarter alone, whenever they are made.
    """
    return start_of_day(quarter) - timedelta(microseconds=1)


async def reference_of(policy: Policy, on: date, own: Iterable[RatedEngagement]) -> Reference:
    """The estimates for a day, with the habits of those who rated these engagements: its cost does
    not grow with the number of other agencies. Refused before they are made."""
    quarter = quarter_of(on)
    row = await _frozen(policy, quarter)
    if row is None:
        return await _of_nothing(policy, quarter)
    raters = {rater for engagement in own for rater in engagement.raters.values()}
    return _with_habits(
        row["body"],
        await fetch(
            "SELECT party, rater, points FROM policy_habit"
            " WHERE estimate = $1 AND rater = ANY($2::text[])",
            row["id"],
            list(raters),
        ),
    )


async def _frozen(policy: Policy, quarter: date) -> asyncpg.Record | None:
    return await fetchrow(
        "SELECT id, body::text FROM policy_estimate WHERE policy_digest = $1 AND quarter = $2",
        policy.digest,
        quarter,
    )


async def _of_nothing(policy: Policy, quarter: date) -> Reference:
    """What a quarter before the first answer would have: nobody makes it, and nothing is in it."""
    first = await fetchval("SELECT min(unsealed_at) FROM docket")
    if first is None or quarter >= quarter_of(local_date(first)):
        raise Refused(
            "estimates-missing",
            "The estimates that the policy {policy} needs for the quarter from {quarter} are not"
            " made yet. They are made in the night; ask again tomorrow, or by a policy whose method"
            " is plain.",
            policy=policy.key,
            quarter=quarter,
        )
    return nothing_known(policy)


async def published_of(policy: Policy, on: date) -> PublishedEstimates:
    """The estimates for a day as anybody may have them, raters under their pseudonyms.

    Refused before they are made, and for a policy that needs none.
    """
    if policy.method is not Method.ROBUST:
        raise Refused(
            "estimates-needless",
            "The policy {policy} needs no estimates: its scores follow from an agency's own"
            " record.",
            policy=policy.key,
        )
    quarter = quarter_of(on)
    row = await _frozen(policy, quarter)
    if row is None:
        return published_estimates(policy, quarter, await _of_nothing(policy, quarter))
    habits = await fetch(
        "SELECT party, id::text, points FROM policy_habit WHERE estimate = $1", row["id"]
    )
    return published_estimates(policy, quarter, _with_habits(row["body"], habits))


async def pseudonymous(
    engagements: Iterable[RatedEngagement], policy: Policy, on: date
) -> list[RatedEngagement]:
    """The same engagements without anybody's name: a rater whose habit is known bears the
    pseudonym that the published estimates of that day's quarter know it by, and all others none.

    The pseudonym is the random id of the stored habit. It is new in every quarter and for every
    policy, and there is no key that could be lost.
    """
    own = list(engagements)
    raters = {rater for one in own for rater in one.raters.values()}
    rows = await fetch(
        "SELECT h.party, h.rater, h.id::text FROM policy_habit h"
        " JOIN policy_estimate e ON e.id = h.estimate"
        " WHERE e.policy_digest = $1 AND e.quarter = $2 AND h.rater = ANY($3::text[])",
        policy.digest,
        quarter_of(on),
        list(raters),
    )
    names = {(Party(party), rater): name for party, rater, name in rows}
    return [
        msgspec.structs.replace(
            one,
            raters={
                party: names[party, rater]
                for party, rater in one.raters.items()
                if (party, rater) in names
            },
        )
        for one in own
    ]


def _with_habits(body: str, habits: Iterable[tuple[str, str, Decimal]]) -> Reference:
    leniency: dict[Party, dict[str, Decimal]] = {}
    for party, rater, points in habits:
        leniency.setdefault(Party(party), {})[rater] = points
    return msgspec.structs.replace(msgspec.json.decode(body, type=Reference), leniency=leniency)


async def is_frozen(policy: Policy, quarter: date) -> bool:
    return bool(
        await fetchval(
            "SELECT true FROM policy_estimate WHERE policy_digest = $1 AND quarter = $2",
            policy.digest,
            quarter,
        )
    )


async def frozen_quarters(policy: Policy) -> list[date]:
    """The quarters whose estimates are kept, the newest first."""
    rows = await fetch(
        "SELECT quarter FROM policy_estimate WHERE policy_digest = $1 ORDER BY quarter DESC",
        policy.digest,
    )
    return [row[0] for row in rows]


async def unfrozen(at: datetime) -> list[tuple[Policy, date]]:
    """Every robust policy and quarter since the first answer became known that lack estimates."""
    first = await fetchval("SELECT min(unsealed_at) FROM docket WHERE unsealed_at <= $1", at)
    policies = [load_policy(name) for name in SHIPPED]
    policies += [policy for _, policy in await adopted_policies()]
    rows = await fetch("SELECT policy_digest, quarter FROM policy_estimate")
    frozen = {(row[0], row[1]) for row in rows}
    missing = []
    quarter = quarter_of(local_date(at))
    begin = quarter if first is None else quarter_of(local_date(first))
    while quarter >= begin:
        missing += [
            (policy, quarter)
            for policy in policies
            if policy.method is Method.ROBUST and (policy.digest, quarter) not in frozen
        ]
        quarter = quarter_of(quarter - timedelta(days=1))
    return missing


async def frozen_estimates() -> list[FrozenEstimate]:
    """All of them with all their habits, for proving the record."""
    rows = await fetch(
        "SELECT id::text, policy_digest, quarter, digest, body::text FROM policy_estimate"
        " ORDER BY policy_digest, quarter"
    )
    habits: dict[str, list[tuple[str, str, str, Decimal]]] = {}
    for key, *habit in await fetch(
        "SELECT estimate::text, party, rater, id::text, points FROM policy_habit"
    ):
        habits.setdefault(key, []).append(tuple(habit))
    found = []
    for key, policy_digest, quarter, digest, body in rows:
        own = habits.get(key, [])
        named = _with_habits(body, [(party, rater, points) for party, rater, _, points in own])
        public = _with_habits(body, [(party, name, points) for party, _, name, points in own])
        found.append(
            FrozenEstimate(policy_digest, quarter, digest, named, reference_digest(public))
        )
    return found
