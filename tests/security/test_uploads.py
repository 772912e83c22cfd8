"""Somebody uploads what is none of the things a deliverable may be, or more of it than there is
room for."""

import io
import zipfile
from pathlib import Path

import httpx
import msgspec
import pytest

from market.demonstration.documents import pdf
from market.engagements import actions
from market.engagements.actions import purchase
from market.settings import Settings
from tests.conftest import Account
from tests.county import County

MOST = 400_000
HTML = b"<html><script>alert(1)</script>"


def container(*parts: str, content: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for part in parts:
            file.writestr(part, content)
    return made.getvalue()


WORD = container("[Content_Types].xml", "_rels/.rels", "word/document.xml")
PDF = pdf("测绘报告", "内容虚构")
DXF = b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n"
# A document with a page behind it, as a browser would guess it.
POLYGLOT = PDF + HTML + container("evil.js")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, max_upload_bytes=MOST)


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def engagement(county: County, agency: Account) -> str:
    return await purchase(county.enterprise.actor(), await county.listing(agency), "二号厂房")


def files_of(settings: Settings) -> list[Path]:
    return [one for one in Path(settings.files).rglob("*") if one.is_file()]


async def upload(agency: Account, engagement: str, name: str, content: bytes) -> httpx.Response:
    return await agency.client.post(
        f"/api/v1/engagements/{engagement}/deliverables",
        params={"filename": name},
        content=content,
    )


async def test_only_what_is_what_it_says_is_taken(
    county: County, agency: Account, engagement: str, settings: Settings
) -> None:
    wrong = {
        "空.pdf": b"",
        "page.html": HTML,
        "picture.svg": b"<svg onload='alert(1)'>",
        "program.exe": b"MZ\x90\0",
        "report.pdf.exe": PDF,
        "report.pdf": HTML,
        "late.pdf": b"\n" + PDF,
        "picture.png": b"\xff\xd8\xff\xe0 a jpeg",
        "plain.docx": container("a.txt"),
        "sheet.xlsx": WORD,
        "macro.docx": container("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        "letter.ofd": WORD,
        "archive.zip": b"Rar!\x1a\x07\x01\0",
        "drawing.dxf": b"0 <html>",
        "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    }
    for name, content in wrong.items():
        answer = await upload(agency, engagement, name, content)
        assert answer.status_code == 422, name
        assert answer.json()["code"] in ("file-kind-unknown", "file-kind-mismatch"), name
    right = {
        "report.pdf": PDF,
        "letter.ofd": container("OFD.xml", "Doc_0/Document.xml"),
        "text.DOCX": WORD,
        "sheet.xlsx": container("[Content_Types].xml", "xl/workbook.xml"),
        "talk.pptx": container("[Content_Types].xml", "ppt/presentation.xml"),
        "drawing.dxf": DXF,
        "commented.dxf": b"999\r\nmade by a test\r\n" + DXF,
        "drawing.dwg": b"AC1032 and so on",
        "scan.tiff": b"II*\0 and so on",
        # The parts are listed at the end: what lies between may be of any size.
        "long.docx": container("big.bin", "word/a", "[Content_Types].xml", content=bytes(200_000)),
    }
    for name, content in right.items():
        assert (await upload(agency, engagement, name, content)).status_code == 201, name
    shown = await county.enterprise.client.get(f"/api/v1/engagements/{engagement}")
    assert {one["filename"] for one in shown.json()["deliverables"]} == set(right)


@pytest.mark.parametrize("door", ["api", "page"])
async def test_a_polyglot_is_never_shown_inside_the_site(
    county: County, agency: Account, engagement: str, door: str
) -> None:
    made = await upload(agency, engagement, "report.pdf", POLYGLOT)
    identifier = made.json()["deliverable"]
    owner = county.enterprise
    got = await (
        owner.client.get(f"/api/v1/deliverables/{identifier}")
        if door == "api"
        else owner.browser.get(f"/deliverables/{identifier}")
    )
    assert got.content == POLYGLOT
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-disposition"].startswith("attachment;")
    assert "script-src 'self'" in got.headers["content-security-policy"]


async def test_a_bomb_stays_shut(
    agency: Account, engagement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred megabytes of nothing in a file of a hundred kilobytes; nobody looks inside."""

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("an upload was opened")

    bomb = container("[Content_Types].xml", "word/document.xml", content=bytes(50_000_000))
    assert len(bomb) < MOST
    monkeypatch.setattr(zipfile, "ZipFile", opened)
    assert (await upload(agency, engagement, "bomb.docx", bomb)).status_code == 201


async def test_an_engagement_is_no_archive(
    agency: Account, engagement: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(actions, "MOST_FILES", 2)
    for _ in range(2):
        assert (await upload(agency, engagement, "report.pdf", PDF)).status_code == 201
    more = await upload(agency, engagement, "report.pdf", PDF)
    assert (more.status_code, more.json()["code"]) == (409, "deliverables-full")
    assert len(files_of(settings)) == 2, "what is refused is not kept"
    assert (await upload(agency, engagement, "big.pdf", PDF + bytes(MOST))).status_code == 413
