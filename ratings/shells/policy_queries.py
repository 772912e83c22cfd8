"""Which policies the screen may go by: the shipped one, those the county adopted, and drafts."""

from datetime import date, datetime
from functools import lru_cache

import msgspec

from ratings.ledger.database import execute, fetch, fetchrow, fetchval, row_id
from ratings.ledger.errors import NotFound
from ratings.shells.policy import Policy, document_of, load_policy, policy_names


class KnownScreenPolicy(msgspec.Struct, frozen=True):
    """A policy that a screen may go by; `valid_from` is None for one that ships."""

    key: str
    name: str
    version: str
    digest: str
    valid_from: date | None
    source: str
    reason: str
    adopted_at: datetime | None
    in_force: bool


class ScreenPolicyDraftRow(msgspec.Struct, frozen=True):
    """A policy in the making as the centre and the auditors read it; persons by their ids."""

    id: str
    key: str
    digest: str
    source: str
    source_digest: str
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


# A text never changes, and a policy carries what has been computed of it once.
@lru_cache(maxsize=64)
def parsed(document: str) -> Policy:
    return msgspec.json.decode(document, type=Policy)


async def screen_policy_in_force(on: date) -> Policy:
    """The one adopted for a day: the latest that began by then, and `standard` before any did."""
    document = await fetchval(
        "SELECT document FROM screen_policy_version WHERE state = 'adopted' AND valid_from <= $1"
        " ORDER BY valid_from DESC LIMIT 1",
        on,
    )
    return load_policy() if document is None else parsed(document)


async def known_screen_policies(on: date) -> list[KnownScreenPolicy]:
    """Those adopted, the latest day first, then those that ship; one is in force on `on`."""
    in_force = (await screen_policy_in_force(on)).digest
    rows = await fetch(
        "SELECT document, valid_from, source, reason, decided_at FROM screen_policy_version"
        " WHERE state = 'adopted' ORDER BY valid_from DESC"
    )
    known = [(parsed(row[0]), tuple(row)[1:]) for row in rows]
    known += [(load_policy(name), (None, "", "", None)) for name in policy_names()]
    return [
        KnownScreenPolicy(
            key=policy.key,
            name=policy.name,
            version=policy.version,
            digest=policy.digest,
            valid_from=valid_from,
            source=source,
            reason=reason,
            adopted_at=adopted_at,
            in_force=policy.digest == in_force,
        )
        for policy, (valid_from, source, reason, adopted_at) in known
    ]


async def known_screen_policy(key: str) -> Policy:
    """By name and version, or by its name alone the newest version; NotFound for any other."""
    rows = await fetch(
        "SELECT document FROM screen_policy_version WHERE state = 'adopted'"
        " ORDER BY valid_from DESC"
    )
    for policy in [*(parsed(row[0]) for row in rows), *map(load_policy, policy_names())]:
        if key in (policy.key, policy.name):
            return policy
    raise NotFound(
        "policy-unavailable",
        "The policy “{name}” is not available in this version.",
        name=key,
    )


async def keep_screen_policy(policy: Policy, at: datetime) -> None:
    """Keep the text of a policy that something rests on, for when it ships no more."""
    await execute(
        "INSERT INTO screen_policy_text (digest, document, kept_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (digest) DO NOTHING",
        policy.digest,
        document_of(policy),
        at,
    )


async def screen_policy_of(digest: str) -> Policy:
    """The text that a screen went by or a draft began as; NotFound where it was never kept."""
    for name in policy_names():
        if load_policy(name).digest == digest:
            return load_policy(name)
    document = await fetchval("SELECT document FROM screen_policy_text WHERE digest = $1", digest)
    if document is None:
        raise NotFound(
            "screen-policy-lost",
            "The policy with the digest {digest} is not kept: it shipped with an earlier version.",
            digest=digest,
        )
    return parsed(document)


_DRAFT = (
    "SELECT id::text, name || '-' || version, digest, source, source_digest, state, drafted_by,"
    " drafted_at, valid_from, reason, proposed_at, decision, decided_by, decided_at, edition"
)


async def screen_policy_drafts() -> list[ScreenPolicyDraftRow]:
    """All that were ever drafted, the newest first."""
    rows = await fetch(f"{_DRAFT} FROM screen_policy_version ORDER BY drafted_at DESC, id DESC")
    return [ScreenPolicyDraftRow(*row) for row in rows]


async def screen_policy_draft(identifier: str) -> tuple[ScreenPolicyDraftRow, Policy]:
    """With the whole policy; NotFound."""
    row = await fetchrow(
        f"{_DRAFT}, document FROM screen_policy_version WHERE id = $1", row_id(identifier)
    )
    if row is None:
        raise draft_unknown(identifier)
    return ScreenPolicyDraftRow(*tuple(row)[:-1]), parsed(row["document"])


def draft_unknown(identifier: str) -> NotFound:
    return NotFound("policy-draft-unknown", "There is no drafted policy {id}.", id=identifier)
