"""Group buys: opening, joining, offering, closing at the deadline, choosing the agency."""

import uuid
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec

from market.agencies.queries import agency_of, in_force
from market.agencies.rules import workings_text, yuan
from market.catalogue.package_fees import PackageRange
from market.catalogue.package_queries import version
from market.catalogue.project_facts import ProjectFacts
from market.catalogue.queries import priced
from market.catalogue.schedule import bought
from market.purchasing.independence import refuse_dependent
from market.purchasing.queries import participations
from market.purchasing.tables import GroupBuy, Offer, Participation
from market.purchasing.tiers import Tier, check_tiers, tier_for
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, Fault, Forbidden, NotFound, Refused
from ratings.ledger.jobs import enqueue

CLOSE = "close_group_buy"
LONGEST_OPEN = timedelta(days=180)
MOST_PLACES = 500


class NewGroupBuy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`facts` are the project figures the tier prices hold for; prices are per participant.

    `options` are the optional items of the package that the group buys with it.
    """

    package: str
    title: str
    facts: ProjectFacts
    tiers: tuple[Tier, ...]
    places: int
    deadline: Annotated[datetime, msgspec.Meta(tz=True)]
    project_name: str
    description: str = ""
    options: tuple[str, ...] = ()


async def open_group_buy(actor: Actor, wanted: NewGroupBuy) -> str:
    """Open a group buy; the opener is its first participant. Returns its id."""
    organisation = _organisation(actor)
    if not wanted.title.strip() or not wanted.project_name.strip():
        raise Refused("title-missing", "A group buy needs a title and the name of your project.")
    if not 2 <= wanted.places <= MOST_PLACES:
        raise Refused(
            "places-out-of-bounds", "A group has between 2 and {most} places.", most=MOST_PLACES
        )
    if not actor.at < wanted.deadline <= actor.at + LONGEST_OPEN:
        raise Refused(
            "deadline-out-of-bounds",
            "The deadline must lie in the future and at most {days} days ahead.",
            days=LONGEST_OPEN.days,
        )
    tiers = check_tiers(wanted.tiers, wanted.places)
    async with tx():
        asked = await priced(wanted.package, wanted.facts, local_date(actor.at), wanted.options)
        standard = asked.range
        _check_tier_prices(tiers, standard)
        identifier = str(uuid.uuid4())
        number = await fetchval("SELECT nextval('group_buy_number')")
        await GroupBuy.insert(
            GroupBuy(
                id=identifier,
                number=f"TG-{local_date(actor.at).year}-{number:04d}",
                package=wanted.package,
                package_version=asked.number,
                options=list(standard.options),
                organisation=organisation,
                title=wanted.title.strip(),
                description=wanted.description,
                facts=msgspec.json.encode(wanted.facts).decode(),
                tiers=msgspec.json.encode(tiers).decode(),
                places=wanted.places,
                deadline=wanted.deadline,
                state="open",
                opened_at=actor.at,
            )
        )
        await _add_participant(actor, identifier, organisation, wanted.project_name)
        await enqueue(CLOSE, {"group_buy": identifier}, wanted.deadline)
        await record(
            actor,
            "group_buy.opened",
            "group_buy",
            identifier,
            {
                "package": wanted.package,
                "package_version": asked.number,
                "options": list(standard.options),
                "tiers": msgspec.to_builtins(tiers),
                "places": wanted.places,
                "deadline": wanted.deadline.isoformat(),
            },
        )
    return identifier


def _check_tier_prices(tiers: tuple[Tier, ...], standard: PackageRange) -> None:
    faults = tuple(
        Fault(f"/tiers/{index}/price_fen", "price-above-range", "Above the standard fee range.")
        for index, tier in enumerate(tiers)
        if tier.price_fen > standard.high_fen
    )
    if faults:
        raise Refused(
            "price-above-range",
            "{price} yuan is above the standard fee range of this package for these project"
            " figures, {low} to {high} yuan. Workings: {workings}",
            faults=faults,
            price=yuan(tiers[0].price_fen),
            low=yuan(standard.low_fen),
            high=yuan(standard.high_fen),
            workings=workings_text(standard),
        )


class Joined(msgspec.Struct, frozen=True):
    """`participants` counts the group with the newcomer; `price_fen` is the tier reached."""

    group_buy: str
    participants: int
    price_fen: int | None


async def join_group_buy(actor: Actor, identifier: str, project_name: str) -> Joined:
    """Take one of the places; Conflict when closed, full or already in."""
    organisation = _organisation(actor)
    if not project_name.strip():
        raise Refused("project-missing", "Name the project you are buying for.")
    async with tx():
        row = await _locked(identifier)
        identifier = str(row["id"])
        if row["state"] != "open" or actor.at >= row["deadline"]:
            raise Conflict(
                "group-buy-closed", "This group buy has closed; no one can join it any more."
            )
        joined = await fetchval(
            "SELECT count(*) FROM participation WHERE group_buy = $1", identifier
        )
        already = await fetchval(
            "SELECT true FROM participation WHERE group_buy = $1 AND organisation = $2",
            identifier,
            organisation,
        )
        if already:
            raise Conflict("already-joined", "Your enterprise is already in this group buy.")
        if joined >= row["places"]:
            raise Conflict("group-buy-full", "All {places} places are taken.", places=row["places"])
        await _add_participant(actor, identifier, organisation, project_name)
        tier = tier_for(_tiers(row["tiers"]), joined + 1)
        await record(
            actor, "group_buy.joined", "group_buy", identifier, {"participants": joined + 1}
        )
    return Joined(identifier, joined + 1, tier.price_fen if tier else None)


async def offer_to_serve(actor: Actor, identifier: str) -> None:
    """An agency with a live listing of the package agrees to serve the group at its tiers.

    Refused where it would review its own work, or a related firm's, for those in the group so far;
    who joins later is asked about when the agency is chosen.
    """
    async with tx():
        agency = await agency_of(actor)
        row = await _locked(identifier)
        identifier = str(row["id"])
        await in_force(agency)
        if row["state"] not in ("open", "closed"):
            raise Conflict("group-buy-closed", "This group buy has ended.")
        listed = await fetchval(
            "SELECT true FROM listing WHERE agency = $1 AND package = $2 AND state = 'live'",
            agency,
            row["package"],
        )
        if not listed:
            raise Refused(
                "listing-missing", "Put up a listing for this package before you offer to serve."
            )
        offered = await fetchval(
            "SELECT true FROM offer WHERE group_buy = $1 AND agency = $2", identifier, agency
        )
        if offered:
            raise Conflict("already-offered", "Your agency has already offered to serve.")
        participants = await participations(identifier)
        await refuse_dependent(
            actor, agency, await _items(row), [one.project for one in participants]
        )
        await Offer.insert(Offer(group_buy=identifier, agency=agency, offered_at=actor.at))
        await record(actor, "group_buy.offered", "group_buy", identifier, {"agency": agency})


async def close_group_buy(actor: Actor, identifier: str) -> None:
    """At the deadline: fix the tier that was reached, or end the group buy as failed.

    Called by the timetable; before the deadline, and a second time, it does nothing.
    """
    async with tx():
        row = await _locked(identifier)
        identifier = str(row["id"])
        if row["state"] != "open" or actor.at < row["deadline"]:
            return
        participants = await fetchval(
            "SELECT count(*) FROM participation WHERE group_buy = $1", identifier
        )
        tier = tier_for(_tiers(row["tiers"]), participants)
        state = "closed" if tier else "failed"
        price_fen = tier.price_fen if tier else None
        await execute(
            "UPDATE group_buy SET state = $2, closed_at = $3, price_fen = $4 WHERE id = $1",
            identifier,
            state,
            actor.at,
            price_fen,
        )
        await record(
            actor,
            f"group_buy.{state}",
            "group_buy",
            identifier,
            {"participants": participants, "price_fen": price_fen},
        )


class Chosen(msgspec.Struct, frozen=True):
    """A closed group buy with its agency: what engagements are made from."""

    group_buy: str
    package: str
    package_version: int
    options: tuple[str, ...]
    price_fen: int
    facts: str


async def choose_agency(actor: Actor, identifier: str, uscc: str, reason: str) -> Chosen:
    """The opener chooses among the agencies that offered; part of a larger transaction."""
    row = await _opened_by(actor, identifier)
    identifier = str(row["id"])
    if row["state"] != "closed":
        raise Conflict(
            "group-buy-not-closed",
            "An agency is chosen after the deadline; this group buy is {state}.",
            state=row["state"],
        )
    offered = await fetchval(
        "SELECT true FROM offer WHERE group_buy = $1 AND agency = $2", identifier, uscc
    )
    if not offered:
        raise Refused("not-offered", "This agency has not offered to serve the group.")
    await in_force(uscc)
    projects = [one.project for one in await participations(identifier)]
    await refuse_dependent(actor, uscc, await _items(row), projects)
    await execute(
        "UPDATE group_buy SET state = 'chosen', agency = $2, chosen_at = $3 WHERE id = $1",
        identifier,
        uscc,
        actor.at,
    )
    await record(
        actor, "group_buy.chosen", "group_buy", identifier, {"agency": uscc}, reason=reason
    )
    return Chosen(
        identifier,
        row["package"],
        row["package_version"],
        tuple(row["options"]),
        row["price_fen"],
        row["facts"],
    )


async def _items(row: dict[str, Any]) -> tuple[str, ...]:
    """What is done for each participant, by the version that the group buy was opened under."""
    sold = await version(row["package"], row["package_version"])
    return bought(sold.record, row["options"])


def _organisation(actor: Actor) -> str:
    if actor.organisation is None:
        raise Forbidden("not-an-enterprise", "Only an enterprise may do this.")
    return actor.organisation


def _tiers(text: str) -> list[Tier]:
    return msgspec.json.decode(text, type=list[Tier])


async def _locked(identifier: str) -> dict[str, Any]:
    row = await fetchrow("SELECT * FROM group_buy WHERE id = $1 FOR UPDATE", row_id(identifier))
    if row is None:
        raise NotFound("group-buy-unknown", "There is no group buy {id}.", id=identifier)
    return dict(row)


async def _opened_by(actor: Actor, identifier: str) -> dict[str, Any]:
    """The actor's own group buy; another's is told in the same words as one that is not there."""
    row = await fetchrow(
        "SELECT * FROM group_buy WHERE id = $1 AND organisation = $2 FOR UPDATE",
        row_id(identifier),
        _organisation(actor),
    )
    if row is None:
        raise NotFound(
            "group-buy-not-yours",
            "You have opened no group buy {id}. Who has opened it chooses the agency.",
            id=identifier,
        )
    return dict(row)


async def _add_participant(
    actor: Actor, identifier: str, organisation: str, project_name: str
) -> None:
    await Participation.insert(
        Participation(
            group_buy=identifier,
            organisation=organisation,
            project_name=project_name.strip(),
            joined_at=actor.at,
        )
    )
