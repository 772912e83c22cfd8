"""What people and organisations are called, put right by themselves."""

import msgspec

from market.accounts.administrators import check_own_account, hold
from market.accounts.queries import administered
from market.accounts.rules import check_name, check_organisation
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import execute, fetchrow, tx
from ratings.ledger.versions import Versions, unchanged


class Profile(msgspec.Struct, frozen=True):
    """The organisation whose hat is worn. `name` is the registered one, and stays. `version` counts
    the changes of what it says of itself."""

    id: str
    role: Role
    name: str
    name_en: str
    uscc: str | None
    demonstration: bool
    version: int


class NewProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What its administrators may change."""

    name_en: str


async def profile(actor: Actor) -> Profile:
    row = await fetchrow(
        "SELECT id::text, kind, name, name_en, uscc, demonstration, version"
        " FROM organisation WHERE id = $1",
        actor.organisation,
    )
    assert row is not None
    return Profile(row[0], Role(row[1]), *row[2:])


async def change_profile(
    actor: Actor, wanted: NewProfile, expected: Versions | None = None
) -> Profile:
    """Put another English name; Forbidden to whoever does not administer the organisation, Stale
    when it is of none of the expected versions any more."""
    async with tx():
        organisation = await administered(actor)
        await hold(organisation)
        before = await profile(actor)
        unchanged(before.version, expected)
        _, name_en = check_organisation(before.name, wanted.name_en)
        if name_en != before.name_en:
            await execute(
                "UPDATE organisation SET name_en = $2 WHERE id = $1", organisation, name_en
            )
            await raise_version(organisation)
            facts = {"name_en": name_en, "before": before.name_en}
            await record(actor, "organisation.changed", "organisation", organisation, facts)
        return await profile(actor)


async def raise_version(*organisations: str) -> None:
    """What these say of themselves is another from now on. Part of an act that holds them."""
    await execute(
        "UPDATE organisation SET version = version + 1 WHERE id = ANY($1::uuid[])",
        list(organisations),
    )


async def change_name(actor: Actor, name: str) -> None:
    """A person puts their own name right. It stays out of the ledger, like every name."""
    checked = check_name(name)
    async with tx():
        await check_own_account(str(actor.person))
        await execute("UPDATE person SET name = $2 WHERE id = $1", actor.person, checked)
        await record(actor, "person.renamed", "person", str(actor.person))
