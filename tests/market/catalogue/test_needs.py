"""The questionnaire: five invented projects checked by hand, and what must hold for every project.

Days and fees were worked out on paper from the tables of the documents and the invented county
ranges of the demonstration (`demonstration_county_ranges.toml`); the workings stand beside them.
Fees are in 万元.
"""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.catalogue.county import demonstration_county_ranges
from market.catalogue.independence import review_rules
from market.catalogue.items import load_items
from market.catalogue.need_file import load_need_rules, parse_need_rules
from market.catalogue.need_questions import QUESTIONS, ProjectAnswers
from market.catalogue.need_rules import among, judge, waits_of
from market.catalogue.needs import Catalogue, Needs, needs
from market.catalogue.package_file import load_packages
from market.catalogue.schedule import critical_path
from market.catalogue.standards import DATA, load_fee_standards
from ratings.ledger.errors import Refused

ITEMS = load_items()
CATALOGUE = Catalogue(
    items=ITEMS,
    packages=tuple(load_packages().values()),
    rules=load_need_rules(),
    reviews=review_rules(),
    standards=load_fee_standards(),
    county_ranges=demonstration_county_ranges(),
    as_of=date(2026, 5, 1),
)
YES_NO = [one.name for one in QUESTIONS.values() if [c.code for c in one.choices] == ["yes", "no"]]


def project(*, yes: str = "", no: str = "", **given: object) -> ProjectAnswers:
    """Answers by name; `no = "*"` answers every question that is not answered with yes."""
    yes_names = yes.split()
    no_names = [one for one in YES_NO if one not in yes_names] if no == "*" else no.split()
    said = {**dict.fromkeys(yes_names, "yes"), **dict.fromkeys(no_names, "no"), **given}
    return msgspec.convert(said, ProjectAnswers)


def codes(found: Needs, verdict: str) -> list[str]:
    return [one.item for one in found.items if one.verdict == verdict]


def fees(found: Needs, *, needed: bool | None = None) -> dict[str, tuple[Decimal, Decimal]]:
    return {
        "+".join(one.items): (
            Decimal(one.low_fen) / 1_000_000,
            Decimal(one.high_fen) / 1_000_000,
        )
        for one in found.fees
        if one.low_fen is not None and one.high_fen is not None and needed in (None, one.needed)
    }


def wan(**lines: tuple[str, str]) -> dict[str, tuple[Decimal, Decimal]]:
    return {
        name[1:].replace("_", "+"): (Decimal(low), Decimal(high))
        for name, (low, high) in lines.items()
    }


def totals(lines: dict[str, tuple[Decimal, Decimal]]) -> tuple[int, int]:
    low, high = zip(*lines.values(), strict=True)
    return int(sum(low) * 1_000_000), int(sum(high) * 1_000_000)


