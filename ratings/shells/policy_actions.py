"""Changing the screening policy: a copy is drafted, changed, proposed, and decided by another."""

import re
import uuid
from datetime import date

import msgspec

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, second_person
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, Fault, Forbidden, Refused
from ratings.ledger.text import N_
from ratings.ledger.versions import Versions, unchanged
from ratings.shells.policy import Policy, document_of, load_policy, policy_names
from ratings.shells.policy_change import Numbers, changed_policy
from ratings.shells.policy_queries import (
    draft_unknown,
    keep_screen_policy,
    known_screen_policy,
    parsed,
    screen_policy_of,
)
from ratings.shells.tables import ScreenPolicyVersion
from ratings.stars.policy_actions import PolicyProposal

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VERSION = re.compile(r"[0-9A-Za-z.-]{1,20}")


async def draft_screen_policy(actor: Actor, source: str) -> str:
    """Copy a known policy into a draft under its next version; returns the draft's id.

    Nothing follows from a draft: what decides is adopted.
    """
    person = _person(actor)
    identifier = str(uuid.uuid4())
    async with tx():
        origin = await known_screen_policy(source)
        policy = msgspec.structs.replace(origin, version=await _next_version(origin))
        await keep_screen_policy(origin, actor.at)
        await ScreenPolicyVersion.insert(
            ScreenPolicyVersion(
                id=identifier,
                name=policy.name,
                version=policy.version,
                digest=policy.digest,
                document=document_of(policy),
                source=origin.key,
                source_digest=origin.digest,
                state="draft",
                drafted_by=person,
                drafted_at=actor.at,
            )
        )
        await _record(actor, "drafted", identifier, policy, {"source": origin.key})
    return identifier


async def change_screen_policy(
    actor: Actor, identifier: str, wanted: Numbers, expected: Versions | None = None
) -> None:
    """Put other numbers into a draft; Refused with every fault at its field."""
    async with tx():
        row = await _draft(actor, identifier, expected)
        _check_named(wanted)
        policy = changed_policy(await screen_policy_of(row.source_digest), wanted)
        await _check_free(policy)
        await execute(
            "UPDATE screen_policy_version SET name = $2, version = $3, digest = $4, document = $5,"
            " edition = edition + 1 WHERE id = $1",
            row.id,
            policy.name,
            policy.version,
            policy.digest,
            document_of(policy),
        )
        await _record(actor, "changed", identifier, policy, {})


async def propose_screen_policy(
    actor: Actor, identifier: str, wanted: PolicyProposal, expected: Versions | None = None
) -> None:
    """Ask a second person to adopt a draft for a day to come; it is not changed any more.

    The day is part of the document, and so of its digest.
    """
    _check_reason(wanted.reason)
    async with tx():
        row = await _draft(actor, identifier, expected)
        await _check(actor, row, wanted.valid_from)
        policy = msgspec.structs.replace(row.policy, effective_from=wanted.valid_from)
        await execute(
            "UPDATE screen_policy_version SET state = 'proposed', valid_from = $2, reason = $3,"
            " proposed_at = $4, document = $5, digest = $6, edition = edition + 1 WHERE id = $1",
            row.id,
            wanted.valid_from,
            wanted.reason.strip(),
            actor.at,
            document_of(policy),
            policy.digest,
        )
        facts: dict[str, object] = {"valid_from": wanted.valid_from.isoformat()}
        await _record(actor, "proposed", identifier, policy, facts, wanted.reason)


async def adopt_screen_policy(actor: Actor, identifier: str) -> None:
    """The second person says yes: from its day on, screens go by it. No earlier one changes."""
    async with tx():
        row = await _proposed(actor, identifier)
        await _check(actor, row, row.valid_from)
        await _decide(actor, row.id, "adopted", "")
        await keep_screen_policy(row.policy, actor.at)
        facts: dict[str, object] = {
            "valid_from": row.valid_from.isoformat(),
            "source": row.source,
            "drafted_by": row.drafted_by,
        }
        await _record(actor, "adopted", identifier, row.policy, facts, row.reason)


async def refuse_screen_policy(actor: Actor, identifier: str, reason: str) -> None:
    """The second person says no, and why."""
    _check_reason(reason)
    async with tx():
        row = await _proposed(actor, identifier)
        await _decide(actor, row.id, "refused", reason.strip())
        await _record(actor, "refused", identifier, row.policy, {}, reason)


async def withdraw_screen_policy(actor: Actor, identifier: str) -> None:
    """Its author takes back what is not decided."""
    async with tx():
        row = await _locked(identifier)
        if row.state not in ("draft", "proposed"):
            raise _decided()
        _own(actor, row)
        await _decide(actor, row.id, "withdrawn", "")
        await _record(actor, "withdrawn", identifier, row.policy, {})


