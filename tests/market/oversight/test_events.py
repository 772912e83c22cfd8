"""Which types of event there are, and how they are named several at once."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.oversight.events import TOLD, chosen_types, matches
from market.oversight.rules import PARTY_ACTS, PUBLIC_ACTS
from market.web.words import ACTS
from ratings.ledger.errors import Malformed


def test_every_type_is_an_act_that_people_can_read_about() -> None:
    assert set(TOLD) <= set(ACTS)
    assert not set(PUBLIC_ACTS) & set(PARTY_ACTS), "an act is public, or it is the parties' own"


def test_the_documentation_tells_who_is_told_what() -> None:
    text = (Path(__file__).parents[3] / "docs" / "integration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z_]+\.[^|]*) \| ([^|]*) \|$", text, flags=re.MULTILINE)
    documented = {name: who for names, who in rows for name in re.findall(r"`(.+?)`", names)}
    assert set(documented) == set(TOLD)
    assert {name for name, who in documented.items() if who == "everybody"} == set(PUBLIC_ACTS)
    assert len(set(documented.values())) - 1 == len(set(PARTY_ACTS.values())) - 1


@given(st.lists(st.sampled_from(TOLD), min_size=1))
def test_types_named_one_by_one_are_themselves(types: list[str]) -> None:
    assert chosen_types(types) == tuple(sorted(set(types)))


@given(st.sampled_from(TOLD))
def test_a_star_names_the_whole_kind_and_nothing_else(event_type: str) -> None:
    kind = event_type.split(".")[0]
    chosen = chosen_types([f"{kind}.*"])
    assert event_type in chosen
    assert all(one.startswith(f"{kind}.") for one in chosen)
    assert all(matches(f"{kind}.*", one) == (one in chosen) for one in TOLD)


def test_a_star_alone_names_all() -> None:
    assert chosen_types(["*"]) == TOLD


@pytest.mark.parametrize(
    "pattern",
    ["", ".*", "group_*", "group_buy", "group_buy.", "group_buy.**", "*.opened", "session.opened"],
)
def test_what_names_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(Malformed) as caught:
        chosen_types(["group_buy.opened", pattern])
    assert caught.value.code == "event-type-unknown"


def test_what_is_not_public_cannot_be_chosen_among_the_public() -> None:
    with pytest.raises(Malformed):
        chosen_types(["engagement.*"], PUBLIC_ACTS)
