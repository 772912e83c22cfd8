"""Members, hats and invitations: what each act does, and that an organisation is never orphaned."""

import uuid
from datetime import timedelta

import pytest
from litestar import Litestar

from market.accounts import members, people
from market.accounts.actions import sign_in
from market.accounts.api_keys import KeyState, NewApiKey, api_keys, make_api_key
from market.accounts.hats import change_hat, hats, lay_down
from market.accounts.invitations import (
    LIFE,
    NewInvitation,
    NewOffice,
    forget_old_invitations,
    invite,
    invite_office,
    open_invitations,
    revoke_invitation,
)
from market.accounts.joining import MOST_TAKEN_NAMES, join, join_as_new, offer_of
from market.accounts.queries import signed_in
from market.accounts.rules import NewPerson
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchrow, fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, NotSignedIn, Refused
from tests.colleagues import colleague, link
from tests.conftest import PASSWORD, Account


async def _works(token: str) -> bool:
    return await signed_in(token, now(), demonstration=False) is not None


async def _last_act() -> tuple[str, str]:
    row = await fetchrow("SELECT act, subject FROM ledger_entry ORDER BY seq DESC LIMIT 1")
    assert row is not None
    return row["act"], row["subject"]


@pytest.fixture
def boss(accounts: dict[Role, Account]) -> Account:
    return accounts[Role.ENTERPRISE]


async def test_a_new_person_joins_by_a_link_that_works_once(app: Litestar, boss: Account) -> None:
    token = await link(boss)
    offer = await offer_of(token, now())
    assert (offer.role, offer.administrator, offer.opens_office) == (Role.ENTERPRISE, False, False)
    nobody = Actor(Role.PUBLIC, now())
    wanted = NewPerson(boss.login, PASSWORD, "李四")
    with pytest.raises(Conflict, match="taken"):
        await join_as_new(nobody, token, wanted)
    with pytest.raises(Refused, match="characters"):
        await join_as_new(nobody, token, NewPerson("li-si", "short", "李四"))
    made = await join_as_new(nobody, token, NewPerson("Li-Si", PASSWORD, " 李四 "))
    assert made.organisation == boss.organisation
    assert await _last_act() == ("membership.joined", made.person)
    with pytest.raises(NotFound, match="used or revoked"):
        await join_as_new(nobody, token, NewPerson("wang", PASSWORD, "王五"))
    who = await sign_in("li-si", PASSWORD, now(), demonstration=False)
    assert (who.organisation, who.administrator) == (boss.organisation, False)
    listed = await members.members(boss.actor())
    assert [(one.name, one.administrator) for one in listed][1:] == [("李四", False)]


async def test_a_link_finds_out_no_more_than_ten_names(boss: Account) -> None:
    token, nobody = await link(boss), Actor(Role.PUBLIC, now())
    wanted = NewPerson(boss.login, PASSWORD, "李四")
    for _ in range(MOST_TAKEN_NAMES):
        with pytest.raises(Conflict, match="taken"):
            await join_as_new(nobody, token, wanted)
    for login in (boss.login, "a-free-name"):
        with pytest.raises(NotFound, match="used or revoked"):
            await join_as_new(nobody, token, NewPerson(login, PASSWORD, "李四"))
    assert (await _last_act())[0] == "invitation.revoked"
    assert await fetchval("SELECT count(*) FROM person WHERE login = 'a-free-name'") == 0


async def test_whoever_acts_for_nobody_is_told_so(boss: Account) -> None:
    nobody = Actor(Role.CENTRE, now(), boss.person)
    with pytest.raises(Forbidden, match="administrator"):
        await people.deactivate_person(nobody, str(uuid.uuid4()), "账号被盗")


async def test_whoever_was_deactivated_meanwhile_signs_in_first(
    app: Litestar, boss: Account, accounts: dict[Role, Account]
) -> None:
    second = await colleague(app, boss)
    await people.deactivate_person(accounts[Role.CENTRE].actor(), second.person, "账号被盗")
    with pytest.raises(NotSignedIn):
        await join(second.person, await link(accounts[Role.AGENCY]), now())


