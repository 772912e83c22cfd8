"""What the record says beside the indicators: facts with their source, and what is missing."""

import re
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from market.engagements.actions import add_deliverable
from market.engagements.evidence import Recorded, evidence, working_days_after
from market.engagements.evidence_queries import evidence_of
from ratings.evaluations.indicators import CODES
from ratings.evaluations.queries import docket
from ratings.ledger.clock import add_working_days, local_date, now
from tests.county import A_FILE, County, at

DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
COUNTS = st.integers(0, 300)
FEN = st.integers(1, 10**10)


@st.composite
def records(draw: st.DrawFn) -> Recorded:
    low, high = sorted(draw(st.tuples(FEN, FEN)))
    ranged = draw(st.booleans())
    return Recorded(
        draw(DAYS),
        draw(st.integers(1, 200)),
        draw(DAYS),
        draw(st.none() | DAYS),
        draw(st.none() | DAYS),
        draw(st.none() | DAYS),
        *(draw(COUNTS) for _ in range(5)),
        draw(FEN),
        low if ranged else None,
        high if ranged else None,
        draw(COUNTS),
    )


@given(records())
def test_every_indicator_has_a_fact_or_is_said_to_lack_one(recorded: Recorded) -> None:
    facts = evidence(recorded)
    assert {fact.indicator for fact in facts} == set(CODES)
    assert all(fact.says.zh and fact.says.en and fact.source.zh for fact in facts)
    assert all((fact.source.en == "not recorded by the market") != fact.known for fact in facts)
    (fee,) = [fact for fact in facts if fact.indicator == "fee"]
    assert fee.known == (recorded.range_low_fen is not None)
    if recorded.range_low_fen is not None and recorded.range_high_fen is not None:
        inside = recorded.range_low_fen <= recorded.price_fen <= recorded.range_high_fen
        assert ("within" in fee.says.en) == inside
    _, delivery = [fact for fact in facts if fact.indicator == "timeliness"]
    done = recorded.delivered_on
    assert delivery.known == (done is not None)
    if done is not None:
        assert ("in time" in delivery.says.en) == (done <= recorded.due_on)


@given(DAYS, st.integers(1, 60))
def test_working_days_are_counted_as_they_are_promised(day: date, count: int) -> None:
    assert working_days_after(day, add_working_days(day, count)) == count
    assert working_days_after(day, day) == working_days_after(day, day - timedelta(3)) == 0


async def test_on_the_form_and_over_http(county: County) -> None:
    agency = await county.agency()
    when = now() - timedelta(days=1)
    listing = await county.listing(agency)
    identifier = await county.settled(agency, listing, when=when)
    row = await docket(county.centre.actor(), identifier)
    told = (await county.enterprise.client.get(f"/api/v1/dockets/{identifier}")).json()
    facts = {(one["indicator"], one["known"]): one["says"]["en"] for one in told["evidence"]}
    assert re.fullmatch(
        r"Agreed price .* yuan, range .* yuan, within the range", facts["fee", True]
    )
    assert facts["first-pass", True].startswith("1 files delivered, 0 of them after")
    assert facts["reporting", True] == "5 of 5 milestones reported, on 1 different days"
    assert f"settled on {local_date(when)}" in facts["contract", True]
    assert any(f"Delivered on {local_date(when)}, in time" in one for one in facts.values())
    form = (await county.enterprise.browser.get(f"/evaluations/{identifier}")).text
    assert not re.search(r'name="scores-[\w-]+"[^>]*value="[^"]', form)
    assert "未逾期" in form
    assert "系统未记录" in form
    assert await evidence_of(row.engagement) != ()
    assert await evidence_of("94c3e05a-8d12-4b6f-a7c9-5f10e2d6b837") == ()

    late = await county.delivered(agency, listing, when=when)
    await add_deliverable(at(agency.actor(), now()), late, A_FILE)
    more = {one.indicator: one.says.en for one in await evidence_of(late) if one.known}
    assert more["first-pass"].startswith("2 files delivered, 1 of them after")
    assert "contract" not in more
