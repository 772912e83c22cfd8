"""The features of signals.md §3: what speaks for a firm having no people, premises or business.

Each is read twice. `value` is the formula over the months that are known. `certain` is the same
in the best case of the months that are not, and evidence is taken from this one: a month that
nobody delivered can only speak for the firm. `months` is the mask of the months read. A feature
without a value is not read and is worth nothing.
"""

import functools
import operator

import ibis
import ibis.expr.types as ir
import msgspec

from ratings.shells.facts import FORM_CODES
from ratings.shells.masks import LAST_TWELVE, bits, longest_run_of, newest, span
from ratings.signals.cells import FULL, WINDOW, Extend, extended
from ratings.signals.contract import Excuse
from ratings.signals.lawful import EXCUSED_FEEDS, FORMS

LEAST_COVERED = 3
LEAST_DUE = 6
LEAST_STAFF_FOR_FUND = 5
LEAST_STAFF_CLAIMED = 2
LEAST_INVOICES = 5
_PARTNERS = tuple(FORM_CODES[form] for form in FORMS[Excuse.SOLE_PRACTITIONER])
LEAST_ORDERS_DUE = 2
MOST_RATIO = 99.0
MANY_BUYERS = 10.0
LEAST_SPREAD = 0.1
# Contributions this close to the lowest anybody pays are contributions at the lowest base.
NEAR_LOWEST = 1.02
LAST_SIX = FULL ^ ((1 << (WINDOW - 6)) - 1)


class Reading(msgspec.Struct, frozen=True):
    value: ir.NumericValue
    certain: ir.NumericValue
    months: ir.IntegerValue


def with_readings(firms: ir.Table, extend: Extend = extended) -> ir.Table:
    """`firms` as `with_numbers` returned it, with value_, certain_ and months_ of each feature.

    Of a firm that the register does not know nothing but court records is read, since it may
    have any lawful reason.
    """
    found = {
        **_tax(firms),
        **_people(firms),
        **_register(firms),
        **_ties(firms),
        **_certificates(firms),
        **_power(firms),
        **_court(firms),
        **_orders(firms),
    }
    known = firms["known"] != 0
    of_people = {*_people(firms), *_certificates(firms), "orders_without_capacity"}
    columns: dict[str, ir.Value] = {}
    for name, reading in found.items():
        value = reading.value.cast("float64")
        if name not in _court(firms):
            value = known.ifelse(value, ibis.null("float64"))
        certain = reading.certain.cast("float64")
        if name in of_people:
            certain = firms["outsourcing_unheard"].ifelse(ibis.null("float64"), certain)
        columns |= {
            f"value_{name}": value,
            f"certain_{name}": certain,
            f"months_{name}": reading.months.cast("int64"),
        }
    return extend(firms, columns)


def _read(
    test: ir.BooleanValue,
    value: ir.NumericValue,
    months: ir.IntegerValue,
    certain: ir.NumericValue | None = None,
) -> Reading:
    shown = test.fill_null(False).ifelse(value.cast("float64"), ibis.null("float64"))
    return Reading(shown, value if certain is None else certain, months)


def _tax(firms: ir.Table) -> dict[str, Reading]:
    filed = firms["returns_positive"] | firms["returns_zero"] | firms["returns_overdue"]
    filed = filed & LAST_TWELVE
    # Between the returns of a quarter nothing is due, but a return that is missing may be any.
    between = firms["tax_quarterly"] & firms["off_quarterly"]
    between = between | (firms["tax_yearly"] & firms["off_yearly"])
    idle = _idle(firms, "tax") & ((filed | between) ^ FULL)
    trade = firms["tax_positive"] | firms["invoices_positive"]
    dormant = trade & firms["excuse_registered_closure"]
    spoken = firms["tax_covered"] != 0
    return {
        "tax_zero_run": _read(spoken, longest_run_of(firms["returns_zero"]), firms["returns_zero"]),
        "tax_overdue_run": _read(
            spoken, longest_run_of(firms["returns_overdue"]), firms["returns_overdue"]
        ),
        "tax_zero_share": _share(firms["returns_zero"], filed, idle),
        "taxpayer_abnormal": _read(
            firms["tax_abnormal"].notnull(), firms["tax_abnormal"], firms["tax_covered"]
        ),
        "trading_while_dormant": _read(dormant != 0, bits(dormant), dormant),
        "invoice_ratio": _invoice_ratio(firms),
        "purchases": _purchases(firms),
        "voided_invoices": _voided(firms),
        "few_buyers": _buyers(firms),
        "top_buyer": _top_buyer(firms),
        "invoice_burst": _invoice_burst(firms),
    }


