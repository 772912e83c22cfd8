"""Invented firms: who they are, what they sell and what part they play in the demonstration.

Names, codes, addresses and people are made up. The codes carry the region 339900, which is not
assigned to any county, and the telephone numbers begin with 0000.
"""

from datetime import date, timedelta
from enum import StrEnum
from random import Random

import msgspec

from market.agencies.names import pinyin
from ratings.ledger.uscc import Uscc, check_character
from ratings.shells.demonstration_lives import Profile

REGION = "339900"
AGENCIES = 60
ENTERPRISES = 25


class Part(StrEnum):
    """What becomes of an agency; most simply work."""

    WORKS = "works"
    OPEN_CASE = "open-case"
    ANSWERED_CASE = "answered-case"
    DISMISSED_CASE = "dismissed-case"
    DELISTED = "delisted"
    RELISTED = "relisted"
    IDLE = "idle"
    NEW = "new"
    WAITS = "waits"
    REFUSED = "refused"


class AgencyPlan(msgspec.Struct, frozen=True):
    """One invented agency. `quality` is the mean score its work will earn, 0 to 100."""

    uscc: Uscc
    login: str
    name: str
    name_en: str
    packages: tuple[str, ...]
    qualification: str
    level: str
    established_on: date
    staff: int
    address: str
    contact: str
    phone: str
    quality: float
    part: Part
    feeds: Profile


class EnterprisePlan(msgspec.Struct, frozen=True):
    uscc: Uscc
    login: str
    name: str
    name_en: str
    person: str
    projects: tuple[str, ...]


def invented_uscc(number: int) -> Uscc:
    """A code that is valid by its form and belongs to nobody."""
    first = f"91{REGION}MA{number:07d}"
    return Uscc(first + check_character(first))


_PLACES = ("云溪", "云溪", "云溪", "青岚", "石埠", "竹浦", "雁洲")
_STREETS = ("望江路", "文澜街", "工业大道", "丰禾路", "书院巷", "松风路")
_FIRST = ("正", "衡", "信", "明", "远", "诚", "博", "瑞", "嘉", "启", "致", "天")
_SECOND = ("合", "源", "达", "川", "岳", "和", "凡", "泰", "景", "维")
_SURNAMES = ("林", "周", "沈", "陆", "许", "钟", "傅", "汪", "俞", "柯", "骆", "邵")
_GIVEN = ("文", "婧", "海波", "思远", "雅琴", "建平", "晓岚", "立群", "若水", "子衡")

# Package, business in the name, the same in English, qualification and its usual level.
_TRADES = (
    ("consulting", "工程咨询", "Engineering Consulting", "工程咨询单位资信", "乙级"),
    ("review", "项目评审", "Project Review", "工程咨询单位资信", "甲级"),
    ("design", "建筑设计", "Architectural Design", "工程设计资质（建筑行业）", "乙级"),
    ("as-built-survey", "勘测技术", "Survey Technology", "测绘资质", "乙级"),
)
# Which packages are sold together: the reviewer may not be the author of what is reviewed.
_SECOND_TRADE = {"design": "as-built-survey", "consulting": "as-built-survey"}

# Where the county's own distribution is nearly all five stars, this one shows every step.
_QUALITY = (94.6, 95.4, 86.0, 96.0, 93.8, 75.5, 95.0, 84.5, 94.2, 66.5, 96.5, 94.8, 87.2)

_PARTS = {
    1: Part.OPEN_CASE,
    17: Part.ANSWERED_CASE,
    22: Part.DISMISSED_CASE,
    30: Part.DELISTED,
    35: Part.RELISTED,
    40: Part.IDLE,
    41: Part.IDLE,
    42: Part.IDLE,
    43: Part.IDLE,
    44: Part.NEW,
    46: Part.IDLE,
    47: Part.IDLE,
    57: Part.WAITS,
    58: Part.WAITS,
    59: Part.REFUSED,
}
_FEEDS = {
    40: Profile.BOUGHT_SHELL,
    41: Profile.BOUGHT_SHELL,
    42: Profile.SHELL,
    43: Profile.SHELL,
    44: Profile.NEW_FIRM,
    46: Profile.RETIRED_STAFF,
    47: Profile.CERTIFICATE_HANGING,
    48: Profile.REGISTERED_CLOSURE,
    49: Profile.MISSING_FEED,
    50: Profile.SOLE_PRACTITIONER,
    51: Profile.QUARTERLY,
    52: Profile.STRUGGLING,
    53: Profile.STRUGGLING,
    54: Profile.LABOUR_DISPATCH,
}
_LOGINS = {0: "agency@demo", 1: "agency2@demo"}


