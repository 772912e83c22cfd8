"""The robust method: the worked example, a second plain implementation, and its properties."""

import csv
import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from math import isclose
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.evaluations.indicators import Party
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.feedback import Cap, OutsideEvent, Severity
from ratings.stars.grade_command import grade
from ratings.stars.policy import load_policy
from ratings.stars.reference import Reference, decay, estimate
from ratings.stars.robust import robust_standing
from ratings.stars.standing import Standing, State
from ratings.stars.waterfall import STEP_TEXT, StepCode

ROBUST = load_policy("robust")
AGENCIES = ["91330281MA2AAAAA1X", "91330281MA2BBBBB16", "91330281MA2CCCCC1E"]
AGENCY = AGENCIES[0]
DAY = date(2026, 6, 30)
SHARES = {Party.SUPERVISOR: 0.3, Party.OWNER: 0.5, Party.CENTRE: 0.2}
MEANS = {Party.SUPERVISOR: Decimal(86), Party.OWNER: Decimal(93), Party.CENTRE: Decimal(90)}
USUAL = Reference({"": MEANS}, {}, {}, Decimal(2), Decimal(36))


def job(
    name: str, on: date, uscc: str = AGENCY, trade: str = "survey", **scores: str
) -> RatedEngagement:
    """Scores as `party="92"` or `party="92 rater"`."""
    parties, raters = {}, {}
    for party, text in scores.items():
        score, _, rater = text.partition(" ")
        parties[Party(party)] = {"overall": Decimal(score)}
        raters[Party(party)] = rater
    return RatedEngagement(name, uscc, trade, on, parties, raters)


EXAMPLE = [
    job("first", date(2026, 4, 30), supervisor="88", owner="96", centre="92"),
    job("second", date(2025, 11, 30), supervisor="84", centre="90"),
    job("third", date(2025, 5, 30), supervisor="79", owner="98", centre="85"),
]


def minor(document: str, on: date) -> OutsideEvent:
    return OutsideEvent(AGENCY, on, "tax", document, Severity.MINOR)


def at(
    engagements: list[RatedEngagement],
    *events: OutsideEvent,
    reference: Reference = USUAL,
    before: int | None = None,
) -> Standing:
    return robust_standing(AGENCY, engagements, events, DAY, ROBUST, reference, before)


def test_the_worked_example_of_the_method() -> None:
    waived, counted = minor("T1", date(2024, 1, 5)), minor("T2", date(2026, 6, 1))
    quiet = at(EXAMPLE)
    by_name = {step.reference: step for step in quiet.waterfall}
    scores = [by_name[name].params["score"] for name in ("first", "second", "third")]
    assert scores == ["92.8000", "89.1000", "89.7000"]
    weights = [Decimal(by_name[name].params["weight"]) for name in ("first", "second", "third")]
    assert abs(sum(weights) - Decimal("1.697")) < Decimal("0.001")
    assert (quiet.score, quiet.stars, quiet.state) == (Decimal("90.72"), 5, State.RATED)
    # √V = 3.12: 90.72 - 1.28 · 3.12.
    assert quiet.lower_bound == Decimal("86.72")
    assert by_name["second"].provisional
    punished = at(EXAMPLE, waived, counted)
    assert (punished.score, punished.stars) == (Decimal("87.72"), 4)
    assert punished.waterfall[0].code is StepCode.START
    assert punished.waterfall[0].points == Decimal("90.3000")


@pytest.mark.parametrize(
    ("settled_on", "exponent"),
    [
        (DAY, 0),
        (date(2025, 6, 30), 1),
        (date(2023, 6, 30), 3),
        # Sixteen of the thirty days from 14 June to 14 July have passed.
        (date(2026, 6, 14), 16 / 30 / 12),
        (date(2026, 3, 31), 3 / 12),
    ],
)
def test_decay_halves_in_twelve_months_of_the_calendar(settled_on: date, exponent: float) -> None:
    assert isclose(decay(settled_on, DAY, Decimal(12)), 2**-exponent, abs_tol=1e-11)


