"""The work: started by a choice or a purchase, reported, delivered, accepted, settled."""

import uuid

import msgspec

from market.agencies.queries import agency_of, held_listing
from market.catalogue.package_queries import version
from market.catalogue.queries import items
from market.catalogue.queries import package as package_of
from market.catalogue.schedule import bought as items_bought
from market.engagements.tables import Deliverable, Engagement, Milestone
from market.files.store import Stored
from market.purchasing.actions import choose_agency
from market.purchasing.independence import refuse_dependent
from market.purchasing.projects import OwnersProject
from market.purchasing.queries import participations
from ratings.evaluations.actions import NewDocket, open_docket
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.clock import add_working_days, local_date
from ratings.ledger.database import execute, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused

MOST_FILES = 200
"""Of one engagement."""


async def choose_for_group(actor: Actor, group_buy: str, uscc: str, reason: str = "") -> list[str]:
    """Choose the agency of a closed group buy and start one engagement per participant."""
    async with tx():
        chosen = await choose_agency(actor, group_buy, uscc, reason)
        days = await fetchval(
            "SELECT working_days FROM listing WHERE agency = $1 AND package = $2"
            " AND state = 'live'",
            uscc,
            chosen.package,
        )
        if days is None:
            raise Conflict(
                "listing-gone", "The agency has withdrawn its listing of this package meanwhile."
            )
        return [
            await _start(
                actor,
                package=chosen.package,
                package_version=chosen.package_version,
                options=chosen.options,
                owner=participant.organisation,
                agency=uscc,
                project_name=participant.project_name,
                facts=chosen.facts,
                price_fen=chosen.price_fen,
                working_days=days,
                group_buy=chosen.group_buy,
            )
            for participant in await participations(group_buy)
        ]


async def purchase(actor: Actor, listing: str, project_name: str) -> str:
    """Buy alone: one engagement at the price of a live listing.

    Refused where the agency would review its own work or a related firm's for the same project.
    """
    if actor.organisation is None:
        raise Forbidden("not-an-enterprise", "Only an enterprise may do this.")
    if not project_name.strip():
        raise Refused("project-missing", "Name the project you are buying for.")
    async with tx():
        bought = await held_listing(listing)
        sold = await version(bought.package, bought.package_version)
        await refuse_dependent(
            actor,
            bought.uscc,
            items_bought(sold.record, bought.options),
            [OwnersProject(actor.organisation, project_name)],
        )
        return await _start(
            actor,
            package=bought.package,
            package_version=bought.package_version,
            options=tuple(bought.options),
            owner=actor.organisation,
            agency=bought.uscc,
            project_name=project_name.strip(),
            facts=msgspec.json.encode(bought.facts).decode(),
            price_fen=bought.price_fen,
            working_days=bought.working_days,
            listing=bought.id,
        )


async def _start(
    actor: Actor,
    *,
    package: str,
    package_version: int,
    options: tuple[str, ...],
    owner: str,
    agency: str,
    project_name: str,
    facts: str,
    price_fen: int,
    working_days: int,
    group_buy: str | None = None,
    listing: str | None = None,
) -> str:
    bought = await package_of(package)
    if bought.supervisor is None:
        raise Conflict(
            "supervisor-missing",
            "The centre must first name the department that supervises this package.",
        )
    sold = await version(package, package_version)
    named = {one.code: one for one in await items()}
    identifier = str(uuid.uuid4())
    today = local_date(actor.at)
    number = await fetchval("SELECT nextval('engagement_number')")
    await Engagement.insert(
        Engagement(
            id=identifier,
            number=f"WT-{today.year}-{number:05d}",
            package=package,
            package_version=package_version,
            options=list(options),
            owner=owner,
            agency=agency,
            supervisor=bought.supervisor,
            group_buy=group_buy,
            listing=listing,
            project_name=project_name,
            facts=facts,
            price_fen=price_fen,
            working_days=working_days,
            state="running",
            started_at=actor.at,
            due_on=add_working_days(today, working_days),
        )
    )
    await Milestone.insert(
        *(
            Milestone(
                engagement=identifier,
                position=position,
                item=code,
                name_zh=named[code].name_zh,
                name_en=named[code].name_en,
                note="",
            )
            for position, code in enumerate(items_bought(sold.record, options), start=1)
        )
    )
    await record(
        actor,
        "engagement.started",
        "engagement",
        identifier,
        {
            "package": package,
            "package_version": package_version,
            "agency": agency,
            "owner": owner,
            "price_fen": price_fen,
        },
    )
    return identifier