def test_a_county_school_with_government_money() -> None:
    school = project(
        project_type="government",
        works="public",
        investment_wan=8000,
        building_area_m2=20000,
        land_ha=6,
        earthworks_m3=20000,
        eia_document="form",
        yes="civil_defence new_land tender",
        no="*",
    )
    found = needs(school, CATALOGUE)
    # 01 and 12, 28 begin at once; 02 after 01; 05 after 02 (04 is left out) and 28; 30 after 05.
    assert found.needed.items == ("01", "12", "28", "02", "05", "30", "31", "32")
    # 10 + 20 + 30 + 30 + 10: 01, 02, 05, 30 and then 31 or 32, which take the same time.
    assert found.needed.working_days == 10 + 20 + 30 + 30 + 10 == 100
    assert found.needed.path == ("01", "02", "05", "30", "31")
    by_hand = wan(
        _01=("4", "11.2"),  # 浙价服〔2013〕252号, up to 10,000: proposal
        _02=("8", "22.4"),  # the same: feasibility study
        _12=("43.2", "43.2"),  # 保监〔2005〕22号: 30 + (52 - 30) x (0.8 - 0.5) / (1 - 0.5)
        _28=("10", "45"),  # county range, medium
        _29_05_30=("199.68", "299.52"),  # 计价格〔2002〕10号: 249.6 at 8,000, 20 % either way
        _31=("0", "4"),  # at most 2 yuan x 20,000 m²
        _32=("1.5", "4"),  # county range, medium
    )
    assert fees(found, needed=True) == by_hand
    assert (
        (found.needed.low_fen, found.needed.high_fen)
        == totals(by_hand)
        == (266_380_000, 429_320_000)
    )
    assert (found.needed.unpriced, found.needed.untimed) == ((), ())
    possible = wan(
        _04=("3.4", "8"),  # 浙价服〔2013〕252号, up to 10,000
        _06=("3.4", "8"),
        _09=("3", "6"),
        _10=("2.070588", "3.105882"),  # 2 + 2 x 0.5 / 1.7 = 2.588235, 20 % either way
        _11=("0.804706", "1.207059"),  # 0.8 + 0.7 x 0.5 / 1.7 = 1.005882, 20 % either way
        _13=("1.3", "1.3"),  # 1 + 0.5 x 0.3 / 0.5
        _14=("14.8", "14.8"),  # 10 + 8 x 0.3 / 0.5
        _19=("0.8", "2"),
        _20=("4", "8"),
        _21=("5", "10"),
        _38=("6", "25"),
        _39=("0.327885", "0.327885"),  # one building, one job
        # 4 sides x 3,150.59 + 2,849.06 + 20 x 1,824.67, or x 2,263.69, in yuan
        _40=("5.194482", "6.072522"),
        _42=("1", "3"),
        _43=("0.8", "2"),
        _44=("1.5", "4"),
        _45=("1.6", "2.08"),  # 0.8 or 1.04 yuan x 20,000 m²
    )
    shown = fees(found)
    cent = Decimal("0.000001")
    assert {name: (a.quantize(cent), b.quantize(cent)) for name, (a, b) in shown.items()} == (
        by_hand | possible
    )
    # The standard of property surveys knows no rate for a school; 34 to 36 ask for other figures;
    # the last six are on no list, and nobody sets a range for them.
    assert sorted(found.with_possible.unpriced) == [
        *("18", "22", "23", "24", "33", "34", "35", "36", "37", "41"),
    ]
    # 01, 02, 04, 05, 30, 31, 39, 14: 10 + 20 + 15 + 30 + 30 + 10 + 3 + 15
    assert found.with_possible.working_days == 133
    assert set(found.with_possible.untimed) == {"34", "36", "37", "38"}
    assert codes(found, "not-needed") == [
        *("03", "07", "08", "15", "16", "17", "25", "26", "27", "46", "47", "48", "49"),
    ]
    cover = {one.package: one for one in found.packages}
    assert cover["design"].needed == ("28", "05", "30")
    assert cover["design"].possible == ("29",)
    assert cover["consulting"].needed == ("12", "02")
    assert cover["consulting"].surplus == ("07",)
    assert cover["consulting"].leaves_out == ("01", "28", "05", "30", "31", "32")
    assert {"01", "32", "45"} <= set(found.uncovered)


def test_a_factory_that_an_enterprise_files() -> None:
    factory = project(
        project_type="filed",
        works="factory",
        investment_wan=2000,
        building_area_m2=6000,
        land_ha=2,
        earthworks_m3=8000,
        eia_document="report",
        no="*",
    )
    found = needs(factory, CATALOGUE)
    assert found.needed.items == ("28", "30", "31")
    # 15 + 30 + 10: the preliminary design (05) is left out, so that 30 follows 28 itself.
    assert found.needed.working_days == 55
    by_hand = wan(
        _28=("3", "10"),  # county range, small
        # 38.8 + (103.8 - 38.8) x 1,000 / 2,000 = 71.3, 20 % either way; 05 and 29 may be needed
        _29_05_30=("57.04", "85.56"),
        _31=("0", "1.2"),  # at most 2 yuan x 6,000 m²
    )
    assert fees(found, needed=True) == by_hand
    assert (found.needed.low_fen, found.needed.high_fen) == (60_040_000, 96_760_000)
    # Below 5 hectares and 50,000 m³ the plan is a form: nobody says that an agency must write it.
    plan = next(one for one in found.items if one.item == "12")
    assert (plan.verdict, plan.why, plan.unanswered) == ("may-be-needed", ("open",), ())
    assert set(codes(found, "may-be-needed")) == {
        *("05", "06", "10", "11", "12", "13", "14", "21", "22", "23", "24", "29", "35", "36"),
        *("38", "39", "40", "41", "42", "43", "44", "45"),
    }
    # 29, 05, 30, 31, 39, 14: 20 + 30 + 30 + 10 + 3 + 15
    assert found.with_possible.working_days == 108


