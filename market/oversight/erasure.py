"""Erasing personal data: what may go is deleted, and what the law keeps bears a pseudonym."""

from market.accounts.administrators import check_another_administrator, check_own_account
from market.accounts.asked_again import check_password, owner_of
from market.accounts.people import held_person
from market.accounts.profiles import raise_version
from market.accounts.queries import administered
from market.accounts.visits import Visit
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, row_id, tx
from ratings.ledger.errors import Conflict, Refused

# What opens the account or belongs to nobody else. The order is that of their references.
_DELETED = (
    "DELETE FROM session WHERE person = $1",
    "DELETE FROM second_factor WHERE person = $1",
    "DELETE FROM recovery_code WHERE person = $1",
    "DELETE FROM linked_identity WHERE person = $1",
    "DELETE FROM api_key WHERE person = $1",
    "DELETE FROM invitation WHERE made_by = $1",
    "DELETE FROM membership WHERE person = $1",
)


def pseudonym(person: str) -> str:
    """What a person is called after the erasure: always the same, and nobody's name."""
    return f"已注销用户-{person[:8]}"


async def erase_own(actor: Actor, password: str, visit: Visit) -> None:
    """The actor's own data, for ever; the password is asked for once more.

    Conflict for the last administrator of an organisation: they hand over first.
    """
    owner = await owner_of(actor)
    await check_password(owner, password, visit, actor.at)
    await _erase(actor, owner.id, "")


async def erase_for(actor: Actor, person: str, reason: str) -> None:
    """The same for somebody who has asked the centre for it, being unable to sign in.

    For administrators of the centre; nobody erases themselves without their password.
    """
    if not reason.strip():
        raise Refused("reason-missing", "Please give the reason; it is shown to those concerned.")
    identifier = row_id(person)
    if identifier == actor.person:
        raise Refused("deactivate-self", "This is your own account. Ask a colleague.")
    await administered(actor)
    await _erase(actor, identifier, reason.strip())


async def _erase(actor: Actor, person: str, reason: str) -> None:
    async with tx():
        row, organisations = await held_person(person)
        await check_own_account(person)
        if row["erased_at"] is not None:
            raise Conflict("person-erased", "This account has been erased, and that is for ever.")
        for organisation in organisations:
            await check_another_administrator(organisation, person)
        name = pseudonym(person)
        await execute(
            "UPDATE agency SET contact_name = $3, contact_phone = ''"
            " WHERE organisation = ANY($1::uuid[]) AND contact_name = $2",
            organisations,
            row["name"],
            name,
        )
        # Whoever has the contact still on their screen does not put the name back unawares.
        await raise_version(*organisations)
        for statement in _DELETED:
            await execute(statement, person)
        await execute(
            "UPDATE person SET login = $2, name = $3, password_hash = '',"
            " deactivated_at = coalesce(deactivated_at, $4), erased_at = $4 WHERE id = $1",
            person,
            f"erased-{person}",
            name,
            actor.at,
        )
        await record(actor, "person.erased", "person", person, reason=reason)
