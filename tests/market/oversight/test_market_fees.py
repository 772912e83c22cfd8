"""What the market pays: exact quartiles, shares that sum to the price, and silence about few."""

import statistics
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar

from market.oversight.market_fees import (
    FEWEST,
    Settled,
    averages,
    distribution,
    quartile,
    share,
)
from market.oversight.queries import market_fees, settled_means
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import execute, fetchval
from tests.conftest import browser
from tests.county import PACKAGE, County

amounts = st.lists(st.integers(0, 10**12), min_size=FEWEST, max_size=60)


@given(amounts)
def test_quartiles_are_those_of_the_inclusive_method_half_up(values: list[int]) -> None:
    found = distribution(values)
    assert found is not None
    exact = statistics.quantiles([4 * value for value in values], n=4, method="inclusive")
    for ours, theirs in zip(
        (found.lower_quartile_fen, found.median_fen, found.upper_quartile_fen), exact, strict=True
    ):
        assert abs(4 * ours - theirs) <= 2
    assert min(values) <= found.lower_quartile_fen <= found.median_fen
    assert found.median_fen <= found.upper_quartile_fen <= max(values)
    assert found.count == len(values)


def test_a_quartile_between_two_prices_is_rounded_half_up() -> None:
    assert quartile([0, 1, 2, 4, 5], 1) == 1
    assert quartile([0, 1, 2, 5, 8, 9], 1) == 1  # 1.25
    assert quartile([0, 1, 3, 4], 2) == 2
    assert quartile([0, 1, 2, 3], 2) == 2  # 1.5


@given(st.lists(st.integers(0, 10**9), max_size=FEWEST - 1))
def test_nothing_is_said_of_few(values: list[int]) -> None:
    assert distribution(values) is None


@given(st.integers(0, 10**10), st.lists(st.integers(1, 10**9), min_size=1, max_size=8))
def test_shares_of_a_price_sum_to_it_within_half_a_fen_each(price: int, parts: list[int]) -> None:
    shares = [share(price, part, sum(parts)) for part in parts]
    assert abs(sum(shares) - price) <= len(parts) / 2
    assert share(price, sum(parts), sum(parts)) == price


def test_the_county_figures_come_out_as_reported() -> None:
    """23 days and 45,000 yuan, 22 and 25 % below the year before (the Yuyao case)."""
    before = [Settled(2024, 23 / 0.78, 6_000_000)] * 10
    after = [Settled(2025, 23.0, 4_500_000)] * 10
    this, last = averages([*before, *after])
    assert (this.year, this.settled, this.mean_days, this.mean_fee_fen) == (2025, 10, 23, 4_500_000)
    assert this.days_change == pytest.approx(-0.22)
    assert this.fee_change == pytest.approx(-0.25)
    assert (last.year, last.days_change, last.fee_change) == (2024, None, None)


def test_a_year_of_few_is_named_without_figures_and_compared_with_nothing() -> None:
    few = [Settled(2024, 10.0, 100)] * (FEWEST - 1)
    this, last = averages([*few, *[Settled(2025, 10.0, 100)] * FEWEST])
    assert (last.settled, last.mean_days, last.mean_fee_fen) == (None, None, None)
    assert (this.settled, this.days_change, this.fee_change) == (FEWEST, None, None)


def test_a_gap_of_a_year_is_no_comparison() -> None:
    rows = [Settled(2022, 10.0, 100)] * FEWEST + [Settled(2024, 5.0, 50)] * FEWEST
    assert averages(rows)[0].days_change is None


async def _settle(county: County, how_many: int) -> None:
    listing = await county.listing(agency := await county.agency())
    for number in range(how_many):
        await county.evaluated(
            agency, listing, 90, when=now() - timedelta(minutes=how_many - number)
        )


async def test_five_settled_fees_are_told_and_four_are_not(county: County) -> None:
    today = local_date(now())
    await _settle(county, FEWEST - 1)
    found = await market_fees(today)
    own = next(one for one in found.packages if one.package == PACKAGE)
    assert own.settled is None
    assert found.averages[0].settled is None

    await _settle(county, 1)
    found = await market_fees(today)
    own = next(one for one in found.packages if one.package == PACKAGE)
    assert own.settled is not None
    assert own.settled.count == FEWEST
    assert own.quotes is None, "two listings stay unsaid"
    assert own.range_low_fen is not None
    assert own.range_high_fen is not None
    assert own.range_low_fen <= own.settled.median_fen <= own.range_high_fen
    every = [one for one in found.lines if one.package == PACKAGE]
    # Nobody has bought the optional item with it.
    assert [one.items for one in every if one.settled is None] == [("09",)]
    lines = [one for one in every if one.items != ("09",)]
    assert all(line.settled is not None for line in lines)
    shares = sum(line.settled.median_fen for line in lines if line.settled)
    assert abs(shares - own.settled.median_fen) <= len(lines)
    assert found.averages[0].settled == FEWEST
    assert (await market_fees(today, today.year - 1)).packages[0].settled is None


async def test_the_home_page_tells_no_mean_of_few(app: Litestar, county: County) -> None:
    """Neither the only fees there are, nor those of a year of few as what is left of the whole."""
    listing = await county.listing(agency := await county.agency())

    async def told() -> bool:
        async with browser(app) as visitor:
            return "天平均办结（启动至验收）" in (await visitor.get("/")).text

    for _ in range(FEWEST - 1):
        await county.evaluated(agency, listing, 90)
    assert await settled_means() is None
    assert not await told()
    await county.evaluated(agency, listing, 90)
    means = await settled_means()
    assert means is not None
    assert means.fee_fen == await fetchval("SELECT min(price_fen) FROM engagement")
    assert await told()
    other = await county.evaluated(agency, listing, 90)
    await execute(
        "UPDATE engagement SET price_fen = price_fen * 3,"
        " settled_at = settled_at - interval '1 year' WHERE id = $1",
        other,
    )
    assert await settled_means() == means, "the one fee of another year stays unsaid"


async def test_a_year_that_nobody_knows_is_empty_and_a_wrong_one_is_refused(
    app: Litestar, county: County
) -> None:
    assert (await market_fees(date(2026, 1, 1), 2000)).packages[0].settled is None
    async with browser(app) as visitor:
        assert (await visitor.get("/api/v1/market-fees?year=2001")).json()["year"] == 2001
        assert (await visitor.get("/api/v1/market-fees?year=99999999999")).status_code == 400
        for year in ("", "?year=2001", "?year=x"):
            assert (await visitor.get(f"/market-fees{year}")).status_code == 200
