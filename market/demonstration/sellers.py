"""How the invented agencies come onto the market: application, admission, listings."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from market.agencies.actions import (
    AgencyApplication,
    NewListing,
    QualificationClaim,
    apply_for_admission,
    decide_admission,
    put_up_listing,
)
from market.catalogue.project_facts import ProjectFacts
from market.catalogue.queries import package_range
from market.demonstration.accounts import PASSWORD
from market.demonstration.calendar import Story, office_hour
from market.demonstration.cast import OPENED, Cast, Player, stream
from market.demonstration.firms import AgencyPlan, Part
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetchrow

_INTRODUCTIONS = (
    "本示范机构为虚构。服务云溪县及周边企业，一次性告知资料清单，按承诺时限交付。",
    "本示范机构为虚构。项目负责人持证到场，成果质量由二级审核把关。",
    "本示范机构为虚构。专注中小工业项目，报价含全部修改费用。",
)
# Investment in 万元, building area in m², buildings.
SIZES = ((1200, 4000, 1), (2600, 8000, 2), (2600, 8000, 2), (6000, 18000, 4))


def project_facts(random: Random) -> ProjectFacts:
    investment, area, buildings = random.choice(SIZES)
    return ProjectFacts(
        investment_wan=Decimal(investment),
        building_area_m2=Decimal(area),
        buildings=Decimal(buildings),
    )


async def fair_price(package: str, facts: ProjectFacts, on: date, share: float) -> int:
    """A price in whole hundreds of yuan, `share` of the way up the standard range."""
    found = await package_range(package, facts, on)
    return round(found.low_fen + share * (found.high_fen - found.low_fen)) // 10_000 * 10_000


async def sell(cast: Cast, plan: AgencyPlan) -> Story:
    """An agency applies, is admitted or refused, and lists what it sells."""
    random = stream(f"seller {plan.uscc}")
    yield (applied := _applies(cast, plan, random))
    await apply_for_admission(
        Actor(Role.PUBLIC, applied), _application(plan, applied, random), demonstration=True
    )
    cast.agencies[plan.uscc] = await _player(plan.uscc)
    if plan.part is Part.WAITS:
        return
    yield (decided := office_hour(local_date(applied) + timedelta(days=2), random))
    admit = plan.part is not Part.REFUSED
    reason = "营业执照、资质和人员材料齐全，准予入驻。"
    if not admit:
        reason = "资质证书已过有效期，请换证后重新申请。"
    await decide_admission(cast.centre.at(decided), plan.uscc, admit=admit, reason=reason)
    for day, package in enumerate(plan.packages if admit else (), start=1):
        yield (listed := office_hour(local_date(decided) + timedelta(days=day), random))
        facts = project_facts(random)
        price = await fair_price(package, facts, local_date(listed), random.uniform(0.05, 0.6))
        days = max(5, round(cast.packages[package].working_days * random.uniform(0.6, 0.95)))
        cast.listings[plan.uscc, package] = await put_up_listing(
            cast.agencies[plan.uscc].at(listed), NewListing(package, price, days, facts)
        )


def _applies(cast: Cast, plan: AgencyPlan, random: Random) -> datetime:
    """Most came at the opening; the new firm and those who wait came lately."""
    recent = {Part.NEW: 70, Part.WAITS: random.randint(2, 4), Part.REFUSED: 20}
    days = recent.get(plan.part, OPENED.days - random.randint(2, 24))
    return office_hour(local_date(cast.days_ago(days)), random)


def _application(plan: AgencyPlan, at: datetime, random: Random) -> AgencyApplication:
    valid_to = local_date(at) + timedelta(days=random.randint(900, 1800))
    if plan.part is Part.REFUSED:
        valid_to = local_date(at) - timedelta(days=30)
    return AgencyApplication(
        uscc=plan.uscc,
        name=plan.name,
        name_en=plan.name_en,
        established_on=plan.established_on,
        staff=plan.staff,
        address=plan.address,
        contact_name=plan.contact,
        contact_phone=plan.phone,
        login=plan.login,
        password=PASSWORD,
        person_name=plan.contact,
        introduction=random.choice(_INTRODUCTIONS),
        qualifications=(
            QualificationClaim(
                name=plan.qualification,
                level=plan.level,
                number=f"示范{random.randint(100000, 999999)}",
                valid_to=valid_to,
            ),
        ),
    )


async def _player(uscc: str) -> Player:
    """The application opened an account: whose it is, the ledger will want to know."""
    row = await fetchrow(
        "SELECT m.person::text, o.id::text FROM organisation o"
        " JOIN membership m ON m.organisation = o.id WHERE o.uscc = $1",
        uscc,
    )
    assert row is not None, "an application opens an account"
    return Player(Role.AGENCY, row[0], row[1], uscc)
