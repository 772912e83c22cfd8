"""Proposing a version of a fee standard: a draft, its submission, and another person's decision."""

import uuid
from datetime import date

import asyncpg
import msgspec

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.standards import shipped_versions
from market.catalogue.tables import FeeStandardVersion
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, second_person
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.versions import Versions, unchanged


class DraftedStandard(msgspec.Struct, frozen=True):
    proposal: str


async def draft_standard(actor: Actor, standard: FeeStandard) -> DraftedStandard:
    """Keep an uploaded standard as a draft of the actor's organisation."""
    if actor.organisation is None or actor.person is None:
        raise Forbidden("role", "This is not open to your role.")
    _check_day(actor, standard.valid_from)
    identifier = str(uuid.uuid4())
    async with tx():
        await _check_free(standard.code, standard.valid_from)
        await FeeStandardVersion.insert(
            FeeStandardVersion(
                id=identifier,
                code=standard.code,
                valid_from=standard.valid_from,
                state="draft",
                record=msgspec.json.encode(standard).decode(),
                organisation=actor.organisation,
                proposed_by=actor.person,
                created_at=actor.at,
            )
        )
        await _record(actor, "drafted", identifier, standard.code, standard.valid_from)
    return DraftedStandard(identifier)


async def submit_proposal(
    actor: Actor, identifier: str, reason: str, expected: Versions | None = None
) -> None:
    """Ask the centre for it, with the reason; whoever submits it cannot decide it."""
    async with tx():
        row = await _locked(identifier)
        _own(actor, row, identifier)
        unchanged(row["version"], expected)
        if row["state"] != "draft":
            raise Conflict("proposal-not-a-draft", "Only a draft can be submitted.")
        _check_reason(reason)
        _check_day(actor, row["valid_from"])
        await _check_free(row["code"], row["valid_from"])
        await execute(
            "UPDATE fee_standard_version SET state = 'proposed', reason = $2, proposed_by = $3,"
            " submitted_at = $4, version = version + 1 WHERE id = $1",
            row["id"],
            reason.strip(),
            actor.person,
            actor.at,
        )
        await _record(actor, "proposed", identifier, row["code"], row["valid_from"], reason)


async def withdraw_proposal(
    actor: Actor, identifier: str, expected: Versions | None = None
) -> None:
    """Take back what has not been decided."""
    async with tx():
        row = await _locked(identifier)
        _own(actor, row, identifier)
        unchanged(row["version"], expected)
        if row["state"] not in ("draft", "proposed"):
            raise Conflict("proposal-decided", "This proposal has been decided already.")
        await execute(
            "UPDATE fee_standard_version SET state = 'withdrawn', version = version + 1"
            " WHERE id = $1",
            row["id"],
        )
        await _record(actor, "withdrawn", identifier, row["code"], row["valid_from"])


async def decide_proposal(
    actor: Actor, identifier: str, *, adopt: bool, reason: str, expected: Versions | None = None
) -> None:
    """Adopt or refuse it, with the reason; Forbidden for the person who has submitted it."""
    async with tx():
        row = await _locked(identifier)
        if row["state"] == "draft":
            raise _unknown(identifier)
        unchanged(row["version"], expected)
        if row["state"] != "proposed":
            raise Conflict("proposal-decided", "This proposal has been decided already.")
        second_person(actor, str(row["proposed_by"]))
        _check_reason(reason)
        if adopt:
            _check_day(actor, row["valid_from"])
            await _check_free(row["code"], row["valid_from"])
        state = "adopted" if adopt else "refused"
        await execute(
            "UPDATE fee_standard_version SET state = $2, decision = $3, decided_by = $4,"
            " decided_at = $5, version = version + 1 WHERE id = $1",
            row["id"],
            state,
            reason.strip(),
            actor.person,
            actor.at,
        )
        await _record(actor, state, identifier, row["code"], row["valid_from"], reason)


async def _locked(identifier: str) -> asyncpg.Record:
    row = await fetchrow(
        "SELECT id, code, valid_from, state, version, organisation, proposed_by"
        " FROM fee_standard_version WHERE id = $1 FOR UPDATE",
        row_id(identifier),
    )
    if row is None:
        raise _unknown(identifier)
    return row


def _unknown(identifier: str) -> NotFound:
    return NotFound("fee-proposal-unknown", "There is no proposed standard {id}.", id=identifier)


def _own(actor: Actor, row: asyncpg.Record, identifier: str) -> None:
    if str(row["organisation"]) != actor.organisation:
        raise _unknown(identifier)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")


def _check_day(actor: Actor, valid_from: date) -> None:
    today = local_date(actor.at)
    if valid_from < today:
        raise Refused(
            "standard-backdated",
            "A standard cannot begin in the past: {valid_from} is before {today}. Give a later"
            " day in the workbook and upload it again.",
            valid_from=valid_from.isoformat(),
            today=today.isoformat(),
        )


async def _check_free(code: str, valid_from: date) -> None:
    """Two versions of one standard never begin on the same day."""
    shipped = any((one.code, one.valid_from) == (code, valid_from) for one in shipped_versions())
    if shipped or await fetchval(
        "SELECT true FROM fee_standard_version"
        " WHERE code = $1 AND valid_from = $2 AND state = 'adopted'",
        code,
        valid_from,
    ):
        raise Conflict(
            "standard-version-known",
            "A version of {code} begins on {valid_from} already. Choose another day.",
            code=code,
            valid_from=valid_from.isoformat(),
        )


async def _record(
    actor: Actor, act: str, identifier: str, code: str, valid_from: date, reason: str = ""
) -> None:
    await record(
        actor,
        f"fee_standard.{act}",
        "fee_standard",
        code,
        {"proposal": identifier, "valid_from": valid_from.isoformat()},
        reason=reason.strip(),
    )
