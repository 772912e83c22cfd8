"""Flags on a real record: found by the timetable, decided by a person, told once."""

import asyncio
from decimal import Decimal

import msgspec
import pytest

from market.oversight.manipulation import look_for_manipulation
from market.worker import nightly
from ratings.evaluations.indicators import Party
from ratings.integrity.actions import RENEWED_BY, dismiss_flag, raise_flags, take_up_flag
from ratings.integrity.flags import Flag, FlagKind
from ratings.integrity.queries import evidence_rows, flag_of, flags
from ratings.ledger.actors import system
from ratings.ledger.clock import add_months, local_date, now
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.sanctions.actions import open_case
from ratings.sanctions.rules import Kind, Severity
from ratings.stars.queries import recompute
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, refused

NOBODY = "00000000-0000-4000-8000-000000000000"


def habit(count: int, rater: str = "r") -> Flag:
    numbers = tuple(f"e{n:02}" for n in range(count))
    return Flag(FlagKind.CARELESS, rater, numbers, (rater,), figures={"ratings": str(count)})


@pytest.fixture
async def one(county: County) -> str:
    await raise_flags(system(now()), [habit(10)])
    return (await flags(limit=1))[0].id


async def test_the_timetable_finds_what_the_record_holds(county: County) -> None:
    """Three engagements were delivered with the same file. A second run finds nothing new, and no
    score has moved."""
    agency = await county.agency()
    listing = await county.listing(agency)
    for _ in range(3):
        await county.evaluated(agency, listing, 95)
    before = await recompute(agency.uscc or "", now())
    await nightly(now())
    found = await flags(state="open", limit=10)
    (copied,) = [flag for flag in found if flag.kind is FlagKind.INVENTED]
    assert copied.subject == agency.uscc
    assert copied.figures == {"same_documents": "1", "engagements": "3"}
    rows = await evidence_rows(copied)
    assert {row.engagement for row in rows} == set(copied.engagements)
    assert {row.marks[party] for row in rows for party in Party} == {Decimal("95.00")}
    assert await look_for_manipulation(system(now())) == 0
    after = await recompute(agency.uscc or "", now())
    assert (after.score, after.waterfall) == (before.score, before.waterfall)
    assert await fetchval("SELECT count(*)::int FROM case_file") == 0


async def test_a_delisted_firm_that_asks_again_is_seen(county: County) -> None:
    contact = {"contact_name": "Luo Yi", "contact_phone": "0574-6200 1188"}
    old = await county.agency(**contact)
    case = await open_case(system(now()), old.uscc or "", Kind.ONE_STAR, [])
    await county.delist(str(case), Severity.ORDINARY, add_months(local_date(now()), 6), "失信")
    new = await county.applicant(**contact | {"contact_phone": "(0574) 62001188"})
    await look_for_manipulation(system(now()))
    (flag,) = [one for one in await flags(limit=9) if one.kind is FlagKind.RETURNED]
    assert (flag.subject, flag.others) == (new.uscc, (old.uscc,))
    assert flag.engagements == ()
    assert await evidence_rows(flag) == []


async def test_a_person_decides_once_and_says_why(county: County, one: str) -> None:
    centre = county.centre.actor()
    await refused(dismiss_flag(centre, one, "  "), Refused, "reason-missing")
    await refused(dismiss_flag(system(now()), one, "clear"), Forbidden, "person-needed")
    await refused(take_up_flag(centre, NOBODY, "look"), NotFound, "flag-unknown")
    await refused(flag_of(NOBODY), NotFound, "flag-unknown")
    # Two decide at once, and one is told that the flag has been decided.
    second = (await county.second()).actor()
    acts = [take_up_flag(who, one, " talk to both ") for who in (centre, second)]
    ends = await asyncio.gather(*acts, return_exceptions=True)
    assert sum(isinstance(end, Conflict) for end in ends) == 1
    kept = await flag_of(one)
    assert (kept.state, kept.reason) == ("taken-up", "talk to both")
    assert kept.decided_by in (centre.person, second.person)
    await refused(dismiss_flag(centre, one, "clear"), Conflict, "flag-decided")
    (entry,) = await history("integrity_flag", one)
    assert (entry.act, entry.reason) == ("integrity_flag.taken_up", "talk to both")
    assert msgspec.json.decode(entry.facts) == {"kind": "careless"}
    assert (await verify()).faults == []


async def test_more_evidence_replaces_what_is_open_and_asks_again_what_is_decided(
    county: County, one: str
) -> None:
    at = system(now())
    assert await raise_flags(at, [habit(10)]) == 0
    assert await raise_flags(at, [habit(11), habit(10, "other")]) == 2
    grown = {flag.subject: flag for flag in await flags(limit=9)}
    assert len(grown["r"].engagements) == 11
    await refused(flag_of(one), NotFound, "flag-unknown")
    await dismiss_flag(county.centre.actor(), grown["r"].id, "good work")
    assert await raise_flags(at, [habit(11 + RENEWED_BY - 1)]) == 0
    assert await raise_flags(at, [habit(11 + RENEWED_BY)]) == 1
    assert (await flag_of(grown["r"].id)).state == "dismissed"
    # Runs at once find a flag once.
    runs = [raise_flags(at, [habit(10, "s"), habit(12, "t")]) for _ in range(3)]
    assert sum(await asyncio.gather(*runs)) == 2


async def test_the_centre_and_auditors_read_flags_through_the_api(county: County, one: str) -> None:
    client = county.centre.client
    listed = (await client.get("/api/v1/integrity-flags?state=open")).json()["items"]
    assert [flag["id"] for flag in listed] == [one]
    assert listed[0]["basis"] == "proposal"
    answer = await client.post(
        f"/api/v1/integrity-flags/{one}/dismissal",
        json={"reason": "good work"},
        headers={"Idempotency-Key": "one"},
    )
    assert answer.status_code == 204, answer.text
    shown = (await client.get(f"/api/v1/integrity-flags/{one}")).json()
    assert (shown["state"], shown["reason"]) == ("dismissed", "good work")
    for stranger in (county.enterprise, county.supervisor, await county.agency()):
        assert isinstance(stranger, Account)
        assert (await stranger.client.get(f"/api/v1/integrity-flags/{one}")).status_code == 403
