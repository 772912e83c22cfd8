"""The scorecard: it adds up, it is capped, and one kind of evidence is never enough."""

import math
from typing import Any

import ibis
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.ledger.errors import Refused
from ratings.shells.facts import SHORT
from ratings.shells.plain import plain
from ratings.shells.policy import WATCHED_TIES, Feature, Part, Policy, document_of, load_policy
from ratings.shells.scorecard import (
    SCORE_COLUMNS,
    Outcome,
    Reason,
    expit,
    lines_of,
    logit,
    scored,
)
from ratings.shells.what_if import as_it_is, rescored
from ratings.signals.cells import FULL

POLICY = load_policy()
# A contradiction is read from two of the others and not from the feeds; watched ties are read from
# the scores of other firms.
NAMES = [one.name for one in POLICY.features if not one.both and one.name != WATCHED_TIES]
KINDS = sorted(POLICY.excuses)
SPEAKING = [one.name for one in POLICY.features if one.favourable is not None]
LINES = lines_of(POLICY)
Row = dict[str, Any]

# What the scorecard reads of a firm, and the scorecard itself in plain Python.
READINGS = ibis.table(
    {f"{part}_{name}": "float64" for name in NAMES for part in ("value", "certain")}
    | {f"months_{name}": "int64" for name in NAMES}
    | {f"excuse_{kind}": "int64" for kind in KINDS}
    | {
        f"{feed}_{mask}": "int64"
        for feed in SHORT.values()
        for mask in ("covered", "heard", "late")
    }
    | {"known": "int64", WATCHED_TIES: "int64"},
    name="readings",
)
SCORE = plain(
    scored(READINGS, POLICY), (*SCORE_COLUMNS, *(f"line_{number}" for number in range(len(LINES))))
)

VALUES = st.one_of(st.floats(-20, 300), st.sampled_from([0.0, 0.5, 1.0]))
COVERAGES = st.tuples(st.integers(0, FULL), st.sampled_from([0, 3 << 22]))


@st.composite
def firms(draw: st.DrawFn) -> Row:
    read = draw(st.dictionaries(st.sampled_from(NAMES), VALUES))
    excuses = draw(st.dictionaries(st.sampled_from(KINDS), st.integers(1, FULL)))
    known = {feed: draw(COVERAGES) for feed in SHORT.values()}
    return firm(read, excuses, known)


def firm(
    read: dict[str, float],
    excuses: dict[str, int] | None = None,
    known: dict[str, tuple[int, int]] | None = None,
) -> Row:
    row: Row = dict.fromkeys(READINGS.columns) | {"known": FULL}
    for name, value in read.items():
        row |= {f"value_{name}": value, f"certain_{name}": value, f"months_{name}": FULL}
    row |= {f"excuse_{kind}": (excuses or {}).get(kind, 0) for kind in KINDS}
    for feed in SHORT.values():
        covered, late = (known or {}).get(feed, (FULL, 0))
        row |= {
            f"{feed}_covered": covered,
            f"{feed}_heard": covered,
            f"{feed}_late": late & ~covered,
        }
    return row


def rows_of(result: Row) -> dict[tuple[str, str], float]:
    """(class, feature) -> contribution, of the rows that are there."""
    return {
        (line.signal_class, line.feature): result[f"line_{number}"]
        for number, line in enumerate(LINES)
        if result[f"line_{number}"] is not None
    }


def class_sum(result: Row, name: str) -> float:
    return math.fsum(value for (own, _), value in rows_of(result).items() if own == name)


WORST: dict[str, dict[str, float]] = {
    "tax": {"tax_zero_run": 24, "tax_overdue_run": 24, "tax_zero_share": 1, "invoice_ratio": 99},
    "people": {"insured_median": 0, "insured_zero_share": 1, "sales_without_staff": 12},
    "register": {"annual_report_missing": 3, "abnormal_address": 1, "register_changes": 9},
    "ties": {"address_crowding": 500, "cluster": 50},
    "certificates": {"certificate_gap": 1, "certificate_hops": 9},
    "power": {"power_low": 0, "awards_without_power": 12},
    "court": {"dishonest": 1, "enforcement": 9999, "penalties": 3},
    "orders": {"orders_without_capacity": 99},
}


@given(firms())
def test_the_rows_sum_to_the_score(row: Row) -> None:
    result = SCORE(row)
    assert abs(math.fsum(rows_of(result).values()) - result["log_odds"]) <= 1e-9
    assert result["probability"] == pytest.approx(expit(result["log_odds"]))
    assert result["points"] == pytest.approx(50 + 28.85 * (result["log_odds"] - logit(0.05)))


