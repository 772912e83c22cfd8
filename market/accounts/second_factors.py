"""The second factor: offering, enrolling, using, replacing and removing one."""

import uuid
from datetime import datetime

import msgspec

from market.accounts import lockout, throttle, totp
from market.accounts.asked_again import Owner, check_password, owner_of
from market.accounts.queries import SignedIn, administered
from market.accounts.rules import normal_login
from market.accounts.seals import TICKET_LIFE, keyed_hash, seal, ticket, ticket_content, unseal
from market.accounts.sessions import forget_sessions, renew
from market.accounts.visits import Visit
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, NotFound, Refused

_SECRET, _OFFER, _RECOVERY = "second factor", "second factor offer", "recovery code"


class Offer(msgspec.Struct, frozen=True):
    """What an authenticator needs; nothing is stored before a code of it has come back.

    `ticket` carries the secret, sealed, to the enrolment.
    """

    secret: str
    uri: str
    ticket: str


class Enrolled(msgspec.Struct, frozen=True):
    """The renewed session, and the recovery codes, shown this once."""

    who: SignedIn
    recovery_codes: tuple[str, ...]


class _Offered(msgspec.Struct, frozen=True):
    person: str
    secret: str


async def offer(actor: Actor, visit: Visit, site: str) -> Offer:
    """A new secret; `site` is the name that the authenticator will show."""
    owner = await owner_of(actor)
    if owner.enrolled:
        raise Conflict(
            "second-factor-there",
            "You have a second factor already. Remove it first to set up another one.",
        )
    secret = totp.new_secret()
    content = _Offered(str(actor.person), secret)
    return Offer(
        secret=secret,
        uri=totp.enrolment_uri(secret, owner.login, site),
        ticket=ticket(visit.key, _OFFER, content, actor.at + TICKET_LIFE),
    )


async def offer_again(actor: Actor, visit: Visit, site: str, given: str) -> Offer:
    """The same offer, after a code that was mistyped; a new one when it has expired."""
    offered = ticket_content(visit.key, _OFFER, given, actor.at, _Offered)
    if offered is None or offered.person != actor.person:
        return await offer(actor, visit, site)
    owner = await owner_of(actor)
    return Offer(offered.secret, totp.enrolment_uri(offered.secret, owner.login, site), given)


async def enrol(
    actor: Actor, token: str, given: str, code: str, password: str, visit: Visit
) -> Enrolled:
    """Keep the offered secret, once a code shows that the authenticator has it.

    The password is asked again: a session left open must not be enough to lock its owner out.
    Other sessions end, for they were opened without the second factor.
    """
    owner = await owner_of(actor)
    offered = ticket_content(visit.key, _OFFER, given, actor.at, _Offered)
    if offered is None or offered.person != actor.person:
        raise Refused(
            "second-factor-offer-expired",
            "This offer has expired. Set up your authenticator with the new one.",
        )
    await check_password(owner, password, visit, actor.at)
    step = totp.matching_step(offered.secret, code, actor.at)
    if step is None:
        raise Refused(
            "code-wrong",
            "The code is wrong or has been used. Wait for the next one your authenticator shows.",
        )
    async with tx():
        if not await fetchval(
            "INSERT INTO second_factor (id, person, secret, last_step, enrolled_at)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (person) DO NOTHING RETURNING true",
            str(uuid.uuid4()),
            actor.person,
            seal(visit.key, _SECRET, offered.secret.encode(), bound_to=offered.person),
            step,
            actor.at,
        ):
            raise Conflict(
                "second-factor-there",
                "You have a second factor already. Remove it first to set up another one.",
            )
        codes = await _new_recovery_codes(offered.person, visit.key)
        await forget_sessions(offered.person, besides=token)
        who = await renew(token, actor.at, second_factor=True)
        await record(actor, "second_factor.enrolled", "person", offered.person)
    return Enrolled(who, codes)


async def remove(actor: Actor, token: str, code: str, visit: Visit) -> SignedIn:
    """Do without one from now on; a code shows that it is its owner who wishes so."""
    owner = await owner_of(actor)
    await _check_own_code(owner, code, visit, actor.at)
    async with tx():
        await _forget(owner.id)
        who = await renew(token, actor.at, second_factor=False)
        await record(actor, "second_factor.removed", "person", owner.id)
    return who


