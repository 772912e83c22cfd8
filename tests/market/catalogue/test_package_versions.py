"""A package is composed by two people, keeps its versions, and what was sold keeps its own."""

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import msgspec

from market.agencies.actions import NewListing, put_up_listing
from market.agencies.queries import listings_of_agency
from market.catalogue.package_actions import (
    Draft,
    adopt_draft,
    begin_draft,
    change_draft,
    discard_draft,
    take_effect,
)
from market.catalogue.package_queries import draft, due_versions, preview, the_draft, versions
from market.catalogue.packages import FeeLine, Package
from market.catalogue.queries import item, package, package_range, packages, priced
from market.engagements.actions import purchase
from market.engagements.queries import engagement, milestones
from market.purchasing.actions import open_group_buy
from market.purchasing.queries import group_buy
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.ledger.errors import Conflict, Forbidden, Refused, Stale
from ratings.ledger.queries import history
from ratings.verification import verify
from tests.county import FACTS, County, at, jobs, refused

changed = msgspec.structs.replace
CODE = "consulting"


async def composed(**changes: object) -> Draft:
    return Draft(changed((await package(CODE)).record, **changes), "集中委托可以让利")


def asking(lines: tuple[FeeLine, ...], **changes: object) -> tuple[FeeLine, ...]:
    """The lines of the design package, the published one of them asking something else."""
    part = changed(lines[1].parts[0], **changes)
    return (lines[0], changed(lines[1], parts=(part,)))


async def adopted(county: County, wanted: Draft, in_days: int = 0) -> int:
    """Drafted by one person, adopted by the other."""
    await begin_draft(county.centre.actor(), wanted)
    day = local_date(now()) + timedelta(days=in_days)
    return await adopt_draft((await county.second()).actor(), wanted.record.code, day)


async def test_what_was_sold_keeps_its_version(county: County) -> None:
    owner, agency = county.enterprise.actor(), await county.agency()
    listing = await county.listing(agency)
    group = await open_group_buy(owner, county.group_buy())
    old = await purchase(owner, listing, "一号厂房")
    before = (await package(CODE)).record
    lines = tuple(line for line in before.fee_lines if line.items != ("21",))
    wanted = await composed(
        name_zh="咨询套餐（新）",
        items=("02", "07", "10", "12"),
        fee_lines=lines,
        discount_percent=Decimal(10),
    )
    assert await adopted(county, wanted) == 2
    assert ((await package(CODE)).number, len((await package(CODE)).items)) == (2, 4)
    assert (await item("21")).package is None
    # The listing that runs is sold as it was put up; the old engagement shows what was bought.
    newer = await purchase(owner, listing, "二号厂房")
    for made in (old, newer):
        row = await engagement(owner, made)
        assert (row.package_version, row.package_zh) == (1, before.name_zh)
        assert [one.item for one in await milestones(made)] == list(before.items)
    assert (await group_buy(group)).package_version == 1
    # What is put up now is judged by the new range, less the discount.
    today = local_date(now())
    asked = await priced(CODE, FACTS, today)
    assert asked.number == 2
    whole = sum(line.high_fen for line in asked.range.lines)
    assert asked.range.high_fen == whole - (whole * 10 + 50) // 100
    dear = NewListing(CODE, asked.range.high_fen + 1, 20, FACTS)
    await refused(put_up_listing(agency.actor(), dear), Refused, "price-above-range")
    fair = changed(dear, price_fen=asked.range.high_fen)
    await put_up_listing(agency.actor(), fair)
    assert (await listings_of_agency(agency.uscc or "", public=True))[0].package_version == 2
    assert (await verify()).faults == []


async def test_an_option_is_counted_only_where_it_is_chosen(county: County) -> None:
    owner, agency = county.enterprise.actor(), await county.agency()
    today = local_date(now())
    plain = await package_range(CODE, FACTS, today)
    more = await package_range(CODE, FACTS, today, ["09"])
    assert {code for line in more.lines for code in line.items} == {
        *(code for line in plain.lines for code in line.items),
        "09",
    }
    dear = NewListing(CODE, more.high_fen, 20, FACTS)
    await refused(put_up_listing(agency.actor(), dear), Refused, "price-above-range")
    listing = await put_up_listing(agency.actor(), changed(dear, options=("09",)))
    made = await purchase(owner, listing, "一号厂房")
    assert (await engagement(owner, made)).options == ["09"]
    assert [one.item for one in await milestones(made)][-1] == "09"
    none = county.group_buy(options=("21",))
    await refused(open_group_buy(owner, none), Refused, "option-unknown")


async def test_nobody_adopts_what_they_wrote_in(county: County) -> None:
    first, second = county.centre.actor(), (await county.second()).actor()
    today = local_date(now())
    await begin_draft(first, await composed(discount_percent=Decimal(5)))
    await refused(adopt_draft(first, CODE, today), Forbidden, "second-person-needed")
    await change_draft(second, CODE, await composed(discount_percent=Decimal(6)))
    await refused(adopt_draft(second, CODE, today), Forbidden, "second-person-needed")
    assert sorted((await the_draft(CODE)).editors) == sorted([first.person, second.person])
    another = await composed(discount_percent=Decimal(7))
    await refused(begin_draft(second, another), Conflict, "package-draft-open")
    await refused(change_draft(first, CODE, another, frozenset({1})), Stale, "changed-meanwhile")
    await discard_draft(first, CODE, "另行研究", frozenset({2}))
    assert await draft(CODE) is None
    unchanged = await composed()
    await begin_draft(first, unchanged)
    await refused(adopt_draft(second, CODE, today), Refused, "version-unchanged")


