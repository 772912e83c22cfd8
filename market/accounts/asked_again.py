"""Asking somebody who is signed in for their password once more."""

from datetime import datetime

import msgspec

from market.accounts import lockout, passwords, throttle
from market.accounts.visits import Visit
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetchrow
from ratings.ledger.errors import Forbidden, Refused


class Owner(msgspec.Struct, frozen=True):
    """What is needed of a person who changes how they sign in."""

    id: str
    login: str
    name: str
    password_hash: str
    enrolled: bool

    def __repr__(self) -> str:
        return f"Owner({self.id})"


async def owner_of(actor: Actor) -> Owner:
    """The actor's own row; Forbidden for an invented account, which all visitors share."""
    row = await fetchrow(
        "SELECT p.id::text, p.login, p.name, p.password_hash,"
        " EXISTS (SELECT FROM second_factor f WHERE f.person = p.id), p.demonstration"
        " FROM person p WHERE p.id = $1",
        actor.person,
    )
    assert row is not None
    if row["demonstration"]:
        raise Forbidden(
            "demonstration-account-shared",
            "All visitors of the demonstration share this account, so how it is signed in with"
            " stays as it is.",
        )
    return Owner(*row[:5])


async def check_password(owner: Owner, password: str, visit: Visit, at: datetime) -> None:
    """Refused when it is wrong, and counted like any other guess."""
    attempt = await throttle.begin(lockout.PASSWORD, owner.login, visit, at)
    right, _ = await passwords.matches(password, owner.password_hash)
    if not right:
        raise Refused("password-wrong", "The password is wrong.")
    await throttle.succeeded(attempt, at)