def test_a_water_works_that_needs_an_authorisation() -> None:
    water_works = project(
        project_type="authorised",
        works="infrastructure",
        investment_wan=30000,
        land_ha=3,
        earthworks_m3=120000,
        eia_document="report",
        yes="energy_review hazard_zone water_intake river new_land tender safety_review"
        " occupational_hazard",
        no="*",
    )
    found = needs(water_works, CATALOGUE)
    assert found.needed.items == ("03", "07", "12", "17", "28", "16", "30", "31")
    # 15 + 30 + 10: what 05 waits for (28, and 04 for 03) is waited for by 30.
    assert found.needed.working_days == 55
    by_hand = wan(
        _03=("5", "12"),  # county ranges, large: above 20,000
        _07=("6", "14"),
        _12=("82", "82"),  # 保监〔2005〕22号 at 3亿
        _28=("45", "160"),
        _16=("10", "22"),
        _29_05_30=("648.32", "972.48"),  # 566.8 + (1,054 - 566.8) x 0.5 = 810.4, 20 % either way
        _31=("0", "60"),  # no building area: at most 2 ‰ of 30,000
    )
    assert fees(found, needed=True) == by_hand
    assert (found.needed.low_fen, found.needed.high_fen) == (796_320_000, 1_322_480_000)
    # The standard for geological hazards asks for area and grade of the survey.
    assert found.needed.unpriced == ("17",)
    # 03, 04, 05, 30, 31, 39, 14: 15 + 15 + 30 + 30 + 10 + 3 + 15
    assert found.with_possible.working_days == 118
    # Nothing is built that has an owner's register, a parking place or a civil-defence room.
    assert codes(found, "not-needed") == [
        *("01", "02", "32", "33", "37", "41", "43", "44", "46", "47", "49"),
    ]


def test_new_machines_in_a_hall_that_stands() -> None:
    machines = project(
        project_type="filed",
        works="none",
        investment_wan=500,
        eia_document="none",
        yes="energy_review",
        no="*",
    )
    found = needs(machines, CATALOGUE)
    assert (codes(found, "needed"), codes(found, "may-be-needed")) == (["07"], ["08"])
    assert (found.needed.working_days, found.with_possible.working_days) == (15, 15 + 10)
    # County ranges, small: 1.5 to 3, and 0.6 to 1.2.
    assert (found.needed.low_fen, found.needed.high_fen) == (1_500_000, 3_000_000)
    assert (found.with_possible.low_fen, found.with_possible.high_fen) == (2_100_000, 4_200_000)
    cover = {one.package: one for one in found.packages}
    assert set(cover) == {"consulting", "review"}
    assert cover["consulting"].surplus == ("02", "10", "12", "21")
    assert found.uncovered == ()


def test_flats_of_which_much_is_not_known_yet() -> None:
    flats = project(
        project_type="filed",
        works="housing",
        investment_wan=60000,
        building_area_m2=120000,
        yes="civil_defence",
    )
    found = needs(flats, CATALOGUE)
    assert found.needed.items == ("28", "30", "31", "32")
    assert found.needed.working_days == 15 + 30 + 10
    by_hand = wan(
        _28=("45", "160"),
        _29_05_30=("1212.16", "1818.24"),  # 1,515.2 at 60,000, 20 % either way
        _31=("0", "24"),
        _32=("4", "9"),
    )
    assert fees(found, needed=True) == by_hand
    assert (found.needed.low_fen, found.needed.high_fen) == (1_261_160_000, 2_011_240_000)
    assert codes(found, "not-needed") == ["01", "02", "03", "04", "09"]
    by_code = {one.item: one for one in found.items}
    assert by_code["12"].unanswered == ("land_ha", "earthworks_m3")
    assert by_code["07"].unanswered == ("energy_review",)
    assert by_code["17"].unanswered == ("hazard_zone",)
    assert fees(found)["41"] == (Decimal("16.32"), Decimal("16.32"))  # 1.36 yuan x 120,000 m²
    eia = next(one for one in found.fees if one.for_items == ("10",))
    assert (eia.unknown, eia.unanswered) == ("unanswered", ("eia_document",))


def test_who_says_nothing_hears_no_certain_word_and_no_figure() -> None:
    found = needs(ProjectAnswers(), CATALOGUE)
    assert set(codes(found, "may-be-needed")) == set(ITEMS)
    assert found.needed.items == ()
    assert (found.needed.low_fen, found.needed.high_fen) == (None, None)
    # Only a setting-out has a fee: for one building, which the answer says is assumed.
    assert set(fees(found)) == {"39"}
    assert [fee.assumptions != () for fee in found.fees if fee.low_fen is not None] == [True]
    assert found.needed.working_days is None
    government = needs(project(project_type="government"), CATALOGUE)
    assert government.needed.items == ("01", "02")
    assert (government.needed.working_days, government.needed.low_fen) == (30, None)
    assert government.needed.unpriced == ("01", "02")
    asked = next(one for one in government.fees if one.for_items == ("02",))
    assert (asked.unknown, asked.unanswered) == ("unanswered", ("investment_wan",))