async def test_a_version_begins_on_its_day_whatever_the_timetable_does(county: County) -> None:
    today = local_date(now())
    later = today + timedelta(days=3)
    assert await adopted(county, await composed(discount_percent=Decimal(50)), 3) == 2
    assert await jobs("package-take-effect") == 1
    early = (await county.second()).actor()
    await begin_draft(county.centre.actor(), await composed(discount_percent=Decimal(1)))
    await refused(adopt_draft(early, CODE, today), Refused, "version-overtakes")
    assert (await package(CODE)).number == 1
    assert (await priced(CODE, FACTS, later - timedelta(days=1))).number == 1
    assert (await priced(CODE, FACTS, later)).number == 2
    the_day = now() + timedelta(days=3)
    await take_effect(system(now()), CODE)
    assert (await package(CODE)).number == 1
    assert await due_versions(the_day) == [CODE]
    for _ in range(2):
        await take_effect(system(the_day), CODE)
    assert (await package(CODE)).number == 2
    acts = Counter(entry.act for entry in await history("package", CODE))
    assert acts["package.version_in_force"] == 1
    assert [row.number for row in await versions(CODE)] == [2, 1]


async def test_a_new_package_takes_up_items_that_stand_in_none(county: County) -> None:
    record = Package(
        code="fire-tests",
        name_zh="消防检测套餐",
        name_en="Fire tests",
        description_zh="",
        description_en="",
        items=("44",),
        fee_lines=(FeeLine(items=("44",)),),
    )
    assert await adopted(county, Draft(record, "单独成套")) == 1
    assert [one.code for one in await packages()][-1] == "fire-tests"
    assert (await item("44")).package == "fire-tests"
    taken = Draft(changed(record, code="more-tests"), "再来一套")
    await refused(begin_draft(county.centre.actor(), taken), Refused, "item-of-another")


async def test_what_is_unsound_is_refused_with_the_item_named(county: County) -> None:
    record, centre = (await package("design")).record, county.centre.actor()
    lines = record.fee_lines
    for code, wrong in {
        "waits-in-a-circle": changed(record, waits={"28": ("30",), "30": ("05",), "05": ("28",)}),
        "item-priced-twice": changed(record, fee_lines=(*lines, FeeLine(items=("28",)))),
        "item-unpriced": changed(record, fee_lines=lines[1:]),
        "item-withdrawn": changed(record, related=("18",)),
        "item-not-there": changed(record, related=("99",)),
        "item-twice": changed(record, related=("28",)),
        "wait-outside": changed(record, waits={"28": ("36",)}),
        "discount-out-of-bounds": changed(record, discount_percent=Decimal(100)),
        "reviewer-is-author": changed(
            record, optional=("31",), related=(), fee_lines=(*lines, FeeLine(items=("31",)))
        ),
        "line-figure-unknown": changed(record, fee_lines=asking(lines, figure="height_m")),
        "line-divisor": changed(record, fee_lines=asking(lines, divide_by=Decimal(0))),
        "line-standard-unknown": changed(record, fee_lines=asking(lines, standard="design-11")),
        "package-name-long": changed(record, name_zh="长" * 61),
        "line-half-optional": changed(record, items=("28", "29", "05"), optional=("30",)),
    }.items():
        found = await preview(wrong, FACTS, local_date(now()))
        assert code in {one.code for one in found.problems}, code
        await refused(begin_draft(centre, Draft(wrong, "试试")), Refused, code)
    named = await preview(changed(record, related=("18",)), FACTS, local_date(now()))
    assert [str(one) for one in named.problems] == [
        "Item 18 is withdrawn and cannot stand in a package."
    ]
    assert named.working_days == 80


async def test_two_who_adopt_at_once_make_one_version(county: County) -> None:
    """And of two who change a draft they have read in the same version one is told so."""
    first, second = county.centre.actor(), (await county.second()).actor()
    await begin_draft(first, await composed(discount_percent=Decimal(5)))
    today = local_date(now())
    both = await asyncio.gather(
        *(adopt_draft(at(second, now()), CODE, today) for _ in range(2)), return_exceptions=True
    )
    assert sorted(getattr(one, "code", str(one)) for one in both) == ["2", "package-draft-unknown"]
    await begin_draft(first, await composed(discount_percent=Decimal(6)))
    read = frozenset({(await the_draft(CODE)).version})
    writes = [await composed(discount_percent=Decimal(percent)) for percent in (7, 8)]
    both = await asyncio.gather(
        *(change_draft(first, CODE, one, read) for one in writes), return_exceptions=True
    )
    assert [getattr(one, "code", one) for one in both if one] == ["changed-meanwhile"]