def _idle(firms: ir.Table, short: str) -> ir.IntegerValue:
    """The months in which the source says that nothing was due, or nothing that is not excused. Of
    an excused month that it is silent about nobody knows: there may have been trade."""
    said = (firms[f"{short}_not_due"] | firms[f"{short}_exempt"]) & firms[f"{short}_spoken"]
    return firms["unborn"] | said


def _share(zeros: ir.IntegerValue, said: ir.IntegerValue, idle: ir.IntegerValue) -> Reading:
    """Zeros among the last twelve months, of which something is `said`. Months in which nothing was
    due (`idle`) are left out; a month not known counts as one with trade."""
    known = bits(said)
    due = ibis.greatest(12 - bits(idle & LAST_TWELVE), LEAST_DUE)
    nothing = bits(zeros & LAST_TWELVE)
    return _read(known >= LEAST_COVERED, nothing / ibis.greatest(known, 1), said, nothing / due)


def _invoice_ratio(firms: ir.Table) -> Reading:
    """Invoiced against declared; a month not known counts as one in which both were equal."""
    sales, invoiced = firms["sales"], firms["invoiced"]
    known = ibis.least(firms["tax_span"], firms["invoices_span"])
    most = ibis.greatest(sales, invoiced)
    unknown = firms["trade_unknown"] * most
    certain = (known * invoiced + unknown) / ibis.greatest(known * sales + unknown, 1.0)
    return _read(
        (known >= LEAST_COVERED) & (most > 0),
        ibis.least(invoiced / ibis.greatest(sales, 1.0), MOST_RATIO),
        (firms["tax_covered"] & firms["invoices_covered"]) & LAST_TWELVE,
        ibis.least(certain, MOST_RATIO),
    )


def _purchases(firms: ir.Table) -> Reading:
    """What is bought for what is sold; a month not known counts as one that bought as much."""
    sold, bought = firms["out_sum"], firms["invoices_in"]
    each = sold / ibis.greatest(firms["invoices_span"], 1)
    unknown = firms["invoices_unknown"] * each
    return _read(
        (firms["invoices_span"] >= LEAST_COVERED)
        & (sold > 0)
        & ((firms["invoices_in_known"] & LAST_TWELVE) != 0),
        ibis.least(bought / ibis.greatest(sold, 1), MOST_RATIO),
        firms["invoices_covered"] & LAST_TWELVE,
        ibis.least((bought + unknown) / ibis.greatest(sold + unknown, 1.0), MOST_RATIO),
    )


def _voided(firms: ir.Table) -> Reading:
    """Of the invoices written, those voided; a month not known counts as one without any."""
    known = firms["invoices_span"]
    share = firms["invoices_void"] / ibis.greatest(firms["invoices_count"], 1)
    return _read(
        firms["invoices_count"] >= LEAST_INVOICES,
        share,
        firms["invoices_positive"] & LAST_TWELVE,
        share * known / ibis.greatest(known + firms["invoices_unknown"], 1),
    )


def _buyers(firms: ir.Table) -> Reading:
    """Different buyers in a month with sales; a month not known counts as one with many."""
    told = firms["invoices_buyers_told"] & firms["invoices_positive"] & LAST_TWELVE
    known, unknown = bits(told), firms["invoices_unknown"]
    each = firms["invoices_buyers"] / ibis.greatest(known, 1)
    most = ibis.greatest(each, MANY_BUYERS)
    return _read(
        known >= LEAST_COVERED,
        each,
        told,
        (firms["invoices_buyers"] + most * unknown) / ibis.greatest(known + unknown, 1),
    )


def _top_buyer(firms: ir.Table) -> Reading:
    """The share of the largest buyer in a month with sales; a month not known counts as none."""
    told = firms["invoices_top_told"] & firms["invoices_positive"] & LAST_TWELVE
    known, unknown = bits(told), firms["invoices_unknown"]
    total = firms["invoices_top"] / 1_000_000
    return _read(
        known >= LEAST_COVERED,
        total / ibis.greatest(known, 1),
        told,
        total / ibis.greatest(known + unknown, 1),
    )