def test_without_county_ranges_a_fee_is_unknown_and_not_nothing() -> None:
    bare = msgspec.structs.replace(CATALOGUE, county_ranges=())
    found = needs(project(works="none", yes="energy_review", investment_wan=500), bare)
    assert found.needed.items == found.needed.unpriced == ("07",)
    assert found.needed.low_fen is None
    assert found.fees[0].unknown is not None


def test_what_leaves_the_list_or_has_no_rule_is_never_certain() -> None:
    off = msgspec.structs.replace(
        ITEMS["07"], active=False, ended="withdrawn", withdrawn_reason_zh="不在清单"
    )
    new = msgspec.structs.replace(ITEMS["07"], code="50", package=None)
    changed = msgspec.structs.replace(CATALOGUE, items=ITEMS | {"07": off, "50": new})
    found = {one.item: one for one in needs(project(yes="energy_review"), changed).items}
    assert (found["07"].verdict, found["07"].why) == ("may-be-needed", ("off-list",))
    assert (found["50"].verdict, found["50"].why) == ("may-be-needed", ("no-rule",))


def test_impossible_figures_are_refused() -> None:
    with pytest.raises(Refused, match="Land taken up"):
        needs(project(land_ha=-1), CATALOGUE)


# What must hold for every project

ANSWER = {
    name: st.sampled_from([choice.code for choice in one.choices])
    if one.choices
    else st.decimals(0, 100_000, places=1)
    for name, one in QUESTIONS.items()
}
EVERY_ANSWER = st.fixed_dictionaries(ANSWER)
SOME_ANSWERS = st.fixed_dictionaries({}, optional=ANSWER)


@settings(max_examples=150)
@given(EVERY_ANSWER, st.sets(st.sampled_from(sorted(QUESTIONS))))
def test_an_answer_settles_what_was_open_and_turns_nothing_round(
    answers: dict[str, object], left_out: set[str]
) -> None:
    full = msgspec.convert(answers, ProjectAnswers)
    part = msgspec.convert(
        {name: one for name, one in answers.items() if name not in left_out}, ProjectAnswers
    )
    for rule in CATALOGUE.rules.rules:
        before = judge(rule, part, active=ITEMS[rule.item].active)
        after = judge(rule, full, active=ITEMS[rule.item].active)
        if before.verdict != "may-be-needed":
            assert after.verdict == before.verdict
        if after.verdict != before.verdict:
            assert left_out & set(before.unanswered), rule.item
        assert after.unanswered == ()
        assert set(before.unanswered) <= left_out


@settings(max_examples=40, deadline=None)
@given(SOME_ANSWERS)
def test_order_days_and_sums_of_any_project(answers: dict[str, object]) -> None:
    found = needs(msgspec.convert(answers, ProjectAnswers), CATALOGUE)
    assert sorted(one.item for one in found.items) == sorted(ITEMS)
    order = list(found.with_possible.items)
    assert order == [one.item for one in found.items if one.start is not None]
    for one in found.items:
        assert all(order.index(before) < order.index(one.item) for before in one.after)
        if one.verdict == "needed":
            assert one.mark in ("published", "copy")
            assert one.active
        if one.verdict == "may-be-needed":
            assert one.why, f"{one.item} does not say why"
    for total, lines in (
        (found.needed, [fee for fee in found.fees if fee.needed]),
        (found.with_possible, list(found.fees)),
    ):
        lows = [fee.low_fen for fee in lines if fee.low_fen is not None]
        highs = [fee.high_fen for fee in lines if fee.high_fen is not None]
        assert total.low_fen == (sum(lows) if lows else None)
        assert total.high_fen == (sum(highs) if highs else None)
        days = {code: found_days(found, code) for code in total.items}
        assert sum(days[code] or 0 for code in total.path) == (total.working_days or 0)
        assert (total.working_days is None) == (not any(days.values()))
        assert max((one or 0 for one in days.values()), default=0) <= (total.working_days or 0)
    assert (found.needed.working_days or 0) <= (found.with_possible.working_days or 0)
    priced = [code for fee in found.fees for code in fee.for_items]
    assert sorted(priced) == sorted(order)


def found_days(found: Needs, code: str) -> int | None:
    return next(one.working_days for one in found.items if one.item == code)


CODES = st.sampled_from("abcdef")
WAITS = st.dictionaries(CODES, st.lists(CODES, max_size=3), max_size=6)