@given(firms())
def test_no_class_says_more_than_its_cap(row: Row) -> None:
    result = SCORE(row)
    for name in (*POLICY.classes, "excuse"):
        assert abs(class_sum(result, name)) <= POLICY.class_cap + 1e-9


@given(firms(), st.sampled_from(NAMES))
def test_a_feature_that_is_missing_contributes_nothing(row: Row, name: str) -> None:
    whole, without = SCORE(row), SCORE(row | {f"value_{name}": None, f"certain_{name}": None})
    told = rows_of(whole).get((POLICY.by_name[name].of, name), 0.0)
    # What spoke for the firm is missed; what is missing never speaks against it.
    assert without["log_odds"] <= whole["log_odds"] - min(told, 0.0) + 1e-9
    assert name not in {feature for _, feature in rows_of(without)}


@given(firms(), st.sampled_from(NAMES))
def test_what_could_be_anything_has_no_row(row: Row, name: str) -> None:
    contributions = rows_of(SCORE(row | {f"value_{name}": 0.0, f"certain_{name}": None}))
    assert name not in {feature for _, feature in contributions}


@given(firms())
def test_nothing_read_is_exactly_the_base(row: Row) -> None:
    bare = SCORE(row | {f"value_{name}": None for name in NAMES})
    assert bare["log_odds"] == pytest.approx(logit(POLICY.base_rate), abs=1e-12)


@given(firms(), st.sampled_from(KINDS))
def test_an_excuse_never_speaks_against_a_firm(row: Row, kind: str) -> None:
    excused = SCORE(row | {f"excuse_{kind}": FULL})
    without = SCORE(row | {f"excuse_{kind}": 0})
    assert excused["log_odds"] <= without["log_odds"] + 1e-9
    assert excused["log_odds"] >= min(without["log_odds"], logit(POLICY.base_rate)) - 1e-9
    assert ("excuse", kind) in rows_of(excused), "it has a row of its own"


@given(firms())
def test_too_little_known_is_neither_a_case_nor_a_clean_bill(row: Row) -> None:
    result = SCORE(row)
    little = result["coverage"] < 0.5 or result["classes"] < 3
    assert (result["outcome"] == Outcome.INSUFFICIENT) is little


# The halves of a contradiction are of two other classes, which speak for themselves beside it.
@pytest.mark.parametrize("name", [one for one in POLICY.classes if one != "contradictions"])
def test_one_class_opens_no_case_however_bad_it_is(name: str) -> None:
    result = SCORE(firm(WORST[name]))
    assert 0 < class_sum(result, name) <= POLICY.class_cap + 1e-9
    assert result["outcome"] in {Outcome.WATCH, Outcome.NONE}


def test_the_register_alone_opens_no_case_by_its_entries_and_the_ties_read_from_it() -> None:
    """No single feed opens a case, whatever classes its columns are counted in."""
    both = SCORE(firm(WORST["register"] | WORST["ties"]))
    assert min(class_sum(both, name) for name in ("register", "ties")) >= 0.3
    assert both["probability"] >= POLICY.case_probability
    assert both["outcome"] == Outcome.WATCH


def test_several_classes_open_a_case_only_when_enough_is_known() -> None:
    bad = WORST["tax"] | WORST["people"] | WORST["ties"]
    assert SCORE(firm(bad))["outcome"] == Outcome.CASE
    two = ("tax", "invoices", "insured", "fund")
    known = {short: (FULL if short in two else 0, 0) for short in SHORT.values()}
    result = SCORE(firm(bad, known=known))
    assert (result["classes"], result["outcome"]) == (2, Outcome.INSUFFICIENT)
    assert result["coverage"] > POLICY.least_coverage, "classes are counted apart from months"


def test_who_is_not_in_the_register_gets_no_clean_bill() -> None:
    assert SCORE(firm({}))["outcome"] == Outcome.NONE
    assert SCORE(firm({}) | {"known": 0})["outcome"] == Outcome.INSUFFICIENT


def only_ties_and_pairs(feature: Feature) -> Feature:
    if feature.both:
        return msgspec.structs.replace(feature, weights=(0.0, 2.0))
    weights = feature.weights if feature.of == "ties" else (0.0,) * len(feature.weights)
    return msgspec.structs.replace(feature, weights=weights)


def test_a_contradiction_is_no_second_source() -> None:
    """What one cluster says is said again by the pairs it is half of."""
    tied = {"cluster": 50.0, "close_cluster": 50.0, "insured_median": 0.0, "few_buyers": 1.0}
    heavy = msgspec.structs.replace(
        POLICY, features=tuple(map(only_ties_and_pairs, POLICY.features))
    )
    card = plain(scored(READINGS, heavy), ("outcome", "probability", "class_contradictions"))
    found = card(firm(tied) | {WATCHED_TIES: 9})
    assert found["class_contradictions"] >= POLICY.independent_evidence
    assert found["probability"] >= POLICY.case_probability
    assert found["outcome"] == Outcome.WATCH


