"""Everything that is stored about one person, wherever it lies: docs/personal-data.md lists it."""

from datetime import datetime
from typing import TypeVar

import msgspec

from market.accounts.hats import Hat, hats
from market.accounts.queries import (
    OwnSession,
    SecondFactorState,
    SignedIn,
    own_sessions,
    second_factor_state,
)
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch, fetchrow

T = TypeVar("T")


class Account(msgspec.Struct, frozen=True):
    """`password` says only whether there is one: nobody can read it."""

    person: str
    login: str
    name: str
    password: bool
    created_at: datetime


class LinkedAccount(msgspec.Struct, frozen=True):
    """An identity of a provider that opens this account too."""

    issuer: str
    subject: str
    linked_at: datetime


class OwnKey(msgspec.Struct, frozen=True):
    """An API key that the person has made, without its secret."""

    id: str
    organisation: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class OwnInvitation(msgspec.Struct, frozen=True):
    """An open invitation that the person has made."""

    id: str
    organisation: str
    note: str
    created_at: datetime
    expires_at: datetime


class OwnAct(msgspec.Struct, frozen=True):
    """An entry of the ledger in which the person acts, or which is about them."""

    seq: int
    at: datetime
    act: str
    role: str
    organisation: str | None
    subject_kind: str
    subject: str
    facts: str
    reason: str


class OwnAnswer(msgspec.Struct, frozen=True):
    """An evaluation that the person has given; what it says in words shows once it is
    unsealed."""

    docket: str
    party: str
    answered_at: datetime
    comment: str | None
    reasons: list[str] | None
    files: list[str] | None


class OwnDecision(msgspec.Struct, frozen=True):
    """A case that the person has decided."""

    case: str
    decided_at: datetime
    decision: str


class NamedContact(msgspec.Struct, frozen=True):
    """Where an agency of the person gives their name as its contact."""

    agency: str
    contact_name: str
    contact_phone: str


class PersonalData(msgspec.Struct, frozen=True):
    account: Account
    organisations: list[Hat]
    sessions: list[OwnSession]
    second_factor: SecondFactorState
    identities: list[LinkedAccount]
    api_keys: list[OwnKey]
    invitations: list[OwnInvitation]
    contacts: list[NamedContact]
    evaluations: list[OwnAnswer]
    decisions: list[OwnDecision]
    ledger: list[OwnAct]


async def personal_data(actor: Actor, who: SignedIn) -> PersonalData:
    """What is stored about the person who asks; the newest acts first."""
    person = who.person
    account = await fetchrow(
        "SELECT id::text, login, name, password_hash <> '', created_at FROM person WHERE id = $1",
        person,
    )
    assert account is not None
    return PersonalData(
        account=Account(*account),
        organisations=await hats(actor),
        sessions=await own_sessions(who, actor.at),
        second_factor=await second_factor_state(person),
        identities=await _rows(
            LinkedAccount,
            "SELECT issuer, subject, linked_at FROM linked_identity WHERE person = $1::uuid"
            " ORDER BY linked_at",
            person,
        ),
        api_keys=await _rows(
            OwnKey,
            "SELECT id, organisation::text, name, scopes, created_at, expires_at, used_at,"
            " revoked_at FROM api_key WHERE person = $1::uuid ORDER BY created_at",
            person,
        ),
        invitations=await _rows(
            OwnInvitation,
            "SELECT id::text, made_for::text AS organisation, note, created_at, expires_at"
            " FROM invitation WHERE made_by = $1::uuid ORDER BY created_at",
            person,
        ),
        contacts=await _rows(
            NamedContact,
            "SELECT a.uscc AS agency, a.contact_name, a.contact_phone FROM agency a"
            " JOIN membership m ON m.organisation = a.organisation JOIN person p"
            " ON p.id = m.person WHERE p.id = $1::uuid AND a.contact_name = p.name",
            person,
        ),
        evaluations=await _rows(
            OwnAnswer,
            "SELECT a.docket::text, a.party, a.answered_at,"
            " CASE WHEN d.unsealed_at IS NOT NULL THEN a.comment END AS comment,"
            " CASE WHEN d.unsealed_at IS NOT NULL THEN ARRAY("
            "SELECT value FROM jsonb_each_text(a.reasons) ORDER BY key) END AS reasons,"
            " CASE WHEN d.unsealed_at IS NOT NULL THEN ARRAY(SELECT f.filename"
            " FROM answer_attachment f WHERE f.docket = a.docket AND f.person = a.person"
            " AND f.withdrawn_at IS NULL ORDER BY f.uploaded_at) END AS files FROM answer a"
            " JOIN docket d ON d.id = a.docket WHERE a.person = $1 ORDER BY a.answered_at",
            person,
        ),
        decisions=await _rows(
            OwnDecision,
            "SELECT number AS case, decided_at, decision FROM case_file WHERE decided_by = $1"
            " ORDER BY decided_at",
            person,
        ),
        ledger=await _rows(
            OwnAct,
            "SELECT seq, at, act, role, organisation, subject_kind, subject, facts, reason"
            " FROM ledger_entry WHERE person = $1 OR (subject_kind = 'person' AND subject = $1)"
            " ORDER BY seq DESC",
            person,
        ),
    )


async def _rows(kind: type[T], sql: str, person: str) -> list[T]:
    return [msgspec.convert(dict(row), kind) for row in await fetch(sql, person)]
