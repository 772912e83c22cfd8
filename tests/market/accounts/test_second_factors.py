"""The second factor where officials must have one: setting it up, using it, losing it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pyotp
import pytest
from litestar import Litestar

from market.accounts import lockout, totp
from market.accounts.actions import NewAccount, create_account
from market.accounts.queries import signed_in
from market.accounts.second_factors import enrol, offer, reset_by_operator
from market.accounts.signing_in import SecondFactorNeeded, finish_sign_in, sign_in
from market.accounts.visits import Visit
from market.app import create_app
from market.settings import Settings
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetch, fetchval
from ratings.ledger.errors import NotSignedIn, Refused, TooMany
from ratings.ledger.queries import history
from tests.conftest import PASSWORD, Account, browser, open_account, program

KEY = "the key of this installation"
VISIT = Visit(address="192.0.2.7", key=KEY.encode())
STEP = timedelta(seconds=totp.STEP_SECONDS)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """As an office runs it: nothing is stated about second factors."""
    return Settings(database_url=database_url, var_dir=tmp_path, secret_key=KEY)


class Owner(msgspec.Struct):
    """Somebody with an authenticator whose next code is never one that was shown before."""

    login: str
    person: str
    authenticator: pyotp.TOTP
    recovery_codes: tuple[str, ...]
    token: str

    def code(self, later: timedelta = timedelta(0)) -> str:
        return self.authenticator.generate_otp(totp.step_at(now() + later))


async def enrolled(app: Litestar, role: Role) -> Owner:
    """Enrolled with the code of the step before, so that this one's is still good."""
    account = await open_account(app, role)
    await account.client.aclose()
    await account.browser.aclose()
    actor = account.actor()
    offered = await offer(actor, VISIT, "Market")
    authenticator = pyotp.TOTP(offered.secret)
    code = authenticator.generate_otp(totp.step_at(actor.at) - 1)
    made = await enrol(actor, account.token, offered.ticket, code, PASSWORD, VISIT)
    return Owner(account.login, account.person, authenticator, made.recovery_codes, made.who.token)


def credentials(owner: Owner, **more: str) -> dict[str, str]:
    return {"login": owner.login, "password": PASSWORD, **more}


async def test_an_official_without_one_can_only_set_one_up(
    client: httpx.AsyncClient, accounts: dict[Role, Account]
) -> None:
    for role in (Role.CENTRE, Role.SUPERVISOR):
        official = accounts[role]
        for path in ("/api/v1/dockets", "/api/v1/packages", "/api/v1/sessions"):
            answer = await official.client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "second-factor-required")
        for path in ("/workspace", "/", "/account/security"):
            answer = await official.browser.get(path)
            assert answer.headers["location"] == "/account/second-factor"
        assert (await official.browser.get("/account/second-factor")).status_code == 200
        shown = await official.client.get("/api/v1/second-factor")
        assert shown.json() == {"enrolled_at": None, "recovery_codes": 0, "missing": True}
    for role in (Role.ENTERPRISE, Role.AGENCY, Role.AUDITOR):
        assert (await accounts[role].client.get("/api/v1/packages")).status_code == 200
        shown = await accounts[role].client.get("/api/v1/second-factor")
        assert shown.json()["missing"] is False


