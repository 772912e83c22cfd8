"""Who is believed about a visitor's address: only the proxies that the operator has named."""

import json

import pytest

from market import server
from market.app import create_app
from market.settings import Settings
from ratings.ledger.errors import Unavailable
from tests.security.test_raw_http import Echo, exchange, serving

PROXY = "127.0.0.1"


async def told(trusted: str, *fields: str) -> tuple[str, str]:
    """Client address and scheme as the application sees them behind these header fields."""
    echo = Echo()
    head = "\r\n".join(["GET / HTTP/1.1", "Host: localhost", *fields, "Connection: close"])
    async with serving(echo, Settings(trusted_proxies=trusted)) as port:
        answer = await exchange(port, head.encode() + b"\r\n\r\n")
    seen = json.loads(answer.partition(b"\r\n\r\n")[2])
    return seen["client"][0], seen["scheme"]


@pytest.mark.parametrize("trusted", ["", "10.0.0.0/8", "::1"])
async def test_nobody_else_is_believed(trusted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even by uvicorn's own variable, which believes this machine unless told otherwise."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    spoofed = ("X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https")
    assert await told(trusted, *spoofed) == ("127.0.0.1", "http")


@pytest.mark.parametrize(
    ("fields", "client"),
    [
        (["X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
        (["X-Forwarded-For: 2001:db8::7"], "2001:db8::7"),
        # What a visitor has written himself stands further left.
        (["X-Forwarded-For: 127.0.0.1, 192.0.2.66, 203.0.113.9"], "203.0.113.9"),
        (["X-Forwarded-For: 192.0.2.66", "X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
        # Two proxies of ours, one before the other.
        (["X-Forwarded-For: 192.0.2.66, 203.0.113.9, 10.1.2.3"], "203.0.113.9"),
        (["X-Forwarded-For: 203.0.113.9:4711"], "203.0.113.9"),
        # Without a word the proxy itself is the client, and a wrong word makes nobody trusted.
        ([], PROXY),
        (["X-Forwarded-For:"], PROXY),
        (["Forwarded: for=203.0.113.9", "X-Real-IP: 203.0.113.9"], PROXY),
    ],
)
async def test_the_client_is_the_last_address_that_no_proxy_of_ours_has(
    fields: list[str], client: str
) -> None:
    assert (await told("127.0.0.0/8, 10.0.0.0/8", *fields))[0] == client


async def test_the_scheme_is_the_proxys(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await told(PROXY, "X-Forwarded-Proto: https"))[1] == "https"
    assert (await told(PROXY, "X-Forwarded-Proto: gopher"))[1] == "http"


async def test_a_spoofed_address_buys_no_new_allowance(database: str) -> None:
    """Through the whole application: the counter is that of the address the proxy has seen."""
    settings = Settings(secret_key="of a test", trusted_proxies=PROXY, rate_limits="reads=2/60")
    statuses = []
    async with serving(create_app(settings), settings) as port:
        for spoofed in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
            answer = await exchange(
                port,
                b"GET /api/v1/items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + f"X-Forwarded-For: {spoofed}, 203.0.113.9\r\n\r\n".encode(),
            )
            statuses.append(answer.split(b" ")[1])
    assert statuses == [b"200", b"200", b"429"]


@pytest.mark.parametrize("stated", ["*", "proxy", "10.0.0.1/8"])
def test_what_is_no_address_is_refused_at_the_start(stated: str) -> None:
    with pytest.raises(Unavailable, match="STEELYARD_TRUSTED_PROXIES takes networks"):
        server.config(Echo(), Settings(trusted_proxies=stated))
