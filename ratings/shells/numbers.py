"""From a firm's facts to the states of its months and the numbers that features compare.

Everything here is an expression of one row: of a table of a million firms in the engine, or of
one firm in plain Python.
"""

import functools
import operator

import ibis
import ibis.expr.types as ir
import msgspec
import pyarrow as pa

from ratings.shells.facts import FORM_CODES, GAP_PLACES, HOLDER_BITS, SHORT
from ratings.shells.masks import LAST_TWELVE, bits, mask_of, span
from ratings.shells.policy import Policy
from ratings.signals.cells import (
    FULL,
    WINDOW,
    Extend,
    Lawful,
    extended,
    late_months,
    spoken_of,
    with_states,
)
from ratings.signals.contract import FEEDS, Excuse
from ratings.signals.lawful import EXCUSED_FEEDS, FORMS, NEW_FIRM_MONTHS

MEDIAN_RANK = 7
UNIT_JUMP = 1000
LEAST_USUAL = 4
LEAST_HOLDERS = 3
# Above every share there is: it stands for a month with fewer practitioners than that.
NO_SHARE = 2.0
# In July the report of the year before must be there.
REPORT_DUE_MONTH = 7
# The numbers of a policy that facts are made with; they come as data, so that all policies share
# the queries up to the scorecard.
POLICY_NUMBERS = ("minimum_wage_fen", "bookkeeper_firms")


class Frame(msgspec.Struct, frozen=True, dict=True):
    """The window of a screen: the month number of its newest month, and per feed the mask of
    the months whose batch is missing though due."""

    newest: int
    gone: dict[str, int]

    @property
    def oldest(self) -> int:
        return self.newest - WINDOW + 1

    def columns(self, policy: Policy) -> dict[str, int]:
        """What is the same for every firm: the one row of FRAME."""
        return self.months | {name: getattr(policy, name) for name in POLICY_NUMBERS}

    @functools.cached_property
    def months(self) -> dict[str, int]:
        masks = {"off_quarterly": self._between(3), "off_yearly": self._between(12)}
        reports = mask_of(
            place
            for place in range(WINDOW)
            if (month := (self.oldest + place) % 12 + 1) == 12
            or (place == WINDOW - 1 and month >= REPORT_DUE_MONTH)
        )
        for feed, short in SHORT.items():
            masks[f"{short}_gone"] = self.gone.get(feed, 0)
            masks[f"{short}_undue"] = mask_of(
                month - self.oldest for month in late_months(FEEDS[feed], self.newest)
            )
        return {"oldest": self.oldest, "report_months": reports} | masks

    def _between(self, months: int) -> int:
        """The months between the filings of somebody who files every so many months."""
        return mask_of(
            place for place in range(WINDOW) if (self.oldest + place) % months != months - 1
        )

    def table(self, policy: Policy) -> pa.Table:
        columns = self.columns(policy)
        return pa.table({name: pa.array([n], pa.int64()) for name, n in columns.items()})


FRAME = ibis.table(
    dict.fromkeys((*Frame(24_000, {}).months, *POLICY_NUMBERS), "int64"), name="frame"
)


def with_numbers(firms: ir.Table, extend: Extend = extended) -> ir.Table:
    """The table of `firms`, joined with FRAME, with its excuses, states and numbers."""
    firms = extend(firms, _excuses(firms))
    firms = with_states(firms, SHORT, _lawful, extend)
    firms = extend(firms, _spans(firms) | _returns(firms))
    firms = extend(firms, _usual(firms))
    firms = extend(firms, _numbers(firms) | _gaps(firms))
    return extend(firms, _ranked(firms, "insured") | _ranked(firms, "power"))


