"""The directory: what PostgreSQL writes as JSON is what its rows would be encoded to."""

import asyncio
from contextvars import Context
from datetime import timedelta

import msgspec

from market.agencies.actions import QualificationClaim
from market.agencies.directory_queries import (
    AgencyFilter,
    agencies,
    agencies_as_json,
    count_agencies,
    rank_of,
)
from market.agencies.queries import AgencyRow, listings_of_package
from market.catalogue.queries import items, package
from ratings.evaluations.actions import unseal
from ratings.ledger.actions import record
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import execute, tx
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import open_case
from ratings.sanctions.rules import Kind, Severity
from ratings.stars.actions import restand
from tests.county import PACKAGE, County

# Whatever JSON escapes or somebody might: control characters, quotes, marks of direction, a
# line separator, a character beyond the basic plane.
_AWKWARD = (
    "".join(map(chr, (*range(1, 0x20), *range(0x7E, 0xA1))))
    + '"\\/</script>\u2028\u202e\ufeff\U00020000'
)


async def _directory(county: County) -> list[str]:
    """One agency with a standing and a delisting, one of an awkward name, one that sells."""
    rated = await county.agency()
    docket = await county.evaluated(rated, await county.listing(rated), 2)
    await unseal(system(now()), docket)
    await restand(system(now()), str(rated.uscc))
    reason = [Bilingual(zh="理由", en="reason")]
    case = await open_case(system(now()), str(rated.uscc), Kind.ONE_STAR, reason)
    assert case is not None
    end = local_date(now()) + timedelta(days=400)
    await county.delist(case, Severity.SERIOUS, end, "理由")
    claims = (QualificationClaim("工程咨询", "甲级"), QualificationClaim('测绘 "乙"', ""))
    awkward = await county.agency(qualifications=claims)
    await execute("UPDATE agency SET name_en = $1 WHERE uscc = $2", _AWKWARD, awkward.uscc)
    selling = await county.agency()
    await county.listing(selling)
    return [str(one.uscc) for one in (rated, awkward, selling)]


async def test_the_json_of_the_database_is_that_of_the_rows(county: County) -> None:
    rated, awkward, selling = await _directory(county)
    for wanted, found in (
        (AgencyFilter(), {rated, awkward, selling}),
        (AgencyFilter(include_delisted=False), {awkward, selling}),
        (AgencyFilter(package=PACKAGE), {selling}),
        (AgencyFilter(stars=1), {rated}),
        (AgencyFilter(text=selling[:18].lower()), {selling}),
        (AgencyFilter(text="_%"), set[str]()),
        (AgencyFilter(text="Agency", package=PACKAGE, stars=5, include_delisted=False), set[str]()),
    ):
        rows = await agencies(wanted, limit=10)
        assert {row.uscc for row in rows} == found, wanted
        assert await count_agencies(wanted) == len(rows)
        written = await agencies_as_json(wanted, limit=10)
        assert [bytes(row) for row in written] == [msgspec.json.encode(row) for row in rows]
    every = await agencies(AgencyFilter(), limit=10)
    assert every[0].uscc == rated
    assert (every[0].delisted, every[0].settled, every[0].packages) == (True, 1, [PACKAGE])
    assert every[1:] == sorted(every[1:], key=lambda row: row.uscc)
    assert {tuple(row.qualifications) for row in every if row.uscc == awkward} == {
        ("工程咨询 甲级", '测绘 "乙"')
    }
    for place, row in enumerate(every):
        after = rank_of(row)
        assert await agencies(AgencyFilter(), limit=10, after=after) == every[place + 1 :]
        assert await agencies(AgencyFilter(), limit=1, offset=place) == [row]


