"""Somebody calls a file so that it lies, or is taken for, something else."""

import secrets
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.engagements.actions import purchase
from market.files.kinds import safe_name
from market.settings import Settings
from tests.county import County
from tests.security.test_uploads import PDF, files_of, upload

NAMES = {
    "../../../etc/cron.d/evil.pdf": "evil.pdf",
    "..\\..\\windows\\evil.pdf": "evil.pdf",
    "/etc/passwd.pdf": "passwd.pdf",
    "C:\\报告.pdf": "报告.pdf",
    "a\0b.pdf": "ab.pdf",
    "报告\u202efdp.exe.pdf": "报告fdp.exe.pdf",
    "报\u200b告.pdf": "报告.pdf",
    'x";\r\nSet-Cookie: session=1.pdf': "x_;Set-Cookie_ session=1.pdf",
    "CON.pdf": "_CON.pdf",
    "nul .pdf": "_nul .pdf",
    "lpt1.x.pdf": "_lpt1.x.pdf",
    "...hidden.pdf": "hidden.pdf",
    " 报告.pdf. . ": "报告.pdf",
    "é.pdf": "\u00e9.pdf",
    "长" * 400 + ".pdf": "长" * 186 + ".pdf",
}


@pytest.mark.parametrize(("given_name", "name"), NAMES.items())
def test_a_name_is_only_a_name(given_name: str, name: str) -> None:
    assert safe_name(given_name) == name


@given(st.text(max_size=300))
def test_whatever_is_given(text: str) -> None:
    name = safe_name(text)
    assert len(name) <= 191
    assert not set(name) & set('/\\<>:"|?*\0')
    assert all(unicodedata.category(one)[0] != "C" for one in name)
    assert name == name.strip(" .")


async def test_names_reach_neither_the_disk_nor_a_header(
    county: County, settings: Settings
) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    engagement = await purchase(county.enterprise.actor(), listing, "二号厂房")
    for given_name, name in NAMES.items():
        made = await upload(agency, engagement, given_name, PDF)
        assert made.status_code == 201, given_name
        path = f"/api/v1/deliverables/{made.json()['deliverable']}"
        for address in (path, path.removeprefix("/api/v1")):
            is_api = address == path
            client = county.enterprise.client if is_api else county.enterprise.browser
            got = await client.get(address)
            disposition = got.headers["content-disposition"]
            assert disposition.isascii()
            assert disposition.startswith("attachment; filename*=UTF-8''")
            assert not set(disposition.removeprefix("attachment; ")) & set("/\\\"'; \r\n") - {"'"}
        shown = await county.enterprise.client.get(f"/api/v1/engagements/{engagement}")
        assert shown.json()["deliverables"][-1]["filename"] == name
    stored = files_of(settings)
    assert len(stored) == len(NAMES)
    random = len(secrets.token_urlsafe(24))
    for one in stored:
        assert one.parent.name == "deliverables"
        assert len(one.name) == random
        assert "." not in one.name