def agency_plans(today: date, random: Random) -> list[AgencyPlan]:
    """The sixty, always the same but for their dates, which keep their distance to `today`."""
    brands = [first + second for second in _SECOND for first in _FIRST]
    random.shuffle(brands)
    return [_agency(index, brands[index], today, random) for index in range(AGENCIES)]


def _agency(index: int, brand: str, today: date, random: Random) -> AgencyPlan:
    package, trade, trade_en, qualification, level = _TRADES[index % len(_TRADES)]
    place = random.choice(_PLACES)
    part = _PARTS.get(index, Part.WORKS)
    also = _SECOND_TRADE.get(package) if random.random() < 0.4 else None
    age = timedelta(days=100 if part is Part.NEW else random.randint(1300, 6500))
    one_man = _FEEDS.get(index) is Profile.SOLE_PRACTITIONER
    return AgencyPlan(
        uscc=invented_uscc(1000 + index),
        login=_LOGINS.get(index, f"agency{index + 1}@demo"),
        name=f"{place}{brand}{trade}有限公司",
        name_en=f"{pinyin(place).capitalize()} {pinyin(brand).capitalize()} {trade_en} Co., Ltd.",
        packages=(package,) if also is None else (package, also),
        qualification=qualification,
        level=random.choice((level, level, "甲级")),
        established_on=today - age,
        staff=1 if one_man else random.randint(6, 48),
        address=f"{place}县{random.choice(_STREETS)}{random.randint(1, 380)}号（虚构）",
        contact=person_name(random),
        phone=phone(index),
        quality=_QUALITY[index % len(_QUALITY)],
        part=part,
        feeds=_FEEDS.get(index, Profile.NORMAL),
    )


_INDUSTRIES = (
    ("精密机械", "Precision Machinery", ("二期厂房", "数控车间扩建", "热处理车间改造")),
    ("食品", "Foods", ("冷链仓库", "中央厨房新建", "包装车间扩建")),
    ("新材料", "New Materials", ("年产三千吨薄膜生产线", "研发楼新建", "原料库扩建")),
    ("纺织", "Textiles", ("智能纺纱车间", "印染废水提标改造", "职工宿舍新建")),
    ("电子科技", "Electronics", ("封装测试厂房", "洁净车间改造", "配电房新建")),
)


def enterprise_plans(random: Random) -> list[EnterprisePlan]:
    brands = [first + second for first in _FIRST[::-1] for second in _SECOND[::-1]]
    random.shuffle(brands)
    return [_enterprise(index, brands[index], random) for index in range(ENTERPRISES)]


def _enterprise(index: int, brand: str, random: Random) -> EnterprisePlan:
    industry, industry_en, projects = _INDUSTRIES[index % len(_INDUSTRIES)]
    logins = {0: "enterprise@demo", 1: "enterprise2@demo"}
    return EnterprisePlan(
        uscc=invented_uscc(5000 + index),
        login=logins.get(index, f"enterprise{index + 1}@demo"),
        name=f"云溪{brand}{industry}有限公司",
        name_en=f"Yunxi {pinyin(brand).capitalize()} {industry_en} Co., Ltd.",
        person=person_name(random),
        projects=tuple(f"{brand}{industry}{project}" for project in projects),
    )


def person_name(random: Random) -> str:
    return random.choice(_SURNAMES) + random.choice(_GIVEN)


def phone(number: int) -> str:
    """No area code of the country begins with four zeros."""
    return f"0000-{8800000 + number:07d}"


class DepartmentPlan(msgspec.Struct, frozen=True):
    """A supervising department and the packages whose engagements it rates."""

    login: str
    name: str
    name_en: str
    packages: tuple[str, ...]


DEPARTMENTS = (
    DepartmentPlan(
        "supervisor@demo",
        "云溪县发展和改革局",
        "Yunxi County Development and Reform Bureau",
        ("consulting", "review"),
    ),
    DepartmentPlan(
        "supervisor2@demo",
        "云溪县住房和城乡建设局",
        "Yunxi County Housing and Construction Bureau",
        ("design",),
    ),
    DepartmentPlan(
        "supervisor3@demo",
        "云溪县自然资源和规划局",
        "Yunxi County Natural Resources and Planning Bureau",
        ("as-built-survey",),
    ),
    DepartmentPlan(
        "supervisor4@demo",
        "云溪县生态环境局",
        "Yunxi County Ecology and Environment Bureau",
        (),
    ),
)
