"""What an agency says of itself and whom to call there, kept true by its administrators."""

import msgspec

from market.accounts.administrators import hold
from market.accounts.profiles import NewProfile, change_profile, raise_version
from market.accounts.queries import administered
from market.agencies.names import written
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchrow, tx
from ratings.ledger.errors import Fault, NotFound, Refused
from ratings.ledger.versions import Versions, unchanged

_LONGEST = {"name_en": 160, "address": 200, "contact_name": 60, "contact_phone": 40}
_NEEDED = ("address", "contact_name", "contact_phone")


class NewDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contact is for its owners and officials only; everything else is public."""

    name_en: str
    introduction: str
    address: str
    contact_name: str
    contact_phone: str


_FIELDS = NewDetails.__struct_fields__


class AgencyDetails(NewDetails, frozen=True):
    """As they stand; `version` is the organisation's, for its name is changed with them."""

    version: int


async def details(actor: Actor) -> AgencyDetails:
    """Those of the actor's agency; NotFound for whom acts for none."""
    row = await fetchrow(
        "SELECT a.name_en, a.introduction, a.address, a.contact_name, a.contact_phone, o.version"
        " FROM agency a JOIN organisation o ON o.id = a.organisation WHERE o.id = $1",
        actor.organisation,
    )
    if row is None:
        raise NotFound("agency-none", "You act for no agency.")
    return AgencyDetails(*row)


async def change_details(
    actor: Actor, wanted: NewDetails, expected: Versions | None = None
) -> AgencyDetails:
    """Put them right; Forbidden to whoever does not administer the agency, Stale when they are of
    none of the expected versions any more. Neither contact nor address travels into the ledger."""
    checked = _checked(wanted)
    async with tx():
        organisation = await administered(actor)
        await hold(organisation)
        before = await details(actor)
        unchanged(before.version, expected)
        if any(getattr(checked, field) != getattr(before, field) for field in _FIELDS):
            await change_profile(actor, NewProfile(checked.name_en))
            await execute(
                "UPDATE agency SET name_en = $2, introduction = $3, address = $4,"
                " contact_name = $5, contact_phone = $6 WHERE organisation = $1",
                organisation,
                *msgspec.structs.astuple(checked),
            )
            await raise_version(organisation)
            await record(actor, "agency.details_changed", "agency", str(actor.uscc))
        return await details(actor)


def _checked(wanted: NewDetails) -> NewDetails:
    stripped = {field: str(getattr(wanted, field)).strip() for field in _FIELDS}
    stripped["name_en"] = written(stripped["name_en"])
    faults = [
        Fault(f"/{field}", "missing", "Please fill this in.")
        for field in _NEEDED
        if not stripped[field]
    ] + [
        Fault(f"/{field}", "too-long", "This is too long.")
        for field, longest in _LONGEST.items()
        if len(stripped[field]) > longest
    ]
    if faults:
        raise Refused(
            "form-incomplete", "Please look at the marked fields again.", faults=tuple(faults)
        )
    return NewDetails(**stripped)
