"""Which policies there are: those that ship, those the county adopted, and those in the making."""

from datetime import date, datetime
from functools import lru_cache

import msgspec

from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound
from ratings.stars.policy import SHIPPED, Policy, load_policy, parse_policy


class KnownPolicy(msgspec.Struct, frozen=True):
    """A policy that standings can be asked under; `valid_from` is None for one that ships.

    `key` is name and version; the name alone means its newest version.
    """

    key: str
    name: str
    version: str
    digest: str
    method: str
    valid_from: date | None
    source: str
    reason: str
    adopted_at: datetime | None
    in_force: bool


class PolicyDraftRow(msgspec.Struct, frozen=True):
    """A policy in the making as the centre and the auditors read it; persons by their ids."""

    id: str
    key: str
    digest: str
    source: str
    state: str
    drafted_by: str
    drafted_at: datetime
    valid_from: date | None
    reason: str
    proposed_at: datetime | None
    decision: str
    decided_by: str | None
    decided_at: datetime | None
    edition: int


class PolicyDraft(PolicyDraftRow, frozen=True):
    """With the whole document."""

    policy: Policy


# What is adopted never changes, and is asked for far more often than anything is adopted.
@lru_cache(maxsize=64)
def parsed(document: str) -> Policy:
    return parse_policy(document, origin="the record")


async def adopted_policies() -> list[tuple[date, Policy]]:
    """The latest day first."""
    rows = await fetch(
        "SELECT valid_from, document FROM policy_version WHERE state = 'adopted'"
        " ORDER BY valid_from DESC"
    )
    return [(row[0], parsed(row[1])) for row in rows]


async def policy_in_force(on: date) -> Policy:
    """The one adopted for a day: the latest that began by then, and `standard` before any did."""
    row = await fetchrow(
        "SELECT document FROM policy_version WHERE state = 'adopted' AND valid_from <= $1"
        " ORDER BY valid_from DESC LIMIT 1",
        on,
    )
    return load_policy("standard") if row is None else parsed(row[0])


async def known_policies(on: date) -> list[KnownPolicy]:
    """Those adopted, the latest day first, then those that ship; one is in force on `on`."""
    in_force = (await policy_in_force(on)).digest
    rows = await fetch(
        "SELECT valid_from, document, source, reason, decided_at FROM policy_version"
        " WHERE state = 'adopted' ORDER BY valid_from DESC"
    )
    known = [(parsed(document), (day, *rest)) for day, document, *rest in rows]
    known += [(load_policy(name), (None, "", "", None)) for name in SHIPPED]
    return [
        KnownPolicy(
            key=policy.key,
            name=policy.name,
            version=policy.version,
            digest=policy.digest,
            method=policy.method.value,
            valid_from=valid_from,
            source=source,
            reason=reason,
            adopted_at=adopted_at,
            in_force=policy.digest == in_force,
        )
        for policy, (valid_from, source, reason, adopted_at) in known
    ]


async def known_policy(key: str) -> Policy:
    """By name and version, or by its name alone the newest version; NotFound for any other."""
    everything = [policy for _, policy in await adopted_policies()]
    everything += [load_policy(name) for name in SHIPPED]
    for policy in everything:
        if key in (policy.key, policy.name):
            return policy
    raise NotFound(
        "policy-unavailable",
        "The policy “{name}” is not available in this version.",
        name=key,
    )


async def policy_of_digest(digest: str) -> Policy | None:
    """The text a score was published under; None when no policy of this record has it."""
    for name in SHIPPED:
        if load_policy(name).digest == digest:
            return load_policy(name)
    row = await fetchrow(
        "SELECT document FROM policy_version WHERE state = 'adopted' AND digest = $1 LIMIT 1",
        digest,
    )
    return None if row is None else parsed(row[0])


_DRAFT = (
    "SELECT id::text, name || '-' || version, digest, source, state, drafted_by, drafted_at,"
    " valid_from, reason, proposed_at, decision, decided_by, decided_at, edition,"
    " document FROM policy_version"
)


async def policy_drafts() -> list[PolicyDraftRow]:
    """All that were ever drafted, the newest first."""
    rows = await fetch(f"{_DRAFT} ORDER BY drafted_at DESC, id DESC")
    return [PolicyDraftRow(*tuple(row)[:-1]) for row in rows]


async def policy_draft(identifier: str) -> PolicyDraft:
    row = await fetchrow(f"{_DRAFT} WHERE id = $1", row_id(identifier))
    if row is None:
        raise draft_unknown(identifier)
    columns = [*tuple(row)[:-1], parsed(row["document"])]
    return PolicyDraft(*columns)


def draft_unknown(identifier: str) -> NotFound:
    return NotFound("policy-draft-unknown", "There is no drafted policy {id}.", id=identifier)
