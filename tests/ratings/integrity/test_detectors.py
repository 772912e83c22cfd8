"""The six detectors: what they must see, what they must not, and what makes no difference."""

import random
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.evaluations.indicators import Party
from ratings.integrity import collusion as pairs
from ratings.integrity.collusion import collusion
from ratings.integrity.flags import Flag, Marked, upper_fence
from ratings.integrity.invented import Papers, invented
from ratings.integrity.owners import Given, bombing, careless, retaliation
from ratings.integrity.returned import Firm, returned

DAY = date(2026, 6, 30)


def job(
    name: str,
    owner_mark: int | None,
    others: int | None = 85,
    *,
    uscc: str = "A",
    owner: str = "o",
    day: int = 0,
    disputed: int | None = None,
) -> Marked:
    """`day` and `disputed` count from the same day; None for a party that did not answer."""
    marks = {}
    if owner_mark is not None:
        marks[Party.OWNER] = Fraction(owner_mark)
    if others is not None:
        marks |= {Party.SUPERVISOR: Fraction(others), Party.CENTRE: Fraction(others)}
    on = None if disputed is None else DAY + timedelta(days=disputed)
    return Marked(name, uscc, "t", owner, marks, DAY + timedelta(days=day), on)


MARK = st.one_of(st.none(), st.integers(0, 100))
JOBS = st.lists(
    st.builds(
        lambda own, others, uscc, owner, day, disputed: (own, others, uscc, owner, day, disputed),
        MARK,
        MARK,
        st.sampled_from("ABC"),
        st.sampled_from(["o", "p", "q", "r"]),
        st.integers(0, 20),
        st.one_of(st.none(), st.integers(0, 20)),
    ),
    max_size=25,
)


def _jobs(rows: list[tuple[int | None, int | None, str, str, int, int | None]]) -> list[Marked]:
    return [
        job(f"e{n:02}", own, others, uscc=uscc, owner=owner, day=day, disputed=disputed)
        for n, (own, others, uscc, owner, day, disputed) in enumerate(rows)
    ]


def _all(rows: list[Marked]) -> list[Flag]:
    answers = [
        Given(one.owner, one.engagement, one.marks[Party.OWNER])
        for one in rows
        if Party.OWNER in one.marks
    ]
    return [*collusion(rows), *retaliation(rows), *bombing(rows), *careless(answers)]


@settings(max_examples=60, deadline=None)
@given(JOBS, st.randoms(use_true_random=False))
def test_order_makes_no_difference_and_evidence_is_complete(
    rows: list[tuple[int | None, int | None, str, str, int, int | None]], chance: random.Random
) -> None:
    jobs = _jobs(rows)
    flags = _all(jobs)
    shuffled = list(jobs)
    chance.shuffle(shuffled)
    assert _all(shuffled) == flags
    assert len({flag.key for flag in flags}) == len(flags)
    known = {one.engagement: one for one in jobs}
    for flag in flags:
        assert flag.engagements
        assert flag.raters
        assert {known[number].owner for number in flag.engagements} == set(flag.raters)
        assert flag.limits.keys() <= flag.figures.keys()
        for name, limit in flag.limits.items():
            if name not in {"spread", "days"}:
                assert Fraction(flag.figures[name]) >= Fraction(limit), name


@settings(max_examples=40, deadline=None)
@given(JOBS)
def test_too_little_is_never_flagged(
    rows: list[tuple[int | None, int | None, str, str, int, int | None]],
) -> None:
    """Two engagements make neither a pair nor a campaign, and nine marks no habit."""
    jobs = _jobs(rows)
    assert collusion(jobs[:2], {(one.owner, one.uscc) for one in jobs}) == []
    assert bombing(jobs[:2]) == []
    assert careless([Given("o", one.engagement, Fraction(95)) for one in jobs[:9]]) == []
    silent = [job(f"e{n}", None, disputed=0) for n in range(12)]
    assert [*retaliation(silent), *bombing(silent)] == []


def _market() -> list[Marked]:
    """Ten agencies, each with three owners of its own that agree with the others."""
    return [
        job(f"m{a}-{n}", 90, uscc=f"B{a}", owner=f"own{a}-{n}") for a in range(10) for n in range(3)
    ]


def test_praise_beyond_the_usual_is_a_pair() -> None:
    """Usual is 90 against 85: +5. The friend gives 98 against 80, +18, so 13 beyond it."""
    friend = [job(f"f{n}", 98, 80, owner="friend") for n in range(3)]
    others = [job(f"g{n}", 90, owner=f"g{n}") for n in range(3)]
    (flag,) = collusion([*_market(), *friend, *others])
    assert (flag.subject, flag.raters) == ("A", ("friend",))
    assert flag.engagements == ("f0", "f1", "f2")
    assert flag.figures == {"jobs": "3", "residual": "13.00", "share_percent": "50.00"}
    assert flag.limits == {"jobs": "3", "residual": "8", "share_percent": "33.33"}
    assert collusion([*_market(), *friend[:2], *others]) == []


def test_related_owners_are_a_pair_however_they_mark() -> None:
    same = [job(f"f{n}", 90, owner="friend") for n in range(3)]
    assert collusion(same) == []
    (flag,) = collusion(same, {("friend", "A")})
    assert flag.figures == {"jobs": "3", "related": "1"}
    assert collusion(same, {("A", "friend")}) == []


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_the_fence_lies_above_the_third_quartile(values: list[float]) -> None:
    fence = upper_fence(values)
    assert sum(value <= fence + 1e-9 for value in values) >= 3 * len(values) / 4 - 1
    assert pairs.LEAST_PAIRS > 2


