"""A screening policy is drafted, tried on the last screen, and adopted by a second person."""

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import ObjectStore

from market.agencies.queries import admitted
from market.files.store import open_store
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused, Stale
from ratings.ledger.queries import latest
from ratings.shells.actions import take_in_and_screen
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile
from ratings.shells.policy import document_of, load_policy
from ratings.shells.policy_actions import (
    adopt_screen_policy,
    change_screen_policy,
    draft_screen_policy,
    propose_screen_policy,
    refuse_screen_policy,
    withdraw_screen_policy,
)
from ratings.shells.policy_change import (
    BOUNDS,
    Difference,
    Numbers,
    OutcomeChange,
    ScreenWhy,
    changed_policy,
    differences,
    numbers_of,
)
from ratings.shells.policy_queries import (
    known_screen_policies,
    known_screen_policy,
    parsed,
    screen_policy_draft,
    screen_policy_drafts,
    screen_policy_in_force,
    screen_policy_of,
)
from ratings.shells.queries import findings, latest_screen
from ratings.shells.replay import rehearse, replay
from ratings.shells.scorecard import Outcome
from ratings.stars.policy_actions import PolicyProposal
from ratings.verification import verify
from tests.county import County, at, refused

MONTH = "2026-08"
TODAY = local_date(now())
TOMORROW = PolicyProposal(TODAY + timedelta(days=1), "本县最低工资标准已调整")
SHIPPED = load_policy()
KEY = f"{SHIPPED.key}.1"


def wanted(**changes: object) -> Numbers:
    base = numbers_of(SHIPPED, SHIPPED)
    return msgspec.structs.replace(base, version=f"{SHIPPED.version}.1", **changes)


def test_the_shipped_policy_lies_within_the_bounds() -> None:
    assert changed_policy(SHIPPED, numbers_of(SHIPPED, SHIPPED)) == SHIPPED
    assert differences(SHIPPED, SHIPPED) == []


@given(factor=st.integers(0, 3000), wage=st.integers(100_000, 1_000_000), weight=st.floats(0, 5))
def test_what_was_asked_for_is_told_back(factor: int, wage: int, weight: float) -> None:
    asked = wanted(
        minimum_wage_fen=wage,
        excuses={"branch": weight},
        factors=dict.fromkeys(
            ("tax_zero_run", "purchases", "annual_report_missing"), factor / 1000
        ),
    )
    made = changed_policy(SHIPPED, asked)
    assert "-0.0," not in document_of(made)
    assert parsed(document_of(made)) == made
    told = numbers_of(made, SHIPPED)
    assert told.minimum_wage_fen == wage
    assert told.excuses == {k: one.weight for k, one in SHIPPED.excuses.items()} | asked.excuses
    assert {k: told.factors[k] for k in asked.factors} == asked.factors
    assert changed_policy(SHIPPED, told).digest == made.digest


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_a_number_outside_its_bounds_is_told_at_its_field(name: str) -> None:
    least, most = BOUNDS[name]
    for number in (least - 0.01, most + 1, float("nan")):
        with pytest.raises(Refused) as caught:
            changed_policy(SHIPPED, wanted(**{name: number}))
        assert f"/{name}" in [one.pointer for one in caught.value.faults]


def test_every_fault_is_told_at_its_field() -> None:
    asked = wanted(
        watch_probability=0.5,
        case_probability=0.4,
        excuses={"branch": 6.0, "friendship": 1.0},
        factors={"purchases": -1.0, "beauty": 1.0},
    )
    with pytest.raises(Refused) as caught:
        changed_policy(SHIPPED, asked)
    assert [one.pointer for one in caught.value.faults] == [
        "/excuses/branch",
        "/excuses/friendship",
        "/factors/purchases",
        "/factors/beauty",
        "/case_probability",
    ]


