"""Papers: data beside the layout, and the same bytes for the same data."""

import io
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from market.catalogue.need_questions import ProjectAnswers
from market.catalogue.needs import Needs, NeedTotal
from market.settings import Settings
from market.web import pdf
from market.web.need_paper import needs_pdf
from market.web.text import EN, ZH

AT = datetime(2026, 1, 2, tzinfo=UTC)
LAYOUT = """#import "sheet.typ": *
#show: sheet.with(title: data.title, foot: "foot")
= #data.title
#data.body
"""


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    shutil.copy(Path(pdf.__file__).parent / "papers" / "sheet.typ", tmp_path)
    (tmp_path / "probe.typ").write_text(LAYOUT, encoding="utf-8")
    monkeypatch.setattr(pdf, "_PAPERS", tmp_path)
    return "probe"


def words(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_a_paper_carries_its_text_in_chinese_and_in_english(layout: str) -> None:
    data = {"title": "服务指南", "body": "Fee range 收费区间 1,234.50"}
    for locale in (ZH, EN):
        found = words(pdf.typeset(layout, locale, data, AT))
        assert "服务指南" in found
        assert "收费区间 1,234.50" in found


def test_the_same_data_gives_the_same_bytes(layout: str) -> None:
    data = {"title": "服务指南", "body": "一"}
    assert pdf.typeset(layout, ZH, data, AT) == pdf.typeset(layout, ZH, data, AT)
    assert pdf.typeset(layout, ZH, data, AT) != pdf.typeset(layout, ZH, data | {"body": "二"}, AT)


@pytest.mark.parametrize(
    "attack", ['#read("/etc/passwd")', "#panic()", '"]) #panic()', "\\", "$x$"]
)
def test_text_that_looks_like_a_command_is_printed(layout: str, attack: str) -> None:
    found = words(pdf.typeset(layout, ZH, {"title": "题", "body": attack}, AT))
    assert attack.replace(" ", "") in found.replace(" ", "")


async def test_what_a_project_needs_is_one_paper_all_day() -> None:
    """HEAD and GET are two moments, and must tell of the same bytes."""
    nothing = NeedTotal(
        items=(),
        working_days=None,
        path=(),
        untimed=(),
        low_fen=None,
        high_fen=None,
        unpriced=(),
        demonstration=False,
    )
    found = Needs(
        as_of=AT.date(),
        answers=ProjectAnswers(),
        items=(),
        fees=(),
        packages=(),
        uncovered=(),
        needed=nothing,
        with_possible=nothing,
    )
    papers = [
        await needs_pdf(found, ZH, AT + timedelta(seconds=seconds), Settings())
        for seconds in (0, 1, 3600)
    ]
    assert len({one.content for one in papers}) == 1