async def test_a_link_dies_with_time_revocation_and_its_makers_right(
    app: Litestar, boss: Account, accounts: dict[Role, Account]
) -> None:
    old = await invite(boss.actor(), NewInvitation())
    assert token_is_not_kept(old.token, await fetchval("SELECT token_hash FROM invitation"))
    with pytest.raises(NotFound):
        await offer_of(old.token, now() + LIFE)
    await forget_old_invitations(now() + LIFE + timedelta(seconds=1))
    assert await open_invitations(boss.actor()) == []

    made = await invite(boss.actor(), NewInvitation(note="给李四"))
    with pytest.raises(NotFound):
        await revoke_invitation(accounts[Role.AGENCY].actor(), made.id)
    (shown,) = await open_invitations(boss.actor())
    assert (shown.note, shown.made_by) == ("给李四", await _name(boss.person))
    await revoke_invitation(boss.actor(), made.id)
    assert await _last_act() == ("invitation.revoked", made.id)

    second = await colleague(app, boss, administrator=True)
    theirs = await link(second)
    await members.unmake_administrator(boss.actor(), second.person)
    for token in (made.token, theirs, "x"):
        with pytest.raises(NotFound, match="used or revoked"):
            await offer_of(token, now())


def token_is_not_kept(token: str, kept: str) -> bool:
    return len(kept) == 64 and token not in kept


async def _name(person: str) -> str:
    return str(await fetchval("SELECT name FROM person WHERE id = $1", person))


async def test_another_hat_needs_another_token(
    boss: Account, accounts: dict[Role, Account]
) -> None:
    department = accounts[Role.SUPERVISOR]
    await join(boss.person, await link(department), now())
    with pytest.raises(Conflict, match="already"):
        await join(boss.person, await link(department), now())
    assert len(await open_invitations(department.actor())) == 1, "a refused link stays good"

    who = await change_hat(boss.actor(), boss.token, department.organisation)
    assert (who.role, who.person) == (Role.SUPERVISOR, boss.person)
    assert await _works(who.token)
    assert not await _works(boss.token)
    again = await sign_in(boss.login, PASSWORD, now(), demonstration=False)
    assert again.role is Role.SUPERVISOR, "the hat that was put on last"
    with pytest.raises(NotFound):
        await change_hat(boss.actor(), who.token, accounts[Role.AGENCY].organisation)
    assert [(hat.role, hat.worn) for hat in await hats(boss.actor())] == [
        (Role.ENTERPRISE, True),
        (Role.SUPERVISOR, False),
    ]

    actor = Actor(who.role, now(), who.person, who.organisation)
    home = await lay_down(actor, who.token, department.organisation)
    assert home is not None
    assert home.role is Role.ENTERPRISE
    assert not await _works(who.token)
    assert not await _works(again.token), "all sessions under that hat end"
    assert await _last_act() == ("membership.left", boss.person)


async def test_nobody_can_be_asked_in_by_whom_has_no_right(app: Litestar, boss: Account) -> None:
    member = await colleague(app, boss)
    for act in (
        invite(member.actor(), NewInvitation()),
        open_invitations(member.actor()),
        members.members(member.actor()),
        members.make_administrator(member.actor(), member.person),
        members.remove_member(member.actor(), boss.person),
        people.find_people(member.actor(), "a"),
    ):
        with pytest.raises(Forbidden, match="administrator"):
            await act