def _excuses(firms: ir.Table) -> dict[str, ir.Value]:
    born = firms["register_established"] - firms["oldest"]
    masks: dict[str, ir.Value] = {kind.value: firms[f"told_{kind.value}"] for kind in Excuse}
    masks[Excuse.NEW_FIRM] = span(born, born + NEW_FIRM_MONTHS - 1).fill_null(0)
    masks[Excuse.REGISTERED_CLOSURE] = firms["told_registered_closure"] | firms["register_closure"]
    # Whoever buys as much labour as its own claimed staff would cost at the least has people. A
    # month not known counts as one like those known.
    heard = bits(spoken_of(firms, "invoices") & LAST_TWELVE)
    silent = (firms["invoices_gone"] | firms["invoices_undue"]) & LAST_TWELVE
    claimed = (firms["register_staff"] > 0).fill_null(False)
    bought = 12 * firms["invoices_labour"] >= (
        6 * firms["minimum_wage_fen"] * firms["register_staff"] * heard
    )
    outsourced = claimed & (heard > 0) & bought
    masks[Excuse.LABOUR_DISPATCH] = firms["told_labour_dispatch"] | outsourced.fill_null(
        False
    ).ifelse(LAST_TWELVE, 0)
    for kind, forms in FORMS.items():
        # A form nobody told us rules nothing out.
        fits = firms["register_form"].fill_null(0).isin([0, *(FORM_CODES[one] for one in forms)])
        masks[kind] = fits.ifelse(masks[kind], 0)
    hosted = (firms["register_hosted"] == 1).fill_null(False)
    newest = ibis.literal(1 << (WINDOW - 1), "int64")
    masks[Excuse.HOSTED_ADDRESS] = firms["told_hosted_address"] | hosted.ifelse(newest, 0)
    named = {f"excuse_{kind}": mask.cast("int64") for kind, mask in masks.items()}
    return named | {
        "born": born,
        "unborn": span(ibis.literal(0, "int64"), born - 1).fill_null(0),
        "known": (firms["register_said"] != 0).ifelse(FULL, 0).cast("int64"),
        # Of whom no invoice is known, nobody can say whose the people are that it claims.
        "outsourcing_unknown": claimed & (heard == 0),
        # Where nobody's invoices are known, that may be so of anybody's people.
        "outsourcing_unheard": claimed & (silent == LAST_TWELVE),
    }


def _lawful(firms: ir.Table, feed: str) -> Lawful:
    none = ibis.literal(0, "int64")
    kinds = [kind for kind, feeds in EXCUSED_FEEDS.items() if feed in feeds]
    away = Excuse.OUT_OF_COUNTY in kinds
    off = none
    if feed == "tax_filing":
        off = firms["tax_quarterly"] & firms["off_quarterly"]
        off = off | (firms["tax_yearly"] & firms["off_yearly"])
    return Lawful(
        unborn=firms["unborn"],
        away=firms["excuse_out_of_county"] if away else none,
        excused=functools.reduce(
            operator.or_,
            (firms[f"excuse_{kind}"] for kind in kinds if kind is not Excuse.OUT_OF_COUNTY),
            none,
        ),
        off=off,
        known=firms["known"],
    )


def _spans(firms: ir.Table) -> dict[str, ir.Value]:
    """How many of the last twelve months each feed tells something about, and a few sums."""

    def count(*names: str) -> ir.IntegerValue:
        mask = firms[names[0]]
        for name in names[1:]:
            mask = mask | firms[name]
        return bits(mask & LAST_TWELVE)

    filings = count("tax_positive", "tax_zero")
    every = ibis.cases(
        ((firms["tax_yearly"] & LAST_TWELVE) != 0, 12),
        ((firms["tax_quarterly"] & LAST_TWELVE) != 0, 3),
        else_=1,
    )
    return {
        "excuse_quarterly_filer": firms["tax_quarterly"] & firms["tax_not_due"],
        "tax_filed": filings,
        "tax_span": ibis.least(filings * every, 12),
        "invoices_span": count("invoices_positive", "invoices_zero"),
        "insured_span": count("insured_positive", "insured_zero", "insured_overdue"),
        "insured_zeros": count("insured_zero"),
        "fund_span": count("fund_positive", "fund_zero"),
        "invoices_unknown": 12 - count("invoices_positive", "invoices_zero", "invoices_late"),
        "fund_unknown": 12 - count("fund_positive", "fund_zero", "fund_late"),
        "trade_unknown": 12
        - ibis.least(
            count("tax_positive", "tax_zero", "tax_not_due", "tax_late"),
            count("invoices_positive", "invoices_zero", "invoices_late"),
        ),
        "power_zeros": count("power_zero"),
        "power_span": count("power_positive", "power_zero"),
    }


def _returns(firms: ir.Table) -> dict[str, ir.Value]:
    """The months that returns speak about: one by the quarter speaks about the two months before it
    too, in which nothing was due. One not filed does so only where the quarter before was not filed
    either: who misses a single return by the quarter is no worse than who misses one by the month.
    """
    off = firms["tax_not_due"]
    found = {}
    for state in ("positive", "zero", "overdue"):
        own = firms[f"tax_{state}"]
        quarter = own & firms["tax_quarterly"]
        whole = quarter & (quarter << 3) if state == "overdue" else quarter
        before = (whole >> 1) & off
        found[f"returns_{state}"] = own | before | ((before >> 1) & off)
    return found


