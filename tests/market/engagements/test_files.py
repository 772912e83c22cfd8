"""Deliverables over HTTP: what arrives is what lies in the store, and a refusal leaves nothing."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from market.engagements.actions import accept
from market.settings import Settings
from ratings.ledger.actors import Role
from tests.conftest import Account
from tests.county import County, picture

MOST = 300_000
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 800


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, max_upload_bytes=MOST)


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def engagement(county: County, agency: Account) -> str:
    return await county.delivered(agency, await county.listing(agency))


def stored(settings: Settings) -> list[Path]:
    return [path for path in Path(settings.files).rglob("*") if path.is_file()]


async def test_what_was_uploaded_is_what_is_downloaded(
    county: County, agency: Account, engagement: str, settings: Settings
) -> None:
    made = await agency.client.post(
        f"/api/v1/engagements/{engagement}/deliverables",
        params={"filename": "../../可研报告 “终”.pdf"},
        content=PDF,
    )
    assert made.status_code == 201, made.text
    assert made.json()["sha256"] == hashlib.sha256(PDF).hexdigest()
    (file,) = stored(settings)
    assert file.read_bytes() == PDF
    assert file.suffix == ""
    address = f"/api/v1/deliverables/{made.json()['deliverable']}"
    for reader in (county.enterprise, agency, county.supervisor, county.centre):
        got = await reader.client.get(address)
        assert got.content == PDF
    assert got.headers["content-type"].startswith("application/pdf")
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%8F%AF")
    assert "/" not in got.headers["content-disposition"].split("''")[1]
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["etag"] == f'"{hashlib.sha256(PDF).hexdigest()}"'
    asked = {"If-None-Match": got.headers["etag"]}
    assert (await county.centre.client.get(address, headers=asked)).status_code == 304
    stranger, rival = await county.account(Role.ENTERPRISE), await county.agency()
    for outsider in (stranger, rival):
        assert (await outsider.client.get(address, headers=asked)).status_code == 404


@pytest.mark.parametrize(
    ("filename", "content", "status", "code"),
    [
        ("报告.exe", PDF, 422, "file-kind-unknown"),
        ("报告", PDF, 422, "file-kind-unknown"),
        ("报告.pdf", b"<html><script>", 422, "file-kind-mismatch"),
        ("报告.png", PDF, 422, "file-kind-mismatch"),
        ("报告.pdf", b"", 422, "file-kind-mismatch"),
        ("报告.pdf", b"%PDF", 422, "file-kind-mismatch"),
        ("报告.pdf", PDF + bytes(MOST), 413, "file-too-large"),
    ],
)
async def test_a_refused_file_leaves_nothing(
    county: County,
    agency: Account,
    engagement: str,
    settings: Settings,
    filename: str,
    content: bytes,
    status: int,
    code: str,
) -> None:
    before = await picture()
    answer = await agency.client.post(
        f"/api/v1/engagements/{engagement}/deliverables",
        params={"filename": filename},
        content=content,
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert stored(settings) == []
    assert await picture() == before


async def test_a_gigabyte_is_cut_off_early(
    county: County, agency: Account, engagement: str, settings: Settings
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b"%PDF-1.7"
        while sent < 1 << 30:
            sent += 1 << 16
            yield bytes(1 << 16)

    before = await picture()
    address = f"/api/v1/engagements/{engagement}/deliverables"
    for headers in ({}, {"Content-Length": str(1 << 30)}):
        sent = 0
        answer = await agency.client.post(
            address, params={"filename": "报告.pdf"}, content=endless(), headers=headers
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "file-too-large")
        assert sent < 4 * MOST
    assert stored(settings) == []
    assert await picture() == before


async def test_a_file_whose_act_is_refused_is_forgotten(
    county: County, agency: Account, engagement: str, settings: Settings
) -> None:
    await accept(county.enterprise.actor(), engagement)
    before = await picture()
    address = f"/api/v1/engagements/{engagement}/deliverables"
    late = await agency.client.post(address, params={"filename": "迟.pdf"}, content=PDF)
    assert (late.status_code, late.json()["code"]) == (409, "engagement-ended")
    rival = await county.agency()
    theirs = await rival.client.post(address, params={"filename": "他.pdf"}, content=PDF)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "engagement-unknown")
    assert stored(settings) == []
    assert (await picture())["deliverable"] == before["deliverable"]


async def test_two_uploads_of_a_name_are_two_files(
    county: County, agency: Account, engagement: str, settings: Settings
) -> None:
    for _ in range(2):
        made = await agency.client.post(
            f"/api/v1/engagements/{engagement}/deliverables",
            params={"filename": "报告.pdf"},
            content=PDF,
        )
        assert made.status_code == 201
    assert len(stored(settings)) == 2
