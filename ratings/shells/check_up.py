"""The check-up of an agency: its figures of a year, beside what is usual in its trade.

From the same cells as the screen, and like it never from absence: a figure of which too few months
are known is not there. It judges nothing; it says on which side of the middle half a firm is, and
warns it of what has grown worse.
"""

import datetime as dt
import tomllib
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from ratings.ledger.clock import add_working_days, end_of_day, local_date

Unit = Literal["fen", "kwh", "persons", "share", "count", "months"]


class Dimension(StrEnum):
    OPERATION = "operation"
    PEOPLE = "people"
    DELIVERY = "delivery"
    CREDIT = "credit"
    COMPLIANCE = "compliance"


class Indicator(msgspec.Struct, frozen=True):
    """`better` says on which side a firm would rather be; "" where neither is better.

    `feed` is the source whose cells it is read from. What is meant stands in `INDICATORS`.
    """

    name: str
    dimension: Dimension
    unit: Unit
    feed: str
    better: Literal["more", "less", ""]


INDICATORS = (
    # Declared sales of a month, on average.
    Indicator("sales", Dimension.OPERATION, "fen", "tax_filing", "more"),
    # Invoiced in a month, on average.
    Indicator("invoiced", Dimension.OPERATION, "fen", "invoices", "more"),
    # Electricity of a month on the firm's own meter, on average.
    Indicator("power", Dimension.OPERATION, "kwh", "utilities", ""),
    # Persons insured in a month, on average.
    Indicator("insured", Dimension.PEOPLE, "persons", "social_insurance", "more"),
    # Persons in the housing fund in a month, on average.
    Indicator("fund", Dimension.PEOPLE, "persons", "housing_fund", "more"),
    # Awards of the twelve months.
    Indicator("awards", Dimension.DELIVERY, "count", "platform", "more"),
    # Overdue among delivered and overdue.
    Indicator("late_orders", Dimension.DELIVERY, "share", "platform", "less"),
    # Tax in arrears, penalties and open enforcement as they stand in the newest month.
    Indicator("arrears", Dimension.CREDIT, "fen", "tax_filing", "less"),
    Indicator("enforcement", Dimension.CREDIT, "fen", "judicial", "less"),
    Indicator("penalties", Dimension.CREDIT, "count", "judicial", "less"),
    # Months with a return, or with contributions, that was due and not there.
    Indicator("late_returns", Dimension.COMPLIANCE, "months", "tax_filing", "less"),
    Indicator("late_insurance", Dimension.COMPLIANCE, "months", "social_insurance", "less"),
)


class WarningRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a figure has grown worse: fallen by a share of itself, or risen and reached a level.

    Either `falls_by` (with `least_before`, the least it must have been) or `reaches` is above 0.
    """

    name: str
    indicator: str
    falls_by: float = 0.0
    least_before: float = 0.0
    reaches: float = 0.0

    def __post_init__(self) -> None:
        if self.indicator not in {one.name for one in INDICATORS}:
            raise ValueError(f"there is no figure {self.indicator}")
        if (self.falls_by > 0) == (self.reaches > 0):
            raise ValueError(f"{self.name} needs a fall or a level")

    def warns(self, value: float | None, before: float | None) -> bool:
        """Never where either year is not known: nothing has been seen to grow worse then."""
        if value is None or before is None:
            return False
        if self.falls_by:
            return before >= self.least_before and value <= before * (1 - self.falls_by)
        return value >= self.reaches and value > before


class EarlyWarning(msgspec.Struct, frozen=True):
    """A rule that held, with the figures and the limit it held by."""

    rule: str
    indicator: str
    value: float
    before: float
    falls_by: float
    reaches: float


class CheckUpPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    version: str
    effective_from: dt.date
    lead_working_days: int
    least_firms: int
    least_months: int
    warnings: tuple[WarningRule, ...]


@cache
def check_up_policy() -> CheckUpPolicy:
    document = (resources.files(__package__) / "check_up.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(document), CheckUpPolicy)


class Range(msgspec.Struct, frozen=True):
    """The quartiles of a figure among the `firms` of a trade that have it; the middle half of them
    lies between `low` and `high`, both included."""

    firms: int
    low: float
    middle: float
    high: float


class Place(StrEnum):
    """Where a figure lies. UNKNOWN: the firm has none; ALONE: too few firms to compare with."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"
    UNKNOWN = "unknown"
    ALONE = "alone"