def test_nothing_beyond_thirty_six_months_counts_and_little_weight_is_unrated() -> None:
    inside = job("old", date(2023, 6, 30), owner="90", supervisor="90", centre="90")
    beyond = msgspec.structs.replace(inside, settled_on=date(2023, 6, 29))
    assert (at([inside]).state, at([inside]).engagements) == (State.UNRATED, 1)
    assert at([beyond]).engagements == 0
    # Owner and supervisor weigh 0.8, and 0.8 · 2^(-8/12) is 0.504; a month later it is 0.476.
    edge = job("edge", date(2025, 10, 30), owner="90", supervisor="90")
    assert at([edge]).state is State.RATED
    assert at([msgspec.structs.replace(edge, settled_on=date(2025, 9, 30))]).score is None
    assert at([job("thin", DAY, centre="20")]).engagements == 0


def test_an_owner_far_from_the_other_two_is_pulled_to_the_clip() -> None:
    # Centred: supervisor +2, centre -2, so the owner may be 15 below their mean, not 33.
    bombed = at([job("bomb", DAY, supervisor="88", owner="60", centre="88")])
    step = next(one for one in bombed.waterfall if one.code is StepCode.ENGAGEMENT)
    owner = next(one for one in step.parties if one.party is Party.OWNER)
    assert owner.clipped == Decimal("-18.0000")
    # 90.30 + 0.3·2 + 0.5·(-15) + 0.2·(-2).
    assert step.params["score"] == "83.0000"
    # One other party alone does not pull anybody.
    alone = at([job("bomb", DAY, supervisor="88", owner="60")])
    step = next(one for one in alone.waterfall if one.code is StepCode.ENGAGEMENT)
    assert all(not one.clipped for one in step.parties)


@pytest.mark.parametrize(
    ("before", "score", "stars"),
    [
        (4, "91.99", 4),
        (4, "92", 5),
        (5, "88.01", 5),
        (5, "88", 4),
        (5, "79", 3),
        (3, "81.99", 3),
        (3, "95", 5),
        (1, "61", 1),
        (None, "90", 5),
    ],
)
def test_a_band_is_left_only_two_points_beyond_its_cut(
    before: int | None, score: str, stars: int
) -> None:
    means = dict.fromkeys(Party, Decimal(score))
    level = job("level", DAY, supervisor=score, owner=score, centre=score)
    reference = msgspec.structs.replace(USUAL, means={"": means})
    result = at([level], reference=reference, before=before)
    assert (result.score, result.stars) == (Decimal(score).quantize(Decimal("0.01")), stars)
    kept = [step for step in result.waterfall if step.code is StepCode.HYSTERESIS]
    assert bool(kept) == (before is not None and stars != ROBUST.stars.stars(result.score))
    assert not any(step.points for step in kept)
    veto = OutsideEvent(AGENCY, DAY, "tax", "V", Severity.NONE, cap=Cap.ONE_STAR)
    assert at([level], veto, reference=reference, before=before).stars == 1


def history(seed: int, count: int, agencies: int) -> list[RatedEngagement]:
    """Random jobs of many agencies in two trades, with habits, gaps and some bombing."""
    chance = random.Random(seed)
    found = []
    for n in range(count):
        agency = chance.randrange(agencies)
        worth = 80 + (agency * 7) % 15
        parties, raters = {}, {}
        for party in Party:
            if chance.random() < 0.2:
                continue
            rater = chance.randrange(4)
            score = worth + 2 * rater - 3 + chance.gauss(0, 5)
            if party is Party.OWNER and chance.random() < 0.1:
                score -= 45
            parties[party] = {"overall": Decimal(str(round(min(max(score, 0), 100), 2)))}
            raters[party] = "" if chance.random() < 0.1 else f"r{rater}"
        day = DAY - timedelta(days=chance.randrange(1300))
        trade = "survey" if chance.random() < 0.8 else "appraisal"
        found.append(RatedEngagement(f"e{n}", f"A{agency}", trade, day, parties, raters))
    return found


