"""Sealed evaluations: each party once, nothing seen before all three have spoken or time is up."""

from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from ratings.evaluations.actions import RESTAND, UNSEAL, NewDocket, answer, open_docket, unseal
from ratings.evaluations.indicators import CODES, Party
from ratings.evaluations.queries import answers, awaiting, docket, unsealed_of
from ratings.evaluations.rules import due_times
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Conflict, NotFound, Refused
from ratings.ledger.queries import history
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, jobs, marks, picture, refused


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def opened(county: County, agency: Account) -> str:
    return await county.settled(agency, await county.listing(agency))


async def test_three_answers_open_the_docket(county: County, agency: Account, opened: str) -> None:
    for party in Party:
        assert (await docket(county.centre.actor(), opened)).unsealed_at is None
        assert opened in [row.id for row in await awaiting(county.party(party).actor())]
        given = await answer(county.party(party).actor(), opened, marks(party, 88), final=True)
        assert given is party
        assert await awaiting(county.party(party).actor()) == []
    row = await docket(agency.actor(), opened)
    assert row.unsealed_at is not None
    shown = await answers(opened)
    assert {one.party for one in shown} == set(Party)
    # In the order of the table of indicators, whatever the database makes of an object.
    assert all([*one.scores] == [code for code in CODES if code in one.scores] for one in shown)
    assert await jobs(RESTAND) == 1
    (rated,) = await unsealed_of(agency.uscc or "")
    assert set(rated.parties[Party.OWNER].values()) == {Decimal(88)}


async def test_nothing_leaks_before(county: County, agency: Account, opened: str) -> None:
    secret = "77.31"
    for party in (Party.OWNER, Party.SUPERVISOR):
        await answer(
            county.party(party).actor(), opened, marks(party, secret), "秘密的话", final=True
        )
    assert await answers(opened) == []
    assert await unsealed_of(agency.uscc or "") == []
    told = ""
    for account in (county.centre, county.supervisor, county.enterprise, agency):
        shown = await account.client.get(f"/api/v1/dockets/{opened}")
        assert shown.json()["answers"] == []
        own = shown.json()["own"]
        assert (own is not None) == (account in (county.supervisor, county.enterprise))
        ledger = await account.client.get("/api/v1/ledger", params={"limit": 100})
        told += ledger.text + ("" if own else shown.text)
    told += str(await history("docket", opened))
    assert secret not in told
    assert "秘密的话" not in told
    await answer(county.centre.actor(), opened, marks(Party.CENTRE, 90), final=True)
    shown = await agency.client.get(f"/api/v1/dockets/{opened}")
    assert secret in shown.text
    # The ledger keeps a digest even then: the words themselves can be erased.
    assert secret not in str(await history("docket", opened))


@pytest.mark.parametrize("party", list(Party))
async def test_rating_twice(county: County, opened: str, party: Party) -> None:
    who = county.party(party).actor()
    await answer(who, opened, marks(party, 90))
    await refused(answer(who, opened, marks(party, 20), "改主意"), Conflict, "already-answered")


async def test_rating_after_the_docket_was_opened(county: County, opened: str) -> None:
    for party in Party:
        await answer(county.party(party).actor(), opened, marks(party, 90), final=True)
    again = answer(county.enterprise.actor(), opened, marks(Party.OWNER, 20), "改主意")
    await refused(again, Conflict, "evaluation-closed")


@pytest.mark.parametrize("party", list(Party))
async def test_rating_too_late(county: County, opened: str, party: Party) -> None:
    due = due_times(local_date(now()))[party]
    who = county.party(party).actor()
    await refused(answer(at(who, due), opened, marks(party, 90)), Conflict, "evaluation-closed")
    await answer(at(who, due - timedelta(seconds=1)), opened, marks(party, 90))


@pytest.mark.parametrize(
    ("scores", "comment", "code"),
    [
        ({}, "", "answer-invalid"),
        ({"quality": "90"}, "", "answer-too-little"),
        ({"quality": "101"}, "", "answer-invalid"),
        ({"quality": "-1"}, "", "answer-invalid"),
        ({"quality": "NaN"}, "", "answer-invalid"),
        ({"quality": "90.001"}, "", "answer-invalid"),
        ({"quality": "很好"}, "", "answer-invalid"),
        ({"beauty": "90"}, "", "answer-invalid"),
        ({"reporting": "90"}, "", "answer-invalid"),
        ({"quality": "59.99"}, "不好", "score-reason-missing"),
    ],
)
async def test_a_faulty_answer_leaves_nothing(
    county: County, opened: str, scores: dict[str, str], comment: str, code: str
) -> None:
    await refused(answer(county.enterprise.actor(), opened, scores, comment), Refused, code)


