"""A delivery of feeds over HTTP: known files by their names, screened at once, or nothing kept."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ratings.ledger.database import fetchval
from ratings.ledger.queries import history
from ratings.sanctions.queries import case_files
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile
from tests.county import County, picture
from tests.shell_way import dismiss_at_desk

MONTH = "2026-08"
DELIVERIES = "/api/v1/feed-deliveries"


def files(directory: Path, agencies: list[AgencyFacts]) -> dict[str, tuple[str, bytes]]:
    write_feeds(directory, agencies, MONTH)
    return {path.stem: (path.name, path.read_bytes()) for path in directory.iterdir()}


async def test_a_shell_is_flagged_and_others_are_left_alone(county: County, tmp_path: Path) -> None:
    shell, new, closed, silent = [await county.agency() for _ in range(4)]
    outsider = "91320999MA9999999X"
    facts = [
        AgencyFacts(shell.uscc or "", Profile.SHELL),
        AgencyFacts(new.uscc or "", Profile.NEW_FIRM),
        AgencyFacts(closed.uscc or "", Profile.REGISTERED_CLOSURE),
        AgencyFacts(silent.uscc or "", Profile.MISSING_FEED),
    ]
    parts = files(tmp_path / "feeds", facts)
    client = county.centre.client
    assert (await client.get("/api/v1/screens/latest")).status_code == 404
    told = await client.post(DELIVERIES, params={"as_of": MONTH}, files=parts)
    assert told.status_code == 201, told.text
    assert told.json()["cases"] == [shell.uscc]
    (case,) = await case_files()
    assert (case.uscc, case.kind.value) == (shell.uscc, "shell")
    assert case.reasons
    assert (await client.get("/api/v1/screens/latest")).json()["as_of_month"] == MONTH
    finding = (await client.get(f"/api/v1/findings/{shell.uscc}")).json()
    assert finding["outcome"] == "case"
    page = await county.centre.browser.get(f"/console/screen/{shell.uscc}")
    assert page.status_code == 200
    # Zeros and overdue months of the feeds that came, and nothing of those that did not.
    assert page.text.count('class="heat-2"') > 20
    assert 4 <= page.text.count('class="heat-3"') <= 8
    assert 24 < page.text.count('class="heat-x"') < 24 + 12
    assert (await client.get(f"/api/v1/findings/{outsider}")).status_code == 404
    assert (await county.enterprise.client.get(f"/api/v1/findings/{shell.uscc}")).status_code == 403
    acts = [entry.act for entry in await history("screen", told.json()["screen"])]
    assert acts == ["screen.ran"]
    twice = await client.post(DELIVERIES, params={"as_of": MONTH}, files=parts)
    assert (twice.status_code, twice.json()["cases"]) == (201, [])
    assert await fetchval("SELECT count(*) FROM feed_batch") == len(parts)
    await dismiss_at_desk(county.centre.actor(), case.id, "现场核查有人员、有场所")
    again = await client.post(DELIVERIES, params={"as_of": MONTH}, files=parts)
    assert again.json()["cases"] == [], "what a person has decided, the same files do not reopen"
    parts["registration"] = (parts["registration"][0], parts["registration"][1] + b"\n")
    newer = await client.post(DELIVERIES, params={"as_of": MONTH}, files=parts)
    assert newer.json()["cases"] == [shell.uscc]


@pytest.mark.parametrize(
    ("parts", "month", "status", "code"),
    [
        ({"a": ("../../etc/passwd", b"x")}, MONTH, 400, "feed-name"),
        ({"a": ("tax_filing.exe", b"x")}, MONTH, 400, "feed-name"),
        ({"a": ("tax_filing.csv", b"\xff\xfe\x00")}, MONTH, 422, None),
        ({"a": ("tax_filing.csv", b"uscc,month\n")}, MONTH, 422, "feed-column-missing"),
        ({"a": ("tax_filing.parquet", b"PAR1")}, MONTH, 422, None),
        ({"a": ("tax_filing.csv", b"uscc,month,state\n")}, "August", 422, None),
        ({"a": ("excuses.csv", b"")}, MONTH, 422, None),
    ],
)
async def test_a_faulty_delivery_leaves_nothing(
    county: County,
    parts: Mapping[str, tuple[str, bytes]],
    month: str,
    status: int,
    code: str | None,
) -> None:
    before = await picture()
    answer = await county.centre.client.post(DELIVERIES, params={"as_of": month}, files=parts)
    assert answer.status_code == status, answer.text
    assert code in (None, answer.json()["code"])
    assert await picture() == before


async def test_a_malformed_row_is_set_aside_with_its_reason(county: County, tmp_path: Path) -> None:
    agency = await county.agency()
    parts = files(tmp_path / "feeds", [AgencyFacts(agency.uscc or "", Profile.NORMAL)])
    name, content = parts["tax_filing"]
    parts["tax_filing"] = (name, content.replace(b"POS", b"MAYBE", 1))
    told = await county.centre.client.post(DELIVERIES, params={"as_of": MONTH}, files=parts)
    assert (told.status_code, told.json()["unmatched"]) == (201, 1)
    assert "MAYBE" in await fetchval("SELECT faults::text FROM unmatched_row")


async def test_no_file_at_all(county: County) -> None:
    before = await picture()
    requests: list[dict[str, Any]] = [
        {"json": {}},
        {"content": b"x"},
        {"data": {"tax_filing": "text"}},
    ]
    for sent in requests:
        answer = await county.centre.client.post(DELIVERIES, params={"as_of": MONTH}, **sent)
        assert answer.status_code in (400, 415, 422), answer.text
    assert await picture() == before
