"""`steelyard fee`: JSON out, refusals in words and a status of 1."""

import json

from click.testing import CliRunner

from market.catalogue.fee_command import fee


def test_fee_prints_the_estimate_as_json() -> None:
    run = CliRunner().invoke(
        fee, ["tendering-1980", "--kind", "works", "--amount-wan", "6000", "--as-of", "2026-01-05"]
    )
    assert run.exit_code == 0, run.output
    found = json.loads(run.output)
    assert (found["low_fen"], found["base_fen"], found["high_fen"]) == (
        18_040_000,
        22_550_000,
        27_060_000,
    )
    assert found["document"] == "计价格〔2002〕1980号"
    assert found["issued_on"] == "2002-10-15"
    assert found["status"] == "reference"
    assert found["label"] == "参考测算"
    assert found["workings"][1]["figures"]["part"] == "100"


def test_fee_takes_every_fact() -> None:
    arguments = ["design-10", "--amount-wan", "5000", "--complexity", "III", "--industry", "road"]
    run = CliRunner().invoke(fee, [*arguments, "--additional", "1.1", "--additional", "1.2"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.output)["base_fen"] == 220_527_450


def test_fee_refuses_in_words() -> None:
    unknown = CliRunner().invoke(fee, ["tendering-1981", "--amount-wan", "6000"])
    assert unknown.exit_code == 1
    assert "tendering-1980" in unknown.output
    negative = CliRunner().invoke(fee, ["design-10", "--amount-wan", "-5"])
    assert negative.exit_code == 1
    assert "-5" in negative.output
    word = CliRunner().invoke(fee, ["design-10", "--amount-wan", "many"])
    assert word.exit_code == 2
    assert "not a number" in word.output