def naive(engagements: list[RatedEngagement]) -> dict[str, tuple[float, float]]:
    """The formulas of the method once more, in floating point and as plainly as can be."""
    jobs = []
    for one in engagements:
        scores = {party: float(answer["overall"]) for party, answer in one.parties.items()}
        weight = sum(SHARES[party] for party in scores)
        if one.settled_on >= date(2023, 6, 30) and weight > 0.499:
            jobs.append((one, scores, weight, float(decay(one.settled_on, DAY, Decimal(12)))))
    first, last = date(2024, 3, 31), date(2026, 3, 31)

    def mean(party: Party, trade: str | None) -> float | None:
        found = [
            scores[party]
            for one, scores, _, _ in jobs
            if party in scores and first < one.settled_on <= last and trade in (None, one.trade)
        ]
        return None if trade and len(found) < 30 else sum(found) / len(found)

    trades = {one.trade for one, *_ in jobs}
    means = {(p, t): mean(p, t) or mean(p, None) or 0.0 for p in Party for t in trades}
    base = {t: sum(SHARES[p] * means[p, t] for p in Party) for t in trades}
    habits: defaultdict[tuple[Party, str], float] = defaultdict(float)

    def deviations(one: RatedEngagement, scores: dict[Party, float]) -> dict[Party, float]:
        return {p: x - habits[p, one.raters[p]] - means[p, one.trade] for p, x in scores.items()}

    met = defaultdict(set)
    for one, scores, _, _ in jobs:
        for p in scores:
            met[p, one.raters[p]].add(one.uscc)
    for _ in range(8):
        above, below = defaultdict(float), defaultdict(float)
        for one, scores, weight, aged in jobs:
            mine = deviations(one, scores)
            lift = sum(SHARES[p] * points for p, points in mine.items()) / weight
            above[one.uscc] += aged * weight * lift
            below[one.uscc] += aged * weight
        effect = {uscc: above[uscc] / (below[uscc] + 2) for uscc in above}
        sums, counts = defaultdict(float), defaultdict(int)
        for one, scores, _, _ in jobs:
            for p, x in scores.items():
                sums[p, one.raters[p]] += x - means[p, one.trade] - effect[one.uscc]
                counts[p, one.raters[p]] += 1
        shrink = {Party.OWNER: 4, Party.SUPERVISOR: 8, Party.CENTRE: 20}
        for (p, rater), total in sums.items():
            few = p is Party.OWNER and len(met[p, rater]) < 3
            if rater and not few:
                habit = total / (counts[p, rater] + shrink[p])
                habits[p, rater] = min(max(habit, -5), 5)
    rows = []
    for one, scores, weight, aged in jobs:
        mine = deviations(one, scores)
        if len(mine) == 3:
            middle = (mine[Party.SUPERVISOR] + mine[Party.CENTRE]) / 2
            mine[Party.OWNER] = min(max(mine[Party.OWNER], middle - 15), middle + 15)
        lift = sum(SHARES[p] * points for p, points in mine.items()) / weight
        rows.append((one.uscc, one.trade, weight, aged, lift))
    prior, variance = 2.0, 36.0
    groups = defaultdict(list)
    for uscc, _, weight, _, lift in rows:
        groups[uscc].append((weight, lift))
    if len(rows) >= 30 and len(rows) > len(groups) > 1:
        weights = {u: sum(w for w, _ in own) for u, own in groups.items()}
        own_mean = {u: sum(w * x for w, x in own) / weights[u] for u, own in groups.items()}
        whole = sum(weights.values())
        grand = sum(weights[u] * own_mean[u] for u in groups) / whole
        within = sum(w * (x - own_mean[u]) ** 2 for u, own in groups.items() for w, x in own)
        variance = within / (len(rows) - len(groups))
        between = sum(weights[u] * (own_mean[u] - grand) ** 2 for u in groups)
        spread = whole - sum(w * w for w in weights.values()) / whole
        tau = (between - (len(groups) - 1) * variance) / spread
        prior = 5.0 if tau <= 0 else min(max(variance / tau, 0.5), 5.0)
    centre = {}
    for trade in trades:
        own = [(w * d, base[trade] + x) for _, t, w, d, x in rows if t == trade]
        usual = sum(w * e for w, e in own) / sum(w for w, _ in own)
        centre[trade] = usual if len(own) >= 30 else base[trade]
    result = {}
    for uscc in groups:
        own = [(w * d, base[t] + x, centre[t]) for u, t, w, d, x in rows if u == uscc]
        effective = sum(w for w, _, _ in own)
        if effective < 0.5:
            continue
        usual = sum(w * m for w, _, m in own) / effective
        score = (sum(w * e for w, e, _ in own) + prior * usual) / (effective + prior)
        score = min(max(score, 0), 100)
        result[uscc] = score, score - 1.28 * (variance / (effective + prior)) ** 0.5
    return result


