"""The figures of the evidence, and that the report in docs/ still belongs to the code."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from ratings.evaluations.indicators import Party
from ratings.integrity.attacks import ATTACKS
from ratings.integrity.detection import CARELESS, DETECTORS, MOMENTS, situations
from ratings.integrity.evidence import (
    SHAPES,
    after_flags,
    as_it_is,
    evidence_of,
    figures,
    filled_with_zero,
    grade_all,
)
from ratings.integrity.evidence_command import rating_evidence
from ratings.integrity.report import report, seed_table
from ratings.integrity.world import Shape, make_world
from ratings.stars.policy import Policy, load_policy
from ratings.stars.standing import standing

POLICIES = [load_policy("standard"), load_policy("robust")]
STANDARD, ROBUST = POLICIES
REPORT = Path(__file__).parents[3] / "docs" / "rating-evidence.md"
SMALL = Shape(agencies=24, owners=30, months=15, jobs_per_year=3)


def test_the_report_belongs_to_this_code() -> None:
    text = REPORT.read_text("utf-8")
    for policy in POLICIES:
        assert f"| {policy.name} | {policy.version} | `{policy.digest}` |" in text
    _, found = as_it_is(make_world(1, Shape()), POLICIES)
    again = seed_table({name: own["as it is"] for name, own in found.items()}, POLICIES)
    assert again in text, "make rating-evidence"
    seeds = {1: {policy.name: _everything(found[policy.name]) for policy in POLICIES}}
    assert _frame(report(seeds, POLICIES, Shape(), date(2026, 1, 1))) == _frame(text)


def _everything(found: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    names = ["third year", "quarters", "absent as zero", *SHAPES, *ATTACKS]
    names += [*map(after_flags, DETECTORS), *situations()]
    return {**found, **{name: {} for name in names}}


def _frame(text: str) -> list[str]:
    """What stands in the report whatever the figures are: headings, texts, heads, the county."""
    lines = [line for line in text.splitlines() if not line.startswith("Made on")]
    figures = [line for line in lines if "±" in line or "– |" in line]
    return [line for line in lines if line not in figures and "aim" not in line.lower()]


def test_every_situation_has_its_figures() -> None:
    found = evidence_of(2, POLICIES, SMALL)
    for policy, own in found.items():
        assert own.keys() >= {"as it is", "third year", "quarters", "absent as zero"}
        assert own.keys() >= SHAPES.keys() | ATTACKS.keys()
        assert own["quarters"]["changes"] >= 0
        for name in ATTACKS:
            assert -100 <= own[name]["shift"] <= 100, (policy, name)
        assert own["bombing campaign"]["shift"] < 0
    for name in DETECTORS:
        left = found["standard"][after_flags(name)]["shift"]
        assert abs(left) <= abs(found["standard"][name]["shift"])
    for situation in situations():
        assert 0 <= found["standard"][situation].get("found", 0) <= 1
    for moment in MOMENTS:
        assert found["standard"][f"bombing campaign, {moment}"] == {"found": 1, "wrongly": 0}
        assert f"{CARELESS}, {moment}" not in found["robust"]
    loose = found["robust"]["quarters"]["changes without hysteresis"]
    assert found["robust"]["quarters"]["changes"] <= loose
    assert abs(found["robust"]["bombing campaign"]["shift"]) < abs(
        found["standard"]["bombing campaign"]["shift"]
    )


def test_where_everybody_sees_the_truth_the_order_is_the_true_one() -> None:
    """Without noise, habits and absences only the rounding of marks to whole points is left."""
    shape = Shape(
        agencies=40,
        months=12,
        job_spread=0,
        lazy_share=0,
        owner_bias=0,
        owner_noise=0,
        supervisor_bias=0,
        supervisor_noise=0,
        centre_noise=0,
        absent_owner=0,
        absent_supervisor=0,
        absent_centre=0,
    )
    world = make_world(3, shape)
    for policy in POLICIES:
        found = figures(world, grade_all(world.engagements, shape.end, policy), policy)
        assert (found["spearman"] or 0) > 0.97
        assert found["wrongly low"] == 0


def test_the_standings_are_those_of_the_bureau() -> None:
    world = make_world(4, SMALL)
    graded = grade_all(world.engagements, SMALL.end, STANDARD)
    for uscc, one in graded.standings.items():
        assert one == standing(uscc, world.engagements, (), SMALL.end, STANDARD)
    zeroed = filled_with_zero(world.engagements)
    assert all(one.parties.keys() == set(Party) for one in zeroed)
    kept: Iterable[tuple[object, object]] = (
        (after.parties[party], answer)
        for before, after in zip(world.engagements, zeroed, strict=True)
        for party, answer in before.parties.items()
    )
    assert all(after == before for after, before in kept)


def test_the_command_writes_the_report(tmp_path: Path) -> None:
    out = tmp_path / "evidence.md"
    options = ["--policy", "standard", "--seeds", "1", "--agencies", "20", "--out", str(out)]
    done = CliRunner().invoke(rating_evidence, options)
    assert done.exit_code == 0, done.output
    assert out.read_text("utf-8").strip() == done.output.strip()
    assert "| `agencies` | 20 |" in done.output
    assert "robust |" not in done.output


def test_two_policies_of_one_name_are_refused() -> None:
    done = CliRunner().invoke(rating_evidence, ["--policy", "standard", "--policy", "standard"])
    assert done.exit_code == 1
    assert "same name" in done.output


@pytest.mark.parametrize("policy", POLICIES)
def test_an_empty_county_has_no_figures(policy: Policy) -> None:
    found = figures(make_world(1, SMALL), grade_all((), SMALL.end, policy), policy)
    assert found["spearman"] is None
    assert found["wrongly low"] is None
    assert found["scored"] == 0
