"""Letters of a case: each says what was told at its time, and says the same for ever."""

import io
import re
from datetime import date, datetime, timedelta

import httpx
from pypdf import PdfReader

from market.web import case_words
from ratings.ledger.actors import system
from ratings.ledger.clock import end_of_day, start_of_day
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import (
    Proposal,
    delist,
    lift,
    open_case,
    propose_delisting,
)
from ratings.sanctions.objection_actions import (
    GivenAnswer,
    answer_objection,
    file_objection,
)
from ratings.sanctions.objections import Outcome
from ratings.sanctions.queries import delisting_of
from ratings.sanctions.rectification_actions import order_rectification
from ratings.sanctions.rules import Kind, Severity
from tests.conftest import Account
from tests.county import County, at
from tests.shell_way import dismiss_at_desk

# Monday; Qingming is free from Saturday 4 April to Monday the 6th.
OPENED = start_of_day(date(2026, 3, 30)) + timedelta(hours=9)
HEARD = start_of_day(date(2026, 4, 8)) + timedelta(hours=9)
UNTIL = date(2026, 10, 8)
REASON = "三次退件。<b>#panic()</b>"
ZH, EN = "zh", "en"


async def letter(account: Account, case: str, number: int, language: str = ZH) -> httpx.Response:
    path = f"/papers/cases/{case}/{number}"
    return await account.browser.get(path, headers={"Accept-Language": language})


async def read(account: Account, case: str, number: int, language: str = ZH) -> str:
    """Its text without the breaks of lines, which fall anywhere in Chinese."""
    answer = await letter(account, case, number, language)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = "\n".join(page.extract_text() for page in pages)
    return re.sub(r"\s+", "" if language == ZH else " ", text)


async def opened(county: County, agency: Account, kind: Kind, when: datetime) -> str:
    reasons = [Bilingual(zh="得分58.20，一星", en="score 58.20, one star")]
    case = await open_case(system(when), agency.uscc or "", kind, reasons)
    assert case is not None
    return case


async def test_each_step_of_a_case_has_its_letter(county: County) -> None:
    agency = await county.agency()
    case = await opened(county, agency, Kind.ONE_STAR, OPENED)
    found = await read(agency, case, 1)
    assert "核查告知书" in found
    assert f"（{agency.uscc}）：" in found
    assert "一星评价是否成立" in found
    # Five working days, Monday the 6th being free.
    assert "2026年4月7日当日及之前" in found
    english = await read(agency, case, 1, EN)
    assert "It asks whether one star is deserved." in english
    assert "score 58.20, one star" in english
    assert (await letter(agency, case, 2)).status_code == 404

    centre, second, third = county.centre, await county.second(), await county.another()
    wanted = Proposal(Severity.ORDINARY, UNTIL, REASON)
    await propose_delisting(at(centre.actor(), HEARD), case, wanted)
    # A proposal is no letter: nothing follows from it yet.
    assert (await letter(agency, case, 2)).status_code == 404
    await delist(at(second.actor(), HEARD), case)
    decision = (await letter(agency, case, 2)).content
    found = await read(agency, case, 2)
    assert "自2026年4月8日起至2026年10月8日止下架（一般）" in found
    assert f"理由：{REASON}" in found
    assert "2026年4月15日当日及之前" in found
    assert await read(county.supervisor, case, 2) == found

    filed = HEARD + timedelta(days=1)
    await file_objection(at(agency.actor(), filed), case, "请复核")
    assert (await letter(agency, case, 3)).status_code == 404
    answered = filed + timedelta(days=2)
    upheld = GivenAnswer(Outcome.UPHELD, "理由不成立")
    await answer_objection(at(third.actor(), answered), case, upheld)
    found = await read(agency, case, 3)
    assert "异议答复书" in found
    assert "2026年4月11日答复如下：维持下架。" in found
    # Two days were suspended, and are served.
    assert "最后一日为2026年10月10日" in found
    assert "2026年4月17日当日及之前" in found
    await file_objection(at(agency.actor(), answered), case, "请再复核")
    fourth = await county.another()
    await answer_objection(at(fourth.actor(), answered), case, upheld)
    found = await read(agency, case, 4)
    assert "复核答复书" in found
    assert "本答复为平台的最终答复" in found
    assert "the answer is final" not in await read(agency, case, 3, EN)

    delisting = await delisting_of(case)
    assert delisting is not None
    assert await lift(system(end_of_day(delisting.until)), delisting.id)
    assert "解除下架通知书" in await read(agency, case, 5)
    assert "ended on 11 Oct 2026" in await read(agency, case, 5, EN)
    # Whatever has happened since, the decision reads as it did.
    assert (await letter(agency, case, 2)).content == decision
    assert (await letter(await county.agency(), case, 1)).status_code == 404
    page = await agency.browser.get(f"/workspace/cases/{case}")
    assert [f"/papers/cases/{case}/{place}" in page.text for place in range(1, 7)] == [True] * 5 + [
        False
    ]


async def test_what_ends_without_a_delisting_says_so(county: County) -> None:
    agency = await county.agency()
    closed = await opened(county, agency, Kind.SHELL, OPENED)
    assert "是否属于空壳机构" in await read(agency, closed, 1)
    await dismiss_at_desk(at(county.centre.actor(), OPENED), closed, "社保缴费正常")
    found = await read(agency, closed, 2)
    assert "核查终结通知书" in found
    assert "理由：社保缴费正常" in found
    assert "贵机构的权利" not in found

    other = await county.agency()
    case = await opened(county, other, Kind.ONE_STAR, OPENED)
    wanted = Proposal(Severity.SERIOUS, date(2027, 4, 8), REASON)
    await propose_delisting(at(county.centre.actor(), HEARD), case, wanted)
    await delist(at((await county.second()).actor(), HEARD), case)
    await file_objection(at(other.actor(), HEARD), case, "认定有误")
    third = at((await county.another()).actor(), HEARD)
    await answer_objection(third, case, GivenAnswer(Outcome.ANNULLED, "认定事实有误"))
    found = await read(other, case, 3)
    assert "原下架决定不再有任何效力" in found
    assert "最终答复" not in found
    assert (await letter(other, case, 4)).status_code == 404


def test_every_kind_of_case_has_its_question() -> None:
    assert {kind.value for kind in Kind} - {"repair"} == set(case_words.QUESTIONS)


async def test_an_order_to_rectify_says_what_and_until_when(county: County) -> None:
    agency = await county.agency()
    case = await opened(county, agency, Kind.TWO_STAR, OPENED)
    assert "不得责令整改" in await read(agency, case, 1)
    second = await county.second()
    await order_rectification(at(second.actor(), HEARD), case, "补齐两份缺页报告")
    told = await read(agency, case, 2)
    assert "补齐两份缺页报告" in told
    assert "2026年5月8日" in told
    assert "until the end of 8 May 2026" in await read(agency, case, 2, EN)
