"""Somebody founds a firm whose name looks like that of a good one, to be hired in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.agencies.lookalikes import check_name, differences, skeleton
from market.agencies.names import written
from ratings.ledger.actors import Role
from tests.county import County

GOOD = "云溪ABC工程咨询有限公司"
BAD = {
    "Cyrillic": ("云溪АВС工程咨询有限公司", ["U+0410", "U+0412", "U+0421"]),
    "katakana": ("云溪ABCエ程咨询有限公司", ["U+30A8"]),
    "full width": ("云溪ＡＢＣ工程咨询有限公司", ["U+FF21", "U+FF22", "U+FF23"]),
    "Kangxi radical": ("云溪ABC⼯程咨询有限公司", ["U+2F2F"]),
    "unseen": ("云溪\u200bABC\u202e工程咨询有限公司", []),
    "blanks": ("云溪 ABC　工程咨询有限公司", []),
    "capitals": ("云溪abc工程咨询有限公司", ["U+0061", "U+0062", "U+0063"]),
}


@pytest.mark.parametrize(("name", "codes"), BAD.values(), ids=BAD)
def test_a_look_alike_is_flagged_with_its_characters(name: str, codes: list[str]) -> None:
    (found,) = check_name(name, [("x", GOOD), ("y", "云溪甲工程咨询有限公司")]).alike
    assert found.uscc == "x"
    assert [one.here_code for one in found.differences] == codes


@pytest.mark.parametrize(
    "pair", ["土士", "己已", "未末", "日曰", "人入", "口ロ", "力カ", "二ニ", "一ー"]
)
def test_characters_that_are_taken_for_each_other(pair: str) -> None:
    assert skeleton(f"云溪{pair[0]}成") == skeleton(f"云溪{pair[1]}成")


def test_other_scripts_and_unseen_characters_are_told_by_themselves() -> None:
    check = check_name("云溪Сервис\u200b咨询", [])
    assert (check.scripts, check.unseen, check.alike) == (["CYRILLIC"], ["U+200B"], [])
    assert check.remarkable
    assert not check_name("云溪测绘（集团）有限公司", [("x", "云溪测绘有限公司")]).remarkable


# Letters of any script, digits, punctuation, blanks, and what nobody sees.
_TEXTS = st.text(st.characters(categories=("Lu", "Ll", "Lo", "Nd", "Po", "Zs", "Cf")), max_size=12)


@given(_TEXTS)
def test_what_is_kept_of_a_name_still_looks_the_same(name: str) -> None:
    assert skeleton(written(name)) == skeleton(name)
    assert differences(name, name) == []
    assert check_name(written(name), [("x", name)]).alike


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_centre_is_shown_both_names_and_decides(county: County, language: str) -> None:
    good = await county.agency(name="云溪士木工程咨询有限公司")
    bad = await county.applicant(name="云溪土木⼯程咨询\u200b有限公司")
    plain = await county.applicant()
    told = (await county.centre.client.get(f"/api/v1/agencies/{bad.uscc}/name-check")).json()
    assert told["name"] == "云溪土木工程咨询有限公司", "kept without radicals and what is unseen"
    assert told["unseen"] == []
    (other,) = told["alike"]
    assert (other["uscc"], other["name"]) == (good.uscc, "云溪士木工程咨询有限公司")
    (difference,) = other["differences"]
    assert difference == {
        "place": 3,
        "here": "土",
        "here_code": "U+571F",
        "there": "士",
        "there_code": "U+58EB",
    }
    for who in (county.centre, await county.account(Role.AUDITOR)):
        page = await who.browser.get(f"/console/admissions/{bad.uscc}", params={"lang": language})
        assert "U+571F" in page.text
        assert "U+58EB" in page.text
        assert good.uscc is not None
        assert good.uscc in page.text
    other_page = await county.centre.browser.get(f"/console/admissions/{plain.uscc}")
    assert "U+" not in other_page.text
    data = {"decision": "admit", "reason": "执照无误，名称不同"}
    admitted = await county.centre.browser.post(f"/console/admissions/{bad.uscc}", data=data)
    assert admitted.status_code == 303