def test_ties_to_watched_firms_count_where_the_cluster_is_known() -> None:
    tied = firm({"cluster": 3.0}) | {WATCHED_TIES: 2}
    weight = POLICY.by_name[WATCHED_TIES].weights[2]
    assert rows_of(SCORE(tied))["ties", WATCHED_TIES] == weight > 0
    assert rows_of(SCORE(firm({"cluster": 1.0})))["ties", WATCHED_TIES] == 0.0
    unknown = SCORE(firm({}) | {WATCHED_TIES: 2})
    assert ("ties", WATCHED_TIES) not in rows_of(unknown)


def test_a_source_that_never_spoke_is_no_class() -> None:
    unheard = SCORE(firm({}) | {f"{short}_heard": 0 for short in ("tax", "invoices")})
    assert unheard["classes"] == SCORE(firm({}))["classes"] - 1


def test_late_months_are_nobodys_gap() -> None:
    late = 3 << 22
    known = dict.fromkeys(SHORT.values(), (FULL ^ late, late))
    assert SCORE(firm({}, known=known))["coverage"] == pytest.approx(1.0)


def test_every_line_has_a_sentence_in_both_languages() -> None:
    for line in LINES:
        for template in (line.sentence, line.sentence_zh):
            filled = template.format(value="7", months="2026-01")
            assert filled
            assert "{" not in filled


def test_evidence_is_taken_from_what_is_certain() -> None:
    row = firm({"tax_zero_share": 1.0}) | {"certain_tax_zero_share": 0.1}
    assert rows_of(SCORE(row))["tax", "tax_zero_share"] == 0.0
    assert rows_of(SCORE(firm({"tax_zero_share": 1.0})))["tax", "tax_zero_share"] > 0.5


@pytest.mark.parametrize(
    "feature", [POLICY.by_name[name] for name in SPEAKING], ids=lambda feature: feature.name
)
def test_what_speaks_for_a_firm_must_be_known(feature: Feature) -> None:
    """The best case of months that nobody delivered earns nothing."""
    better, worse = (100.0, -100.0) if feature.shape == "falling" else (-100.0, 100.0)
    edge = feature.favourable
    assert edge is not None
    near = edge if feature.shape == "falling" else math.nextafter(edge, -math.inf)

    def told(value: float, certain: float) -> float | None:
        row = firm({feature.name: value}) | {f"certain_{feature.name}": certain}
        return rows_of(SCORE(row)).get((feature.of, feature.name))

    def weight(value: float) -> float:
        return feature.weights[feature.bin_of(value)]

    assert told(better, better) == weight(better) < 0
    assert told(near, better) == weight(near) < 0, "no more than the known months say"
    assert told(worse, better) is None
    assert told(worse, worse) == weight(worse) >= 0


def test_what_speaks_for_a_firm_is_capped_as_well() -> None:
    heavy = msgspec.structs.replace(
        POLICY,
        features=tuple(
            msgspec.structs.replace(one, weights=tuple(4 * weight for weight in one.weights))
            for one in POLICY.features
        ),
    )
    lines = [f"line_{number}" for number in range(len(LINES))]
    found = plain(scored(READINGS, heavy), ("log_odds", "raw_people", *lines))(
        firm({"claimed_staff": 1.0, "insured_median": 9.0})
    )
    assert found["raw_people"] < -POLICY.class_cap
    told = rows_of(found)
    assert told["people", "class_cap"] == pytest.approx(-POLICY.class_cap - found["raw_people"])
    assert found["log_odds"] == pytest.approx(logit(POLICY.base_rate) - POLICY.class_cap)
    rows = [Reason(*of, None, "", "", "", points, "", "", "", {}) for of, points in told.items()]
    assert rescored(heavy, rows, as_it_is(heavy))[0] == pytest.approx(found["log_odds"], abs=1e-9)


@pytest.mark.parametrize(
    "feature", [POLICY.by_name[name] for name in NAMES], ids=lambda feature: feature.name
)
def test_the_tree_of_bins_finds_the_bin_that_counting_finds(feature: Feature) -> None:
    for edge in feature.edges:
        for value in (edge, math.nextafter(edge, -math.inf), edge + 0.001):
            weight = feature.weights[feature.bin_of(value)]
            assert rows_of(SCORE(firm({feature.name: value})))[feature.of, feature.name] == weight