async def test_setting_one_up_over_the_api_opens_everything_under_a_new_token(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    official = accounts[Role.CENTRE]
    other = await sign_in(official.login, PASSWORD, now(), demonstration=False)
    offered = (await official.client.post("/api/v1/second-factor/offers")).json()
    assert offered["uri"].startswith("otpauth://totp/")
    proof = {
        "ticket": offered["ticket"],
        "code": pyotp.TOTP(offered["secret"]).at(now()),
        "password": PASSWORD,
    }
    for spoilt, code in (
        ({"password": "not it"}, "password-wrong"),
        ({"code": "000000"}, "code-wrong"),
        ({"ticket": offered["ticket"][:-8] + "AAAAAAA="}, "second-factor-offer-expired"),
    ):
        answer = await official.client.put("/api/v1/second-factor", json=proof | spoilt)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    answer = await official.client.put("/api/v1/second-factor", json=proof)
    assert answer.status_code == 200, answer.text
    assert len(set(answer.json()["recovery_codes"])) == totp.RECOVERY_CODES
    for ended in (official.token, other.token):
        assert await signed_in(ended, now(), demonstration=False) is None
    async with program(app, answer.json()["token"]) as renewed:
        assert (await renewed.get("/api/v1/cases")).status_code == 200
        again = await renewed.post("/api/v1/second-factor/offers")
        assert (again.status_code, again.json()["code"]) == (409, "second-factor-there")
    entry = (await history("person", official.person))[-1]
    assert (entry.act, entry.fact()) == ("second_factor.enrolled", {})


async def test_somebody_elses_offer_is_none(accounts: dict[Role, Account], app: Litestar) -> None:
    mine, theirs = accounts[Role.CENTRE], accounts[Role.SUPERVISOR]
    offered = (await theirs.client.post("/api/v1/second-factor/offers")).json()
    code = pyotp.TOTP(offered["secret"]).at(now())
    proof = {"ticket": offered["ticket"], "code": code, "password": PASSWORD}
    answer = await mine.client.put("/api/v1/second-factor", json=proof)
    assert answer.json()["code"] == "second-factor-offer-expired"


async def test_a_program_sends_the_code_with_the_password(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    owner = await enrolled(app, Role.CENTRE)
    without = await client.post("/api/v1/sessions", json=credentials(owner))
    assert (without.status_code, without.json()["code"]) == (401, "second-factor-needed")
    wrong = await client.post("/api/v1/sessions", json=credentials(owner, code="000000"))
    assert (wrong.status_code, wrong.json()["code"]) == (401, "code-wrong")
    code = owner.code()
    spaced = f"{code[:3]} {code[3:]}"
    right = await client.post("/api/v1/sessions", json=credentials(owner, code=spaced))
    assert (right.status_code, right.json()["second_factor"]) == (201, True)
    again = await client.post("/api/v1/sessions", json=credentials(owner, code=code))
    assert (again.status_code, again.json()["code"]) == (401, "code-wrong")


async def test_a_code_is_not_asked_for_before_the_password_is_right(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    owner = await enrolled(app, Role.CENTRE)
    answer = await client.post(
        "/api/v1/sessions", json={"login": owner.login, "password": "not the password"}
    )
    assert answer.json()["code"] == "sign-in-failed"


@pytest.mark.parametrize("recovery", [False, True], ids=["authenticator", "recovery-code"])
async def test_of_twins_with_one_code_one_is_let_in(
    app: Litestar, client: httpx.AsyncClient, recovery: bool
) -> None:
    owner = await enrolled(app, Role.CENTRE)
    code = owner.recovery_codes[0] if recovery else owner.code()
    body = credentials(owner, code=code)
    # As many as one place may have under way at once.
    twins = await asyncio.gather(
        *(client.post("/api/v1/sessions", json=body) for _ in range(lockout.CODE.narrow.free))
    )
    assert sorted(answer.status_code for answer in twins) == [201, 401, 401, 401, 401]


async def test_an_older_code_is_not_taken_after_a_newer_one(app: Litestar) -> None:
    owner = await enrolled(app, Role.CENTRE)
    at = now()
    codes = [owner.authenticator.generate_otp(totp.step_at(at) + step) for step in (1, 0)]

    async def enter(code: str) -> None:
        await sign_in(owner.login, PASSWORD, at, demonstration=False, visit=VISIT, code=code)

    await enter(codes[0])
    with pytest.raises(NotSignedIn):
        await enter(codes[1])


async def test_guessing_codes_is_slowed_down_although_the_password_is_right(
    app: Litestar,
) -> None:
    owner = await enrolled(app, Role.CENTRE)
    at = now()
    outcomes = []
    for number in range(lockout.CODE.wide.free + 1):
        somewhere = msgspec.structs.replace(VISIT, address=f"203.0.113.{number}")
        with pytest.raises((NotSignedIn, TooMany)) as caught:
            await sign_in(
                owner.login, PASSWORD, at, demonstration=False, visit=somewhere, code="000000"
            )
        outcomes.append(caught.type)
    assert outcomes == [NotSignedIn] * lockout.CODE.wide.free + [TooMany]


async def test_recovery_codes_are_stored_hashed_and_renewed(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    owner = await enrolled(app, Role.AUDITOR)
    stored = str(await fetch("SELECT c::text FROM recovery_code c"))
    stored += str(await fetch("SELECT f::text FROM second_factor f"))
    for secret in (*owner.recovery_codes, owner.authenticator.secret):
        assert secret not in stored
        assert totp.plain(secret) not in stored
    async with program(app, owner.token) as signed:
        renewed = await signed.post(
            "/api/v1/second-factor/recovery-codes", json={"code": owner.recovery_codes[0]}
        )
        assert renewed.status_code == 201
        assert len(renewed.json()["recovery_codes"]) == totp.RECOVERY_CODES
    old = await client.post(
        "/api/v1/sessions", json=credentials(owner, code=owner.recovery_codes[1])
    )
    assert old.status_code == 401
    new = await client.post(
        "/api/v1/sessions", json=credentials(owner, code=renewed.json()["recovery_codes"][0])
    )
    assert new.status_code == 201


async def test_without_the_installations_key_no_code_is_right(app: Litestar) -> None:
    owner = await enrolled(app, Role.CENTRE)
    stolen = msgspec.structs.replace(VISIT, key=b"another key")
    for code in (owner.code(), owner.recovery_codes[0]):
        with pytest.raises(NotSignedIn):
            await sign_in(
                owner.login, PASSWORD, now(), demonstration=False, visit=stolen, code=code
            )


async def test_a_sealed_secret_moved_to_another_person_opens_nothing(app: Litestar) -> None:
    owner, other = await enrolled(app, Role.CENTRE), await enrolled(app, Role.CENTRE)
    sealed = await fetchval("SELECT secret FROM second_factor WHERE person = $1", owner.person)
    await execute("UPDATE second_factor SET secret = $2 WHERE person = $1", other.person, sealed)
    with pytest.raises(NotSignedIn):
        await sign_in(
            other.login, PASSWORD, now(), demonstration=False, visit=VISIT, code=owner.code()
        )


async def test_removing_it_takes_a_code_and_confines_an_official_again(app: Litestar) -> None:
    owner = await enrolled(app, Role.SUPERVISOR)
    async with program(app, owner.token) as signed:
        wrong = await signed.post("/api/v1/second-factor/removal", json={"code": "000000"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "code-wrong")
        right = await signed.post("/api/v1/second-factor/removal", json={"code": owner.code()})
        assert right.status_code == 201
        assert (await signed.get("/api/v1/sessions/current")).status_code == 401
    async with program(app, right.json()["token"]) as signed:
        assert (await signed.get("/api/v1/dockets")).json()["code"] == "second-factor-required"
    assert await fetchval("SELECT count(*) FROM recovery_code") == 0
    assert (await history("person", owner.person))[-1].act == "second_factor.removed"


async def test_a_centres_administrator_resets_a_lost_one(app: Litestar) -> None:
    administrator, lost = await enrolled(app, Role.CENTRE), await enrolled(app, Role.SUPERVISOR)
    path = f"/api/v1/people/{lost.person}/second-factor/reset"
    async with program(app, administrator.token) as centre, program(app, lost.token) as other:
        assert (await other.post(path, json={"reason": "手机遗失"})).status_code == 403
        assert (await centre.post(path, json={"reason": " "})).status_code == 422
        for spelling in (administrator.person, administrator.person.upper()):
            own = path.replace(lost.person, spelling)
            assert (await centre.post(own, json={"reason": "手机遗失"})).status_code == 422
        assert (await centre.post(path, json={"reason": "手机遗失"})).status_code == 204
        assert (await centre.post(path, json={"reason": "手机遗失"})).status_code == 404
    assert await signed_in(lost.token, now(), demonstration=False) is None
    who = await sign_in(lost.login, PASSWORD, now(), demonstration=False, visit=VISIT)
    assert who.second_factor is False
    entry = (await history("person", lost.person))[-1]
    assert (entry.act, entry.person, entry.reason) == (
        "second_factor.reset",
        administrator.person,
        "手机遗失",
    )
    await execute("UPDATE membership SET administrator = false")
    async with program(app, administrator.token) as centre:
        refused = await centre.post(path, json={"reason": "手机遗失"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not-administrator")


async def test_the_centre_resets_one_by_a_form_and_is_told_of_a_slip(app: Litestar) -> None:
    administrator, lost = await enrolled(app, Role.CENTRE), await enrolled(app, Role.SUPERVISOR)
    path = "/account/security/colleague"
    async with browser(app, administrator.token) as centre, browser(app, lost.token) as other:
        form = {"login": "nobody-of-this-name", "reason": "手机遗失"}
        slip = await centre.post(path, data=form)
        assert (slip.status_code, 'id="login-error"' in slip.text) == (404, True)
        assert 'value="nobody-of-this-name"' in slip.text
        form["login"] = lost.login.upper()
        assert (await other.post(path, data=form)).status_code == 403
        assert (await centre.post(path, data=form)).headers["location"] == "/account/security"
    assert await signed_in(lost.token, now(), demonstration=False) is None


async def test_the_operator_resets_the_last_administrators(app: Litestar) -> None:
    owner = await enrolled(app, Role.CENTRE)
    await reset_by_operator(system(now()), owner.login, "手机遗失")
    who = await sign_in(owner.login, PASSWORD, now(), demonstration=False, visit=VISIT)
    assert who.second_factor is False


async def test_a_ticket_of_the_first_step_is_good_for_ten_minutes_and_here_only(
    app: Litestar,
) -> None:
    owner = await enrolled(app, Role.CENTRE)
    at = now()
    with pytest.raises(SecondFactorNeeded) as caught:
        await sign_in(owner.login, PASSWORD, at, demonstration=False, visit=VISIT)
    ticket = caught.value.ticket
    late = at + timedelta(minutes=10)
    with pytest.raises(Refused, match="too long"):
        await finish_sign_in(ticket, owner.code(), late, VISIT)
    for forged in ("", "x", ticket[:-4] + "AAAA"):
        with pytest.raises(Refused, match="too long"):
            await finish_sign_in(forged, owner.code(), at, VISIT)
    assert (await finish_sign_in(ticket, owner.code(), at, VISIT)).person == owner.person


async def test_pages_from_the_first_sign_in_to_the_second(app: Litestar) -> None:
    account = await open_account(app, Role.CENTRE)
    await account.client.aclose()
    await account.browser.aclose()
    async with browser(app) as visitor:
        answer = await visitor.post("/sign-in", data={"login": account.login, "password": PASSWORD})
        assert answer.headers["location"] == "/account/second-factor"
        form = await visitor.get("/account/second-factor?lang=en")
        visitor.headers["X-CSRF-Token"] = form.text.split('name="_csrf_token" value="')[1][:64]
        ticket = form.text.split('name="ticket" value="')[1].split('"')[0]
        secret = form.text.split('class="code key">')[1].split("<")[0].replace(" ", "")
        authenticator = pyotp.TOTP(secret)
        proof = {"ticket": ticket, "code": "000000", "password": PASSWORD}
        refused = await visitor.post("/account/second-factor", data=proof)
        assert refused.status_code == 422
        # The picture is the same: nobody has to scan twice for having mistyped.
        assert secret[:4] in refused.text
        assert ticket in refused.text
        proof["code"] = authenticator.generate_otp(totp.step_at(now()) - 1)
        done = await visitor.post("/account/second-factor", data=proof)
        assert done.status_code == 200
        assert done.text.count('<li class="code">') == totp.RECOVERY_CODES
        # The forms on this page belong to the new session already.
        visitor.headers["X-CSRF-Token"] = done.text.split('name="_csrf_token" value="')[1][:64]
        assert (await visitor.get("/console")).status_code == 200
        assert (await visitor.post("/sign-out")).status_code == 303
    async with browser(app) as visitor:
        first = await visitor.post(
            "/sign-in",
            data={"login": account.login, "password": PASSWORD, "next_path": "/console/cases"},
        )
        assert first.status_code == 200
        assert "session" not in visitor.cookies
        ticket = first.text.split('name="ticket" value="')[1].split('"')[0]
        second = {"ticket": ticket, "next_path": "/console/cases", "code": "000000"}
        wrong = await visitor.post("/sign-in/code", data=second)
        assert (wrong.status_code, 'id="code-error"' in wrong.text) == (401, True)
        second["code"] = authenticator.at(now())
        right = await visitor.post("/sign-in/code", data=second)
        assert right.headers["location"] == "/console/cases"
        assert (await visitor.get("/console/cases")).status_code == 200


async def test_in_a_demonstration_nobody_needs_one_and_nobody_can_take_an_account_over(
    database: str, tmp_path: Path
) -> None:
    wanted = NewAccount(
        kind=Role.CENTRE,
        organisation_name="演示中心",
        login="centre@demo",
        password="steelyard-demo",
        person_name="演示",
    )
    await create_account(system(now()), wanted, demonstration=True)
    settings = Settings(database_url=database, var_dir=tmp_path, secret_key=KEY, demonstration=True)
    shared = create_app(settings)
    first = await sign_in("centre@demo", "steelyard-demo", now(), demonstration=True)
    second = await sign_in("centre@demo", "steelyard-demo", now(), demonstration=True)
    async with program(shared, first.token) as visitor:
        assert (await visitor.get("/api/v1/cases")).status_code == 200
        for method, path, body in (
            ("POST", "/api/v1/second-factor/offers", {}),
            ("PUT", "/api/v1/password", {"old": "steelyard-demo", "new": PASSWORD}),
        ):
            answer = await visitor.request(method, path, json=body)
            assert answer.json()["code"] == "demonstration-account-shared"
        # Nor is anybody told where else the account is used, or able to end it there.
        listed = (await visitor.get("/api/v1/sessions")).json()["items"]
        assert [one["id"] for one in listed] == [first.session]
        await visitor.delete("/api/v1/sessions")
        await visitor.delete(f"/api/v1/sessions/{second.session}")
    assert await signed_in(second.token, now(), demonstration=True)


def test_the_default_is_that_officials_must_have_one() -> None:
    assert Settings().second_factor_required
    assert not Settings(demonstration=True).second_factor_required
    assert not Settings(second_factor="optional").second_factor_required


def test_a_code_is_good_for_its_step_and_its_neighbours() -> None:
    secret, at = totp.new_secret(), now()
    authenticator = pyotp.TOTP(secret)
    for off in range(-3, 4):
        code = authenticator.generate_otp(totp.step_at(at) + off)
        matched = totp.matching_step(secret, code, at)
        assert matched == (totp.step_at(at) + off if abs(off) <= 1 else None)
    for nonsense in ("", "12345", "1234567", "ä" * 6, "一二三四五六"):
        assert totp.matching_step(secret, nonsense, at) is None
