"""People as the centre sees them, and what it may do about an account as a whole."""

from datetime import datetime

import asyncpg
import msgspec

from market.accounts.administrators import (
    check_another_administrator,
    check_own_account,
    hold,
    take_hat,
)
from market.accounts.queries import administered
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Bilingual, Conflict, NotFound, Refused

_MOST_FOUND = 50


class PersonRow(msgspec.Struct, frozen=True):
    """An account with the organisations that it belongs to."""

    person: str
    login: str
    name: str
    organisations: tuple[Bilingual, ...]
    second_factor: bool
    created_at: datetime
    deactivated_at: datetime | None


async def find_people(actor: Actor, words: str) -> list[PersonRow]:
    """Whose name, sign-in name or organisation has `words` in it: fifty at most, by name.

    For administrators of the centre; nobody is listed without being looked for.
    """
    await administered(actor)
    if not words.strip():
        return []
    rows = await fetch(
        "SELECT p.id::text AS person, p.login, p.name, coalesce((SELECT"
        " json_agg(json_build_object('zh', o.name, 'en', coalesce(nullif(o.name_en, ''), o.name))"
        " ORDER BY o.name)"
        " FROM membership m JOIN organisation o ON o.id = m.organisation WHERE m.person = p.id),"
        " '[]')::text AS organisations, EXISTS (SELECT FROM second_factor f"
        " WHERE f.person = p.id) AS second_factor, p.created_at,"
        " p.deactivated_at FROM person p WHERE p.erased_at IS NULL AND (strpos(lower(p.login), $1)"
        " > 0 OR strpos(lower(p.name), $1) > 0 OR EXISTS (SELECT FROM membership m"
        " JOIN organisation o ON o.id = m.organisation WHERE m.person = p.id"
        " AND strpos(lower(o.name || ' ' || o.name_en), $1) > 0))"
        " ORDER BY p.name, p.id LIMIT $2",
        words.strip().lower(),
        _MOST_FOUND,
    )
    return [msgspec.convert({**row, "organisations": _names(row)}, PersonRow) for row in rows]


def _names(row: asyncpg.Record) -> tuple[Bilingual, ...]:
    return msgspec.json.decode(row["organisations"], type=tuple[Bilingual, ...])


async def deactivate_person(actor: Actor, person: str, reason: str) -> None:
    """Nobody signs in with this account any more, and all its sessions end at once.

    For administrators of the centre. Conflict when an organisation would be left without an
    administrator.
    """
    checked = _reason(reason)
    identifier = row_id(person)
    if identifier == actor.person:
        raise Refused("deactivate-self", "This is your own account. Ask a colleague.")
    async with tx():
        row, organisations = await held_person(identifier, await administered(actor))
        await administered(actor)  # once more: of two who deactivate each other one has no right
        await check_own_account(identifier)
        if row["deactivated_at"] is not None:
            return
        for organisation in organisations:
            await check_another_administrator(organisation, identifier)
        await execute("UPDATE person SET deactivated_at = $2 WHERE id = $1", identifier, actor.at)
        for organisation in organisations:
            await take_hat(actor, identifier, organisation)
        await record(actor, "person.deactivated", "person", identifier, reason=checked)


async def reactivate_person(actor: Actor, person: str, reason: str) -> None:
    """They sign in as before; Conflict for whom has been erased, for that is for ever."""
    checked = _reason(reason)
    identifier = row_id(person)
    async with tx():
        await administered(actor)
        row = await _locked(identifier)
        if row["erased_at"] is not None:
            raise Conflict("person-erased", "This account has been erased, and that is for ever.")
        if row["deactivated_at"] is None:
            return
        await execute("UPDATE person SET deactivated_at = NULL WHERE id = $1", identifier)
        await record(actor, "person.reactivated", "person", identifier, reason=checked)


async def held_person(person: str, *more: str) -> tuple[asyncpg.Record, list[str]]:
    """The row of a person and the organisations that they belong to; nobody else changes either
    until the transaction ends. `more` organisations are held too.

    The person comes first: whoever joins looks at them, so no organisation is added meanwhile.
    """
    row = await _locked(person)
    own = await fetchval(
        "SELECT coalesce(array_agg(organisation::text), '{}') FROM membership WHERE person = $1",
        person,
    )
    await hold(*own, *more)
    kept = await fetch("SELECT organisation::text FROM membership WHERE person = $1", person)
    return row, [one["organisation"] for one in kept]


async def _locked(person: str) -> asyncpg.Record:
    row = await fetchrow(
        "SELECT login, name, deactivated_at, erased_at FROM person WHERE id = $1 FOR NO KEY UPDATE",
        person,
    )
    if row is None:
        raise NotFound("not-found", "There is nothing with the id {id}.", id=person)
    return row


def _reason(text: str) -> str:
    if not text.strip():
        raise Refused("reason-missing", "Please give the reason; it is shown to those concerned.")
    return text.strip()
