"""Who belongs where, while several decide about it at once."""

import asyncio

from litestar import Litestar

from market.accounts.hats import change_hat, lay_down
from market.accounts.joining import join
from market.accounts.members import remove_member, unmake_administrator
from market.accounts.people import deactivate_person
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.database import fetchval, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound
from tests.colleagues import colleague, link
from tests.conftest import Account
from tests.county import eventually

_ADMINISTRATORS = (
    "SELECT count(*) FROM membership WHERE organisation = $1 AND administrator"
    " AND deactivated_at IS NULL"
)


async def test_of_two_last_administrators_who_leave_at_once_one_stays(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    for role in (Role.ENTERPRISE, Role.SUPERVISOR, Role.CENTRE):
        first = accounts[role]
        second = await colleague(app, first, administrator=True)
        told = await asyncio.gather(
            *(lay_down(one.actor(), one.token, one.organisation) for one in (first, second)),
            return_exceptions=True,
        )
        assert sorted(type(one) for one in told if one is not None) == [Conflict]
        assert await fetchval(_ADMINISTRATORS, first.organisation) == 1


async def test_administrators_who_turn_on_each_other(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    """Whoever is second has no right any more, or finds the other gone: one is always left."""
    first = accounts[Role.AGENCY]
    for act in (remove_member, unmake_administrator):
        second = await colleague(app, first, administrator=True)
        told = await asyncio.gather(
            act(first.actor(), second.person),
            act(second.actor(), first.person),
            return_exceptions=True,
        )
        refused = [one for one in told if one is not None]
        assert len(refused) == 1, told
        assert isinstance(refused[0], Forbidden | NotFound | Conflict), refused
        assert await fetchval(_ADMINISTRATORS, first.organisation) == 1
        first = first if told[0] is None else second


async def test_no_session_outlives_a_deactivation_by_changing_its_hat(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    """The deactivation ends the sessions hat by hat, while one goes over to a hat it has done."""
    boss, department = accounts[Role.ENTERPRISE], accounts[Role.SUPERVISOR]
    person = await colleague(app, boss)
    await join(person.person, await link(department), now())
    worn = await change_hat(person.actor(), person.token, department.organisation)
    begun = asyncio.Event()

    async def deactivated() -> None:
        await begun.wait()
        centre = accounts[Role.CENTRE].actor()
        await deactivate_person(centre, person.person, "账号被盗")

    async def waits() -> bool:
        return bool(
            await fetchval(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
        )

    # A task of its own, begun outside: it is not to run inside the transaction below.
    other = asyncio.create_task(deactivated())
    async with tx():
        await change_hat(person.actor(), worn.token, boss.organisation)
        begun.set()
        await eventually(waits)
    await other
    kept = "SELECT count(*) FROM session WHERE person = $1"
    assert await fetchval(kept, person.person) == 0


async def test_of_two_who_use_a_link_at_once_one_comes_in(
    accounts: dict[Role, Account],
) -> None:
    token = await link(accounts[Role.CENTRE])
    told = await asyncio.gather(
        *(join(accounts[role].person, token, now()) for role in (Role.AGENCY, Role.AUDITOR)),
        return_exceptions=True,
    )
    assert [type(one) for one in told if isinstance(one, BaseException)] == [NotFound]
    members = "SELECT count(*) FROM membership WHERE organisation = $1"
    assert await fetchval(members, accounts[Role.CENTRE].organisation) == 2