@given(st.lists(WAITS, max_size=3), st.sets(CODES))
def test_waits_never_run_in_a_circle_and_close_up_over_what_is_left_out(
    sources: list[dict[str, list[str]]], chosen: set[str]
) -> None:
    waits = waits_of(sources)
    every = dict.fromkeys("abcdef", ITEMS["01"])

    class Plan(msgspec.Struct):
        items: tuple[str, ...]
        waits: dict[str, tuple[str, ...]]
        optional: tuple[str, ...] = ()

    critical_path(Plan(tuple("abcdef"), waits), every)

    def reach(code: str, by: dict[str, tuple[str, ...]]) -> set[str]:
        return {one for wait in by.get(code, ()) for one in {wait} | reach(wait, by)}

    left = among(chosen, waits)
    for code in chosen:
        assert reach(code, left) == reach(code, waits) & chosen


# The file


def test_the_rules_rest_on_what_the_items_say() -> None:
    rules = {rule.item: rule for rule in CATALOGUE.rules.rules}
    assert sorted(rules) == sorted(ITEMS)
    certain = {code for code, rule in rules.items() if rule.needed is not None}
    assert certain == {*("01", "02", "03", "05", "07", "12", "16", "17", "28", "30", "31", "32")}
    assert not {code for code in certain if not ITEMS[code].active}
    # A law in a rule stands in the record of its item too, with the same status.
    stated = {
        (code, one.text_zh): one.status for code, item in ITEMS.items() for one in item.legal_basis
    }
    for code, rule in rules.items():
        for one in rule.basis:
            if one.status == "unconfirmed" or (code, one.text_zh) in stated:
                assert stated[code, one.text_zh] == one.status, (code, one.text_zh)


TEXT = (DATA / "needs.toml").read_text(encoding="utf-8")
FIRST = (
    'item = "01"\nmark = "published"\n'
    'applies.all = [{ answer = "project_type", one_of = ["government"] }]'
)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("[[rules]]", "[[rule]]"), "record -"),
        (('item = "01"', 'item = "77"'), r"rules\[0\] 77\.item: no such item"),
        (('item = "02"', 'item = "01"'), r"rules\[1\] 01\.item: the item has a rule already"),
        (('"02" = ["01"]', '"02" = ["71"]'), r"waits\.02: no such item: 71"),
        (
            (FIRST, FIRST.replace("project_type", "colour")),
            r"rules\[0\] 01\.applies\.all\[0\]: no such answer: colour",
        ),
        (
            (FIRST, FIRST.replace("government", "royal")),
            r"rules\[0\] 01\.applies\.all\[0\]: project_type has no choice royal",
        ),
        (
            (FIRST, FIRST.replace('one_of = ["government"]', "at_least = 5")),
            r"rules\[0\] 01\.applies\.all\[0\]: project_type is a choice",
        ),
        (
            ('"land_ha", at_least = 5', '"land_ha", one_of = ["5"]'),
            r"rules\[11\] 12\.needed\.any\[0\]: land_ha is a figure",
        ),
        (
            ("at_least = 5 }", 'at_least = 5, one_of = ["x"] }'),
            r"rules\[11\] 12\.needed\.any\[0\]: needs exactly one",
        ),
        (
            ('item = "01"\nmark = "published"', 'item = "01"\nmark = "unconfirmed"'),
            r"rules\[0\] 01\.needed: a rule that is unconfirmed cannot",
        ),
        (
            ('item = "12"\nmark = "copy"', 'item = "12"\nmark = "published"'),
            r"rules\[11\] 12\.mark: no basis of it is published",
        ),
        (
            ('item = "42"\nmark = "unconfirmed"', 'item = "42"\nmark = "copy"'),
            r"rules\[41\] 42\.mark: no basis of it stands in a copy",
        ),
        (
            ('open_en = "Which works must be supervised, no source at hand says."', ""),
            r"rules\[35\] 36\.open_zh: say in both languages",
        ),
        (
            ('needed.all = [{ answer = "water_intake", one_of = ["yes"] }]', "needed = {}"),
            r"rules\[15\] 16\.needed: a condition is missing",
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_place(change: tuple[str, str], place: str) -> None:
    before, after = change
    assert before in TEXT
    with pytest.raises(Refused, match=rf"needs\.toml.*{place}"):
        parse_need_rules(TEXT.replace(before, after, 1), ITEMS)


def test_an_item_without_a_rule_is_named() -> None:
    shorter = TEXT[: TEXT.rindex("[[rules]]")]
    with pytest.raises(Refused, match="item 49 has no rule"):
        parse_need_rules(shorter, ITEMS)
