"""Opening accounts, signing in and out."""

import secrets
import uuid
from datetime import datetime

import msgspec

from market.accounts import passwords
from market.accounts.queries import ABSOLUTE_TIMEOUT, IDLE_TIMEOUT, SignedIn, token_hash
from market.accounts.rules import NewAccount, check_account, normal_login
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import execute, fetchrow, fetchval, tx
from ratings.ledger.errors import Conflict, Forbidden, NotSignedIn

__all__ = [
    "Account",
    "NewAccount",
    "create_account",
    "open_account",
    "prepare_account",
    "sign_in",
    "sign_out",
]


class Account(msgspec.Struct, frozen=True):
    """The ids of the two rows that a new account is."""

    person: str
    organisation: str


class PreparedAccount(msgspec.Struct, frozen=True):
    """A checked account and the hash of its password, ready to be opened."""

    account: NewAccount
    password_hash: str
    demonstration: bool


async def prepare_account(wanted: NewAccount, *, demonstration: bool = False) -> PreparedAccount:
    """Check and hash, before any transaction: hashing is slow and must hold no connection."""
    account = check_account(wanted, demonstration=demonstration)
    hashed = passwords.hashed_for_demonstration if demonstration else passwords.hashed
    return PreparedAccount(account, await hashed(account.password), demonstration)


async def create_account(
    actor: Actor, wanted: NewAccount, *, demonstration: bool = False
) -> Account:
    """Open an account for an organisation and its first person.

    Conflict when the sign-in name or the unified social credit code is taken.
    """
    return await open_account(actor, await prepare_account(wanted, demonstration=demonstration))


async def open_account(actor: Actor, prepared: PreparedAccount) -> Account:
    """The same for a prepared account; joins a running transaction."""
    account, demonstration = prepared.account, prepared.demonstration
    person, organisation = str(uuid.uuid4()), str(uuid.uuid4())
    async with tx():
        if not await fetchval(
            "INSERT INTO organisation (id, kind, name, name_en, uscc, demonstration, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (uscc) DO NOTHING RETURNING true",
            organisation,
            account.kind.value,
            account.organisation_name,
            account.organisation_name_en,
            account.uscc,
            demonstration,
            actor.at,
        ):
            raise Conflict(
                "uscc-taken",
                "{uscc} has an account already. Sign in with it, or ask the centre for help.",
                uscc=account.uscc,
            )
        if not await fetchval(
            "INSERT INTO person (id, login, name, password_hash, demonstration, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (login) DO NOTHING RETURNING true",
            person,
            account.login,
            account.person_name,
            prepared.password_hash,
            demonstration,
            actor.at,
        ):
            raise Conflict(
                "login-taken",
                "The sign-in name “{login}” is taken. Choose another one.",
                login=account.login,
            )
        await execute(
            "INSERT INTO membership (id, person, organisation, administrator)"
            " VALUES ($1, $2, $3, true)",
            str(uuid.uuid4()),
            person,
            organisation,
        )
        await record(
            actor,
            "account.created",
            "organisation",
            organisation,
            {"kind": account.kind.value, "person": person, "uscc": account.uscc},
        )
    return Account(person=person, organisation=organisation)


async def sign_in(login: str, password: str, at: datetime, *, demonstration: bool) -> SignedIn:
    """Open a session with a token of its own; nothing the visitor brought is ever reused.

    An unknown sign-in name and a wrong password take the same time and read the same.
    """
    row = await fetchrow(
        "SELECT p.id::text, p.name, p.password_hash, p.demonstration,"
        " o.id::text, o.name, o.name_en, o.kind, o.uscc"
        " FROM person p JOIN membership m ON m.person = p.id"
        " JOIN organisation o ON o.id = m.organisation"
        " WHERE p.login = $1 ORDER BY o.created_at, o.id LIMIT 1",
        normal_login(login),
    )
    right = await passwords.matches(password, row["password_hash"] if row else None)
    if row is None or not right:
        raise NotSignedIn("sign-in-failed", "The sign-in name or the password is wrong.")
    person, name, _, invented, organisation, organisation_name, name_en, kind, uscc = row
    if invented and not demonstration:
        raise Forbidden(
            "demonstration-account",
            "This is a demonstration account, and this server does not run a demonstration.",
        )
    token = secrets.token_urlsafe(32)
    async with tx():
        # A good moment to forget this person's sessions that nobody can use any more.
        await execute(
            "DELETE FROM session WHERE person = $1 AND (seen_at <= $2 OR created_at <= $3)",
            person,
            at - IDLE_TIMEOUT,
            at - ABSOLUTE_TIMEOUT,
        )
        await execute(
            "INSERT INTO session (token_hash, person, organisation, created_at, seen_at)"
            " VALUES ($1, $2, $3, $4, $4)",
            token_hash(token),
            person,
            organisation,
            at,
        )
    return SignedIn(
        token=token,
        person=person,
        person_name=name,
        organisation=organisation,
        organisation_name=organisation_name,
        organisation_name_en=name_en,
        role=Role(kind),
        uscc=uscc,
        demonstration=invented,
    )


async def sign_out(token: str) -> None:
    """End the session; a token that is not known is as good as signed out."""
    await execute("DELETE FROM session WHERE token_hash = $1", token_hash(token))