def _usual(firms: ir.Table) -> dict[str, ir.Value]:
    """Yearly sums without a mistake of unit: one month a thousand times as large as the others of
    the firm is counted as one like them. Of purchases too much only speaks for a firm, and a single
    large one may be true: they stay as they are."""
    found = {}
    for name, sums, months in (
        ("sales_sum", "tax_sales", "tax_filed"),
        ("out_sum", "invoices_out", "invoices_span"),
    ):
        total, most = firms[sums], firms[f"{sums}_most"].fill_null(0)
        others = (total - most) / ibis.greatest(firms[months] - 1, 1)
        odd = (firms[months] >= LEAST_USUAL) & (others > 0) & (most > UNIT_JUMP * others)
        found[name] = odd.ifelse(others * firms[months], total).cast("float64")
    return found


def _numbers(firms: ir.Table) -> dict[str, ir.Value]:
    heads = _over(firms["insured_heads"], firms["insured_span"])
    sales = _over(firms["sales_sum"], firms["tax_span"])
    per_head = (1 + sales * 12 / 100 / ibis.greatest(heads, 1.0)).log()
    dispatched = firms["invoices_labour"] / (12 * firms["minimum_wage_fen"])
    staffed = (firms["insured_exempt"] & LAST_TWELVE) == 0
    awarded = staffed & (firms["platform_awards"] > 0)
    return {
        "heads": heads,
        "sales": sales,
        "invoiced": _over(firms["out_sum"], firms["invoices_span"]),
        "due_each": _over(firms["insured_due"], firms["insured_heads"]),
        "size": ibis.cases((heads < 1, 0), (heads < 5, 1), (heads < 20, 2), (heads >= 20, 3)),
        # No sales at all is for other features to say.
        "per_head": (staffed & (sales > 0) & heads.notnull()).ifelse(
            per_head, ibis.null("float64")
        ),
        "orders": awarded.ifelse(
            firms["platform_awards"] / (1 + heads + dispatched), ibis.null("float64")
        ),
        "insured_known": firms["insured_zeros"] + firms["insured_values"].length().fill_null(0),
        "power_known": firms["power_zeros"] + firms["power_values"].length().fill_null(0),
    }


def _gaps(firms: ir.Table) -> dict[str, ir.Value]:
    """`holders_gaps`: of each month with enough practitioners the share insured elsewhere, sorted,
    those of the months of `holders_gap_months` first."""
    shares: list[ir.NumericValue] = []
    months: ir.IntegerValue = ibis.literal(0, "int64")
    for place in GAP_PLACES:
        counted = firms[f"holders_month_{place}"]
        people, elsewhere = counted & ((1 << HOLDER_BITS) - 1), counted >> HOLDER_BITS
        enough = people >= LEAST_HOLDERS
        shares.append(enough.ifelse(elsewhere / ibis.greatest(people, 1), NO_SHARE))
        months = months | enough.ifelse(1 << place, 0)
    return {"holders_gaps": ibis.array(shares).sort(), "holders_gap_months": months.cast("int64")}


def _over(total: ir.NumericValue, months: ir.NumericValue) -> ir.NumericValue:
    return (months > 0).ifelse(total / months, ibis.null("float64"))


def _ranked(firms: ir.Table, short: str) -> dict[str, ir.Value]:
    """The median of the months known, and the most it can be whatever the others would say.

    With the seventh smallest of twelve at x, the median is at most x whatever the missing
    months may say; with fewer than seven months known nothing is certain.
    """
    values, known = firms[f"{short}_values"], firms[f"{short}_known"]
    zeros = firms[f"{short}_zeros"]

    def at(rank: ir.IntegerValue) -> ir.NumericValue:
        place = ibis.greatest(rank - zeros, 0).cast("int32")
        return (rank < zeros).ifelse(0.0, values[place].cast("float64"))

    middle = (at((known - 1) // 2) + at(known // 2)) / 2
    return {
        f"{short}_median": (known > 0).ifelse(middle, ibis.null("float64")),
        f"{short}_certain": (known >= MEDIAN_RANK).ifelse(
            at(ibis.literal(MEDIAN_RANK - 1, "int64")), ibis.null("float64")
        ),
    }
