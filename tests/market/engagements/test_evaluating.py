"""Nobody evaluates an agency to which they are related; a colleague is asked instead."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.accounts.joining import join
from market.agencies.bonds import PERSON, Stated, bond
from market.agencies.rater_ties import Firm, rater_tie
from market.engagements.evaluating import answer, revise, tie_to
from ratings.evaluations import actions
from ratings.evaluations.attachments import attach
from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import awaiting
from ratings.evaluations.relations import step_back
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from tests.colleagues import colleague, link
from tests.conftest import Account
from tests.county import A_FILE, County, marks, refused

WORDS = st.sampled_from(["", "甲", "乙"])
FIRMS = st.builds(Firm, st.sampled_from("ABCDE"), st.builds(Stated, WORDS, WORDS, WORDS))
HOW: dict[str, Any] = {"reasons": {}, "final": False}


@given(st.lists(FIRMS, max_size=4, unique_by=lambda one: one.uscc), FIRMS)
def test_a_tie_is_the_same_person_or_two_shared_details(firms: list[Firm], agency: Firm) -> None:
    tie = rater_tie(firms, agency)
    assert tie == rater_tie(reversed(firms), agency)
    same = any(firm.uscc == agency.uscc for firm in firms)
    shares = [bond(firm.stated, agency.stated, same_person=False) for firm in firms]
    assert (tie == PERSON) == same
    assert (tie is not None) == (same or any(shares))
    # Whoever acts for one more firm is tied at least as much, and for none not at all.
    assert rater_tie([], agency) is None
    if tie is not None:
        assert rater_tie([*firms, Firm("F", agency.stated)], agency) is not None


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def opened(county: County, agency: Account) -> str:
    return await county.settled(agency, await county.listing(agency))


@pytest.fixture
async def other(county: County) -> Account:
    """A colleague of the owner."""
    return await colleague(county.app, county.enterprise)


async def test_who_acts_for_the_agency_or_a_related_one_is_replaced(
    county: County, agency: Account, opened: str, other: Account
) -> None:
    owner, scores = county.enterprise, marks(Party.OWNER, 90)
    uscc = agency.uscc or ""
    assert await tie_to(owner.actor(), uscc) is None
    await answer(owner.actor(), opened, scores, "", **HOW)
    await join(owner.person, await link(agency), now())
    tie = await tie_to(owner.actor(), uscc)
    assert tie == PERSON
    await refused(revise(owner.actor(), opened, scores, "", **HOW), Forbidden, "rater-related")
    assert await tie_to(other.actor(), uscc) is None
    await revise(other.actor(), opened, scores, "", **HOW)

    sibling = await county.agency(address="云溪县同一路1号", contact_phone="139 0000 1111")
    twin = await county.agency(address="云溪县同一路1号", contact_phone="139-0000-1111")
    await join(county.supervisor.person, await link(sibling), now())
    assert await tie_to(county.supervisor.actor(), uscc) is None
    tie = await tie_to(county.supervisor.actor(), twin.uscc or "")
    assert tie is not None
    assert "电话" in tie.zh
    work = await county.settled(twin, await county.listing(twin))
    theirs = answer(county.supervisor.actor(), work, marks(Party.SUPERVISOR, 90), "", **HOW)
    await refused(theirs, Forbidden, "rater-related")
    page = (await county.supervisor.browser.get(f"/evaluations/{work}")).text
    assert 'name="scores-quality"' not in page
    assert 'action="/evaluations/' + work + '/relation"' in page


async def test_who_is_related_in_another_way_steps_back(
    county: County, agency: Account, opened: str, other: Account
) -> None:
    owner, scores = county.enterprise, marks(Party.OWNER, 90)
    address, secret = f"/evaluations/{opened}", "配偶是该机构股东"
    empty = await owner.browser.post(f"{address}/relation", data={"relation": " "})
    assert empty.status_code == 422
    assert 'id="relation-error"' in empty.text
    done = await owner.browser.post(f"{address}/relation", data={"relation": secret})
    assert (done.status_code, done.headers["location"]) == (303, address)
    await refused(step_back(owner.actor(), opened, secret), Conflict, "stepped-back")
    for act in (
        actions.answer(owner.actor(), opened, scores),
        attach(owner.actor(), opened, A_FILE),
    ):
        await refused(act, Conflict, "stepped-back")
    assert await awaiting(owner.actor()) == []
    assert [row.id for row in await awaiting(other.actor())] == [opened]
    pages = [await one.browser.get(address) for one in (owner, other)]
    assert ['name="scores-quality"' in page.text for page in pages] == [False, True]
    told = str(await history("docket", opened)) + pages[0].text + pages[1].text
    assert secret not in told
    assert "docket.rater_stepped_back" in told
    await answer(other.actor(), opened, scores, "", **HOW)
    late = step_back(other.actor(), opened, secret)
    await refused(late, Conflict, "rater-has-answered")
    await refused(step_back(agency.actor(), opened, secret), NotFound, "not-found")
    stranger = await county.account(Role.ENTERPRISE)
    await refused(step_back(stranger.actor(), opened, secret), NotFound, "not-found")
    await refused(step_back(owner.actor(), opened, "长" * 1001), Refused, "relation-long")


async def test_stepping_back_and_answering_at_once(county: County, opened: str) -> None:
    owner = county.enterprise.actor()
    told = await asyncio.gather(
        answer(owner, opened, marks(Party.OWNER, 90), "", **HOW),
        step_back(owner, opened, "亲属在该机构任职"),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Conflict) for one in told) == 1, told
    rows = await fetchval(
        "SELECT (SELECT count(*) FROM answer) + (SELECT count(*) FROM rater_relation)"
    )
    assert rows == 1
