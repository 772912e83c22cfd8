"""Somebody sends another host's name, so that a link, a redirect or a cache leads there."""

from litestar import Litestar

from ratings.ledger.actors import Role
from tests.conftest import PASSWORD, Account, browser, program

EVIL = {
    "Host": "evil.test",
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Server": "evil.test",
    "X-Original-URL": "/evil.test",
    "Forwarded": "host=evil.test;proto=http",
}
PAGES = ("/", "/agencies", "/sign-in", "/nothing", "/decisions", "/catalogue", "/workspace")
READS = ("/api/v1/items?limit=1", "/api/v1/openapi.json", "/api/v1/nothing", "/api/v1/ledger")


async def test_no_answer_repeats_the_host_it_was_asked_by(app: Litestar) -> None:
    for path in (*PAGES, *READS):
        async with (program if path.startswith("/api/") else browser)(app) as visitor:
            answer = await visitor.get(path, headers=EVIL)
        assert answer.status_code < 500, path
        assert "evil.test" not in answer.text, path
        assert "evil.test" not in str(answer.headers), path


async def test_no_redirect_goes_to_the_host_it_was_asked_by(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    data = {"login": accounts[Role.CENTRE].login, "password": PASSWORD}
    async with browser(app) as visitor:
        answer = await visitor.post("/sign-in", data=data, headers=EVIL)
    assert "evil.test" not in str(answer.headers)
    assert answer.headers.get("location", "/").startswith("/")
