"""More people for an organisation, asked in and signed in as people are."""

import itertools

from litestar import Litestar

from market.accounts.actions import sign_in
from market.accounts.invitations import NewInvitation, invite
from market.accounts.joining import join_as_new
from market.accounts.rules import NewPerson
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from tests.conftest import PASSWORD, Account, browser, program

_numbers = itertools.count(1)


async def link(account: Account, *, administrator: bool = False) -> str:
    """The secret of a new invitation into the organisation of an account."""
    return (await invite(account.actor(), NewInvitation(administrator))).token


async def colleague(app: Litestar, account: Account, *, administrator: bool = False) -> Account:
    """Another person of the same organisation, signed in. Close the two clients yourself."""
    number = next(_numbers)
    login = f"colleague-{number}"
    token = await link(account, administrator=administrator)
    wanted = NewPerson(login, PASSWORD, f"同事{number}")
    made = await join_as_new(Actor(Role.PUBLIC, now()), token, wanted)
    who = await sign_in(login, PASSWORD, now(), demonstration=False)
    return Account(
        role=account.role,
        login=login,
        person=made.person,
        organisation=made.organisation,
        uscc=account.uscc,
        token=who.token,
        client=program(app, who.token),
        browser=browser(app, who.token),
    )
