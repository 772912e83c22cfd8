"""The scorecard: it adds up, it is capped, and one kind of evidence is never enough."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.ledger.errors import Refused
from ratings.shells.evidence import Coverage, Evidence, Reading
from ratings.shells.masks import FULL
from ratings.shells.policy import Policy, load_policy
from ratings.shells.scorecard import Outcome, Score, expit, logit, score
from ratings.signals.cells import month_number

POLICY = load_policy()
NEWEST = month_number("2026-06")
NAMES = [feature.name for feature in POLICY.features]

READINGS = st.builds(
    lambda value, months: Reading(value, value, months),
    st.floats(0, 300),
    st.integers(0, FULL),
)
COVERAGES = st.builds(
    lambda covered, late: Coverage(covered, late & ~covered, covered),
    st.integers(0, FULL),
    st.sampled_from([0, 3 << 22]),
)
EVIDENCE = st.builds(
    Evidence,
    uscc=st.just("91330281MA2699JWF0"),
    readings=st.dictionaries(st.sampled_from(NAMES), READINGS),
    coverage=st.fixed_dictionaries(dict.fromkeys(POLICY.classes, COVERAGES)),
    excuses=st.dictionaries(st.sampled_from(sorted(POLICY.excuses)), st.integers(1, FULL)),
)
KNOWN = {name: Coverage(FULL, 0, FULL) for name in POLICY.classes}


def judged(evidence: Evidence) -> Score:
    return score(POLICY, evidence, NEWEST)


def evidence_of(**values: float) -> Evidence:
    readings = {name: Reading(value, value, FULL) for name, value in values.items()}
    return Evidence("91330281MA2699JWF0", readings, KNOWN, {})


WORST = {
    "tax_filing": {"tax_zero_run": 24, "tax_overdue_run": 24, "tax_zero_share": 1},
    "social_insurance": {"insured_median": 0, "insured_zero_share": 1, "sales_without_staff": 12},
    "registration": {
        "annual_report_missing": 3,
        "abnormal_address": 1,
        "address_crowding": 500,
        "cluster": 50,
    },
}


@given(EVIDENCE)
def test_the_rows_sum_to_the_score(evidence: Evidence) -> None:
    result = judged(evidence)
    assert abs(math.fsum(row.contribution for row in result.reasons) - result.log_odds) <= 1e-9
    assert result.probability == pytest.approx(expit(result.log_odds))
    assert result.points == pytest.approx(50 + 28.85 * (result.log_odds - logit(0.05)))


@given(EVIDENCE)
def test_no_class_says_more_than_its_cap(evidence: Evidence) -> None:
    result = judged(evidence)
    for name in (*POLICY.classes, "excuse"):
        total = math.fsum(r.contribution for r in result.reasons if r.signal_class == name)
        assert abs(total) <= POLICY.class_cap + 1e-9


@given(EVIDENCE, st.sampled_from(NAMES))
def test_a_feature_that_is_missing_contributes_nothing(evidence: Evidence, name: str) -> None:
    rest = {key: reading for key, reading in evidence.readings.items() if key != name}
    without = judged(msgspec.structs.replace(evidence, readings=rest))
    assert without.log_odds <= judged(evidence).log_odds + 1e-9
    assert name not in {row.feature for row in without.reasons}


@given(EVIDENCE)
def test_nothing_known_is_exactly_the_base(evidence: Evidence) -> None:
    bare = judged(msgspec.structs.replace(evidence, readings={}))
    assert bare.log_odds == pytest.approx(logit(POLICY.base_rate), abs=1e-12)


@given(EVIDENCE, st.sampled_from(sorted(POLICY.excuses)))
def test_an_excuse_never_speaks_against_a_firm(evidence: Evidence, kind: str) -> None:
    excused = msgspec.structs.replace(evidence, excuses=evidence.excuses | {kind: FULL})
    assert judged(excused).log_odds <= judged(evidence).log_odds + 1e-9
    assert judged(excused).log_odds >= logit(POLICY.base_rate) - 1e-9
    assert kind in {row.feature for row in judged(excused).reasons}, "it has a row of its own"


@given(EVIDENCE)
def test_too_little_known_is_neither_a_case_nor_a_clean_bill(evidence: Evidence) -> None:
    result = judged(evidence)
    if result.coverage < 0.5 or result.classes < 3:
        assert result.outcome is Outcome.INSUFFICIENT
    else:
        assert result.outcome is not Outcome.INSUFFICIENT


@pytest.mark.parametrize("name", POLICY.classes)
def test_one_class_opens_no_case_however_bad_it_is(name: str) -> None:
    result = judged(evidence_of(**WORST[name]))
    assert result.log_odds == pytest.approx(logit(POLICY.base_rate) + POLICY.class_cap)
    assert result.outcome is Outcome.WATCH


@pytest.mark.parametrize("absent", POLICY.classes)
def test_two_classes_open_a_case_only_when_the_third_is_known(absent: str) -> None:
    others = {
        feature: value
        for name in POLICY.classes
        if name != absent
        for feature, value in WORST[name].items()
    }
    evidence = evidence_of(**others)
    assert judged(evidence).outcome is Outcome.CASE
    blind = msgspec.structs.replace(evidence, coverage=KNOWN | {absent: Coverage(0, 0, 0)})
    assert judged(blind).outcome is Outcome.INSUFFICIENT


def test_a_source_that_never_spoke_is_no_class() -> None:
    excused = KNOWN | {"tax_filing": Coverage(FULL, 0, 0)}
    result = judged(msgspec.structs.replace(evidence_of(), coverage=excused))
    assert (result.classes, result.outcome) == (2, Outcome.INSUFFICIENT)


def test_late_months_are_nobodys_gap() -> None:
    late = 3 << 22
    coverage = {name: Coverage(FULL ^ late, late, FULL ^ late) for name in POLICY.classes}
    evidence = msgspec.structs.replace(evidence_of(), coverage=coverage)
    assert judged(evidence).coverage == 1.0


@given(EVIDENCE)
def test_every_row_has_a_sentence_in_both_languages(evidence: Evidence) -> None:
    for row in judged(evidence).reasons:
        for template in (row.sentence, row.sentence_zh):
            filled = template.format(**row.params)
            assert filled
            assert "{" not in filled


def test_a_share_is_read_in_its_certain_form() -> None:
    reading = Reading(value=1.0, certain=0.25, months=0b111 << 21)
    row = next(
        row
        for row in judged(
            msgspec.structs.replace(evidence_of(), readings={"tax_zero_share": reading})
        ).reasons
        if row.feature == "tax_zero_share"
    )
    assert (row.value, row.contribution, row.months) == (1.0, 0.0, "2026-04..2026-06")
    assert row.params["value"] == "100 %"


def altered(**changes: object) -> dict[str, object]:
    document: dict[str, object] = msgspec.to_builtins(POLICY)
    return document | changes


def test_the_digest_is_of_the_content() -> None:
    assert msgspec.convert(msgspec.to_builtins(POLICY), Policy).digest == POLICY.digest
    assert msgspec.convert(altered(class_cap=1.9), Policy).digest != POLICY.digest
    assert judged(evidence_of()).policy_digest == POLICY.digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weights": [0.0, -0.1]}, "missing data could harm"),
        ({"weights": [0.0]}, "one weight more"),
        ({"edges": [2, 1], "weights": [0, 0, 0]}, "must rise"),
        ({"edges": [1, 2], "weights": [0, 1, 0.5]}, "rise or fall"),
    ],
)
def test_a_policy_that_could_do_harm_is_no_policy(change: dict[str, object], words: str) -> None:
    feature = {
        "name": "x",
        "class": "tax_filing",
        "unit": "months",
        "rule": "",
        "basis": "",
        "edges": [1],
        "weights": [0.0, 1.0],
        "sentence": "",
        "sentence_zh": "",
    }
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(altered(features=[feature | change]), Policy)


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(Refused, match="there are: standard"):
        load_policy("../standard")