async def test_a_draft_is_changed_by_its_author_and_adopted_by_another(county: County) -> None:
    author, second = county.centre.actor(), (await county.second()).actor()
    draft = await draft_screen_policy(author, "standard")
    row, _ = await screen_policy_draft(draft)
    assert (row.key, row.source, row.state, row.edition) == (KEY, SHIPPED.key, "draft", 1)
    asked = wanted(minimum_wage_fen=249_000)
    await refused(change_screen_policy(second, draft, asked), Forbidden, "not-the-author")
    lax = wanted(independent_classes=1)
    await refused(change_screen_policy(author, draft, lax), Refused, "policy-numbers")
    taken = msgspec.structs.replace(asked, version=SHIPPED.version)
    await refused(change_screen_policy(author, draft, taken), Conflict, "policy-version-known")
    nameless = msgspec.structs.replace(asked, name="Our Own")
    await refused(change_screen_policy(author, draft, nameless), Refused, "policy-numbers")
    await change_screen_policy(author, draft, asked, frozenset({1}))
    late = change_screen_policy(author, draft, asked, frozenset({1}))
    await refused(late, Stale, "changed-meanwhile")
    await refused(adopt_screen_policy(second, draft), Conflict, "policy-not-proposed")
    today = msgspec.structs.replace(TOMORROW, valid_from=TODAY)
    await refused(propose_screen_policy(author, draft, today), Refused, "policy-backdated")
    await propose_screen_policy(author, draft, TOMORROW)
    late = change_screen_policy(author, draft, asked)
    await refused(late, Conflict, "policy-not-a-draft")
    await refused(adopt_screen_policy(author, draft), Forbidden, "second-person-needed")
    await adopt_screen_policy(second, draft)
    (entry,) = await latest(1)
    adopted = await known_screen_policy(KEY)
    assert (entry.act, entry.person) == ("screening_policy.adopted", second.person)
    row, _ = await screen_policy_draft(draft)
    assert entry.fact()["digest"] == adopted.digest == row.digest
    assert (adopted.minimum_wage_fen, adopted.effective_from) == (249_000, TOMORROW.valid_from)
    assert differences(SHIPPED, adopted) == [
        Difference("minimum_wage_fen", "", SHIPPED.minimum_wage_fen, 249_000)
    ]
    assert await known_screen_policy("standard") == adopted
    assert await known_screen_policy(SHIPPED.key) == SHIPPED
    assert await screen_policy_in_force(TODAY) == SHIPPED
    assert await screen_policy_in_force(TOMORROW.valid_from) == adopted
    known = await known_screen_policies(TOMORROW.valid_from)
    assert [(one.key, one.in_force) for one in known] == [(KEY, True), (SHIPPED.key, False)]
    with pytest.raises(NotFound):
        await known_screen_policy("standard-3")
    again, _ = await screen_policy_draft(await draft_screen_policy(author, "standard"))
    assert (again.key, again.source) == (f"{SHIPPED.key}.2", KEY)
    for statement in (
        "UPDATE screen_policy_version SET document = '' WHERE state = 'adopted'",
        "DELETE FROM screen_policy_text",
    ):
        with pytest.raises(asyncpg.PostgresError, match=r"kept as it is|only ever added to"):
            await execute(statement)


async def test_what_is_refused_or_withdrawn_never_decides(county: County) -> None:
    author, second = county.centre.actor(), (await county.second()).actor()
    first = await draft_screen_policy(author, SHIPPED.key)
    await propose_screen_policy(author, first, TOMORROW)
    await refused(refuse_screen_policy(second, first, " "), Refused, "reason-missing")
    await refuse_screen_policy(second, first, "先征求意见")
    await refused(adopt_screen_policy(second, first), Conflict, "proposal-decided")
    another = await draft_screen_policy(author, "standard")
    await refused(withdraw_screen_policy(second, another), Forbidden, "not-the-author")
    await withdraw_screen_policy(author, another)
    await refused(withdraw_screen_policy(author, another), Conflict, "proposal-decided")
    states = {one.id: (one.state, one.decision) for one in await screen_policy_drafts()}
    assert states == {another: ("withdrawn", ""), first: ("refused", "先征求意见")}
    assert await screen_policy_in_force(TOMORROW.valid_from) == SHIPPED
    third = await draft_screen_policy(author, "standard")
    await propose_screen_policy(author, third, TOMORROW)
    later = at(second, now() + timedelta(days=1))
    await refused(adopt_screen_policy(later, third), Refused, "policy-backdated")


