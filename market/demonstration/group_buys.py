"""Group buys: those that became engagements, and those that are open today."""

from datetime import datetime, timedelta
from random import Random

import msgspec

from market.demonstration.calendar import Story, office_hour
from market.demonstration.cast import Cast, stream
from market.demonstration.firms import AgencyPlan, Part
from market.demonstration.plot import project_of, silent_party
from market.demonstration.sellers import fair_price, project_facts
from market.demonstration.work import Work, carry_out
from market.engagements.actions import choose_for_group
from market.purchasing.actions import (
    NewGroupBuy,
    close_group_buy,
    join_group_buy,
    offer_to_serve,
    open_group_buy,
)
from market.purchasing.tiers import Tier
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date

_PAST = 24
_TITLES = {
    "consulting": "工业园区项目前期咨询团购",
    "review": "报告评审一站式团购",
    "design": "厂房设计套餐团购",
    "as-built-survey": "竣工测绘联合团购",
}


class Group(msgspec.Struct, frozen=True):
    """A group buy: `members` are enterprises, the opener first; `joins` says on which day each
    came, counted from the opening. `chosen_after` days after the deadline, None for never."""

    name: str
    package: str
    members: tuple[int, ...]
    joins: tuple[float, ...]
    offering: tuple[AgencyPlan, ...]
    opened_ago: float
    open_days: float
    places: int
    chosen_after: int | None
    settled_ago: float = 0.0


def past_groups(cast: Cast) -> list[Group]:
    """Two dozen that were closed and served; the first to offer is the one that is chosen."""
    random = stream("past groups")
    working = [plan for plan in cast.agency_plans if plan.part is Part.WORKS]
    found = []
    for number in range(_PAST):
        plan = working[(number * 2 + 1) % len(working)]
        settled_ago = 60 + number * 19.0
        opened_ago = settled_ago + 60
        rivals = [p for p in working if p.packages[0] == plan.packages[0] and p is not plan]
        count = random.randint(3, 5)
        open_days = random.randint(9, 14)
        found.append(
            Group(
                name=f"past group {number}",
                package=plan.packages[0],
                members=tuple(random.sample(range(len(cast.enterprises)), count)),
                joins=_joins(count, open_days - 1, random),
                offering=(plan, *random.sample(rivals, random.randint(0, 2))),
                opened_ago=opened_ago,
                open_days=open_days,
                places=random.randint(6, 12),
                chosen_after=random.randint(1, 3),
                settled_ago=settled_ago,
            )
        )
    return found


def current_groups(cast: Cast) -> list[Group]:
    """Five that are open, one that waits for its choice, one that found nobody."""
    random = stream("current groups")
    working = [plan for plan in cast.agency_plans if plan.part is Part.WORKS]
    # Package, members, days since the opening, days until the deadline, places, offers.
    sketches = (
        ("as-built-survey", (1, 4, 7, 9, 12), 9.0, 2.3, 8, 3),
        ("consulting", (0, 5, 8), 6.0, 4.2, 10, 2),
        ("design", (3, 0, 11, 14), 5.0, 6.4, 6, 2),
        ("review", (6,), 1.2, 9.1, 12, 0),
        ("consulting", (2, 10), 3.0, 13.5, 20, 1),
        ("as-built-survey", (0, 13, 16, 18), 11.0, -1.1, 8, 3),
        ("design", (17,), 14.0, -2.2, 6, 1),
    )
    found = []
    for number, (package, members, since, left, places, offers) in enumerate(sketches):
        # The agency that signs in has not offered yet: that is left to the visitor.
        sellers = [p for p in working[1:] if p.packages[0] == package]
        found.append(
            Group(
                name=f"current group {number}",
                package=package,
                members=members,
                joins=_joins(len(members), min(since, since + left) - 0.6, random),
                offering=tuple(random.sample(sellers, offers)),
                opened_ago=since,
                open_days=since + left,
                places=places,
                chosen_after=None,
            )
        )
    return found


def _joins(count: int, days: float, random: Random) -> tuple[float, ...]:
    """The opener is in at once; the others come over the days."""
    return (0.0, *sorted(random.uniform(0.1, days) for _ in range(count - 1)))


def in_groups(groups: list[Group]) -> int:
    return sum(len(group.members) for group in groups if group.chosen_after is not None)


async def buy_together(cast: Cast, group: Group) -> Story:
    """Opened, joined, offered to, closed, chosen; then each participant's work goes its way."""
    random = stream(group.name)
    yield (opened := cast.days_ago(group.opened_ago))
    deadline = (opened + timedelta(days=group.open_days)).replace(microsecond=0)
    opener = cast.enterprises[group.members[0]]
    projects = [project_of(cast, member, random) for member in group.members]
    wanted = await _wanted(group, opened, deadline, projects[0], random)
    identifier = await open_group_buy(opener.at(opened), wanted)
    coming = [
        (opened + timedelta(days=days), member, project)
        for member, days, project in zip(group.members, group.joins, projects, strict=True)
    ][1:]
    last = max(group.joins[-1], min(group.opened_ago, group.open_days) - 0.5)
    offers = [
        (opened + timedelta(days=random.uniform(0.05, last)), plan) for plan in group.offering
    ]
    for at, who, project in sorted(
        [(at, member, project) for at, member, project in coming]
        + [(at, plan.uscc, "") for at, plan in offers],
        key=lambda event: event[0],
    ):
        yield at
        if isinstance(who, int):
            await join_group_buy(cast.enterprises[who].at(at), identifier, project)
        else:
            await offer_to_serve(cast.agencies[who].at(at), identifier)
    yield deadline
    await close_group_buy(system(deadline), identifier)
    if group.chosen_after is None:
        return
    yield (chosen := office_hour(local_date(deadline) + timedelta(days=group.chosen_after), random))
    plan = group.offering[0]
    reason = "星级和承诺时限综合最优。"
    engagements = await choose_for_group(opener.at(chosen), identifier, plan.uscc, reason)
    ago = (cast.now - chosen).total_seconds() / 86400
    for place, (engagement, member) in enumerate(zip(engagements, group.members, strict=True)):
        accepted_after, settled_after = random.randint(1, 5), random.randint(1, 4)
        work = Work(
            name=f"{group.name} {place}",
            agency=plan,
            package=group.package,
            owner=member,
            project=projects[place],
            quality=plan.quality,
            settled_ago=group.settled_ago,
            work_days=max(10, int(ago - group.settled_ago) - accepted_after - settled_after),
            accepted_after=accepted_after,
            settled_after=settled_after,
            silent=silent_party(random),
        )
        cast.calendar.add(carry_out(cast, work, engagement, chosen))


async def _wanted(
    group: Group, opened: datetime, deadline: datetime, project: str, random: Random
) -> NewGroupBuy:
    facts = project_facts(random)
    steps = ((2, 0.55), (4, 0.35), (max(5, group.places - 2), 0.15))
    on = local_date(opened)
    prices = [await fair_price(group.package, facts, on, share) for _, share in steps]
    tiers = tuple(Tier(least, price) for (least, _), price in zip(steps, prices, strict=True))
    return NewGroupBuy(
        package=group.package,
        title=_TITLES[group.package],
        facts=facts,
        tiers=tiers,
        places=group.places,
        deadline=deadline,
        project_name=project,
        description="规模相近的项目一起采购，参加的企业越多单价越低。（示范数据）",
    )
