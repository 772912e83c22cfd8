"""A centre's first sign-in, its second one, and one without the phone, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest

from market.accounts import totp
from market.accounts.actions import NewAccount, create_account
from market.settings import Settings
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import now
from tests.browser.visitors import Arrive, Visitor
from tests.conftest import PASSWORD, make_uscc
from tests.providing import SECRET, confirmed, providing

LOGIN = "zhongxin"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Iterator[Settings]:
    """As an office runs it: officials need a second factor, and the province has identities."""
    with providing() as address:
        yield Settings(
            database_url=database_url,
            var_dir=tmp_path,
            public_url="http://steelyard.test/",
            oidc_issuer=address,
            oidc_client_id="the-market",
            oidc_client_secret=SECRET,
        )


async def test_an_official_sets_up_a_second_factor_and_comes_back(arrive: Arrive) -> None:
    wanted = NewAccount(
        kind=Role.CENTRE,
        organisation_name="云溪县中介管理服务中心",
        organisation_name_en="Yunxi County Agency Service Centre",
        login=LOGIN,
        password=PASSWORD,
        person_name="张三",
    )
    await create_account(system(now()), wanted)
    visitor = await arrive(LOGIN)
    assert visitor.page.url.endswith("/account/second-factor")
    await visitor.looks()
    picture = visitor.page.get_by_role("img", name=visitor.says("QR code of the key"))
    assert await picture.evaluate("one => one.complete && one.naturalWidth > 100")
    secret = (await visitor.page.locator(".key").inner_text()).replace(" ", "")
    authenticator = pyotp.TOTP(secret)
    await visitor.fill(code=authenticator.at(now()), password=PASSWORD)
    await visitor.press("Set it up")
    await visitor.looks()
    codes = await visitor.page.locator(".recovery li").all_inner_texts()
    assert len(codes) == totp.RECOVERY_CODES
    await visitor.follow(visitor.says("I have kept them"))
    await visitor.sees("Overview")

    await visitor.go("/account/security")
    await visitor.looks()
    await visitor.press("Sign out")
    elsewhere = await arrive()
    # The code of the next step, made as it is typed: that of the first one may be used up, and
    # one that was made before the page was looked at may be too old.
    proofs = (lambda: authenticator.generate_otp(totp.step_at(now()) + 1), lambda: codes[0])
    for person, proof in zip((visitor, elsewhere), proofs, strict=True):
        await person.go("/sign-in")
        await person.fill(login=LOGIN, password=PASSWORD)
        await person.press("Sign in")
        await person.sees("Authenticator lost?")
        await person.looks()
        await person.fill(code=proof())
        await person.press("Sign in")
        await person.go("/account/security")
    await elsewhere.sees_count(
        "{count} recovery code is left.", "{count} recovery codes are left.", 9
    )
    await elsewhere.press("End all others")
    await elsewhere.sees("Your other sessions have ended.")
    await visitor.go("/account/security", status=401)


async def _confirm(visitor: Visitor, origin: str) -> None:
    """To the provider and back; it sends people to the market's public name, which is not here."""
    asked = await visitor.page.context.request.get(f"{origin}/sign-in/provincial", max_redirects=0)
    back = urlsplit(await confirmed(asked.headers["location"]))
    await visitor.go(f"{back.path}?{back.query}")


async def test_somebody_links_their_provincial_identity_and_enters_with_it(
    arrive: Arrive, origin: str
) -> None:
    wanted = NewAccount(
        kind=Role.ENTERPRISE,
        organisation_name="云溪县测试有限公司",
        organisation_name_en="Yunxi Trial Ltd",
        uscc=make_uscc(7),
        login="lisi",
        password=PASSWORD,
        person_name="李四",
    )
    await create_account(system(now()), wanted)
    visitor = await arrive()
    await _confirm(visitor, origin)
    await visitor.sees("Your identity is not linked yet")
    await visitor.looks()
    await visitor.follow(visitor.says("Sign in with the password"))
    await visitor.looks()
    await visitor.sign_in("lisi", PASSWORD)
    await visitor.sees("Link the identity")
    await visitor.looks()
    await visitor.fill(password="not the password")
    await visitor.press("Link the identity", status=422)
    await visitor.looks()
    await visitor.fill(password=PASSWORD)
    await visitor.press("Link the identity")
    await visitor.sees("Your identity is linked.")
    await visitor.looks()
    await visitor.press("Sign out")
    await _confirm(visitor, origin)
    await visitor.go("/account/security")
    await visitor.press("Remove the link")
    await visitor.sees("Your identity is no longer linked.")
    await visitor.looks()
