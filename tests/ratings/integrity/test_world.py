"""The invented county and the attacks on it."""

from collections import defaultdict
from decimal import Decimal
from statistics import fmean

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.evaluations.indicators import Party
from ratings.integrity.attacks import ATTACKS, CAMPAIGN_JOBS, STUFFED_JOBS, VICTIMS, Attacked
from ratings.integrity.evidence import YOUNG_MONTHS
from ratings.integrity.world import Shape, World, make_world
from ratings.ledger.clock import add_months

SMALL = Shape(agencies=30, owners=40, months=12)
YOUNG = add_months(SMALL.start, YOUNG_MONTHS)
SEEDS = st.integers(0, 10**6)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_a_county_is_what_its_shape_says(seed: int) -> None:
    world = make_world(seed, SMALL)
    assert world == make_world(seed, SMALL)
    assert len(world.truth) == SMALL.agencies
    assert len(world.engagements) == round(SMALL.agencies * SMALL.jobs_per_year)
    trades: dict[str, str] = {}
    supervisors = defaultdict(set)
    for one in world.engagements:
        assert SMALL.start < one.settled_on <= SMALL.end
        assert one.uscc in world.truth
        assert one.raters[Party.OWNER] in world.owners
        assert trades.setdefault(one.uscc, one.trade) == one.trade
        supervisors[one.raters[Party.SUPERVISOR]].add(one.trade)
        for answer in one.parties.values():
            assert 0 <= answer["overall"] <= 100
            assert answer["overall"] == int(answer["overall"])
    assert all(len(own) == 1 for own in supervisors.values())


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_absences_and_habits_change_no_work(seed: int) -> None:
    """Counties that differ in one thing are compared, so nothing else may differ."""
    world = make_world(seed, SMALL)
    silent = make_world(seed, msgspec.structs.replace(SMALL, absent_owner=1))
    lazy = make_world(seed, msgspec.structs.replace(SMALL, absent_owner=0, lazy_share=1))
    assert silent.truth == lazy.truth == world.truth
    assert silent.quality == world.quality
    for before, after in zip(world.engagements, silent.engagements, strict=True):
        assert Party.OWNER not in after.parties
        assert {**before.parties, **after.parties} == before.parties
        assert before.parties.keys() - {Party.OWNER} == after.parties.keys()
    marks = defaultdict(set)
    for one in lazy.engagements:
        marks[one.raters[Party.OWNER]].add(one.parties[Party.OWNER]["overall"])
    assert all(max(own) - min(own) <= 1 for own in marks.values())


def _changed(world: World, after: Attacked) -> set[str]:
    before = {one.engagement: one for one in world.engagements}
    return {one.engagement for one in after.engagements if before.get(one.engagement) != one}


@pytest.mark.parametrize("name", ATTACKS)
@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_an_attack_touches_only_what_it_says(name: str, seed: int) -> None:
    world = make_world(seed, SMALL)
    after = ATTACKS[name](world, YOUNG, seed)
    assert after == ATTACKS[name](world, YOUNG, seed)
    assert _changed(world, after) <= after.planted
    by_number = {one.engagement: one for one in after.engagements}
    assert len(by_number) == len(after.engagements)
    assert {one.engagement for one in world.engagements} <= by_number.keys()
    assert {by_number[number].uscc for number in after.planted} == after.targets
    assert all(by_number[number].settled_on <= SMALL.end for number in after.planted)


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_what_the_planted_attacks_are_made_of(seed: int) -> None:
    world = make_world(seed, SMALL)
    bombed = ATTACKS["bombing campaign"](world, YOUNG, seed)
    stuffed = ATTACKS["collusion"](world, YOUNG, seed)
    assert all(world.truth[agency] >= 80 for agency in bombed.targets)
    assert all(world.truth[agency] < 80 for agency in stuffed.targets)
    assert max(len(bombed.targets), len(stuffed.targets)) <= VICTIMS
    days, strangers, friends = defaultdict(list), [], defaultdict(set)
    for one in bombed.engagements:
        if one.engagement in bombed.planted:
            days[one.uscc].append(one.settled_on)
            strangers.append(one.raters[Party.OWNER])
            assert one.parties[Party.OWNER]["overall"] < 60
    assert all(len(own) == CAMPAIGN_JOBS for own in days.values())
    assert all((max(own) - min(own)).days < 7 for own in days.values())
    assert len(strangers) == len(set(strangers))
    assert not set(strangers) & world.owners.keys()
    for one in stuffed.engagements:
        if one.engagement in stuffed.planted:
            friends[one.uscc].add(one.raters[Party.OWNER])
            assert one.parties[Party.OWNER]["overall"] == Decimal(100)
    assert all(len(own) == 1 for own in friends.values())
    assert len(stuffed.planted) == STUFFED_JOBS * len(stuffed.targets)


def test_the_means_lie_where_the_shape_puts_them() -> None:
    """Supervisors mark the work as it is, owners with their lazy ones above, the centre by 4."""
    world = make_world(1, Shape())
    marks = defaultdict(list)
    for one in world.engagements:
        for party, answer in one.parties.items():
            marks[party].append(float(answer["overall"]))
    work = fmean(world.quality.values())
    assert abs(fmean(marks[Party.SUPERVISOR]) - work) < 2
    assert abs(fmean(marks[Party.CENTRE]) - work - 4) < 2
    assert fmean(marks[Party.OWNER]) > work + 2
    absent = 1 - len(marks[Party.OWNER]) / len(world.engagements)
    assert abs(absent - Shape().absent_owner) < 0.04