class Figure(msgspec.Struct, frozen=True):
    """One indicator of a firm over twelve months; `before` is that of the twelve before them.

    `usual` is None where the trade has fewer firms with this figure than the policy asks for;
    `firms` says how many there are. Units are those of the indicator.
    """

    indicator: str
    value: float | None
    before: float | None
    usual: Range | None
    firms: int
    place: Place
    good: bool | None
    """Outside on the better side, on the worse; None within, or where no side is better."""


class CheckUp(msgspec.Struct, frozen=True):
    """The report of one agency and month (YYYY-MM). `trade` is the code of the register, empty
    where it gives none: the firm is then compared with all others, `trade_firms` in number."""

    uscc: str
    month: str
    trade: str
    trade_firms: int
    figures: tuple[Figure, ...]
    policy_version: str
    warnings: tuple[EarlyWarning, ...] = ()


def usual_range(
    quartiles: tuple[float, float, float] | None, firms: int, least: int
) -> Range | None:
    """Below `least` firms there is no usual range, whatever their figures are."""
    if quartiles is None or firms < least:
        return None
    return Range(firms, *quartiles)


def placed(value: float | None, usual: Range | None) -> Place:
    if value is None:
        return Place.UNKNOWN
    if usual is None:
        return Place.ALONE
    if value < usual.low:
        return Place.BELOW
    return Place.ABOVE if value > usual.high else Place.WITHIN


def figure(
    indicator: Indicator, value: float | None, before: float | None, usual: Range | None, firms: int
) -> Figure:
    place = placed(value, usual)
    good: bool | None = None
    if indicator.better and place in (Place.BELOW, Place.ABOVE):
        good = (place is Place.ABOVE) == (indicator.better == "more")
    return Figure(indicator.name, value, before, usual, firms, place, good)


class Measured(msgspec.Struct, frozen=True):
    """What the engine says of one firm: figures by indicator, now and of the year before."""

    uscc: str
    trade: str
    now: Mapping[str, float | None]
    before: Mapping[str, float | None]


class Trade(msgspec.Struct, frozen=True):
    """What it says of one trade: by indicator, how many firms have it and their quartiles."""

    firms: int
    known: Mapping[str, int]
    quartiles: Mapping[str, tuple[float, float, float] | None]


def early_warnings(
    figures: Iterable[Figure], excused: Collection[str], policy: CheckUpPolicy
) -> tuple[EarlyWarning, ...]:
    """What has grown worse, in the order of the rules; nothing of the feeds that a lawful reason
    excuses."""
    known = {one.indicator: one for one in figures}
    feeds = {one.name: one.feed for one in INDICATORS}
    found = []
    for rule in policy.warnings:
        one = known[rule.indicator]
        if feeds[rule.indicator] in excused or not rule.warns(one.value, one.before):
            continue
        assert one.value is not None
        assert one.before is not None
        found.append(
            EarlyWarning(
                rule.name, rule.indicator, one.value, one.before, rule.falls_by, rule.reaches
            )
        )
    return tuple(found)


def check_up(
    firm: Measured,
    month: str,
    trade: Trade,
    policy: CheckUpPolicy,
    *,
    flagged: bool = False,
    excused: Collection[str] = (),
) -> CheckUp:
    """A firm that is `flagged` has a case that tells it more, and is not warned as well; `excused`
    are the feeds whose zeros are lawful."""
    figures = []
    for one in INDICATORS:
        known = trade.known.get(one.name, 0)
        usual = usual_range(trade.quartiles.get(one.name), known, policy.least_firms)
        figures.append(figure(one, firm.now.get(one.name), firm.before.get(one.name), usual, known))
    warned = () if flagged else early_warnings(figures, excused, policy)
    return CheckUp(
        firm.uscc, month, firm.trade, trade.firms, tuple(figures), policy.version, warned
    )


def centre_reads_from(made_at: dt.datetime, policy: CheckUpPolicy) -> dt.datetime:
    """When the lead of the agency is over: the end of so many working days after the report."""
    return end_of_day(add_working_days(local_date(made_at), policy.lead_working_days))