async def report_milestone(actor: Actor, engagement: str, position: int, note: str = "") -> None:
    """The agency reports one item of the package done, once."""
    async with tx():
        row = await _of_agency(actor, engagement)
        if row["state"] not in ("running", "delivered"):
            raise Conflict("engagement-ended", "This engagement has been accepted already.")
        known = await fetchval(
            "SELECT true FROM milestone WHERE engagement = $1 AND position = $2",
            row["id"],
            position,
        )
        if not known:
            raise NotFound(
                "milestone-unknown",
                "This engagement has no milestone {position}.",
                position=position,
            )
        changed = await execute(
            "UPDATE milestone SET reported_at = $3, note = $4"
            " WHERE engagement = $1 AND position = $2 AND reported_at IS NULL",
            row["id"],
            position,
            actor.at,
            note,
        )
        if changed != "UPDATE 1":
            raise Conflict(
                "milestone-reported",
                "Milestone {position} has been reported already.",
                position=position,
            )
        await _deliver_if_complete(row["id"])
        await record(
            actor,
            "engagement.milestone_reported",
            "engagement",
            str(row["id"]),
            {"position": position},
        )


async def add_deliverable(actor: Actor, engagement: str, stored: Stored) -> str:
    """Attach a file that already lies in the store; the caller discards it on an error."""
    async with tx():
        row = await _of_agency(actor, engagement)
        if row["state"] not in ("running", "delivered"):
            raise Conflict("engagement-ended", "This engagement has been accepted already.")
        held = await fetchval("SELECT count(*) FROM deliverable WHERE engagement = $1", row["id"])
        if held >= MOST_FILES:
            raise Conflict(
                "deliverables-full",
                "An engagement holds at most {most} files. Put several into one ZIP.",
                most=MOST_FILES,
            )
        identifier = str(uuid.uuid4())
        await Deliverable.insert(
            Deliverable(
                id=identifier,
                engagement=row["id"],
                filename=stored.filename,
                content_type=stored.content_type,
                size=stored.size,
                sha256=stored.sha256,
                storage_key=stored.storage_key,
                uploaded_at=actor.at,
            )
        )
        await _deliver_if_complete(row["id"])
        await record(
            actor,
            "engagement.deliverable_added",
            "engagement",
            str(row["id"]),
            {"deliverable": identifier, "sha256": stored.sha256, "size": stored.size},
        )
    return identifier


async def accept(actor: Actor, engagement: str) -> None:
    """The owner accepts what was delivered."""
    async with tx():
        row = await _of_owner(actor, engagement)
        if row["state"] != "delivered":
            raise Conflict(
                "engagement-not-delivered",
                "Only a delivered engagement can be accepted: all milestones reported and at"
                " least one deliverable uploaded (state: {state}).",
                state=row["state"],
            )
        await execute(
            "UPDATE engagement SET state = 'accepted', accepted_at = $2 WHERE id = $1",
            row["id"],
            actor.at,
        )
        await record(actor, "engagement.accepted", "engagement", str(row["id"]))


async def settle(actor: Actor, engagement: str) -> str:
    """The owner confirms that the fee is paid; the three evaluations open. Returns the docket."""
    async with tx():
        row = await _of_owner(actor, engagement)
        if row["state"] != "accepted":
            raise Conflict(
                "engagement-not-accepted",
                "Only an accepted engagement can be settled (state: {state}).",
                state=row["state"],
            )
        await execute(
            "UPDATE engagement SET state = 'settled', settled_at = $2 WHERE id = $1",
            row["id"],
            actor.at,
        )
        docket = await open_docket(
            actor,
            NewDocket(
                engagement=str(row["id"]),
                uscc=str(row["agency"]),
                trade=str(row["package"]),
                title=f"{row['number']} {row['project_name']}",
                settled_on=local_date(actor.at),
                owner=str(row["owner"]),
                supervisor=str(row["supervisor"]),
            ),
        )
        await record(
            actor,
            "engagement.settled",
            "engagement",
            str(row["id"]),
            {"price_fen": row["price_fen"], "docket": docket},
        )
    return docket


async def _deliver_if_complete(identifier: object) -> None:
    """All milestones reported and a file on the table: the owner may accept."""
    await execute(
        "UPDATE engagement SET state = 'delivered' WHERE id = $1 AND state = 'running'"
        " AND NOT EXISTS (SELECT 1 FROM milestone WHERE engagement = $1 AND reported_at IS NULL)"
        " AND EXISTS (SELECT 1 FROM deliverable WHERE engagement = $1)",
        identifier,
    )


async def _locked(engagement: str) -> dict[str, object]:
    row = await fetchrow("SELECT * FROM engagement WHERE id = $1 FOR UPDATE", row_id(engagement))
    if row is None:
        raise NotFound("engagement-unknown", "There is no engagement {id}.", id=engagement)
    return dict(row)


async def _of_agency(actor: Actor, engagement: str) -> dict[str, object]:
    row = await _locked(engagement)
    if row["agency"] != await agency_of(actor):
        raise NotFound("engagement-unknown", "There is no engagement {id}.", id=engagement)
    return row


async def _of_owner(actor: Actor, engagement: str) -> dict[str, object]:
    row = await _locked(engagement)
    if actor.organisation is None or str(row["owner"]) != actor.organisation:
        raise NotFound("engagement-unknown", "There is no engagement {id}.", id=engagement)
    return row
