"""Admission of agencies and their listings: one function, one transaction, one ledger entry."""

import uuid
from datetime import date

import msgspec

from market.accounts.actions import NewAccount, open_account, prepare_account
from market.agencies import names
from market.agencies.queries import agency_of, in_force
from market.agencies.rules import check_listing_price
from market.agencies.tables import Agency, Listing, Qualification
from market.catalogue.project_facts import ProjectFacts
from market.catalogue.queries import priced
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetchrow, row_id, tx
from ratings.ledger.errors import Conflict, NotFound, Refused
from ratings.ledger.uscc import parse_uscc


class QualificationClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    level: str = ""
    number: str = ""
    valid_to: date | None = None


class AgencyApplication(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agency states when it asks for admission, with its first account."""

    uscc: str
    name: str
    established_on: date
    staff: int
    address: str
    contact_name: str
    contact_phone: str
    login: str
    password: str
    person_name: str
    name_en: str = ""
    introduction: str = ""
    qualifications: tuple[QualificationClaim, ...] = ()


async def apply_for_admission(
    actor: Actor, application: AgencyApplication, *, demonstration: bool = False
) -> str:
    """Record the application and return the USCC; the centre then admits or refuses."""
    uscc = parse_uscc(application.uscc)
    name, name_en = names.written(application.name), names.written(application.name_en)
    if not name:
        raise Refused("name-missing", "The name on the business licence is missing.")
    if application.established_on > local_date(actor.at):
        raise Refused("established-later", "The day of establishment lies in the future.")
    if application.staff < 0:
        raise Refused("staff-negative", "The number of staff cannot be negative.")
    prepared = await prepare_account(
        NewAccount(
            kind=Role.AGENCY,
            organisation_name=name,
            organisation_name_en=name_en,
            uscc=uscc,
            login=application.login,
            password=application.password,
            person_name=application.person_name,
        ),
        demonstration=demonstration,
    )
    async with tx():
        account = await open_account(actor, prepared)
        await Agency.insert(
            Agency(
                uscc=uscc,
                organisation=account.organisation,
                name=name,
                name_en=name_en,
                introduction=application.introduction,
                established_on=application.established_on,
                staff=application.staff,
                address=application.address,
                contact_name=application.contact_name,
                contact_phone=application.contact_phone,
                state="applied",
                applied_at=actor.at,
                bigrams=names.bigrams(name),
                pinyin=names.pinyin(name),
                initials=names.initials(name),
                demonstration=demonstration,
            )
        )
        for claim in application.qualifications:
            await Qualification.insert(
                Qualification(
                    agency=uscc,
                    name=claim.name,
                    level=claim.level,
                    number=claim.number,
                    valid_to=claim.valid_to,
                )
            )
        await record(actor, "agency.applied", "agency", uscc, {"name": name})
    return uscc


async def decide_admission(actor: Actor, uscc: str, *, admit: bool, reason: str) -> None:
    """The centre admits or refuses an applicant, with its reason.

    A refused applicant that has mended what was wrong may still be admitted later.
    """
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    async with tx():
        row = await fetchrow("SELECT state FROM agency WHERE uscc = $1 FOR UPDATE", uscc)
        if row is None:
            raise NotFound("agency-unknown", "No agency has the code {uscc}.", uscc=uscc)
        if row["state"] == "admitted" or (row["state"] == "refused" and not admit):
            raise Conflict(
                "admission-decided", "The admission of {uscc} has already been decided.", uscc=uscc
            )
        state = "admitted" if admit else "refused"
        await execute(
            "UPDATE agency SET state = $2, decided_at = $3, decision = $4 WHERE uscc = $1",
            uscc,
            state,
            actor.at,
            reason,
        )
        await record(actor, f"agency.{state}", "agency", uscc, reason=reason)


class NewListing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A package at a price, for projects of the stated figures.

    `options` are the optional items of the package that the price includes.
    """

    package: str
    price_fen: int
    working_days: int
    facts: ProjectFacts
    options: tuple[str, ...] = ()


async def put_up_listing(actor: Actor, listing: NewListing) -> str:
    """List a package; an earlier live listing of the same package is replaced.

    Refused above the standard fee range of the day, with the range and its workings. The listing
    keeps the version of the package that is in force on the day.
    """
    today = local_date(actor.at)
    async with tx():
        agency = await agency_of(actor)
        await in_force(agency)
        asked = await priced(listing.package, listing.facts, today, listing.options)
        standard = asked.range
        check_listing_price(listing.price_fen, standard)
        if listing.working_days < 1:
            raise Refused("days-not-positive", "The promised working days are one or more.")
        # Of two listings at once the later one withdraws the earlier, as if sent one by one.
        await execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"listing {agency}")
        await execute(
            "UPDATE listing SET state = 'withdrawn', withdrawn_at = $3"
            " WHERE agency = $1 AND package = $2 AND state = 'live'",
            agency,
            listing.package,
            actor.at,
        )
        identifier = str(uuid.uuid4())
        await Listing.insert(
            Listing(
                id=identifier,
                agency=agency,
                package=listing.package,
                package_version=asked.number,
                options=list(standard.options),
                price_fen=listing.price_fen,
                working_days=listing.working_days,
                facts=msgspec.json.encode(listing.facts).decode(),
                range_low_fen=standard.low_fen,
                range_high_fen=standard.high_fen,
                state="live",
                listed_at=actor.at,
            )
        )
        await record(
            actor,
            "listing.put_up",
            "agency",
            agency,
            {
                "listing": identifier,
                "package": listing.package,
                "package_version": asked.number,
                "options": list(standard.options),
                "price_fen": listing.price_fen,
                "range_low_fen": standard.low_fen,
                "range_high_fen": standard.high_fen,
            },
        )
    return identifier


async def withdraw_listing(actor: Actor, listing: str) -> None:
    async with tx():
        agency = await agency_of(actor)
        changed = await execute(
            "UPDATE listing SET state = 'withdrawn', withdrawn_at = $3"
            " WHERE id = $1 AND agency = $2 AND state = 'live'",
            row_id(listing),
            agency,
            actor.at,
        )
        if changed != "UPDATE 1":
            raise NotFound(
                "listing-unknown", "You have no live listing {listing}.", listing=listing
            )
        await record(actor, "listing.withdrawn", "agency", agency, {"listing": row_id(listing)})