async def test_of_two_adoptions_for_one_day_one_counts(county: County) -> None:
    author, second = county.centre.actor(), (await county.second()).actor()
    drafts = []
    for version in ("a", "b"):
        drafts.append(await draft_screen_policy(author, "standard"))
        asked = msgspec.structs.replace(wanted(), version=version)
        await change_screen_policy(author, drafts[-1], asked)
        await propose_screen_policy(author, drafts[-1], TOMORROW)
    ended = await asyncio.gather(
        *(adopt_screen_policy(second, draft) for draft in drafts * 2),
        *(refuse_screen_policy(second, draft, "不") for draft in drafts),
        return_exceptions=True,
    )
    assert all(one is None or isinstance(one, Conflict) for one in ended)
    count = await fetchval("SELECT count(*) FROM screen_policy_version WHERE state = 'adopted'")
    assert count == ended[:4].count(None) <= 1
    assert count == 1 or ended[4:] == [None, None]


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "store"))


async def test_a_screen_goes_by_the_policy_of_its_day_and_is_replayed_by_its_own(
    county: County, tmp_path: Path, store: ObjectStore
) -> None:
    shell = (await county.agency()).uscc or ""
    honest = (await county.agency()).uscc or ""
    assert await rehearse(SHIPPED, store) is None
    write_feeds(tmp_path / "feeds", [AgencyFacts(shell, Profile.SHELL), AgencyFacts(honest)], MONTH)
    author, second = county.centre.actor(), (await county.second()).actor()
    first = await take_in_and_screen(author, tmp_path / "feeds", MONTH, await admitted(), store)
    assert first.cases == [shell]
    kept = {one.uscc: one.outcome for one in await findings(first.screen)}
    assert kept[shell] == Outcome.CASE

    same, at_once = await asyncio.gather(rehearse(SHIPPED, store), rehearse(SHIPPED, store))
    assert same is not None
    assert at_once is same, "run twice"
    assert (same.agencies, same.probabilities_moved, same.changes) == (2, 0, [])
    strict = await tried(wanted(independent_classes=6, independent_evidence=2.0), store)
    assert strict.probability_after == strict.probability_before
    assert (strict.outcome_after, strict.why, strict.moved) == ("watch", ScreenWhy.LIMITS, None)
    asked = wanted(factors=dict.fromkeys((one.name for one in SHIPPED.features), 0.1))
    mild = await tried(asked, store)
    assert (mild.uscc, mild.outcome_before, mild.why) == (shell, "case", ScreenWhy.ROW)
    assert mild.moved is not None
    assert mild.moved.after < mild.moved.before
    assert mild.probability_after < SHIPPED.case_probability

    draft = await draft_screen_policy(author, "standard")
    await change_screen_policy(author, draft, asked)
    await propose_screen_policy(author, draft, TOMORROW)
    await adopt_screen_policy(second, draft)
    adopted = await known_screen_policy(KEY)
    tomorrow = at(author, now() + timedelta(days=1))
    await take_in_and_screen(tomorrow, tmp_path / "feeds", MONTH, await admitted(), store)
    ran = await latest_screen()
    assert ran is not None
    assert (ran.policy_version, ran.policy_digest) == (adopted.version, adopted.digest)
    assert await screen_policy_of(ran.policy_digest) == adopted
    assert {one.uscc: one.outcome for one in await findings(ran.id)}[shell] == mild.outcome_after
    for screen, digest in ((first.screen, SHIPPED.digest), (ran.id, adopted.digest)):
        told = await replay(screen, store)
        assert (told.policy_digest, told.agencies, told.other) == (digest, 2, [])
    await execute("UPDATE finding SET outcome = 'none' WHERE uscc = $1", shell)
    assert (await replay(first.screen, store)).other == [shell]
    assert (await verify()).faults == []


async def tried(asked: Numbers, store: ObjectStore) -> OutcomeChange:
    """The one change that other numbers would bring about."""
    found = await rehearse(changed_policy(SHIPPED, asked), store)
    assert found is not None
    (change,) = [one for one in found.changes if one.outcome_before == "case"]
    return change
