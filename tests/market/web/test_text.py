"""Languages: the catalogue is complete and well punctuated, and a visitor gets the right one."""

import pytest

from market.web import extract, text
from ratings.ledger.errors import Fault, Refused


def test_every_text_has_its_chinese() -> None:
    assert extract.complaints(extract.collect(), extract.chinese()) == []


@pytest.mark.parametrize(
    ("asked", "remembered", "header", "expected"),
    [
        (None, None, None, text.ZH),
        ("en", "zh", "zh-CN", text.EN),
        (None, "en", "zh-CN,zh;q=0.9", text.EN),
        (None, None, "en-GB,en;q=0.8,zh;q=0.5", text.EN),
        (None, None, "fr, zh;q=0.3, en;q=0.9", text.EN),
        (None, None, "de, zh-TW;q=0.3", text.ZH),
        (None, None, "en;q=0, de", text.ZH),
        ("xx", None, "q=;;;,,en;q=no", text.ZH),
    ],
)
def test_choice_of_language(
    asked: str | None, remembered: str | None, header: str | None, expected: object
) -> None:
    assert text.choose(asked, remembered, header) == expected


def test_an_error_is_said_in_both_languages() -> None:
    error = Refused("full", "All {places} places are taken.", places=10)
    assert text.error_text(text.EN, error) == "All 10 places are taken."
    assert text.error_text(text.ZH, error) == "10 个名额已满。"
    fault = Fault("/q", "number", "A score is a number.")
    assert text.fault_text(text.ZH, fault) == "评分须为数字。"


def test_money_in_a_sentence_is_written_as_money() -> None:
    said = text.gettext(text.ZH, "price {own_fen}", own_fen=1_980_000)
    assert said == "报价 19,800 元"
    assert text.gettext(text.EN, "price {own_fen}", own_fen=1_980_050) == "price ¥19,800.50"


def test_plural_forms() -> None:
    forms = ("from {count} enterprise", "from {count} enterprises")
    assert text.ngettext(text.EN, *forms, 1) == "from 1 enterprise"
    assert text.ngettext(text.EN, *forms, 3) == "from 3 enterprises"
    assert text.ngettext(text.ZH, *forms, 3) == "满 3 家"


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("收费,区间", 1),
        ("收费区间.", 1),
        ("收费(区间)", 1),
        ("收费：区间。", 0),
        ("见 https://example.org/a.b 与 1.2 万元", 0),
        ("近 12 个月(含)", 1),
        ("文号 A(1)", 0),
    ],
)
def test_half_width_punctuation_is_found(sentence: str, wrong: int) -> None:
    assert bool(extract.half_width(sentence)) is bool(wrong)


def test_extraction_reads_calls_keywords_and_templates() -> None:
    source = (
        'raise Refused("c", "One {a}." " Two.", a=1)\nN_("Three")\nFault("/x", "c", message="4")'
    )
    assert [found for _, found in extract.in_python(source)] == ["One {a}. Two.", "Three", "4"]
    template = '{{ _("Five") }}{% if _("Six {n}", n=1) %}{% endif %}{{ ngettext("a", "b", 2) }}'
    assert {found for _, found in extract.in_template(template)} == {"Five", "Six {n}", ("a", "b")}
