"""A centre's first sign-in, its second one, and one without the phone, in a real browser."""

from pathlib import Path

import pyotp
import pytest

from market.accounts import totp
from market.accounts.actions import NewAccount, create_account
from market.settings import Settings
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import now
from tests.browser.visitors import Arrive
from tests.conftest import PASSWORD

LOGIN = "zhongxin"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """As an office runs it: officials need a second factor."""
    return Settings(database_url=database_url, var_dir=tmp_path)


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
    # The code of the step before, so that the one of this step is still good for signing in.
    code = authenticator.generate_otp(totp.step_at(now()) - 1)
    await visitor.fill(code=code, password=PASSWORD)
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
    for person, proof in ((visitor, authenticator.at(now())), (elsewhere, codes[0])):
        await person.go("/sign-in")
        await person.fill(login=LOGIN, password=PASSWORD)
        await person.press("Sign in")
        await person.sees("Authenticator lost?")
        await person.looks()
        await person.fill(code=proof)
        await person.press("Sign in")
        await person.go("/account/security")
    await elsewhere.sees_count(
        "{count} recovery code is left.", "{count} recovery codes are left.", 9
    )
    await elsewhere.press("End all others")
    await elsewhere.sees("Your other sessions have ended.")
    await visitor.go("/account/security", status=401)
