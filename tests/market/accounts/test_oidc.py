"""The provincial identity, against a provider that really runs: a process of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pyotp
import pytest
from litestar import Litestar

from market.accounts.identities import link, person_of
from market.accounts.oidc import Identity, Provider
from market.accounts.second_factors import enrol, offer
from market.accounts.visits import Visit
from market.settings import Settings, installation_key
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Conflict, Refused, Unavailable
from ratings.ledger.queries import history
from tests.conftest import PASSWORD, Account, browser, open_account
from tests.providing import SECRET, SUBJECT, confirmed, providing

STRANGERS = "another-subject"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a provider."""
    with providing() as address:
        yield address


@pytest.fixture
def settings(database_url: str, tmp_path: Path, provider: str) -> Settings:
    return Settings(
        database_url=database_url,
        var_dir=tmp_path,
        secret_key="of the tests",
        public_url="http://steelyard.test/",
        oidc_issuer=provider,
        oidc_client_id="the-market",
        oidc_client_secret=SECRET,
    )


@pytest.fixture
async def account(app: Litestar) -> AsyncIterator[Account]:
    made = await open_account(app, Role.ENTERPRISE)
    yield made
    await made.client.aclose()
    await made.browser.aclose()


@pytest.fixture
async def visitor(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as made:
        yield made


async def order(provider: str, **what: object) -> None:
    async with httpx.AsyncClient(verify=False) as client:
        (await client.post(f"{provider}/orders", json=what)).raise_for_status()


async def to_the_provider(person: httpx.AsyncClient, path: str = "") -> str:
    """Where the market sends the browser."""
    answer = await person.get("/sign-in/provincial", params={"next_path": path} if path else None)
    assert answer.status_code == 303
    return answer.headers["location"]


async def go_round(person: httpx.AsyncClient, subject: str = SUBJECT) -> httpx.Response:
    return await person.get(await confirmed(await to_the_provider(person), subject))


async def linked(account: Account, settings: Settings, subject: str = SUBJECT) -> None:
    identity = Identity(settings.oidc_issuer, subject, "")
    await link(account.actor(), identity, PASSWORD, Visit())


async def test_a_linked_identity_signs_in_and_goes_where_it_was_going(
    account: Account, settings: Settings, visitor: httpx.AsyncClient
) -> None:
    await linked(account, settings)
    address = await to_the_provider(visitor, "/engagements")
    query = parse_qs(urlsplit(address).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == ["http://steelyard.test/sign-in/provincial/callback"]
    answer = await visitor.get(await confirmed(address))
    assert (answer.status_code, answer.headers["location"]) == (303, "/engagements")
    assert (await visitor.get("/workspace")).status_code == 200


async def test_who_is_not_linked_is_asked_and_links_with_the_password(
    account: Account, visitor: httpx.AsyncClient, settings: Settings
) -> None:
    answer = await go_round(visitor)
    assert answer.headers["location"] == "/sign-in/unlinked"
    shown = await visitor.get("/sign-in/unlinked")
    assert SUBJECT in shown.text
    assert (await visitor.get("/workspace")).status_code == 401
    entered = await visitor.post("/sign-in", data={"login": account.login, "password": PASSWORD})
    assert entered.headers["location"] == "/account/identity"
    form = await visitor.get("/account/identity")
    assert SUBJECT in form.text
    visitor.headers["X-CSRF-Token"] = form.text.split('name="_csrf_token" value="')[1][:64]
    wrong = await visitor.post(
        "/account/identity", data={"decision": "link", "password": "not the password"}
    )
    assert (wrong.status_code, 'id="password-error"' in wrong.text) == (422, True)
    done = await visitor.post("/account/identity", data={"decision": "link", "password": PASSWORD})
    assert done.headers["location"] == "/account/security"
    identity = Identity(settings.oidc_issuer, SUBJECT, "")
    assert await person_of(identity) == account.person
    entry = (await history("person", account.person))[-1]
    assert (entry.act, entry.fact()) == ("identity.linked", {"issuer": settings.oidc_issuer})
    assert (await visitor.post("/account/identity/removal")).status_code == 303
    assert await person_of(identity) is None


async def test_whoever_declines_is_not_linked(account: Account, visitor: httpx.AsyncClient) -> None:
    answer = await go_round(account.browser)
    assert answer.headers["location"] == "/account/identity"
    await account.browser.post("/account/identity", data={"decision": "leave"})
    assert await fetchval("SELECT count(*) FROM linked_identity") == 0
    assert (await account.browser.get("/account/identity")).status_code == 303


async def test_another_hosts_name_in_a_request_changes_nothing(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/sign-in/provincial", headers={"Host": "evil.test"})
    assert "evil.test" not in answer.headers["location"]


async def test_a_name_or_address_that_is_the_same_opens_nothing(
    account: Account, visitor: httpx.AsyncClient
) -> None:
    """Whoever can choose what they are called at the provider must not enter as anybody."""
    answer = await go_round(visitor, account.login)
    assert answer.headers["location"] == "/sign-in/unlinked"
    assert "session" not in visitor.cookies


async def test_an_identity_belongs_to_one_person_and_a_person_has_one(
    app: Litestar, account: Account, settings: Settings, provider: str
) -> None:
    other = await open_account(app, Role.AGENCY)
    await linked(account, settings)
    with pytest.raises(Conflict):
        await linked(other, settings)
    with pytest.raises(Conflict):
        await linked(account, settings, STRANGERS)
    answer = await go_round(other.browser)
    assert answer.status_code == 409
    await other.client.aclose()
    await other.browser.aclose()


@pytest.mark.parametrize(
    "spoilt",
    [
        {"claims": {"nonce": "of another sign-in"}},
        {"claims": {"aud": "another-market"}},
        {"claims": {"aud": ["the-market", "another"], "azp": "another"}},
        {"claims": {"iss": "https://another.example"}},
        {"claims": {"exp": 1_700_000_000}},
        {"claims": {"sub": ""}},
        {"unpublished": True},
        {"alg": "none"},
        {"alg": "HS256"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_right_in_everything_is_refused(
    account: Account,
    settings: Settings,
    visitor: httpx.AsyncClient,
    provider: str,
    spoilt: dict[str, object],
) -> None:
    await linked(account, settings)
    await order(provider, **spoilt)
    answer = await go_round(visitor)
    assert answer.status_code == 422
    assert "session" not in visitor.cookies
    # The next one is as it should be: it was that token and nothing else.
    assert (await go_round(visitor)).status_code == 303


async def test_an_answer_of_another_sign_in_is_refused(
    account: Account, settings: Settings, visitor: httpx.AsyncClient, app: Litestar
) -> None:
    await linked(account, settings)
    back = await confirmed(await to_the_provider(visitor))
    async with browser(app) as somebody:
        # In a browser that has begun nothing, and in one that has begun something else.
        assert (await somebody.get(back)).status_code == 422
        await to_the_provider(somebody)
        assert (await somebody.get(back)).status_code == 422
        assert "session" not in somebody.cookies
    spoilt = back.replace("state=", "state=x")
    assert (await visitor.get(spoilt)).status_code == 422


async def test_a_code_is_good_once_and_with_its_verifier_only(
    account: Account, settings: Settings, visitor: httpx.AsyncClient
) -> None:
    await linked(account, settings)
    market = Provider(settings)
    address, begun = await market.begin("", now())
    answer = {k: v[0] for k, v in parse_qs(urlsplit(await confirmed(address)).query).items()}
    stolen = msgspec.structs.replace(begun, verifier="of somebody who has seen the code")
    with pytest.raises(Refused):
        await market.finish(answer, stolen, now())
    address, begun = await market.begin("", now())
    answer = {k: v[0] for k, v in parse_qs(urlsplit(await confirmed(address)).query).items()}
    assert (await market.finish(answer, begun, now())).subject == SUBJECT
    with pytest.raises(Refused):
        await market.finish(answer, begun, now())
    with pytest.raises(Refused):
        await market.finish(answer | {"iss": "https://another.example"}, begun, now())


async def test_a_new_key_of_the_provider_is_found(
    account: Account, settings: Settings, visitor: httpx.AsyncClient, provider: str
) -> None:
    await linked(account, settings)
    assert (await go_round(visitor)).status_code == 303
    await order(provider, rotate=True)
    visitor.cookies.delete("session")
    assert (await go_round(visitor)).status_code == 303
    assert "session" in visitor.cookies


async def test_who_says_no_at_the_provider_is_told_so(visitor: httpx.AsyncClient) -> None:
    address = await to_the_provider(visitor)
    async with httpx.AsyncClient(verify=False) as client:
        denied = await client.post(address, data={"action": "deny"})
    state = parse_qs(urlsplit(address).query)["state"][0]
    answer = await visitor.get(f"{denied.headers['location']}&state={state}")
    assert answer.status_code == 422
    assert "session" not in visitor.cookies


async def test_while_the_provider_is_down_the_password_still_opens(
    account: Account, settings: Settings, app: Litestar, visitor: httpx.AsyncClient
) -> None:
    down = msgspec.structs.replace(settings, oidc_issuer="http://127.0.0.1:9")
    app.state.provider = Provider(down)
    answer = await visitor.get("/sign-in/provincial?lang=en")
    assert answer.status_code == 503
    assert "Please sign in with your password" in answer.text
    assert 'id="password"' in answer.text
    entered = await visitor.post("/sign-in", data={"login": account.login, "password": PASSWORD})
    assert entered.status_code == 303


def test_the_provider_must_be_reached_over_tls() -> None:
    with pytest.raises(Unavailable, match="https"):
        Provider(
            Settings(oidc_issuer="http://identity.example", public_url="https://market.example")
        )
    with pytest.raises(Unavailable, match="PUBLIC_URL"):
        Provider(Settings(oidc_issuer="https://identity.example"))


async def test_without_a_provider_there_is_no_such_door(
    settings: Settings, app: Litestar, visitor: httpx.AsyncClient
) -> None:
    app.state.provider = None
    assert (await visitor.get("/sign-in/provincial")).status_code == 404


async def test_a_second_factor_is_asked_for_all_the_same(
    app: Litestar, account: Account, settings: Settings, visitor: httpx.AsyncClient
) -> None:
    visit = Visit(key=installation_key(settings))
    offered = await offer(account.actor(), visit, "Market")
    code = pyotp.TOTP(offered.secret).at(now())
    await enrol(account.actor(), account.token, offered.ticket, code, PASSWORD, visit)
    await linked(account, settings)
    answer = await go_round(visitor)
    assert answer.status_code == 200
    assert 'action="/sign-in/code"' in answer.text
    assert "session" not in visitor.cookies
