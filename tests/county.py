"""A county for tests of actions: its catalogue loaded, its departments named, its firms invented.

Everything is done through the actions, committed for real. Times are the actors', so that a test
may begin months ago; nothing here waits.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from litestar import Litestar

from market.accounts.actions import sign_in
from market.agencies.actions import (
    AgencyApplication,
    NewListing,
    apply_for_admission,
    decide_admission,
    put_up_listing,
)
from market.catalogue.actions import assign_supervisor
from market.catalogue.county_ranges import (
    NewCountyRange,
    adopt_county_range,
    propose_county_range,
)
from market.catalogue.project_facts import ProjectFacts
from market.catalogue.queries import package_range, packages
from market.engagements.actions import accept, add_deliverable, purchase, report_milestone, settle
from market.files.store import Stored
from market.purchasing.actions import NewGroupBuy, open_group_buy
from market.purchasing.tiers import Tier
from ratings.evaluations.actions import answer
from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import fetch, fetchval, row_id
from ratings.ledger.errors import SteelyardError
from ratings.sanctions.actions import Proposal, answer_case, delist, propose_delisting
from ratings.sanctions.queries import case_file
from ratings.sanctions.rules import Kind, Severity
from ratings.shells.case_actions import decide_finding
from tests.colleagues import colleague
from tests.conftest import PASSWORD, Account, browser, make_uscc, open_account, program
from tests.shell_way import to_second_person

PACKAGE = "consulting"
FACTS = ProjectFacts(investment_wan=Decimal(10_000), building_area_m2=Decimal(20_000))
A_FILE = Stored("deliverables/none", "报告.pdf", "application/pdf", 9, "0" * 64)
TIERS = (Tier(2, 9_000_000), Tier(3, 8_500_000), Tier(5, 8_000_000))


@dataclass
class County:
    """`enterprise` opens and buys; `account` and `agency` make more firms."""

    app: Litestar
    centre: Account
    supervisor: Account
    enterprise: Account
    high_fen: int
    _stack: AsyncExitStack
    _numbers: list[int] = field(default_factory=lambda: [5_000_000])
    _second: Account | None = None

    async def account(self, role: Role) -> Account:
        made = await open_account(self.app, role)
        await self._stack.enter_async_context(made.client)
        await self._stack.enter_async_context(made.browser)
        return made

    async def second(self) -> Account:
        """Another person of the centre, who decides what the first has proposed."""
        if self._second is None:
            self._second = await self.another()
        return self._second

    async def another(self) -> Account:
        """One more person of the centre, who has had no part in anything yet."""
        made = await colleague(self.app, self.centre)
        await self._stack.enter_async_context(made.client)
        await self._stack.enter_async_context(made.browser)
        return made

    async def delist(self, case: str, severity: Severity, until: date, reason: str) -> str:
        """As the rule has it: the agency is heard, one person proposes, the second decides."""
        row = await case_file(case)
        if row.kind is Kind.SHELL:
            # The centre's first person may have rated the agency, and then takes no step.
            first = (await self.another()).actor()
            await to_second_person(first, case, severity, until, reason)
            await decide_finding((await self.second()).actor(), case)
            held = "SELECT id FROM delisting WHERE case_file = $1"
            return str(await fetchval(held, row_id(case)))
        if row.answered_at is None:
            await answer_case(Actor(Role.AGENCY, now(), uscc=row.uscc), case, "无异议")
        await propose_delisting(self.centre.actor(), case, Proposal(severity, until, reason))
        return await delist((await self.second()).actor(), case)

    async def range(self, wanted: NewCountyRange) -> str:
        """A county range that one person has proposed and the second adopted."""
        proposal = await propose_county_range(self.centre.actor(), wanted)
        await adopt_county_range((await self.second()).actor(), proposal)
        return proposal

    def application(self, **changes: object) -> AgencyApplication:
        """A form that may be sent as it is; every call is another firm."""
        self._numbers[0] += 1
        number = self._numbers[0]
        wanted = AgencyApplication(
            uscc=make_uscc(number),
            name=f"云溪测试{number}咨询有限公司",
            established_on=date(2015, 5, 5),
            staff=12,
            address="云溪县测试路1号",
            contact_name="测试人",
            contact_phone="000-0000",
            login=f"agency-{number}",
            password=PASSWORD,
            person_name="测试人",
        )
        return msgspec.structs.replace(wanted, **changes)

    async def applicant(self, **changes: object) -> Account:
        """An agency that waits for its admission."""
        wanted = self.application(**changes)
        at = now()
        uscc = await apply_for_admission(Actor(role=Role.PUBLIC, at=at), wanted)
        who = await sign_in(wanted.login, PASSWORD, at, demonstration=False)
        made = Account(
            role=Role.AGENCY,
            login=wanted.login,
            person=who.person,
            organisation=who.organisation,
            uscc=uscc,
            token=who.token,
            client=program(self.app, who.token),
            browser=browser(self.app, who.token),
        )
        await self._stack.enter_async_context(made.client)
        await self._stack.enter_async_context(made.browser)
        return made

    async def agency(self, **changes: object) -> Account:
        """An admitted agency."""
        made = await self.applicant(**changes)
        assert made.uscc is not None
        await decide_admission(self.centre.actor(), made.uscc, admit=True, reason="证照齐全")
        return made

    async def listing(self, agency: Account, package: str = PACKAGE) -> str:
        """A listing at three quarters of what the range allows for `FACTS`."""
        standard = await package_range(package, FACTS, local_date(now()))
        wanted = NewListing(package, standard.high_fen * 3 // 4, 20, FACTS)
        return await put_up_listing(agency.actor(), wanted)

    def group_buy(self, **changes: object) -> NewGroupBuy:
        wanted = NewGroupBuy(
            package=PACKAGE,
            title="产业园三期前期咨询团购",
            facts=FACTS,
            tiers=TIERS,
            places=10,
            deadline=now() + timedelta(days=7),
            project_name="一号厂房",
        )
        return msgspec.structs.replace(wanted, **changes)

    async def past_group_buy(self, **changes: object) -> str:
        """Opened ten days ago, with a deadline that passed yesterday, and still to be closed."""
        wanted = self.group_buy(deadline=now() - timedelta(days=1), **changes)
        return await open_group_buy(at(self.enterprise.actor(), now() - timedelta(days=10)), wanted)

    async def delivered(
        self, agency: Account, listing: str, *, when: datetime | None = None
    ) -> str:
        """An engagement that the owner may accept."""
        when = when or now()
        owner, worker = at(self.enterprise.actor(), when), at(agency.actor(), when)
        engagement = await purchase(owner, listing, "二号厂房")
        for position in range(1, 6):
            await report_milestone(worker, engagement, position)
        await add_deliverable(worker, engagement, A_FILE)
        return engagement

    async def settled(self, agency: Account, listing: str, *, when: datetime | None = None) -> str:
        """The docket of an engagement that has gone its whole way."""
        when = when or now()
        engagement = await self.delivered(agency, listing, when=when)
        owner = at(self.enterprise.actor(), when)
        await accept(owner, engagement)
        return await settle(owner, engagement)

    def party(self, party: Party) -> Account:
        accounts = {
            Party.OWNER: self.enterprise,
            Party.SUPERVISOR: self.supervisor,
            Party.CENTRE: self.centre,
        }
        return accounts[party]

    async def evaluated(
        self, agency: Account, listing: str, score: int, *, when: datetime | None = None
    ) -> str:
        """A settled engagement for which all three have answered `score` throughout."""
        when = when or now()
        docket = await self.settled(agency, listing, when=when)
        for party in Party:
            await answer(
                at(self.party(party).actor(), when),
                docket,
                marks(party, score),
                "理由如此",
                reasons=reasons(party, score),
                final=True,
            )
        return docket


@pytest.fixture
async def county(app: Litestar) -> AsyncIterator[County]:
    """Its catalogue is loaded already: a test that asks for a county gets `county_template`."""
    async with AsyncExitStack() as stack:
        made = []
        for role in (Role.CENTRE, Role.SUPERVISOR, Role.ENTERPRISE):
            made.append(await open_account(app, role))
            await stack.enter_async_context(made[-1].client)
            await stack.enter_async_context(made[-1].browser)
        centre, supervisor, enterprise = made
        for package in await packages():
            await assign_supervisor(centre.actor(), package.code, supervisor.organisation)
        standard = await package_range(PACKAGE, FACTS, local_date(now()))
        yield County(app, centre, supervisor, enterprise, standard.high_fen, stack)


def at(actor: Actor, when: datetime) -> Actor:
    """The same person at another time."""
    return msgspec.structs.replace(actor, at=when)


def marks(party: Party, score: int | str) -> dict[str, str]:
    """The same score for every indicator the party is asked about."""
    return {code: str(score) for code in WEIGHTS[party]}


def reasons(party: Party, score: int | str) -> dict[str, str]:
    """Why `marks(party, score)` are low, at every indicator, where they need it."""
    return dict.fromkeys(marks(party, score), "理由如此") if Decimal(score) < 60 else {}


async def refused(act: Awaitable[object], kind: type[SteelyardError], code: str) -> SteelyardError:
    """The error that `act` raises; and nothing is half done: every row is as it was before."""
    before = await picture()
    with pytest.raises(kind) as caught:
        await act
    assert caught.value.code == code
    assert await picture() == before
    return caught.value


async def picture() -> dict[str, str]:
    """A digest of every table's content; apart from what notes that somebody called at all."""
    found = {}
    for (name,) in await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        if name not in ("session", "rate_allowance"):
            digest = "count(*) || md5(string_agg(t::text, ',' ORDER BY t::text))"
            found[name] = await fetchval(f'SELECT {digest} FROM "{name}" t')  # noqa: S608
    return found


async def jobs(name: str) -> int:
    """How many jobs of a name wait in the queue."""
    count: int = await fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", name)
    return count


async def eventually(
    holds: Callable[[], Awaitable[object]], *, within: timedelta = timedelta(seconds=20)
) -> None:
    """Ask until it holds; fail when it still does not after `within`."""
    loop = asyncio.get_running_loop()
    last = loop.time() + within.total_seconds()
    while not await holds():
        assert loop.time() < last, "it did not come to pass in time"
        await asyncio.sleep(0.05)
