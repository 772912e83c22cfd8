"""Loading the catalogue from its data files, and what the centre sets in it."""

import msgspec

from market.catalogue.county import demonstration_county_ranges
from market.catalogue.edition_actions import put_first_edition, put_items
from market.catalogue.items import load_first_edition, load_items
from market.catalogue.package_actions import put_first_versions
from market.catalogue.package_file import load_packages
from market.catalogue.tables import CountyRange, Package
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import NotFound
from ratings.ledger.versions import Versions, unchanged


async def load_catalogue(actor: Actor) -> int:
    """Put the items and packages of the data files into an empty catalogue, as its first edition.

    Returns how many items were loaded; 0 when there is a catalogue already.
    """
    items, packages, first = load_items(), load_packages(), load_first_edition()
    async with tx():
        await execute("SELECT pg_advisory_xact_lock(hashtext('catalogue'))")
        if await fetchval("SELECT true FROM item LIMIT 1"):
            return 0
        for position, package in enumerate(packages.values(), start=1):
            await Package.insert(
                Package(
                    code=package.code,
                    name_zh=package.name_zh,
                    name_en=package.name_en,
                    position=position,
                    record=msgspec.json.encode(package).decode(),
                )
            )
        await put_first_versions(actor, packages.values())
        await put_items(items.values())
        await put_first_edition(actor, first, items)
        await record(
            actor,
            "catalogue.loaded",
            "catalogue",
            first.id,
            {
                "items": len(items),
                "active": sum(item.active for item in items.values()),
                "packages": sorted(packages),
            },
        )
    return len(items)


async def load_demonstration_ranges(actor: Actor) -> int:
    """Set the invented county ranges, marked so; only a demonstration calls this."""
    ranges = demonstration_county_ranges()
    async with tx():
        for wanted in ranges:
            await CountyRange.insert(
                CountyRange(
                    item=wanted.item,
                    size_class=wanted.size_class,
                    low_fen=wanted.low_fen,
                    high_fen=wanted.high_fen,
                    set_on=wanted.set_on,
                    reason=wanted.reason,
                    set_by=None,
                    demonstration=wanted.demonstration,
                    created_at=actor.at,
                )
            )
        await record(
            actor,
            "county_range.demonstration_loaded",
            "catalogue",
            load_first_edition().id,
            {"n": len(ranges)},
        )
    return len(ranges)


async def assign_supervisor(
    actor: Actor, package: str, organisation: str, expected: Versions | None = None
) -> None:
    """Name the department that supervises a package and rates its engagements; Stale when the
    package is of none of the expected versions any more."""
    async with tx():
        row = await fetchrow("SELECT version FROM package WHERE code = $1 FOR UPDATE", package)
        if row is None:
            raise NotFound("package-unknown", "The catalogue has no package {code}.", code=package)
        unchanged(row["version"], expected)
        known = await fetchval(
            "SELECT true FROM organisation WHERE id = $1 AND kind = 'supervisor'",
            row_id(organisation),
        )
        if not known:
            raise NotFound("supervisor-unknown", "There is no department {id}.", id=organisation)
        await execute(
            "UPDATE package SET supervisor = $2, version = version + 1 WHERE code = $1",
            package,
            row_id(organisation),
        )
        await record(
            actor,
            "package.supervisor_named",
            "package",
            package,
            {"supervisor": row_id(organisation)},
        )
