"""Every act that reaches the ledger has a title for the people who read the history."""

import ast
from collections.abc import Iterator

from market.web import words
from market.web.extract import ROOT


def _recorded_acts() -> Iterator[str]:
    for path in (*ROOT.glob("market/**/*.py"), *ROOT.glob("ratings/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record":
                act = node.args[1]
                if isinstance(act, ast.Constant) and isinstance(act.value, str):
                    yield act.value


def test_every_act_has_a_title() -> None:
    acts = set(_recorded_acts())
    assert acts
    assert acts - words.ACTS.keys() == set()


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert words.state_word("nowhere") == "nowhere"
    assert words.act_word("nowhere") == "nowhere"
