"""What a person sees of themselves, and that an erasure leaves nothing of it anywhere."""

import dataclasses
import uuid

import pyotp
import pytest
from litestar import Litestar

from market.accounts.api_keys import NewApiKey, make_api_key
from market.accounts.invitations import NewInvitation, invite
from market.accounts.profiles import change_name
from market.accounts.queries import signed_in
from market.accounts.second_factors import enrol, offer
from market.accounts.signing_in import sign_in
from market.accounts.visits import Visit
from market.oversight.erasure import erase_for, erase_own, pseudonym
from market.oversight.personal_data import personal_data
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetch, fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotSignedIn, Refused
from ratings.verification import verify
from tests.colleagues import colleague
from tests.conftest import PASSWORD, Account
from tests.county import County

NAME, PHONE, NOTE, KEY, SUBJECT = "欧阳待删", "139-0000-4411", "给诸葛", "诸葛的程序", "prov-77121"
_VISIT = Visit(address="203.0.113.9", user_agent="Spy/1.0", key=b"any")


@pytest.fixture
async def agent(app: Litestar, county: County) -> Account:
    """A second administrator of an agency, who has left a trace wherever a person can."""
    agency = await county.agency(contact_name=NAME, contact_phone=PHONE)
    made = await colleague(app, agency, administrator=True)
    await change_name(made.actor(), NAME)
    await sign_in(made.login, PASSWORD, now(), demonstration=False, visit=_VISIT)
    await make_api_key(made.actor(), NewApiKey(KEY, ("catalogue:read",)), ("catalogue:read",))
    await invite(made.actor(), NewInvitation(note=NOTE))
    await execute(
        "INSERT INTO linked_identity (id, issuer, subject, person, linked_at)"
        " VALUES ($1, 'https://id.example', $2, $3, $4)",
        str(uuid.uuid4()),
        SUBJECT,
        made.person,
        now(),
    )
    offered = await offer(made.actor(), Visit(), "Market")
    code = pyotp.TOTP(offered.secret).at(now())
    renewed = await enrol(made.actor(), made.token, offered.ticket, code, PASSWORD, Visit())
    return dataclasses.replace(made, token=renewed.who.token)


async def _traces(*marks: str) -> list[str]:
    """The tables in which any of the marks stands, in whichever column."""
    tables = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = []
    for (table,) in tables:
        rows = await fetch(f'SELECT t::text FROM "{table}" t')  # noqa: S608 # names of tables
        found += [f"{table}: {mark}" for mark in marks if any(mark in row[0] for row in rows)]
    return found


async def test_a_person_sees_all_of_it_and_then_it_is_gone(agent: Account) -> None:
    who = await signed_in(agent.token, now(), demonstration=False)
    assert who is not None
    seen = await personal_data(agent.actor(), who)
    assert (seen.account.login, seen.account.name) == (agent.login, NAME)
    assert [hat.organisation for hat in seen.organisations] == [agent.organisation]
    assert [one.name for one in seen.api_keys] == [KEY]
    assert [one.note for one in seen.invitations] == [NOTE]
    assert [one.subject for one in seen.identities] == [SUBJECT]
    assert [one.contact_phone for one in seen.contacts] == [PHONE]
    assert seen.second_factor.enrolled_at is not None
    assert seen.sessions
    acts = {one.act for one in seen.ledger}
    assert {"membership.joined", "person.renamed", "api_key.made", "invitation.made"} <= acts
    marks = (NAME, PHONE, NOTE, KEY, SUBJECT, agent.login, "Spy", "203.0.113")
    assert {one.split(":")[0] for one in await _traces(*marks)} >= {
        "person",
        "agency",
        "api_key",
        "invitation",
        "linked_identity",
    }

    with pytest.raises(Refused, match="wrong"):
        await erase_own(agent.actor(), "not the password", _VISIT)
    before = await fetchval("SELECT max(seq) FROM ledger_entry")
    await erase_own(agent.actor(), PASSWORD, _VISIT)
    assert await _traces(*marks) == []
    of_nobody = ("session", "second_factor", "recovery_code", "membership", "api_key")
    for table in of_nobody:
        rows = f"SELECT count(*) FROM {table} WHERE person = $1"  # noqa: S608 # a constant
        assert await fetchval(rows, agent.person) == 0, table
    assert await _traces(pseudonym(agent.person)) == [
        f"{table}: {pseudonym(agent.person)}"
        for (table,) in await fetch(
            "SELECT tablename FROM pg_tables WHERE tablename IN ('agency', 'person')"
        )
    ]
    entry = await fetch("SELECT act, subject FROM ledger_entry WHERE seq > $1", before)
    assert [tuple(row) for row in entry] == [("person.erased", agent.person)]
    assert (await verify()).faults == []
    with pytest.raises(NotSignedIn):
        await sign_in(agent.login, PASSWORD, now(), demonstration=False)


async def test_the_last_administrator_hands_over_first(app: Litestar, county: County) -> None:
    owner, centre = county.enterprise, county.centre.actor()
    with pytest.raises(Conflict, match="without an administrator"):
        await erase_own(owner.actor(), PASSWORD, _VISIT)
    await colleague(app, owner, administrator=True)
    with pytest.raises(Refused, match="reason"):
        await erase_for(centre, owner.person, " ")
    with pytest.raises(Forbidden, match="administrator"):
        await erase_for((await colleague(app, owner)).actor(), owner.person, "本人申请")
    with pytest.raises(Refused, match="your own account"):
        await erase_for(centre, str(centre.person).upper(), "本人书面申请")
    await erase_for(centre, owner.person, "本人书面申请")
    with pytest.raises(NotSignedIn):
        await sign_in(f"erased-{owner.person}", "", now(), demonstration=False)
    with pytest.raises(Conflict, match="for ever"):
        await erase_for(centre, owner.person, "本人书面申请")
    assert await signed_in(owner.token, now(), demonstration=False) is None


async def test_a_shared_account_cannot_be_erased(county: County) -> None:
    person = county.enterprise.person
    await execute("UPDATE person SET demonstration = true WHERE id = $1", person)
    with pytest.raises(Forbidden, match="share"):
        await erase_own(county.enterprise.actor(), PASSWORD, _VISIT)
    with pytest.raises(Forbidden, match="share"):
        await erase_for(county.centre.actor(), person, "本人书面申请")
