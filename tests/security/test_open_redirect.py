"""Somebody sends a link to the real sign-in page that leads on to a false one."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar

from market.web.sign_in import onward
from ratings.ledger.actors import Role
from tests.conftest import PASSWORD, Account, browser

HERE = "https://market.test/sign-in"
ELSEWHERE = (
    "//evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://evil.test",
    "https:evil.test",
    "javascript:alert(1)",
    "/\t/evil.test",
    "/\n/evil.test",
    " //evil.test",
    "/\x00/evil.test",
    "\t//evil.test",
    "//market.test@evil.test",
    "evil.test",
    "/a\r\nSet-Cookie: session=1",
)


def host_of(location: str) -> str | None:
    """Where a browser goes: it drops tabs and line ends, and takes a backslash for a slash."""
    seen = re.sub(r"[\t\r\n]", "", location).strip("".join(map(chr, range(33)))).replace("\\", "/")
    return urlsplit(urljoin(HERE, seen)).hostname


@given(st.one_of(st.sampled_from(ELSEWHERE), st.text(alphabet="/\\:@.a\t\r\n\x00 %", max_size=8)))
def test_nothing_leads_away(path: str) -> None:
    assert host_of(onward(path)) == "market.test"
    assert onward(path).startswith("/")


@pytest.mark.parametrize("path", ["/engagements", "/agencies?q=%E4%BA%91&page=2", "/云溪"])
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert urlsplit(onward(path)).path.startswith("/")
    assert onward(path) != "/workspace"


async def test_signing_in_stays_here(app: Litestar, accounts: dict[Role, Account]) -> None:
    account = accounts[Role.ENTERPRISE]
    for path in (*ELSEWHERE, "/云溪", "/engagements"):
        data = {"login": account.login, "password": PASSWORD, "next_path": path}
        async with browser(app) as visitor:
            answers = [await visitor.post("/sign-in", data=data)]
        answers.append(await account.browser.get("/sign-in", params={"next_path": path}))
        for answer in answers:
            assert answer.status_code == 303, f"{path!r}: {answer.text}"
            assert host_of(answer.headers["location"]) == "market.test", path
            # A real session's token may begin with a 1 as well.
            assert "session=1;" not in answer.headers.get("set-cookie", "") + ";"