@pytest.mark.parametrize(("seed", "count", "agencies"), [(1, 12, 4), (2, 80, 9), (3, 240, 30)])
def test_a_second_plain_implementation_arrives_at_the_same(
    seed: int, count: int, agencies: int
) -> None:
    jobs = history(seed, count, agencies)
    reference = estimate(jobs, DAY, ROBUST)
    expected = naive(jobs)
    for uscc in {one.uscc for one in jobs}:
        result = robust_standing(uscc, jobs, [], DAY, ROBUST, reference)
        assert (result.score is None) == (uscc not in expected)
        if result.score is not None and result.lower_bound is not None:
            score, lower_bound = expected[uscc]
            assert abs(float(result.score) - score) <= 0.00501
            assert abs(float(result.lower_bound) - lower_bound) <= 0.00501
    if count >= 240:
        assert (reference.prior, reference.variance) != (2, 36)
        assert reference.centres


def test_the_estimates_follow_from_the_record_in_any_order_and_never_from_later_days() -> None:
    jobs = history(5, 120, 9)
    before = estimate(jobs, DAY, ROBUST)
    shuffled = random.Random(1).sample(jobs, len(jobs))
    later = msgspec.structs.replace(jobs[0], engagement="later", settled_on=DAY + timedelta(1))
    assert estimate([*shuffled, later], DAY, ROBUST) == before
    again = msgspec.json.decode(msgspec.json.encode(before), type=Reference)
    assert again == before


def test_party_means_are_frozen_at_the_quarter_and_fall_back_to_the_day_itself() -> None:
    old = job("old", date(2026, 3, 31), owner="80", supervisor="70")
    new = job("new", date(2026, 4, 1), owner="90", supervisor="90", centre="60")
    means = estimate([old, new], DAY, ROBUST).means[""]
    assert means == {Party.OWNER: 80, Party.SUPERVISOR: 70, Party.CENTRE: 60}
    older = msgspec.structs.replace(old, settled_on=date(2024, 3, 31))
    assert estimate([older, new], DAY, ROBUST).means[""][Party.OWNER] == 90


SCORES = st.decimals(min_value=0, max_value=100, places=2)
JOBS = st.lists(
    st.builds(
        RatedEngagement,
        st.uuids().map(str),
        st.sampled_from(AGENCIES),
        st.sampled_from(["survey", "appraisal"]),
        st.dates(date(2023, 1, 1), date(2026, 7, 30)),
        st.dictionaries(st.sampled_from(Party), st.fixed_dictionaries({"overall": SCORES})),
        st.fixed_dictionaries({party: st.sampled_from(["", "r1", "r2"]) for party in Party}),
    ),
    max_size=9,
)
DAYS = st.dates(date(2023, 1, 1), date(2027, 1, 1))
EVENTS = st.lists(
    st.builds(
        OutsideEvent,
        st.just(AGENCY),
        DAYS,
        st.sampled_from(["tax", "market-regulation"]),
        st.uuids().map(str),
        st.sampled_from(Severity),
        st.none() | DAYS,
        st.sampled_from(Cap),
    ),
    max_size=4,
)
BEFORE = st.none() | st.integers(1, 5)


