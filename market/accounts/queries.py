"""Who is asking, and what organisations are called."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, fetchval
from ratings.ledger.errors import Bilingual, Forbidden, Refused

IDLE_TIMEOUT = timedelta(hours=12)
ABSOLUTE_TIMEOUT = timedelta(days=7)
# A session's row is written at most this often, however many requests a page makes.
_TOUCH_EVERY = timedelta(minutes=1)


class SignedIn(msgspec.Struct, frozen=True):
    """A person and the hat they wear. `token` is the secret: it never goes into a page or a log."""

    token: str
    person: str
    person_name: str
    organisation: str
    organisation_name: str
    organisation_name_en: str
    role: Role
    uscc: str | None
    demonstration: bool
    administrator: bool
    session: str
    second_factor: bool

    def __repr__(self) -> str:
        return f"SignedIn(role={self.role.value}, person={self.person})"


class OwnSession(msgspec.Struct, frozen=True):
    """What a person sees of one of their sessions. `device` and `address` are coarse."""

    id: str
    device: str
    address: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    second_factor: bool


class SecondFactorState(msgspec.Struct, frozen=True):
    """Since when a person has one, and how many recovery codes are left."""

    enrolled_at: datetime | None
    recovery_codes: int


class Department(msgspec.Struct, frozen=True):
    """A supervisor department that an engagement can be assigned to."""

    id: str
    name: str
    name_en: str


def token_hash(token: str) -> str:
    """What is stored of a token. It has 256 random bits, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


async def signed_in(token: str, at: datetime, *, demonstration: bool) -> SignedIn | None:
    """Who holds the token, or None when it is unknown or timed out, or when the person or their hat
    has been deactivated: one round trip.

    A session of a demonstration account lives only while the demonstration mode is on.
    """
    row = await fetchrow(
        "WITH live AS ("
        " SELECT s.token_hash, s.seen_at, p.id AS person, p.name, o.id AS organisation,"
        " o.name AS organisation_name, o.name_en, o.kind, o.uscc, p.demonstration,"
        " m.administrator, s.public_id AS session, s.second_factor"
        " FROM session s JOIN person p ON p.id = s.person"
        " JOIN organisation o ON o.id = s.organisation"
        " JOIN membership m ON m.person = s.person AND m.organisation = s.organisation"
        " WHERE s.token_hash = $1 AND s.seen_at > $2 AND s.created_at > $3"
        " AND m.deactivated_at IS NULL AND p.deactivated_at IS NULL"
        " AND ($4 OR NOT (p.demonstration OR o.demonstration))"
        "), touched AS ("
        " UPDATE session SET seen_at = $5 FROM live"
        " WHERE session.token_hash = live.token_hash AND live.seen_at < $6"
        ") SELECT person, name, organisation, organisation_name, name_en, kind, uscc,"
        " demonstration, administrator, session, second_factor FROM live",
        token_hash(token),
        at - IDLE_TIMEOUT,
        at - ABSOLUTE_TIMEOUT,
        demonstration,
        at,
        at - _TOUCH_EVERY,
    )
    if row is None:
        return None
    person, name, organisation, organisation_name, name_en, kind, uscc, invented = row[:8]
    return SignedIn(
        token=token,
        person=str(person),
        person_name=name,
        organisation=str(organisation),
        organisation_name=organisation_name,
        organisation_name_en=name_en,
        role=Role(kind),
        uscc=uscc,
        demonstration=invented,
        administrator=row["administrator"],
        session=str(row["session"]),
        second_factor=row["second_factor"],
    )


async def own_sessions(who: SignedIn, at: datetime) -> list[OwnSession]:
    """The person's live sessions, the last used first; of an invented account, which everybody
    shares, only the one that asks."""
    rows = await fetch(
        "SELECT public_id::text AS id, device, address, created_at, seen_at, second_factor"
        " FROM session WHERE person = $1 AND seen_at > $2 AND created_at > $3"
        " AND (NOT $4 OR public_id = $5)"
        " ORDER BY seen_at DESC, public_id",
        who.person,
        at - IDLE_TIMEOUT,
        at - ABSOLUTE_TIMEOUT,
        who.demonstration,
        who.session,
    )
    return [
        OwnSession(
            id=row["id"],
            device=row["device"],
            address=row["address"],
            created_at=row["created_at"],
            seen_at=row["seen_at"],
            ends_at=min(row["seen_at"] + IDLE_TIMEOUT, row["created_at"] + ABSOLUTE_TIMEOUT),
            second_factor=row["second_factor"],
        )
        for row in rows
    ]


async def login_of(person: str) -> str:
    return str(await fetchval("SELECT login FROM person WHERE id = $1", person))


async def second_factor_state(person: str) -> SecondFactorState:
    row = await fetchrow(
        "SELECT (SELECT enrolled_at FROM second_factor WHERE person = $1),"
        " (SELECT count(*) FROM recovery_code WHERE person = $1)",
        person,
    )
    assert row is not None
    return SecondFactorState(*row)


async def organisation_names(ids: Iterable[str]) -> dict[str, Bilingual]:
    """Names by id; one without an English name goes by the Chinese one in both languages."""
    rows = await fetch(
        "SELECT id, name, name_en FROM organisation WHERE id = ANY($1::uuid[])", list(set(ids))
    )
    return {str(id_): Bilingual(zh=name, en=name_en or name) for id_, name, name_en in rows}


async def supervisors() -> list[Department]:
    rows = await fetch(
        "SELECT id::text, name, name_en FROM organisation WHERE kind = $1 ORDER BY created_at, id",
        Role.SUPERVISOR.value,
    )
    return [Department(*row) for row in rows]


async def people_of(role: Role) -> frozenset[str]:
    """The ids of all who may act in a role today."""
    rows = await fetch(
        "SELECT m.person::text FROM membership m JOIN person p ON p.id = m.person"
        " JOIN organisation o ON o.id = m.organisation"
        " WHERE o.kind = $1 AND m.deactivated_at IS NULL AND p.deactivated_at IS NULL",
        role.value,
    )
    return frozenset(row[0] for row in rows)


async def check_officer(person: str) -> None:
    """Refused unless that is the id of somebody who may act for the centre today."""
    if person not in await people_of(Role.CENTRE):
        raise Refused(
            "officer-unknown",
            "A case is given to a person of the centre, and {id} is none.",
            id=person,
        )


async def person_names(people: Iterable[str]) -> dict[str, str]:
    """The names of people by their ids, for officials; those that are no id are left out."""
    rows = await fetch(
        "SELECT id::text, name FROM person WHERE id::text = ANY($1::text[])", list(people)
    )
    return {row[0]: row[1] for row in rows}


async def administered(actor: Actor) -> str:
    """The organisation that the actor administers; Forbidden to whom has no such right."""
    if actor.organisation is None or not await fetchval(
        "SELECT m.administrator FROM membership m JOIN person p ON p.id = m.person"
        " WHERE m.person = $1 AND m.organisation = $2"
        " AND m.deactivated_at IS NULL AND p.deactivated_at IS NULL",
        actor.person,
        actor.organisation,
    ):
        raise Forbidden(
            "not-administrator", "Only an administrator of your organisation may do this."
        )
    return actor.organisation