def altered(**changes: object) -> dict[str, object]:
    document: dict[str, object] = msgspec.to_builtins(POLICY)
    return document | changes


def test_the_digest_is_of_the_content() -> None:
    assert msgspec.convert(msgspec.to_builtins(POLICY), Policy).digest == POLICY.digest
    assert msgspec.convert(altered(class_cap=1.9), Policy).digest != POLICY.digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weights": [-0.2, -0.1]}, "would speak for the firm"),
        ({"shape": "valley", "edges": [1, 2], "weights": [0, -1, 0]}, "no better end"),
        ({"both": [{"feature": "a", "at": 1}], "weights": [-0.1, 0.0]}, "no better end"),
        ({"weights": [0.0]}, "one weight more"),
        ({"edges": [2, 1], "weights": [0, 0, 0]}, "must rise"),
        ({"edges": [1, 2], "weights": [0, 1, 0.5]}, "are not rising"),
        ({"both": [{"feature": "a", "at": 1}], "weights": [0.1, 1.0]}, "where it does not hold"),
        ({"shape": "falling"}, "are not falling"),
        ({"shape": "valley", "edges": [1, 2], "weights": [0, 1, 0.5]}, "are not valley"),
    ],
)
def test_a_policy_that_could_do_harm_is_no_policy(change: dict[str, object], words: str) -> None:
    feature = {
        "name": "x",
        "class": "tax",
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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"power": 1.5}, "between 0 and 1"),
        ({"most": 0.5}, "between 0 and 1"),
        ({"read": {}}, "speaks for firms; how often is it read"),
        ({"read": {"insured_median": 0.0}}, "above 0"),
        ({"read": dict.fromkeys((*SPEAKING, "nothing"), 0.5)}, "needs its shares"),
        ({"shares": {"cluster": [0.0] * 14}}, "above 0"),
        ({"shares": {"cluster": [1.0]}}, "does not fit"),
        ({"shares": {"nothing": [1.0]}}, "does not fit"),
        ({"shares": {WATCHED_TIES: [1.0] * 5}}, "does not fit"),
        ({"shares": {"power_low_and_orders_failed": [1.0, 0.1]}}, "does not fit"),
    ],
)
def test_a_prevalence_fits_the_features(change: dict[str, object], words: str) -> None:
    usual = msgspec.to_builtins(POLICY.prevalence)
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(altered(prevalence=usual | change), Policy)


def test_watched_ties_need_a_cluster_and_are_no_half_of_a_contradiction() -> None:
    rest = [one for one in POLICY.features if one.name in (WATCHED_TIES, "power_low")]
    with pytest.raises(ValueError, match="there is none"):
        msgspec.structs.replace(POLICY, features=tuple(rest), prevalence=None)
    pair = next(one for one in POLICY.features if one.both)
    late = msgspec.structs.replace(pair, both=(Part(WATCHED_TIES, 1.0), pair.both[0]))
    with pytest.raises(ValueError, match="too late"):
        msgspec.structs.replace(POLICY, features=(*POLICY.features, late))


def test_a_policy_without_prevalence_keeps_the_digest_it_always_had() -> None:
    """Findings of years ago carry it."""
    old = msgspec.structs.replace(
        POLICY,
        features=tuple(
            msgspec.structs.replace(one, weights=tuple(max(weight, 0.0) for weight in one.weights))
            for one in POLICY.features
        ),
        prevalence=None,
    )
    text = document_of(old)
    assert "prevalence" not in text
    assert msgspec.json.decode(text, type=Policy) == old
    usual = msgspec.structs.replace(POLICY.prevalence, read={})
    assert '"read"' not in document_of(msgspec.structs.replace(old, prevalence=usual))


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(Refused, match="there are: standard"):
        load_policy("../standard")


def test_a_contradiction_needs_both_halves_and_counts_them_at_their_best() -> None:
    name = "register_changes_and_purchases"
    both = {"register_changes": 9.0, "purchases": 0.0}
    weight = rows_of(SCORE(firm(both)))["contradictions", name]
    assert weight > 0
    for missing in both:
        row = firm(both) | {f"value_{missing}": None, f"certain_{missing}": None}
        assert ("contradictions", name) not in rows_of(SCORE(row))
    for unsure, best in (("register_changes", 0.0), ("purchases", 1.0)):
        row = firm(both) | {f"certain_{unsure}": best}
        assert ("contradictions", name) not in rows_of(SCORE(row))


def test_only_what_can_have_several_values_states_one() -> None:
    """A contradiction has a row only where it holds."""
    for feature in POLICY.features:
        for sentence in (feature.sentence, feature.sentence_zh):
            assert ("{value}" in sentence) == (not feature.both), feature.name
