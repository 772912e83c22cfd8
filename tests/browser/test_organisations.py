"""A colleague is invited, comes in, wears another hat, leaves, and has their data erased."""

import httpx
from litestar import Litestar

from market.accounts.joining import join
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from tests.browser.visitors import Arrive, Visitor
from tests.colleagues import link
from tests.conftest import PASSWORD, open_account

_LINK_IS_HERE = "#made"


async def _change(visitor: Visitor, what: str, about: str) -> None:
    """Open the fold beside somebody or something."""
    name = f"{visitor.says(what)} {about}"
    await visitor.page.locator("summary", has_text=name).click()


async def test_from_the_invitation_to_the_erasure(
    app: Litestar, origin: str, arrive: Arrive
) -> None:
    boss = await open_account(app, Role.ENTERPRISE)
    other = await open_account(app, Role.SUPERVISOR)
    async with boss.client, boss.browser, other.client, other.browser:
        second = await link(other)
    administrator = await arrive(boss.login)
    await administrator.go("/account/members")
    await administrator.fill(note="给新同事")
    await administrator.press("Make a link")
    address = await administrator.page.input_value(_LINK_IS_HERE)
    assert address.startswith(f"{origin}/invitations/")
    await administrator.reads("给新同事")
    await administrator.looks()

    colleague = await arrive()
    await colleague.go(address.removeprefix(origin))
    await colleague.fill(person_name="新同事", login="new-colleague", password="short")
    await colleague.press("Open an account and accept", status=422)
    await colleague.looks()
    await colleague.fill(login="new-colleague", password=PASSWORD)
    await colleague.press("Open an account and accept")
    await colleague.go(address.removeprefix(origin), status=404)
    await colleague.sees(
        "This invitation has been used or revoked, or is too old. Ask for a new one."
    )

    # Somebody who has an account accepts by signing in with it.
    await colleague.go(f"/invitations/{second}")
    await colleague.follow(colleague.says("Sign in and accept"))
    await colleague.sees("By signing in you accept the invitation.")
    await colleague.fill(login="new-colleague", password=PASSWORD)
    form = colleague.page.locator("form", has=colleague.page.locator("#login"))
    async with colleague.page.expect_navigation():
        await form.get_by_role("button").click()
    await colleague.go("/account")
    await colleague.sees_count("{count} organisation", "{count} organisations", 2)
    await colleague.looks()
    cookies = {one["name"]: one["value"] for one in await colleague.page.context.cookies()}
    button = colleague.page.locator("button[name=organisation]")
    async with colleague.page.expect_navigation():
        await button.click()
    async with httpx.AsyncClient(base_url=origin, cookies=cookies) as thief:
        assert (await thief.get("/account")).status_code == 401
    assert await colleague.page.get_by_text(colleague.says("My evaluations")).count()

    # The last administrator stays; the colleague may go.
    await administrator.go("/account")
    names = await administrator.page.locator(".account-row strong").all_inner_texts()
    await _change(administrator, "Leave", names[0])
    await administrator.press("Leave for good", names[0], status=409)
    await administrator.looks()
    await colleague.go("/account")
    await _change(colleague, "Leave", names[0])
    await colleague.press("Leave for good", names[0])
    await colleague.sees("You have left the organisation.")
    await colleague.sees_count("{count} organisation", "{count} organisations", 1)

    await colleague.go("/account/personal-data")
    await colleague.looks()
    async with colleague.page.expect_download() as download:
        await colleague.page.get_by_text(colleague.says("All of it as a file (JSON)")).click()
    assert (await download.value).suggested_filename == "personal-data.json"
    await colleague.page.locator("summary", has_text=colleague.says("Erase my data")).click()
    await colleague.fill(password="not the password")
    await colleague.press("Erase for ever", status=422)
    await colleague.looks()
    await colleague.fill(password=PASSWORD)
    await colleague.press("Erase for ever")
    await colleague.sees("Your personal data are erased, and your account has ended.")
    await colleague.go("/account", status=401)


async def test_the_centre_invites_an_office_and_finds_people(app: Litestar, arrive: Arrive) -> None:
    centre = await open_account(app, Role.CENTRE)
    member = await open_account(app, Role.ENTERPRISE)
    async with centre.client, centre.browser, member.client, member.browser:
        await join(member.person, await link(centre), now())
    visitor = await arrive(centre.login)
    await visitor.go("/account/members")
    await visitor.fill(office_name="云溪县审计局")
    await visitor.page.select_option("[name=kind]", "auditor")
    await visitor.press("Make a link", visitor.says("for the office"))
    await visitor.sees("The invitation is made. Copy the link now: it is never shown again.")
    await visitor.reads("云溪县审计局")
    await visitor.looks()
    await visitor.go("/console/people")
    await visitor.fill(q=member.login)
    await visitor.press("Search")
    await visitor.sees_count("{count} account", "{count} accounts", 1)
    await _change(visitor, "Change", member.login)
    await visitor.fill(reason="账号被盗")
    await visitor.looks()
    await visitor.press("Deactivate the account", status=409)
    await visitor.looks()
