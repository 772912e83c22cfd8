"""Signing in: the password, then the second factor if there is one; and changing the password."""

from datetime import datetime

import msgspec

from market.accounts import lockout, passwords, throttle
from market.accounts.asked_again import check_password, owner_of
from market.accounts.joining import join
from market.accounts.queries import SignedIn
from market.accounts.rules import check_password as check_new_password
from market.accounts.rules import normal_login, normal_password
from market.accounts.seals import TICKET_LIFE, ticket, ticket_content
from market.accounts.second_factors import code_is_right
from market.accounts.sessions import forget_sessions, open_session, renew
from market.accounts.visits import Visit
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, tx
from ratings.ledger.errors import Conflict, Forbidden, NotSignedIn, Refused

_HALFWAY = "halfway in"
_NOWHERE = Visit()


class SecondFactorNeeded(NotSignedIn):
    """The first step was right. `ticket` says so to `finish_sign_in`, for ten minutes."""

    def __init__(self, ticket: str) -> None:
        super().__init__(
            "second-factor-needed",
            "This account has a second factor: send the code that your authenticator shows.",
        )
        self.ticket = ticket


class _Halfway(msgspec.Struct, frozen=True):
    person: str
    login: str
    invitation: str = ""


async def sign_in(
    login: str,
    password: str,
    at: datetime,
    *,
    demonstration: bool,
    visit: Visit = _NOWHERE,
    code: str = "",
    invitation: str = "",
) -> SignedIn:
    """Open a session. An unknown sign-in name and a wrong password take the same time, read the
    same and are counted the same. The token of an `invitation` is used by this.

    NotSignedIn when anything is wrong, SecondFactorNeeded when only the code is missing, TooMany
    after too many failures.
    """
    name = normal_login(login)
    attempt = await throttle.begin(lockout.PASSWORD, name, visit, at)
    row = await fetchrow(
        "SELECT id::text, password_hash, demonstration FROM person WHERE login = $1", name
    )
    right, newer = await passwords.matches(password, row["password_hash"] if row else None)
    if row is None or not right:
        raise NotSignedIn("sign-in-failed", "The sign-in name or the password is wrong.")
    await throttle.succeeded(attempt, at)
    _check_invented(row["demonstration"], demonstration)
    if newer is not None:
        await execute(
            "UPDATE person SET password_hash = $2 WHERE id = $1 AND password_hash = $3",
            row["id"],
            newer,
            row["password_hash"],
        )
    return await _enter(_Halfway(row["id"], name, invitation), at, visit, code)


async def enter_as(person: str, at: datetime, *, demonstration: bool, visit: Visit) -> SignedIn:
    """For somebody whom an identity provider has vouched for in place of the password."""
    row = await fetchrow("SELECT login, demonstration FROM person WHERE id = $1", person)
    assert row is not None
    _check_invented(row["demonstration"], demonstration)
    return await _enter(_Halfway(person, row["login"]), at, visit, "")


async def finish_sign_in(given: str, code: str, at: datetime, visit: Visit) -> SignedIn:
    """The second step: a ticket of the first one, and a code."""
    halfway = ticket_content(visit.key, _HALFWAY, given, at, _Halfway)
    if halfway is None:
        raise Refused("sign-in-expired", "Signing in has taken too long. Please begin once more.")
    if not code.strip():
        raise Refused("code-missing", "Please type the code that your authenticator shows.")
    return await _enter(halfway, at, visit, code)


async def change_password(actor: Actor, token: str, old: str, new: str, visit: Visit) -> SignedIn:
    """A new password; every other session ends, this one goes on under a new token."""
    owner = await owner_of(actor)
    await check_password(owner, old, visit, actor.at)
    names = await fetch(
        "SELECT o.name, o.name_en FROM organisation o JOIN membership m ON m.organisation = o.id"
        " WHERE m.person = $1",
        owner.id,
    )
    personal = (owner.name, *(text for row in names for text in row))
    check_new_password(new, owner.login, personal)
    if normal_password(new) == normal_password(old):
        raise Refused("password-same", "This is the password you have. Choose another one.")
    hashed = await passwords.hashed(new)
    async with tx():
        if not await fetchval(
            "UPDATE person SET password_hash = $2 WHERE id = $1 AND password_hash = $3"
            " RETURNING true",
            owner.id,
            hashed,
            owner.password_hash,
        ):
            raise Conflict(
                "password-changed-meanwhile",
                "The password has just been changed elsewhere. Sign in again with the new one.",
            )
        await forget_sessions(owner.id, besides=token)
        who = await renew(token, actor.at)
        await record(actor, "password.changed", "person", owner.id)
    return who


async def _enter(halfway: _Halfway, at: datetime, visit: Visit, code: str) -> SignedIn:
    enrolled = await fetchval(
        "SELECT EXISTS (SELECT FROM second_factor WHERE person = $1)", halfway.person
    )
    if enrolled:
        if not code:
            raise SecondFactorNeeded(ticket(visit.key, _HALFWAY, halfway, at + TICKET_LIFE))
        if not await code_is_right(halfway.person, halfway.login, code, visit, at):
            raise NotSignedIn(
                "code-wrong",
                "The code is wrong or has been used. Wait for the next one your authenticator"
                " shows.",
            )
    if halfway.invitation:
        await join(halfway.person, halfway.invitation, at)
    return await open_session(halfway.person, at, visit, second_factor=enrolled)


def _check_invented(invented: bool, demonstration: bool) -> None:
    if invented and not demonstration:
        raise Forbidden(
            "demonstration-account",
            "This is a demonstration account, and this server does not run a demonstration.",
        )
