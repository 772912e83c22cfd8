"""A policy is drafted from another, tried on the record, and adopted by a second person."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused, Stale
from ratings.ledger.queries import latest
from ratings.stars.actions import ReportedEvent, report_event, restand
from ratings.stars.feedback import Severity
from ratings.stars.policy import Policy, checked, document_of, load_policy, parse_policy
from ratings.stars.policy_actions import (
    PolicyProposal,
    adopt_policy,
    change_policy,
    draft_policy,
    propose_policy,
    refuse_policy,
    withdraw_policy,
)
from ratings.stars.policy_change import Why
from ratings.stars.policy_queries import (
    known_policies,
    known_policy,
    policy_draft,
    policy_drafts,
    policy_in_force,
)
from ratings.stars.rehearsal import rehearse
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, refused

TODAY = local_date(now())
TOMORROW = PolicyProposal(TODAY + timedelta(days=1), "年度评估")
STANDARD, ROBUST = load_policy("standard"), load_policy("robust")


def with_limit(points: str, policy: Policy = STANDARD, version: str = "2") -> Policy:
    feedback = msgspec.structs.replace(policy.feedback, limit=Decimal(points))
    return msgspec.structs.replace(policy, feedback=feedback, version=version, digest="")


@given(
    limit=st.decimals(0, 100, places=3),
    owner=st.integers(1, 98),
    months=st.integers(1, 60),
    robust=st.booleans(),
)
def test_a_document_is_read_back_with_the_same_digest(
    limit: Decimal, owner: int, months: int, robust: bool
) -> None:
    rest = 99 - owner
    parties = {"owner": owner, "supervisor": rest, "centre": 1}
    base = ROBUST if robust else STANDARD
    policy = msgspec.structs.replace(
        with_limit(str(limit), base),
        parties={party: Decimal(parties[party]) / 100 for party in base.parties},
        window=msgspec.structs.replace(base.window, months=months),
    )
    whole = checked(policy)
    assert parse_policy(document_of(whole), origin="copy") == whole
    assert whole.digest != base.digest


def test_every_fault_is_told_at_its_field() -> None:
    stars = msgspec.structs.replace(STANDARD.stars, four=Decimal(95), two=Decimal("-1"))
    broken = msgspec.structs.replace(
        STANDARD, stars=stars, window=msgspec.structs.replace(STANDARD.window, months=0)
    )
    with pytest.raises(Refused) as caught:
        checked(broken)
    assert [one.pointer for one in caught.value.faults] == ["/stars/two"]
    stars = msgspec.structs.replace(stars, two=Decimal(60))
    with pytest.raises(Refused) as caught:
        checked(msgspec.structs.replace(broken, stars=stars))
    assert [one.pointer for one in caught.value.faults] == ["/window/months", "/stars/four"]


async def test_a_draft_is_changed_by_its_author_and_adopted_by_another(county: County) -> None:
    author, second = county.centre.actor(), (await county.second()).actor()
    draft = await draft_policy(author, "standard")
    row = await policy_draft(draft)
    assert (row.key, row.source, row.state, row.edition) == ("standard-2", "standard-1", "draft", 1)
    await refused(change_policy(second, draft, with_limit("12")), Forbidden, "not-the-author")
    await refused(change_policy(author, draft, with_limit("-1")), Refused, "policy-numbers")
    taken = with_limit("12", version="1")
    await refused(change_policy(author, draft, taken), Conflict, "policy-version-known")
    nameless = msgspec.structs.replace(with_limit("12"), name="Our Own")
    await refused(change_policy(author, draft, nameless), Refused, "policy-numbers")
    await change_policy(author, draft, with_limit("12"), frozenset({1}))
    late = change_policy(author, draft, with_limit("13"), frozenset({1}))
    await refused(late, Stale, "changed-meanwhile")
    await refused(adopt_policy(second, draft), Conflict, "policy-not-proposed")
    today = msgspec.structs.replace(TOMORROW, valid_from=TODAY)
    await refused(propose_policy(author, draft, today), Refused, "policy-backdated")
    await propose_policy(author, draft, TOMORROW)
    late = change_policy(author, draft, with_limit("13"))
    await refused(late, Conflict, "policy-not-a-draft")
    await refused(adopt_policy(author, draft), Forbidden, "second-person-needed")
    await adopt_policy(second, draft)
    (entry,) = await latest(1)
    adopted = await known_policy("standard-2")
    assert (entry.act, entry.person) == ("policy.adopted", second.person)
    assert entry.fact()["digest"] == adopted.digest == (await policy_draft(draft)).digest
    assert adopted.feedback.limit == 12
    assert await known_policy("standard") == adopted
    assert await known_policy("standard-1") == STANDARD
    assert await policy_in_force(TODAY) == STANDARD
    assert await policy_in_force(TOMORROW.valid_from) == adopted
    assert [one.key for one in await known_policies(TODAY) if one.in_force] == ["standard-1"]
    with pytest.raises(NotFound):
        await known_policy("standard-3")
    with pytest.raises(asyncpg.PostgresError, match="kept as it is"):
        await execute("UPDATE policy_version SET document = '' WHERE id = $1", draft)


async def test_what_is_refused_or_withdrawn_never_decides(county: County) -> None:
    author, second = county.centre.actor(), (await county.second()).actor()
    first = await draft_policy(author, "standard-1")
    await propose_policy(author, first, TOMORROW)
    await refused(refuse_policy(second, first, " "), Refused, "reason-missing")
    await refuse_policy(second, first, "先征求意见")
    await refused(adopt_policy(second, first), Conflict, "proposal-decided")
    another = await draft_policy(author, "robust")
    await refused(withdraw_policy(second, another), Forbidden, "not-the-author")
    await withdraw_policy(author, another)
    await refused(withdraw_policy(author, another), Conflict, "proposal-decided")
    states = {one.key: (one.state, one.decision) for one in await policy_drafts()}
    assert states == {"robust-2": ("withdrawn", ""), "standard-2": ("refused", "先征求意见")}
    assert await policy_in_force(TOMORROW.valid_from) == STANDARD


async def test_a_proposal_whose_day_has_come_is_not_adopted(county: County) -> None:
    author, second = county.centre.actor(), (await county.second()).actor()
    draft = await draft_policy(author, "standard")
    await propose_policy(author, draft, TOMORROW)
    later = at(second, now() + timedelta(days=1))
    await refused(adopt_policy(later, draft), Refused, "policy-backdated")


async def test_of_two_adoptions_for_one_day_one_counts(county: County) -> None:
    author, second = county.centre.actor(), (await county.second()).actor()
    drafts = []
    for source in ("standard", "robust"):
        drafts.append(await draft_policy(author, source))
        await propose_policy(author, drafts[-1], TOMORROW)
    ended = await asyncio.gather(
        *(adopt_policy(second, draft) for draft in drafts * 2),
        *(refuse_policy(second, draft, "不") for draft in drafts),
        return_exceptions=True,
    )
    assert all(one is None or isinstance(one, Conflict) for one in ended)
    count = await fetchval("SELECT count(*) FROM policy_version WHERE state = 'adopted'")
    assert count == ended[:4].count(None) <= 1
    assert count == 1 or ended[4:] == [None, None]


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


async def test_the_rehearsal_tells_who_would_change_stars_and_why(
    county: County, agency: Account
) -> None:
    uscc = agency.uscc or ""
    listing = await county.listing(agency)
    for score in (95, 91, 87):
        await county.evaluated(agency, listing, score)
    for document, on in (("税1号", TODAY - timedelta(days=2)), ("税2号", TODAY)):
        event = ReportedEvent(uscc, on, "tax", document, Severity.MINOR)
        await report_event(system(now()), event)
    assert (await restand(system(now()), uscc)).stars == 4
    before = await fetchval("SELECT count(*) FROM standing")
    found = await rehearse(checked(with_limit("1")), now())
    (change,) = found.changes
    assert (change.uscc, change.before.score, change.after.score) == (uscc, 88, 90)
    assert (change.before.stars, change.after.stars, change.why) == (4, 5, Why.STEP)
    assert change.moved is not None
    assert (change.moved.step, change.moved.points_after) == ("feedback-limit", 2)
    assert (found.agencies, found.scores_moved) == (1, 1)
    assert (found.stars_before["4"], found.stars_after["5"]) == (1, 1)
    bands = msgspec.structs.replace(STANDARD.stars, four=Decimal(89))
    found = await rehearse(checked(msgspec.structs.replace(STANDARD, stars=bands)), now())
    assert [(one.after.stars, one.why, one.moved) for one in found.changes] == [
        (3, Why.BANDS, None)
    ]
    assert (await rehearse(STANDARD, now())).changes == []
    # Shrunk towards the mean of the trade, as one agency is all there is; its stars are held.
    robust = await rehearse(ROBUST, now())
    assert robust.agencies == 1
    assert await fetchval("SELECT count(*) FROM standing") == before
    assert (await verify()).faults == []