def _invoice_burst(firms: ir.Table) -> Reading:
    """Much invoiced at once after the start, and then the returns stop."""
    born = firms["born"]
    life = span(born, born + 11).fill_null(0)
    known = firms["invoices_first_months"] & life
    after = firms["tax_overdue"] & span(born + 2, ibis.literal(WINDOW - 1, "int64"))
    share = firms["invoices_early"] / firms["invoices_first_year"]
    return _read(
        (firms["invoices_first_year"] > 0) & (born >= 0) & (born <= WINDOW - 6) & (after != 0),
        share,
        known | after,
        share * bits(known) / bits(life),
    )


def _people(firms: ir.Table) -> dict[str, Reading]:
    covered = firms["insured_covered"] & LAST_TWELVE
    said = firms["insured_positive"] | firms["insured_zero"] | firms["insured_overdue"]
    idle = _idle(firms, "insured")
    trade = firms["tax_positive"] | firms["invoices_positive"]
    unstaffed = trade & firms["insured_zero"] & LAST_TWELVE
    both = (firms["tax_covered"] | firms["invoices_covered"]) & covered
    lowest = firms["due_each"] <= NEAR_LOWEST * firms["norm_due"]
    busy = (firms["platform_awards"] > 0) | (firms["tax_sales"] > 0)
    one = firms["insured_one"] & firms["insured_positive"] & LAST_TWELVE
    unfunded = firms["insured_positive"] & firms["fund_zero"] & LAST_TWELVE
    both_funds = firms["insured_covered"] & firms["fund_covered"] & LAST_TWELVE
    claimed = ibis.greatest(firms["register_staff"], 1)
    # Whose people are insured elsewhere need not insure those it claims, even where it insures
    # some; and the partners of some forms may be, told or not.
    explained = functools.reduce(
        operator.or_,
        (
            firms[f"excuse_{kind}"]
            for kind, feeds in EXCUSED_FEEDS.items()
            if "social_insurance" in feeds
        ),
    )
    alone = firms["register_form"].fill_null(0).isin(_PARTNERS)
    fund_full = firms["fund_unknown"] * firms["heads"]
    spread = ibis.greatest(firms["norm_sales_spread"], LEAST_SPREAD)
    away = (firms["per_head"] - firms["norm_sales"]) / spread
    months = ibis.least(firms["tax_span"], firms["insured_span"])
    return {
        "insured_median": _read(
            firms["insured_known"] >= LEAST_COVERED,
            firms["insured_median"],
            covered,
            firms["insured_certain"],
        ),
        "insured_zero_share": _share(firms["insured_zero"], said & LAST_TWELVE, idle),
        "sales_without_staff": _read(
            both != 0, bits(unstaffed), (unstaffed != 0).ifelse(unstaffed, both)
        ),
        "token_staff": _read(lowest.notnull() & busy, (lowest).ifelse(bits(one), 0), one),
        "fund_gap": _read(
            (firms["heads"] >= LEAST_STAFF_FOR_FUND)
            & (firms["fund_span"] >= LEAST_COVERED)
            & ((firms["fund_exempt"] & LAST_TWELVE) == 0),
            firms["fund_heads"] / firms["fund_span"] / firms["heads"],
            firms["fund_covered"] & LAST_TWELVE,
            (firms["fund_heads"] + fund_full)
            / ((firms["fund_span"] + firms["fund_unknown"]) * firms["heads"]),
        ),
        "fund_nobody": _read(
            bits(both_funds) >= LEAST_COVERED,
            bits(unfunded),
            (unfunded != 0).ifelse(unfunded, both_funds),
        ),
        "claimed_staff": _read(
            (firms["register_staff"] >= LEAST_STAFF_CLAIMED)
            & ~alone
            & (firms["insured_known"] >= LEAST_COVERED)
            & ((explained & LAST_TWELVE) == 0),
            firms["insured_median"] / claimed,
            covered,
            firms["outsourcing_unknown"].ifelse(
                ibis.null("float64"), firms["insured_certain"] / claimed
            ),
        ),
        # A month not known counts as one in the middle of the sector.
        "sales_per_head": _read(
            (months >= 6) & away.notnull(), away, both, away * ibis.least(months, 10) / 10
        ),
    }


