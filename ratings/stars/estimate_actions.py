"""Freezing the estimates of the robust method, once for each quarter and policy."""

import asyncio
import uuid
from datetime import date, datetime

import msgspec

from ratings.ledger.actions import record, turn
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, tx
from ratings.stars.estimate_queries import is_frozen, known_before, unfrozen
from ratings.stars.estimates_file import renamed
from ratings.stars.policy import Policy
from ratings.stars.queries import whole_record
from ratings.stars.reference import estimate, reference_digest

ESTIMATE = "estimate_policies"


async def freeze(actor: Actor, policy: Policy, quarter: date) -> None:
    """Estimate from the record as it was known before the quarter, and keep that for ever.

    Nothing happens where it is kept already.
    """
    if await is_frozen(policy, quarter):
        return
    engagements, _ = await whole_record(known_before(quarter))
    reference = await asyncio.to_thread(estimate, engagements, quarter, policy)
    digest = reference_digest(reference)
    async with tx():
        await turn("policy.estimated", "policy", policy.key, actor.at)
        if await is_frozen(policy, quarter):
            return
        identifier = str(uuid.uuid4())
        body = msgspec.structs.replace(reference, leniency={})
        await execute(
            "INSERT INTO policy_estimate (id, policy_digest, quarter, digest, body, made_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            identifier,
            policy.digest,
            quarter,
            digest,
            msgspec.json.encode(body).decode(),
            actor.at,
        )
        pseudonyms = {
            (party, rater): str(uuid.uuid4())
            for party, known in reference.leniency.items()
            for rater in known
        }
        habits = [
            (name, party.value, rater, reference.leniency[party][rater])
            for (party, rater), name in pseudonyms.items()
        ]
        await execute(
            "INSERT INTO policy_habit (estimate, id, party, rater, points)"
            " SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::numeric[])",
            identifier,
            *([list(column) for column in zip(*habits, strict=True)] or [[], [], [], []]),
        )
        await record(
            actor,
            "policy.estimated",
            "policy",
            policy.key,
            {
                "policy_digest": policy.digest,
                "quarter": quarter.isoformat(),
                "digest": digest,
                "published_digest": reference_digest(renamed(reference, pseudonyms)),
                "engagements": len(engagements),
                "habits": len(habits),
            },
        )


async def freeze_all(actor: Actor, at: datetime) -> None:
    """Whatever is missing of any known policy, the present quarter first."""
    for policy, quarter in await unfrozen(at):
        await freeze(actor, policy, quarter)