@settings(max_examples=60)
@given(JOBS, EVENTS, BEFORE, st.randoms(use_true_random=False))
def test_the_waterfall_sums_exactly_within_bounds_in_any_order(
    jobs: list[RatedEngagement],
    events: list[OutsideEvent],
    before: int | None,
    chance: random.Random,
) -> None:
    result = at(jobs, *events, reference=estimate(jobs, DAY, ROBUST), before=before)
    assert sum((step.points for step in result.waterfall), Decimal(0)) == (result.score or 0)
    assert (result.score is None) == (result.state is State.UNRATED)
    if result.score is not None and result.lower_bound is not None:
        assert 0 <= result.score <= 100
        assert result.lower_bound <= result.score
        rounding = [step.points for step in result.waterfall if step.code is StepCode.ROUNDING]
        allowed = Decimal("0.005") + Decimal("0.00005") * len(result.waterfall)
        assert all(abs(points) <= allowed for points in rounding)
    for step in result.waterfall:
        assert "{" not in STEP_TEXT[step.code].format(reference=step.reference, **step.params)
    assert msgspec.json.decode(msgspec.json.encode(result), type=Standing) == result
    chance.shuffle(jobs)
    assert at(jobs, *events, reference=estimate(jobs, DAY, ROBUST), before=before) == result


@settings(max_examples=60)
@given(JOBS, EVENTS, BEFORE, st.data())
def test_against_frozen_estimates_a_better_answer_never_lowers_the_score_or_the_stars(
    jobs: list[RatedEngagement],
    events: list[OutsideEvent],
    before: int | None,
    data: st.DataObject,
) -> None:
    """Only then: an answer also moves the means and its rater's habit, which bear on everybody."""
    answered = [one for one in jobs if one.parties and one.uscc == AGENCY]
    if not answered:
        return
    reference = estimate(jobs, DAY, ROBUST)
    chosen = data.draw(st.sampled_from(answered))
    party = data.draw(st.sampled_from(sorted(chosen.parties)))
    better = data.draw(st.decimals(chosen.parties[party]["overall"], 100, places=2))
    parties = chosen.parties | {party: {"overall": better}}
    raised = [
        msgspec.structs.replace(one, parties=parties) if one is chosen else one for one in jobs
    ]
    # The estimates stay as they were: a party that is new in the record is not part of it.
    lower = at(jobs, *events, reference=reference, before=before)
    higher = at(raised, *events, reference=reference, before=before)
    assert (lower.score is None) == (higher.score is None)
    if lower.score is not None and higher.score is not None:
        assert higher.score >= lower.score
        assert (higher.stars or 0) >= (lower.stars or 0)


def test_grade_prints_the_lower_bound_and_a_waterfall_that_sums(tmp_path: Path) -> None:
    lines = ["engagement,uscc,trade,settled_on,party,rater,indicator,score"]
    for one in history(7, 90, 3):
        for party, answer in one.parties.items():
            uscc = AGENCIES[int(one.uscc[1:])]
            cells = [one.engagement, uscc, one.trade, str(one.settled_on), party]
            lines.append(",".join([*cells, one.raters[party], "overall", str(answer["overall"])]))
    table = tmp_path / "evaluations.csv"
    table.write_text("\n".join(lines), "utf-8")
    options = ["--as-of", "2026-06-30", "--policy", "robust", "--out", str(tmp_path)]
    result = CliRunner().invoke(grade, [str(table), *options])
    assert result.exit_code == 0, result.output
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    with (tmp_path / "waterfall.csv").open(encoding="utf-8") as steps:
        for step in csv.DictReader(steps):
            sums[step["uscc"]] += Decimal(step["points"])
    with (tmp_path / "scores.csv").open(encoding="utf-8") as file:
        scores = list(csv.DictReader(file))
    assert {row["uscc"]: Decimal(row["score"]) for row in scores} == sums
    expected = naive(history(7, 90, 3))
    for row in scores:
        lower_bound = expected[f"A{AGENCIES.index(row['uscc'])}"][1]
        assert abs(float(row["lower_bound"]) - lower_bound) <= 0.00501
        assert row["state"] == "rated"