async def test_the_last_administrator_stays(
    app: Litestar, boss: Account, accounts: dict[Role, Account]
) -> None:
    second = await colleague(app, boss, administrator=True)
    await members.deactivate_member(boss.actor(), second.person)
    centre = accounts[Role.CENTRE].actor()
    for act in (
        lay_down(boss.actor(), boss.token, boss.organisation),
        members.unmake_administrator(boss.actor(), boss.person),
        members.remove_member(boss.actor(), boss.person),
        members.deactivate_member(boss.actor(), boss.person),
        people.deactivate_person(centre, boss.person, "账号被盗"),
    ):
        with pytest.raises(Conflict, match="without an administrator"):
            await act
    # An id has more than one spelling, and is the same person in all of them.
    with pytest.raises(Refused, match="somebody else"):
        await members.hand_over(boss.actor(), boss.person.upper())
    with pytest.raises(Conflict, match="Reactivate"):
        await members.hand_over(boss.actor(), second.person)
    await members.reactivate_member(boss.actor(), second.person)
    await members.hand_over(boss.actor(), second.person)
    assert await _last_act() == ("membership.handed_over", second.person)
    with pytest.raises(Forbidden):
        await members.members(boss.actor())
    assert await lay_down(boss.actor(), boss.token, boss.organisation) is None
    with pytest.raises(Forbidden, match="No organisation is open"):
        await sign_in(boss.login, PASSWORD, now(), demonstration=False)
    # Whoever has no organisation left signs in with the next invitation.
    token = await link(second)
    who = await sign_in(boss.login, PASSWORD, now(), demonstration=False, invitation=token)
    assert who.organisation == boss.organisation


async def test_whoever_is_deactivated_is_out_at_once(app: Litestar, boss: Account) -> None:
    second = await colleague(app, boss, administrator=True)
    key = await make_api_key(
        second.actor(), NewApiKey("Robot", ("catalogue:read",)), ("catalogue:read",)
    )
    assert await _works(second.token)
    await members.deactivate_member(boss.actor(), second.person)
    assert not await _works(second.token)
    assert [one.state for one in await api_keys(boss.actor())] == [KeyState.REVOKED]
    assert key.id
    with pytest.raises(Forbidden, match="No organisation is open"):
        await sign_in(second.login, PASSWORD, now(), demonstration=False)
    await members.reactivate_member(boss.actor(), second.person)
    await sign_in(second.login, PASSWORD, now(), demonstration=False)
    await members.remove_member(boss.actor(), second.person)
    with pytest.raises(NotFound):
        await members.remove_member(boss.actor(), second.person)


async def test_the_centre_deactivates_an_account_as_a_whole(
    app: Litestar, boss: Account, accounts: dict[Role, Account]
) -> None:
    second, centre = await colleague(app, boss, administrator=True), accounts[Role.CENTRE]
    with pytest.raises(Refused, match="reason"):
        await people.deactivate_person(centre.actor(), second.person, " ")
    await people.deactivate_person(centre.actor(), second.person, "账号被盗")
    assert await _last_act() == ("person.deactivated", second.person)
    assert not await _works(second.token)
    with pytest.raises(Forbidden):
        await sign_in(second.login, PASSWORD, now(), demonstration=False)
    with pytest.raises(NotSignedIn):
        await sign_in(second.login, "another password", now(), demonstration=False)
    (found,) = await people.find_people(centre.actor(), second.login.upper())
    assert (found.person, found.deactivated_at is not None) == (second.person, True)
    assert [one.zh for one in found.organisations] == [(await hats(boss.actor()))[0].name]
    await people.reactivate_person(centre.actor(), second.person, "已核实")
    await sign_in(second.login, PASSWORD, now(), demonstration=False)


async def test_the_centre_invites_an_office(accounts: dict[Role, Account]) -> None:
    centre = accounts[Role.CENTRE].actor()
    with pytest.raises(Refused, match="Only departments"):
        await invite_office(centre, NewOffice(Role.ENTERPRISE, "某公司"))
    made = await invite_office(centre, NewOffice(Role.AUDITOR, "云溪县审计局"))
    opened = await join_as_new(
        Actor(Role.PUBLIC, now()), made.token, NewPerson("audit-1", PASSWORD, "审计员")
    )
    who = await sign_in("audit-1", PASSWORD, now(), demonstration=False)
    assert (who.role, who.organisation_name, who.administrator) == (
        Role.AUDITOR,
        "云溪县审计局",
        True,
    )
    assert opened.organisation == who.organisation


async def test_an_invented_account_stays_as_it_is(
    boss: Account, accounts: dict[Role, Account]
) -> None:
    await execute("UPDATE person SET demonstration = true WHERE id = $1", boss.person)
    with pytest.raises(Forbidden, match="share"):
        await lay_down(boss.actor(), boss.token, boss.organisation)
    with pytest.raises(Forbidden, match="share"):
        await join(boss.person, await link(accounts[Role.AGENCY]), now())
