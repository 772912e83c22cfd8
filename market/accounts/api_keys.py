"""API keys of an organisation: made and revoked by its administrators, shown once, kept hashed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec

from market.accounts.administrators import hold
from market.accounts.key_holders import new_key
from market.accounts.queries import administered, token_hash
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, tx
from ratings.ledger.errors import Fault, NotFound, Refused

LONGEST_DAYS = 365
LONGEST_NAME = 80
_MOST_LIVE = 50


class NewApiKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`name` says what the key is for; it is good for `valid_days` days, 365 at most."""

    name: str
    scopes: Annotated[tuple[str, ...], msgspec.Meta(max_length=100)]
    valid_days: int = 90


class MadeApiKey(msgspec.Struct, frozen=True):
    """`key` is shown this once: send it as `Authorization: Bearer <key>`."""

    id: str
    key: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"MadeApiKey(id={self.id})"


class KeyState(StrEnum):
    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


class ApiKeyRow(msgspec.Struct, frozen=True):
    """A key as its organisation sees it: everything but the secret. `used_at` is exact to a
    minute."""

    id: str
    name: str
    scopes: tuple[str, ...]
    state: KeyState
    made_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def check_key(wanted: NewApiKey, offered: Sequence[str]) -> NewApiKey:
    """The key with its scopes in order; Refused names what is missing or not to be had.

    `offered`: the scopes that open at least one route to the organisation's role.
    """
    name = "".join(char for char in wanted.name if char.isprintable()).strip()
    faults = []
    if not name:
        faults.append(Fault("/name", "missing", "Please fill this in."))
    elif len(name) > LONGEST_NAME:
        faults.append(Fault("/name", "too-long", "This is too long."))
    if not wanted.scopes:
        faults.append(Fault("/scopes", "missing", "Please choose."))
    elif not set(wanted.scopes) <= set(offered):
        faults.append(
            Fault("/scopes", "unknown-scope", "Your organisation can give no key this scope.")
        )
    if not 1 <= wanted.valid_days <= LONGEST_DAYS:
        faults.append(
            Fault(
                "/valid_days",
                "out-of-range",
                "A key is good for one day to one year.",
            )
        )
    if faults:
        raise Refused(
            "form-incomplete", "Please look at the marked fields again.", faults=tuple(faults)
        )
    return NewApiKey(name, tuple(sorted(set(wanted.scopes))), wanted.valid_days)


async def make_api_key(actor: Actor, wanted: NewApiKey, offered: Sequence[str]) -> MadeApiKey:
    """A new key; Forbidden to whoever does not administer the organisation."""
    checked = check_key(wanted, offered)
    identifier, key = new_key()
    expires_at = actor.at + timedelta(days=checked.valid_days)
    async with tx():
        # Held before the right is looked at: nobody makes a key who is being removed, and two
        # administrators at once do not both make the last one.
        if actor.organisation is not None:
            await hold(actor.organisation)
        organisation = await administered(actor)
        live = await fetchval(
            "SELECT count(*) FROM api_key"
            " WHERE organisation = $1 AND revoked_at IS NULL AND expires_at > $2",
            organisation,
            actor.at,
        )
        if live >= _MOST_LIVE:
            raise Refused(
                "api-keys-many",
                "An organisation has at most {most} API keys at a time. Revoke one first.",
                most=_MOST_LIVE,
            )
        await execute(
            "INSERT INTO api_key"
            " (id, key_hash, organisation, person, name, scopes, created_at, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            identifier,
            token_hash(key),
            organisation,
            actor.person,
            checked.name,
            list(checked.scopes),
            actor.at,
            expires_at,
        )
        await record(
            actor, "api_key.made", "api_key", identifier, _facts(checked.scopes, expires_at)
        )
    return MadeApiKey(id=identifier, key=key, expires_at=expires_at)


async def revoke_api_key(actor: Actor, identifier: str) -> None:
    """The key opens nothing from the next request on; a revoked one stays as it is."""
    async with tx():
        organisation = await administered(actor)
        row = await fetchrow(
            "SELECT scopes, expires_at, revoked_at FROM api_key"
            " WHERE id = $1 AND organisation = $2 FOR UPDATE",
            identifier,
            organisation,
        )
        if row is None:
            raise NotFound("not-found", "There is nothing with the id {id}.", id=identifier)
        if row["revoked_at"] is not None:
            return
        await execute("UPDATE api_key SET revoked_at = $2 WHERE id = $1", identifier, actor.at)
        await record(
            actor,
            "api_key.revoked",
            "api_key",
            identifier,
            _facts(row["scopes"], row["expires_at"]),
        )


async def api_keys(actor: Actor) -> list[ApiKeyRow]:
    """All keys of the organisation, for its administrators; those in force first, then the newest.

    Forbidden to everybody else of it.
    """
    organisation = await administered(actor)
    rows = await fetch(
        "SELECT * FROM (SELECT k.id, k.name, k.scopes, p.name AS made_by, k.created_at,"
        " k.expires_at, k.used_at, k.revoked_at, CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'"
        " WHEN k.expires_at <= $2 THEN 'expired' ELSE 'live' END AS state"
        " FROM api_key k JOIN person p ON p.id = k.person"
        " WHERE k.organisation = $1) own ORDER BY state <> 'live', created_at DESC, id",
        organisation,
        actor.at,
    )
    return [msgspec.convert(dict(row), ApiKeyRow, strict=False) for row in rows]


def _facts(scopes: Sequence[str], expires_at: datetime) -> dict[str, object]:
    return {"scopes": list(scopes), "expires_at": expires_at.isoformat()}