async def renew_recovery_codes(actor: Actor, code: str, visit: Visit) -> tuple[str, ...]:
    """Ten new ones; those before are worthless from now on."""
    owner = await owner_of(actor)
    await _check_own_code(owner, code, visit, actor.at)
    async with tx():
        codes = await _new_recovery_codes(owner.id, visit.key)
        await record(actor, "recovery_codes.renewed", "person", owner.id)
    return codes


async def reset_named(actor: Actor, login: str, reason: str) -> None:
    """The same as `reset`, for who is known by their sign-in name."""
    await reset(actor, await _named(login), reason)


async def reset(actor: Actor, person: str, reason: str) -> None:
    """A centre's administrator takes a lost second factor away from a colleague, or from somebody
    of another organisation who has asked the centre for help. All their sessions end.

    They set up a new one the next time they sign in; without their password nobody can.
    """
    if not reason.strip():
        raise Refused("reason-missing", "Please give the reason; it is shown to those concerned.")
    identifier = row_id(person)
    if identifier == actor.person:
        raise Refused(
            "second-factor-own",
            "This is your own second factor. Remove it with a code, or ask a colleague.",
        )
    await administered(actor)
    await _reset(actor, identifier, reason.strip())


async def reset_by_operator(actor: Actor, login: str, reason: str) -> None:
    """From the command line of the server: for an office whose last administrator is locked out."""
    await _reset(actor, await _named(login), reason)


async def _named(login: str) -> str:
    person = await fetchval("SELECT id::text FROM person WHERE login = $1", normal_login(login))
    if person is None:
        raise NotFound("login-unknown", "Nobody has the sign-in name “{login}”.", login=login)
    return str(person)


async def _reset(actor: Actor, person: str, reason: str) -> None:
    async with tx():
        if not await _forget(person):
            raise NotFound("second-factor-none", "This person has no second factor.")
        await forget_sessions(person)
        await record(actor, "second_factor.reset", "person", person, reason=reason)


async def code_is_right(person: str, login: str, code: str, visit: Visit, at: datetime) -> bool:
    """Whether it is a code of this person's authenticator or a recovery code, not used before.

    It is used by this: of two twins with the same code one is right. TooMany after too many
    wrong ones. Comes before any transaction: a wrong one must stay counted.
    """
    attempt = await throttle.begin(lockout.CODE, login, visit, at)
    right = await _take(person, code, visit, at)
    if right:
        await throttle.succeeded(attempt, at)
    return right


async def _check_own_code(owner: Owner, code: str, visit: Visit, at: datetime) -> None:
    if not await code_is_right(owner.id, owner.login, code, visit, at):
        raise Refused(
            "code-wrong",
            "The code is wrong or has been used. Wait for the next one your authenticator shows.",
        )


async def _take(person: str, code: str, visit: Visit, at: datetime) -> bool:
    if totp.is_recovery_code(code):
        used = await fetchval(
            "DELETE FROM recovery_code WHERE code_hash = $1 AND person = $2 RETURNING true",
            _recovery_hash(visit.key, person, code),
            person,
        )
        return bool(used)
    sealed = await fetchval("SELECT secret FROM second_factor WHERE person = $1", person)
    secret = unseal(visit.key, _SECRET, sealed, bound_to=person) if sealed else None
    step = totp.matching_step(secret.decode(), code, at) if secret else None
    if step is None:
        return False
    taken = await fetchval(
        "UPDATE second_factor SET last_step = $2 WHERE person = $1 AND last_step < $2"
        " RETURNING true",
        person,
        step,
    )
    return bool(taken)


async def _new_recovery_codes(person: str, key: bytes) -> tuple[str, ...]:
    codes = totp.new_recovery_codes()
    await execute("DELETE FROM recovery_code WHERE person = $1", person)
    await execute(
        "INSERT INTO recovery_code (code_hash, person) SELECT unnest($1::text[]), $2",
        [_recovery_hash(key, person, code) for code in codes],
        person,
    )
    return codes


def _recovery_hash(key: bytes, person: str, code: str) -> str:
    return keyed_hash(key, _RECOVERY, person, totp.plain(code))


async def _forget(person: str) -> bool:
    await execute("DELETE FROM recovery_code WHERE person = $1", person)
    return await execute("DELETE FROM second_factor WHERE person = $1", person) != "DELETE 0"