@pytest.mark.parametrize(
    ("mark", "others", "answered", "disputed", "seen"),
    [
        (69, 85, 5, 5, True),
        (69, 85, 5, 1, True),
        (70, 85, 5, 1, False),
        (69, 85, 5, 6, False),
        (69, 85, 5, None, False),
        (69, None, 5, 1, False),
        (None, 85, 5, 1, False),
    ],
)
def test_retaliation_follows_a_dispute(
    mark: int | None, others: int | None, answered: int, disputed: int | None, seen: bool
) -> None:
    assert bool(retaliation([job("e", mark, others, day=answered, disputed=disputed)])) is seen


def test_a_campaign_is_three_strangers_in_seven_days() -> None:
    bombs = [job(f"e{n}", 59, owner=f"s{n}", day=n * 3) for n in range(3)]
    (flag,) = bombing(bombs)
    assert flag.engagements == ("e0", "e1", "e2")
    assert flag.figures == {"marks": "3", "days": "7"}
    later = [*bombs[:2], job("e2", 59, owner="s2", day=7)]
    assert bombing(later) == []
    known = [*bombs, job("elsewhere", 90, uscc="B", owner="s1")]
    assert bombing(known) == []
    assert bombing([*bombs[:2], job("e2", 60, owner="s2", day=6)]) == []
    assert bombing([*bombs[:2], job("e2", 59, owner="s2", day=6, uscc="B")]) == []
    # A second wave is a flag of its own, a longer first one is not.
    waves = [*bombs, job("e3", 0, owner="s3", day=8)]
    (flag,) = bombing(waves)
    assert flag.figures == {"marks": "4", "days": "9"}
    again = [job(f"z{n}", 10, owner=f"z{n}", day=60 + n) for n in range(3)]
    assert [len(one.engagements) for one in bombing([*waves, *again])] == [4, 3]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=10, max_size=20))
def test_only_the_same_mark_again_and_again_is_careless(marks: list[int]) -> None:
    found = careless([Given("r", f"e{n}", Fraction(mark)) for n, mark in enumerate(marks)])
    mean = Fraction(sum(marks), len(marks))
    variance = sum((mark - mean) ** 2 for mark in marks) / (len(marks) - 1)
    assert bool(found) is (variance < 1)
    assert careless([Given("", f"e{n}", Fraction(100)) for n in range(20)]) == []


def test_same_marks_are_careless() -> None:
    (flag,) = careless([Given("r", f"e{n:02}", Fraction(98 + (n == 0))) for n in range(10)])
    assert flag.figures == {"ratings": "10", "spread": "0.32", "mean": "98.10"}
    assert flag.subject == "r"


def test_papers_that_lack_or_repeat() -> None:
    papers = [
        Papers("e1", "A", frozenset({"x", "y"}), settled=True),
        Papers("e2", "A", frozenset({"x", "y", "z"}), settled=True),
        Papers("e3", "A", frozenset({"z"}), settled=False, contract=False),
        Papers("e4", "B", frozenset({"x"}), settled=True, contract=True),
    ]
    found = [(one.subject, one.engagements, one.figures) for one in invented(reversed(papers))]
    assert found == [
        ("A", ("e3",), {"contract": "0", "settled": "0"}),
        ("A", ("e1", "e2"), {"same_documents": "2", "engagements": "2"}),
        ("A", ("e2", "e3"), {"same_documents": "1", "engagements": "2"}),
    ]
    # What the market does not keep says nothing.
    assert invented([Papers("e5", "A")]) == []


def _firm(uscc: str, phone: str, address: str, representative: str = "") -> Firm:
    stated = {"phone": phone, "address": address, "representative": representative}
    return Firm(uscc, {kind: text for kind, text in stated.items() if text})


def test_two_shared_things_tie_a_newcomer_to_a_sanctioned_firm() -> None:
    old, new = _firm("OLD", "1", "here", "Li"), _firm("NEW", "1", "here", "Wang")
    (flag,) = returned([new], [old, new], {"OLD"})
    assert (flag.subject, flag.others) == ("NEW", ("OLD",))
    assert flag.figures == {"shared": "2", "shared_address": "1", "shared_phone": "1"}
    assert returned([new], [old, new], ()) == []
    assert returned([_firm("NEW", "1", "there")], [old], {"OLD"}) == []
    assert returned([old], [old, new], {"OLD"}) == []
    # The phone of a bookkeeper and the address of a business centre tie nobody.
    crowd = [_firm(f"C{n}", "1", "elsewhere") for n in range(4)]
    assert returned([new], [old, *crowd], {"OLD"}) == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("abc")), max_size=8))
def test_who_is_returned_depends_on_no_order(rows: list[tuple[str, str]]) -> None:
    firms = [_firm(f"F{n}", phone, address) for n, (phone, address) in enumerate(rows)]
    sanctioned = {f"F{n}" for n in range(0, len(firms), 2)}
    found = returned(firms, firms, sanctioned)
    assert found == returned(reversed(firms), list(reversed(firms)), sanctioned)
    assert not {one.subject for one in found} & sanctioned
    assert all(set(one.others) <= sanctioned for one in found)
