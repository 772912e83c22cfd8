"""Invitations by link: made by administrators, shown once, good for one person and seven days."""

import secrets
import uuid
from datetime import datetime, timedelta

import msgspec

from market.accounts.administrators import hold
from market.accounts.queries import administered, token_hash
from market.accounts.rules import check_organisation
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import execute, fetch, fetchval, row_id, tx
from ratings.ledger.errors import NotFound, Refused

LIFE = timedelta(days=7)
LONGEST_NOTE = 80
_MOST_OPEN = 100
_TOKEN_BYTES = 32
_OFFICES = (Role.SUPERVISOR, Role.AUDITOR)


class NewInvitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`note` reminds the administrators for whom it is; nobody else sees it."""

    administrator: bool = False
    note: str = ""


class NewOffice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A supervising department (`supervisor`) or an auditor; whoever accepts administers it."""

    kind: Role
    name: str
    name_en: str = ""
    note: str = ""


class MadeInvitation(msgspec.Struct, frozen=True):
    """`token` is shown this once; the link is the site's `/invitations/<token>`."""

    id: str
    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"MadeInvitation(id={self.id})"


class OpenInvitation(msgspec.Struct, frozen=True):
    """One that nobody has used. `role`, `name` and `name_en` say where it leads."""

    id: str
    role: Role
    name: str
    name_en: str
    opens_office: bool
    administrator: bool
    note: str
    made_by: str
    created_at: datetime
    expires_at: datetime


async def invite(actor: Actor, wanted: NewInvitation) -> MadeInvitation:
    """A link into the actor's organisation; Forbidden to whoever does not administer it.

    It is made without asking who it is for, so nobody learns from it who has an account.
    """
    note = _checked_note(wanted.note)
    async with tx():
        organisation = await _inviting(actor)
        made = _new(actor.at)
        await execute(
            "INSERT INTO invitation (id, token_hash, organisation, kind, office_name,"
            " office_name_en, administrator, note, made_by, made_for, created_at, expires_at)"
            " VALUES ($1, $2, $3, $4, '', '', $5, $6, $7, $3, $8, $9)",
            made.id,
            token_hash(made.token),
            organisation,
            actor.role.value,
            wanted.administrator,
            note,
            actor.person,
            actor.at,
            made.expires_at,
        )
        facts = {"organisation": organisation, "administrator": wanted.administrator}
        await record(actor, "invitation.made", "invitation", made.id, facts)
    return made


async def invite_office(actor: Actor, wanted: NewOffice) -> MadeInvitation:
    """A link that opens the account of an office; for administrators of the centre."""
    if wanted.kind not in _OFFICES:
        raise Refused("office-kind", "Only departments and auditors are invited by the centre.")
    name, name_en = check_organisation(wanted.name, wanted.name_en)
    note = _checked_note(wanted.note)
    async with tx():
        centre = await _inviting(actor)
        made = _new(actor.at)
        await execute(
            "INSERT INTO invitation (id, token_hash, organisation, kind, office_name,"
            " office_name_en, administrator, note, made_by, made_for, created_at, expires_at)"
            " VALUES ($1, $2, NULL, $3, $4, $5, true, $6, $7, $8, $9, $10)",
            made.id,
            token_hash(made.token),
            wanted.kind.value,
            name,
            name_en,
            note,
            actor.person,
            centre,
            actor.at,
            made.expires_at,
        )
        facts = {"kind": wanted.kind.value, "office": name}
        await record(actor, "invitation.made", "invitation", made.id, facts)
    return made


async def revoke_invitation(actor: Actor, identifier: str) -> None:
    """The link opens nothing any more; NotFound when it is used, revoked or another's."""
    async with tx():
        organisation = await administered(actor)
        if not await fetchval(
            "DELETE FROM invitation WHERE id = $1 AND made_for = $2 RETURNING true",
            row_id(identifier),
            organisation,
        ):
            raise NotFound("not-found", "There is nothing with the id {id}.", id=identifier)
        await record(actor, "invitation.revoked", "invitation", identifier)


async def open_invitations(actor: Actor) -> list[OpenInvitation]:
    """Those of the actor's organisation that can still be used, the newest first."""
    organisation = await administered(actor)
    rows = await fetch(
        "SELECT i.id::text, i.kind, coalesce(o.name, i.office_name),"
        " coalesce(o.name_en, i.office_name_en), o.id IS NULL, i.administrator, i.note, p.name,"
        " i.created_at, i.expires_at FROM invitation i JOIN person p ON p.id = i.made_by"
        " LEFT JOIN organisation o ON o.id = i.organisation"
        " WHERE i.made_for = $1 AND i.expires_at > $2 ORDER BY i.created_at DESC, i.id",
        organisation,
        actor.at,
    )
    return [OpenInvitation(row[0], Role(row["kind"]), *row[2:]) for row in rows]


async def forget_old_invitations(at: datetime) -> None:
    await execute("DELETE FROM invitation WHERE expires_at <= $1", at)


def _new(at: datetime) -> MadeInvitation:
    return MadeInvitation(str(uuid.uuid4()), secrets.token_urlsafe(_TOKEN_BYTES), at + LIFE)


def _checked_note(text: str) -> str:
    note = "".join(character for character in text if character.isprintable()).strip()
    if len(note) > LONGEST_NOTE:
        raise Refused(
            "text-too-long",
            "“{start}…” is too long: at most {longest} characters fit.",
            start=note[:20],
            longest=LONGEST_NOTE,
        )
    return note


async def _inviting(actor: Actor) -> str:
    """The organisation that invites. Held, so that nobody invites who is being removed."""
    if actor.organisation is not None:
        await hold(actor.organisation)
    organisation = await administered(actor)
    waiting = await fetchval(
        "SELECT count(*) FROM invitation WHERE made_for = $1 AND expires_at > $2",
        organisation,
        actor.at,
    )
    if waiting >= _MOST_OPEN:
        raise Refused(
            "invitations-many",
            "{most} invitations wait to be used. Revoke those that nobody needs.",
            most=_MOST_OPEN,
        )
    return organisation
