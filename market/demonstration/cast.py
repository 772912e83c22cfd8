"""Who plays: the accounts of the demonstration, opened through the same actions as any other."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import msgspec
from obstore.store import ObjectStore

from market.accounts.actions import NewAccount, create_account
from market.accounts.invitations import NewInvitation, invite
from market.accounts.joining import join_as_new
from market.accounts.rules import NewPerson
from market.catalogue.actions import assign_supervisor
from market.catalogue.queries import packages
from market.demonstration.accounts import PASSWORD
from market.demonstration.calendar import Calendar
from market.demonstration.firms import (
    DEPARTMENTS,
    AgencyPlan,
    EnterprisePlan,
    agency_plans,
    enterprise_plans,
    person_name,
)
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import local_date

SEED = "steelyard demonstration 1"
# The oldest settled work is eighteen months old, so the accounts are a little older.
OPENED = timedelta(days=640)


def stream(name: str) -> Random:
    """Each story draws from its own stream, so that one more story changes none of the others."""
    return Random(f"{SEED} {name}")


class Player(msgspec.Struct, frozen=True):
    """Somebody with an account, who acts at a given moment."""

    role: Role
    person: str
    organisation: str
    uscc: str | None = None

    def at(self, moment: datetime) -> Actor:
        return Actor(self.role, moment, self.person, self.organisation, self.uscc)


class Package(msgspec.Struct, frozen=True):
    """What the stories need of a package: how many milestones, and how long it should take."""

    milestones: int
    working_days: int


class Cast(msgspec.Struct):
    """Everybody in the demonstration. `agencies` and `listings` fill while the stories run."""

    now: datetime
    store: ObjectStore
    calendar: Calendar
    centre: Player
    second: Player
    third: Player
    supervisors: dict[str, Player]
    enterprises: list[Player]
    enterprise_plans: list[EnterprisePlan]
    agency_plans: list[AgencyPlan]
    packages: dict[str, Package]
    agencies: dict[str, Player] = msgspec.field(default_factory=dict)
    listings: dict[tuple[str, str], str] = msgspec.field(default_factory=dict)

    def days_ago(self, days: float) -> datetime:
        return self.now - timedelta(days=days)


async def assemble(now: datetime, store: ObjectStore, progress: Callable[[str], None]) -> Cast:
    """Open the accounts of officials and enterprises; the agencies apply in their stories."""
    opened = now - OPENED
    random = stream("cast")
    centre = await _official(
        opened,
        Role.CENTRE,
        "centre@demo",
        "云溪县中介管理服务中心",
        "Yunxi County Intermediary Service Centre",
        random,
    )
    second = await _colleague(centre.at(opened), "centre2@demo", random)
    third = await _colleague(centre.at(opened), "centre3@demo", stream("third person"))
    await _official(
        opened,
        Role.AUDITOR,
        "auditor@demo",
        "云溪县审计局",
        "Yunxi County Audit Office",
        random,
    )
    supervisors = {}
    for department in DEPARTMENTS:
        player = await _official(
            opened,
            Role.SUPERVISOR,
            department.login,
            department.name,
            department.name_en,
            random,
        )
        for package in department.packages:
            await assign_supervisor(centre.at(opened), package, player.organisation)
            supervisors[package] = player
    plans = enterprise_plans(random)
    enterprises = [await _enterprise(opened, plan) for plan in plans]
    progress(
        f"→ demonstration: {len(enterprises)} invented enterprises, {len(DEPARTMENTS)} offices"
    )
    return Cast(
        now=now,
        store=store,
        calendar=Calendar(opened),
        centre=centre,
        second=second,
        third=third,
        supervisors=supervisors,
        enterprises=enterprises,
        enterprise_plans=plans,
        agency_plans=agency_plans(local_date(now), random),
        packages={
            package.code: Package(len(package.items), package.working_days)
            for package in await packages()
        },
    )


async def _official(
    at: datetime, role: Role, login: str, name: str, name_en: str, random: Random
) -> Player:
    wanted = NewAccount(
        kind=role,
        organisation_name=name,
        organisation_name_en=name_en,
        login=login,
        password=PASSWORD,
        person_name=person_name(random),
    )
    account = await create_account(system(at), wanted, demonstration=True)
    return Player(role, account.person, account.organisation)


async def _colleague(first: Actor, login: str, random: Random) -> Player:
    """A colleague, for what one person proposes and another decides."""
    invitation = await invite(first, NewInvitation())
    wanted = NewPerson(login, PASSWORD, person_name(random))
    public = Actor(Role.PUBLIC, first.at)
    joined = await join_as_new(public, invitation.token, wanted, demonstration=True)
    return Player(Role.CENTRE, joined.person, joined.organisation)


async def _enterprise(at: datetime, plan: EnterprisePlan) -> Player:
    wanted = NewAccount(
        kind=Role.ENTERPRISE,
        organisation_name=plan.name,
        organisation_name_en=plan.name_en,
        uscc=plan.uscc,
        login=plan.login,
        password=PASSWORD,
        person_name=plan.person,
    )
    public = Actor(Role.PUBLIC, at)
    account = await create_account(public, wanted, demonstration=True)
    return Player(Role.ENTERPRISE, account.person, account.organisation)