async def test_confirmed_five_stars_come_before_a_better_score_that_may_be_chance(
    county: County,
) -> None:
    sure, lucky, four = [await county.agency() for _ in range(3)]
    for one, score in ((sure, 91), (lucky, 99), (four, 85)):
        await county.evaluated(one, await county.listing(one), score)
        await restand(system(now()), str(one.uscc))
    # As the robust method publishes them: all rated, the lower bound decides.
    await execute("UPDATE standing SET state = 'rated', confirmed = uscc <> $1", lucky.uscc)
    best = [sure.uscc, lucky.uscc, four.uscc]
    rows = await agencies(AgencyFilter(), limit=10)
    assert [row.uscc for row in rows] == best
    assert [row.confirmed for row in rows] == [True, False, True]
    after = await agencies(AgencyFilter(), limit=10, after=rank_of(rows[0]))
    assert [row.uscc for row in after] == best[1:]
    assert [row.uscc for row in await listings_of_package(PACKAGE)] == best
    listed = await county.enterprise.client.get(f"/api/v1/packages/{PACKAGE}/listings?limit=2")
    rest = await county.enterprise.client.get(listed.json()["next"])
    shown = [*listed.json()["items"], *rest.json()["items"]]
    assert [row["uscc"] for row in shown] == best
    page = (await county.enterprise.browser.get("/agencies?lang=en")).text
    assert page.count("Not yet confirmed") == 1
    assert "confirmed ones before others" in page


async def test_both_forms_of_the_answer_have_the_rows(county: County) -> None:
    await _directory(county)
    rows = msgspec.to_builtins(await agencies(AgencyFilter(), limit=10))
    client = county.enterprise.client
    plain = await client.get("/api/v1/agencies")
    assert plain.content == msgspec.json.encode({"items": rows, "next": None})
    packed = await client.get("/api/v1/agencies", headers={"Accept": "application/vnd.msgpack"})
    assert packed.content == msgspec.msgpack.encode({"items": rows, "next": None})
    page = (await client.get("/api/v1/agencies?limit=2")).json()
    rest = (await client.get(page["next"])).json()
    assert [*page["items"], *rest["items"]] == rows
    assert msgspec.convert(rows, list[AgencyRow])


async def test_a_page_of_the_directory_follows_every_change_on_it(county: County) -> None:
    usccs = await _directory(county)
    seen = [await agencies_as_json(AgencyFilter(), limit=10)]
    for change in (
        "UPDATE agency SET staff = staff + 1 WHERE uscc = $1",
        "UPDATE qualification SET level = '丙级' WHERE agency = $1",
        "DELETE FROM qualification WHERE agency = $1",
        "UPDATE engagement SET state = 'accepted' WHERE agency = $1",
        "UPDATE engagement SET state = 'settled' WHERE agency = $1",
        "UPDATE listing SET package = (SELECT min(code) FROM package WHERE code <> listing.package)"
        " WHERE agency = $1",
        "UPDATE listing SET state = 'withdrawn' WHERE agency = $1",
    ):
        async with tx():
            for uscc in usccs:
                await execute(change, uscc)
                await record(system(now()), "agency.details_changed", "agency", uscc)
            # Somebody else, who is in no transaction, reads before the commit.
            reading = agencies_as_json(AgencyFilter(), limit=10)
            assert await asyncio.create_task(reading, context=Context()) == seen[-1]
        rows = await agencies(AgencyFilter(), limit=10)
        written = await agencies_as_json(AgencyFilter(), limit=10)
        assert [bytes(row) for row in written] == [msgspec.json.encode(row) for row in rows]
        assert written != seen[-1], change
        seen.append(list(written))
        # A reader that alters what it was given alters it for nobody else.
        written.clear()
        assert await agencies_as_json(AgencyFilter(), limit=10) == seen[-1]


async def test_a_changed_record_is_seen_at_once(county: County) -> None:
    before, held = await items(), (await package(PACKAGE)).items[0]
    changed = "UPDATE item SET record = jsonb_set(record, '{name_en}', $1::jsonb) WHERE code = $2"
    await execute(changed, '"Another name"', held.code)
    try:
        assert (await package(PACKAGE)).items[0].name_en == "Another name"
        now_there = {one.code: one for one in await items()}
        assert now_there[held.code].name_en == "Another name"
        assert {one.code for one in before if now_there[one.code] != one} == {held.code}
    finally:
        await execute(changed, msgspec.json.encode(held.name_en).decode(), held.code)
    assert await items() == before
    assert (await package(PACKAGE)).items[0] == held