def _register(firms: ir.Table) -> dict[str, Reading]:
    # A firm owes its first report in the year after the one it was established in.
    second = (firms["register_established"] // 12 + 1) * 12 - firms["oldest"]
    owed = span(second, ibis.literal(WINDOW - 1, "int64")).fill_null(0) & firms["report_months"]
    owed = owed & firms["register_filing"] & firms["register_positive"]
    owed = owed & (firms["excuse_registered_closure"] ^ FULL)
    latest, resting = _latest(firms)
    return {
        "annual_report_missing": _read(
            owed != 0, bits(owed & (firms["register_filed"] ^ FULL)), owed
        ),
        "abnormal_address": _read(~resting, firms["register_abnormal"], latest),
        "register_changes": _read(
            ~resting, firms["register_changes"], firms["register_positive"] & LAST_TWELVE
        ),
    }


def _latest(firms: ir.Table) -> tuple[ir.IntegerValue, ir.BooleanValue]:
    """The month of the latest entry, and whether the firm's business rested in it."""
    latest = newest(firms["register_said"])
    return latest, (firms["excuse_registered_closure"] & latest) != 0


def _ties(firms: ir.Table) -> dict[str, Reading]:
    latest, resting = _latest(firms)
    return {
        "address_crowding": _read(~resting, firms["neighbours"], latest),
        "cluster": _read(~resting, firms["cluster"], latest),
        "close_cluster": _read(~resting, firms["close_cluster"], latest),
    }


def _certificates(firms: ir.Table) -> dict[str, Reading]:
    gaps = firms["holders_gaps"]
    known = bits(firms["holders_gap_months"])
    bare = (firms["holders_exempt"] & LAST_SIX) == 0

    def at(place: ir.IntegerValue) -> ir.NumericValue:
        # Spark asks for a small number, and refuses to look before the first of a list.
        return gaps[ibis.greatest(place, 0).cast("int32")]

    middle = (at((known - 1) // 2) + at(known // 2)) / 2
    # Half of six months at the least, whatever the missing ones would say.
    certain = (known >= 4).ifelse(at(known - 4), 0.0)
    return {
        "certificate_gap": _read(bare & (known > 0), middle, firms["holders_gap_months"], certain),
        "certificate_hops": _read(bare, firms["holders_hops"], firms["holders_said"] & LAST_SIX),
    }


def _power(firms: ir.Table) -> dict[str, Reading]:
    bare = (firms["power_exempt"] & LAST_TWELVE) == 0
    usual = ibis.greatest(firms["norm_power"], 1.0)
    months = (firms["power_positive"] | firms["power_zero"]) & LAST_TWELVE
    dark = firms["power_zero"] & LAST_TWELVE
    return {
        "power_low": _read(
            bare & (firms["power_known"] >= LEAST_COVERED) & firms["norm_power"].notnull(),
            firms["power_median"] / usual,
            months,
            firms["power_certain"] / usual,
        ),
        "awards_without_power": _read(
            (firms["platform_awards"] > 0) & (months != 0),
            bits(dark),
            (dark != 0).ifelse(dark, months),
        ),
    }


def _court(firms: ir.Table) -> dict[str, Reading]:
    months = firms["court_positive"]
    return {
        "dishonest": _read(firms["court_dishonest"].notnull(), firms["court_dishonest"], months),
        # In units of 10,000 yuan.
        "enforcement": _read(
            firms["court_enforced"].notnull(), firms["court_enforced"] / 1_000_000, months
        ),
        "penalties": _read(firms["court_severity"].notnull(), firms["court_severity"], months),
    }


def _orders(firms: ir.Table) -> dict[str, Reading]:
    ratio = firms["orders"] / ibis.greatest(firms["norm_orders"], LEAST_SPREAD)
    months = firms["platform_awarded"] & LAST_TWELVE
    due = firms["platform_delivered"] + firms["platform_failed"]
    looked = firms["platform_due"] & LAST_TWELVE
    share = firms["platform_failed"] / ibis.greatest(due, 1)
    return {
        "orders_without_capacity": _read(firms["norm_orders"].notnull(), ratio, months),
        # A month not known counts as one that failed nobody.
        "orders_failed": _read(due >= LEAST_ORDERS_DUE, share, looked, share * bits(looked) / 12),
    }
