"""Who did what for whom: three hundred settled engagements, and some still in hand."""

from random import Random

import msgspec

from market.demonstration.cast import Cast, stream
from market.demonstration.firms import AgencyPlan, Part
from market.demonstration.work import Work
from ratings.evaluations.indicators import Party

SETTLED = 300
# Eighteen months; the newest of the settled had time to be evaluated.
_NEWEST, _OLDEST = 26, 540
_SILENT_FROM = 45
"""Settled longer ago than this, an engagement may lack an answer: its windows have closed."""

# Days since settlement, and the quality of the work, for the agencies that a case is about.
_TROUBLED: dict[Part, tuple[tuple[int, float], ...]] = {
    Part.OPEN_CASE: ((80, 52.0), (60, 49.0), (45, 47.0)),
    Part.ANSWERED_CASE: ((95, 54.0), (75, 50.0), (50, 51.0)),
    Part.DISMISSED_CASE: ((200, 55.0), (180, 54.0), (165, 55.0), (100, 92.0), (60, 91.0)),
    Part.DELISTED: ((130, 47.0), (115, 44.0), (100, 46.0)),
    Part.RELISTED: ((420, 56.0), (405, 55.0), (395, 56.0), (210, 96.0), (150, 95.0), (90, 95.0)),
}


def settled_work(cast: Cast, in_groups: int) -> list[Work]:
    """The single purchases among the three hundred: all but those of the group buys."""
    random = stream("settled work")
    working = [plan for plan in cast.agency_plans if plan.part is Part.WORKS]
    troubled = [
        _settled(cast, plan, f"{plan.uscc} {place}", days, quality, random, silent=False)
        for plan in cast.agency_plans
        for place, (days, quality) in enumerate(_TROUBLED.get(plan.part, ()))
    ]
    count = SETTLED - in_groups - len(troubled)
    singles = []
    for number in range(count):
        plan, turn = working[number % len(working)], number // len(working)
        # Denser towards today, so that nearly everybody has three within the rated year.
        share = ((turn + random.random()) / (count / len(working) + 1)) ** 1.6
        days = round(_NEWEST + share * (_OLDEST - _NEWEST))
        name = f"{plan.uscc} single {turn}"
        singles.append(_settled(cast, plan, name, days, plan.quality, random, silent=True))
    return [*troubled, *singles]


def _settled(
    cast: Cast,
    plan: AgencyPlan,
    name: str,
    days: int,
    quality: float,
    random: Random,
    *,
    silent: bool,
) -> Work:
    return _work(
        cast,
        plan,
        name,
        random,
        owner=_owner(cast, random),
        quality=quality,
        settled_ago=days,
        silent=silent_party(random) if silent and days > _SILENT_FROM else None,
    )


def silent_party(random: Random) -> Party | None:
    """One in twelve engagements lacks an answer, mostly the department's."""
    if random.random() > 0.08:
        return None
    return random.choice((Party.SUPERVISOR, Party.SUPERVISOR, Party.OWNER))


def work_in_hand(cast: Cast) -> list[Work]:
    """What the demonstration accounts find to do today: work at every stage, and evaluations."""
    random = stream("work in hand")
    by_package: dict[str, list[AgencyPlan]] = {}
    for plan in cast.agency_plans:
        if plan.part is Part.WORKS:
            by_package.setdefault(plan.packages[0], []).append(plan)
    found = []
    packages = list(by_package)
    # Waiting for all three answers; half of them bought by the enterprise that signs in.
    for number in range(9):
        plan = by_package[packages[number % 4]][number // 4 + 1]
        owner = 0 if number % 2 == 0 else _owner(cast, random)
        days = 2 + number % 3
        found.append(
            _work(
                cast,
                plan,
                f"asked {number}",
                random,
                owner=owner,
                quality=plan.quality,
                settled_ago=days,
                patient=True,
            )
        )
    # Running, delivered and accepted: the day of settlement lies ahead by so many days.
    for number in range(22):
        plans = by_package[packages[number % 4]]
        plan = plans[0] if number % 4 == 0 else plans[2 + number // 4]
        found.append(
            _work(
                cast,
                plan,
                f"in hand {number}",
                random,
                owner=0 if number % 3 == 0 else _owner(cast, random),
                quality=plan.quality,
                settled_ago=-(2 + number * 1.4),
            )
        )
    found.append(_to_accept(cast, by_package[packages[0]][0]))
    found.extend(_beyond_the_case(cast, random))
    return found


def _to_accept(cast: Cast, plan: AgencyPlan) -> Work:
    """Delivered six days ago and accepted in six: whatever the day and the hour at which the market
    is made up, the enterprise that signs in finds something to accept."""
    work = _work(
        cast,
        plan,
        "to accept",
        stream("to accept"),
        owner=0,
        quality=plan.quality,
        settled_ago=-9,
    )
    return msgspec.structs.replace(work, accepted_after=12, settled_after=3)


def _beyond_the_case(cast: Cast, random: Random) -> list[Work]:
    """What the delisted agency still has in hand goes on, and the new firm has its first work."""
    found = []
    for plan in cast.agency_plans:
        if plan.part is Part.DELISTED:
            work = _work(
                cast,
                plan,
                "goes on",
                random,
                owner=_owner(cast, random),
                quality=plan.quality,
                settled_ago=-20,
            )
            late = {"work_days": 110, "accepted_after": 4, "settled_after": 4}
            found.append(msgspec.structs.replace(work, **late))
        if plan.part is Part.NEW:
            found.append(
                _work(
                    cast,
                    plan,
                    "first work",
                    random,
                    owner=_owner(cast, random),
                    quality=91.0,
                    settled_ago=-4,
                )
            )
    return found


def _work(
    cast: Cast,
    plan: AgencyPlan,
    name: str,
    random: Random,
    *,
    owner: int,
    quality: float,
    settled_ago: float,
    silent: Party | None = None,
    patient: bool = False,
) -> Work:
    return Work(
        name=name,
        agency=plan,
        package=plan.packages[0] if random.random() < 0.75 else plan.packages[-1],
        owner=owner,
        project=project_of(cast, owner, random),
        quality=quality,
        settled_ago=settled_ago,
        work_days=random.randint(14, 27),
        accepted_after=random.randint(1, 5),
        settled_after=random.randint(1, 5),
        silent=silent,
        patient=patient,
    )


def _owner(cast: Cast, random: Random) -> int:
    """The enterprise that signs in buys a little more than the others."""
    return max(0, random.randrange(-1, len(cast.enterprise_plans)))


def project_of(cast: Cast, owner: int, random: Random) -> str:
    return random.choice(cast.enterprise_plans[owner].projects)
