"""Opening accounts; signing in and out is in `signing_in` and `sessions`."""

import uuid

import msgspec

from market.accounts import passwords
from market.accounts.rules import Account, NewAccount, check_account
from market.accounts.sessions import sign_out
from market.accounts.signing_in import sign_in
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchval, tx
from ratings.ledger.errors import Conflict

__all__ = [
    "Account",
    "NewAccount",
    "create_account",
    "open_account",
    "prepare_account",
    "sign_in",
    "sign_out",
]


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
            "INSERT INTO membership (id, person, organisation, administrator, joined_at)"
            " VALUES ($1, $2, $3, true, $4)",
            str(uuid.uuid4()),
            person,
            organisation,
            actor.at,
        )
        await record(
            actor,
            "account.created",
            "organisation",
            organisation,
            {"kind": account.kind.value, "person": person, "uscc": account.uscc},
        )
    return Account(person=person, organisation=organisation)