async def test_who_is_not_asked(county: County, agency: Account, opened: str) -> None:
    stranger = await county.account(Role.ENTERPRISE)
    department = await county.account(Role.SUPERVISOR)
    for nobody in (stranger, department, agency):
        given = answer(nobody.actor(), opened, marks(Party.OWNER, 90))
        await refused(given, NotFound, "not-found")
    await refused(docket(stranger.actor(), opened), NotFound, "not-found")


async def test_time_opens_what_was_not_answered(
    county: County, agency: Account, opened: str
) -> None:
    await answer(county.enterprise.actor(), opened, marks(Party.OWNER, 90))
    last = max(due_times(local_date(now())).values())
    before = await picture()
    assert not await unseal(system(last - timedelta(seconds=1)), opened)
    assert await picture() == before
    assert await unseal(system(last), opened)
    after = await picture()
    assert not await unseal(system(last), opened)
    assert await picture() == after
    assert [one.party for one in await answers(opened)] == [Party.OWNER]


async def test_an_engagement_is_evaluated_once(county: County, opened: str) -> None:
    row = await docket(county.centre.actor(), opened)
    again = NewDocket(
        engagement=row.engagement,
        uscc=row.uscc,
        trade=row.trade,
        title=row.title,
        settled_on=row.settled_on,
        owner=row.owner,
        supervisor=row.supervisor,
    )
    await refused(open_docket(system(now()), again), Conflict, "already-evaluated")
    assert await jobs(UNSEAL) == 1


async def test_an_owner_that_supervises_answers_once(county: County, agency: Account) -> None:
    """A department that owns the project has one voice, and two answers open the docket."""
    department = county.supervisor
    opened = await open_docket(
        system(now()),
        NewDocket(
            engagement="one of its own",
            uscc=agency.uscc or "",
            trade="consulting",
            title="自建项目",
            settled_on=local_date(now()),
            owner=department.organisation,
            supervisor=department.organisation,
        ),
    )
    own = marks(Party.OWNER, 90)
    assert await answer(department.actor(), opened, own, final=True) is Party.OWNER
    await answer(county.centre.actor(), opened, marks(Party.CENTRE, 90), final=True)
    assert (await docket(county.centre.actor(), opened)).unsealed_at is not None


async def test_an_answer_changed_behind_its_back_is_found(county: County, opened: str) -> None:
    for party in Party:
        await answer(county.party(party).actor(), opened, marks(party, 90), final=True)
    assert (await verify()).faults == []
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await execute("UPDATE answer SET comment = '别的话' WHERE party = 'owner'")
    await execute("ALTER TABLE answer DISABLE TRIGGER answer_is_append_only")
    await execute("UPDATE answer SET comment = '别的话' WHERE party = 'owner'")
    assert any("changed after unsealing" in fault for fault in (await verify()).faults)


async def test_over_http(county: County, opened: str) -> None:
    client = county.enterprise.client
    address = f"/api/v1/dockets/{opened}"
    asked = (await client.get(address)).json()
    assert asked["party"] == "owner"
    assert sum(one["weight"] for one in asked["indicators"]) == 100
    assert [row["id"] for row in (await client.get("/api/v1/dockets")).json()["items"]] == [opened]
    bad = await client.post(
        f"{address}/answers", json={"scores": {"quality": 101, "beauty": 5}, "comment": "低"}
    )
    assert (bad.status_code, bad.json()["code"]) == (422, "answer-invalid")
    assert {one["pointer"] for one in bad.json()["errors"]} == {"/scores/quality", "/scores/beauty"}
    malformed = await client.post(f"{address}/answers", json={"scores": {"quality": "好"}})
    assert malformed.status_code == 400
    assert await fetchval("SELECT count(*) FROM answer") == 0
    given = await client.post(
        f"{address}/answers", json={"scores": marks(Party.OWNER, "90.5"), "comment": ""}
    )
    assert (given.status_code, given.json()) == (201, {"party": "owner"})
    twice = await client.post(f"{address}/answers", json={"scores": {"quality": 90}})
    assert (twice.status_code, twice.json()["code"]) == (409, "already-answered")
