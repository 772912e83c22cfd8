"""Searching the catalogue as it stands in the database."""

from datetime import date
from decimal import Decimal

import msgspec

from market.catalogue import queries
from market.catalogue.county import CountyRange
from market.catalogue.finding import Found, Wanted, find
from market.catalogue.item_fees import fee_lines, item_ranges
from market.catalogue.project_facts import ProjectFacts
from market.catalogue.standard_versions import standards_on


async def search(wanted: Wanted, investment_wan: Decimal | None, on: date) -> Found:
    """What matches; with an investment also by the fee range for a project of that size."""
    items = await queries.items()
    packages = [one.record for one in await queries.packages()]
    standards = await standards_on(on)
    ranges = {}
    if investment_wan is not None:
        facts = ProjectFacts(investment_wan=investment_wan)
        lines = fee_lines(items, packages)
        ranges = item_ranges(lines, facts, standards, await county_ranges(on), on)
    return find(wanted, items, packages, standards, ranges)


async def county_ranges(on: date) -> list[CountyRange]:
    """The county ranges in force on a day, as the rules take them."""
    rows = await queries.county_ranges(on)
    return [msgspec.convert(row, CountyRange, from_attributes=True) for row in rows]