class _Row(msgspec.Struct, frozen=True):
    id: str
    state: str
    edition: int
    source: str
    source_digest: str
    drafted_by: str
    valid_from: date
    reason: str
    document: str

    @property
    def policy(self) -> Policy:
        return parsed(self.document)


async def _locked(identifier: str) -> _Row:
    row = await fetchrow(
        "SELECT id::text, state, edition, source, source_digest, drafted_by, valid_from,"
        " reason, document FROM screen_policy_version WHERE id = $1 FOR UPDATE",
        row_id(identifier),
    )
    if row is None:
        raise draft_unknown(identifier)
    return _Row(*row)


async def _draft(actor: Actor, identifier: str, expected: Versions | None) -> _Row:
    """A draft has one author, so that whoever decides has written nothing of it."""
    row = await _locked(identifier)
    _own(actor, row)
    unchanged(row.edition, expected)
    if row.state != "draft":
        raise Conflict("policy-not-a-draft", "Only a draft can be changed or proposed.")
    return row


def _own(actor: Actor, row: _Row) -> None:
    if actor.person != row.drafted_by:
        raise Forbidden(
            "not-the-author",
            "Only the person who drafted this policy may change, propose or withdraw it.",
        )


async def _proposed(actor: Actor, identifier: str) -> _Row:
    row = await _locked(identifier)
    if row.state == "draft":
        raise Conflict("policy-not-proposed", "This draft has not been proposed yet.")
    if row.state != "proposed":
        raise _decided()
    second_person(actor, row.drafted_by)
    return row


def _decided() -> Conflict:
    return Conflict("proposal-decided", "This proposal has been decided already.")


def _person(actor: Actor) -> str:
    if actor.person is None or actor.organisation is None:
        raise Forbidden("not-the-centre", "Only a person of the centre may do this.")
    return actor.person


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")


def _check_named(policy: Numbers) -> None:
    faults = []
    if not _NAME.fullmatch(policy.name):
        told = N_("Small Latin letters, digits and _, beginning with a letter; 40 at most.")
        faults.append(Fault("/name", "policy-name", told))
    if not _VERSION.fullmatch(policy.version):
        told = N_("Letters, digits, points and hyphens, 20 at most.")
        faults.append(Fault("/version", "policy-version", told))
    if faults:
        raise Refused(
            "policy-numbers",
            "Some numbers of the policy cannot stand. Each is told at its field.",
            faults=tuple(faults),
        )


async def _check(actor: Actor, row: _Row, valid_from: date) -> None:
    """A day has one policy, and it is known before the day begins."""
    today = local_date(actor.at)
    if valid_from <= today:
        raise Refused(
            "policy-backdated",
            "A policy decides from tomorrow at the earliest: {valid_from} is not after {today}.",
            valid_from=valid_from.isoformat(),
            today=today.isoformat(),
        )
    await _check_free(row.policy)
    if await fetchval(
        "SELECT true FROM screen_policy_version WHERE state = 'adopted' AND valid_from = $1",
        valid_from,
    ):
        raise Conflict(
            "policy-day-taken",
            "Another policy begins on {valid_from} already. Choose another day.",
            valid_from=valid_from.isoformat(),
        )


async def _check_free(policy: Policy) -> None:
    if await _taken(policy.name, policy.version):
        raise Conflict(
            "policy-version-known",
            "There is a policy {key} already. Give this one another version.",
            key=policy.key,
        )


async def _taken(name: str, version: str) -> bool:
    """Two policies of one name and version would not be told apart by those who read a score."""
    shipped = any(load_policy(one).key == f"{name}-{version}" for one in policy_names())
    return shipped or bool(
        await fetchval(
            "SELECT true FROM screen_policy_version WHERE state = 'adopted' AND name = $1"
            " AND version = $2",
            name,
            version,
        )
    )


async def _next_version(origin: Policy) -> str:
    """2026-11-4, then 2026-11-4.1 and so on: the next one that ships keeps its own."""
    shipped, _, _ = origin.version.partition(".")
    number = 1
    while await _taken(origin.name, f"{shipped}.{number}"):
        number += 1
    return f"{shipped}.{number}"


async def _decide(actor: Actor, identifier: str, state: str, decision: str) -> None:
    await execute(
        "UPDATE screen_policy_version SET state = $2, decided_by = $3, decided_at = $4,"
        " decision = $5, edition = edition + 1 WHERE id = $1",
        identifier,
        state,
        actor.person,
        actor.at,
        decision,
    )


async def _record(
    actor: Actor,
    act: str,
    identifier: str,
    policy: Policy,
    facts: dict[str, object],
    reason: str = "",
) -> None:
    told = {"draft": identifier, "digest": policy.digest}
    await record(
        actor,
        f"screening_policy.{act}",
        "screening_policy",
        policy.key,
        told | facts,
        reason=reason.strip(),
    )
