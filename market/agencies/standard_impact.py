"""Which live listings would leave their standard range if a proposed standard were in force."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from market.catalogue.county import CountyRange
from market.catalogue.fee_standards import FeeStandard
from market.catalogue.package_fees import PackageRange, package_range
from market.catalogue.packages import Package
from market.catalogue.project_facts import ProjectFacts
from market.catalogue.queries import county_ranges, packages
from market.catalogue.standard_versions import standards_on
from ratings.ledger.database import fetch
from ratings.ledger.errors import Refused

Place = Literal["within", "above", "below", "unknown"]


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """A listing whose price the change moves out of its range, or the range out of reach.

    `place` is where the price would lie; `unknown` where the new table does not reach the listing's
    project. The old range is that of the same day without the change.
    """

    listing: str
    agency: str
    agency_name: str
    agency_name_en: str
    package: str
    package_name_zh: str
    package_name_en: str
    price_fen: int
    low_fen: int
    high_fen: int
    new_low_fen: int | None
    new_high_fen: int | None
    place: Place


async def listings_leaving(standard: FeeStandard) -> list[Leaving]:
    """Live listings within their range on the day the standard would begin, and not with it."""
    on = standard.valid_from
    old = await standards_on(on)
    new = {**old, standard.code: standard}
    touched = {one.code: one.record for one in await packages() if _uses(one.record, standard.code)}
    rows = await fetch(
        "SELECT l.id::text, a.uscc, a.name, a.name_en, l.package, l.price_fen, l.facts::text,"
        " l.options"
        " FROM listing l JOIN agency a ON a.uscc = l.agency"
        " WHERE l.state = 'live' AND a.state = 'admitted' AND l.package = ANY($1)"
        " AND NOT EXISTS (SELECT 1 FROM off_market d WHERE d.uscc = a.uscc)"
        " ORDER BY l.package, a.name, l.id",
        list(touched),
    )
    counties = [
        msgspec.convert(row, CountyRange, from_attributes=True) for row in await county_ranges(on)
    ]
    known: dict[tuple[str, str, tuple[str, ...], bool], PackageRange | None] = {}

    def reckoned(
        package: str, facts: str, options: tuple[str, ...], *, changed: bool
    ) -> PackageRange | None:
        key = (package, facts, options, changed)
        if key not in known:
            standards = new if changed else old
            known[key] = _range(touched[package], facts, options, standards, counties, on)
        return known[key]

    found = []
    for identifier, uscc, name, name_en, package, price, facts, options in rows:
        before = reckoned(package, facts, tuple(options), changed=False)
        after = reckoned(package, facts, tuple(options), changed=True)
        place = _place(price, after)
        if before is None or _place(price, before) != "within" or place == "within":
            continue
        record = touched[package]
        found.append(
            Leaving(
                listing=identifier,
                agency=uscc,
                agency_name=name,
                agency_name_en=name_en,
                package=package,
                package_name_zh=record.name_zh,
                package_name_en=record.name_en,
                price_fen=price,
                low_fen=before.low_fen,
                high_fen=before.high_fen,
                new_low_fen=None if after is None else after.low_fen,
                new_high_fen=None if after is None else after.high_fen,
                place=place,
            )
        )
    return found


def _uses(package: Package, code: str) -> bool:
    return any(part.standard == code for line in package.fee_lines for part in line.parts)


def _range(
    package: Package,
    facts: str,
    options: tuple[str, ...],
    standards: Mapping[str, FeeStandard],
    counties: list[CountyRange],
    on: date,
) -> PackageRange | None:
    try:
        project = msgspec.json.decode(facts, type=ProjectFacts)
        return package_range(package, project, standards, counties, on, options)
    except Refused:
        return None


def _place(price_fen: int, standard: PackageRange | None) -> Place:
    if standard is None:
        return "unknown"
    if price_fen > standard.high_fen:
        return "above"
    return "below" if price_fen < standard.low_fen else "within"
