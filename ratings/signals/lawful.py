"""Lawful zeros: who may have nothing to declare, in which feeds, and in which months."""

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ratings.signals.cells import Tables, month_of, number_of, windowed
from ratings.signals.contract import Excuse

NEW_FIRM_MONTHS = 6
LONGEST_CLOSURE_MONTHS = 36

# Which feeds an excuse on record neutralises, and for how many months at the longest.
EXCUSED_FEEDS: dict[Excuse, tuple[str, ...]] = {
    Excuse.NEW_FIRM: (
        "tax_filing",
        "invoices",
        "social_insurance",
        "housing_fund",
        "utilities",
        "platform",
    ),
    Excuse.REGISTERED_CLOSURE: (
        "tax_filing",
        "invoices",
        "social_insurance",
        "housing_fund",
        "registration",
        "practitioners",
        "utilities",
        "platform",
    ),
    Excuse.SOLE_PRACTITIONER: ("social_insurance", "housing_fund"),
    Excuse.LABOUR_DISPATCH: ("social_insurance", "housing_fund", "practitioners"),
    Excuse.RETIREES_INTERNS: ("social_insurance", "housing_fund"),
    Excuse.BRANCH: ("tax_filing", "invoices", "social_insurance"),
    Excuse.OUT_OF_COUNTY: (
        "tax_filing",
        "invoices",
        "social_insurance",
        "housing_fund",
        "utilities",
    ),
    Excuse.GROUP_PAYROLL: ("social_insurance", "practitioners"),
    Excuse.HOSTED_ADDRESS: (),
}
LONGEST_MONTHS = {
    Excuse.NEW_FIRM: NEW_FIRM_MONTHS,
    Excuse.REGISTERED_CLOSURE: LONGEST_CLOSURE_MONTHS,
    Excuse.RETIREES_INTERNS: 12,
    Excuse.GROUP_PAYROLL: 12,
}
# An excuse that only some legal forms can have; a form nobody told us rules nothing out.
FORMS = {Excuse.SOLE_PRACTITIONER: ("sole", "partnership"), Excuse.BRANCH: ("branch",)}


def excused(tables: Tables, everyone: ir.Table, newest: int) -> ir.Table:
    """Intervals (uscc, feed, kind, start, end) in which a zero is lawful; month numbers."""
    pieces: list[ir.Table] = []
    young = everyone.filter(everyone["established"].notnull())
    pieces.append(
        young.select(
            "uscc",
            kind=ibis.literal(Excuse.NEW_FIRM.value),
            start=young["established"].cast("int64"),
            end=(young["established"] + NEW_FIRM_MONTHS - 1).cast("int64"),
        )
    )
    register = tables.feed("registration")
    if register is not None:
        closed = windowed(register, newest)
        closed = closed.filter(closed["dormant_from"].notnull())
        start = month_of(closed["dormant_from"])
        longest = start + LONGEST_CLOSURE_MONTHS - 1
        pieces.append(
            closed.select(
                "uscc",
                kind=ibis.literal(Excuse.REGISTERED_CLOSURE.value),
                start=start.cast("int64"),
                end=ibis.least(month_of(closed["dormant_to"]).fill_null(longest), longest).cast(
                    "int64"
                ),
            ).distinct()
        )
    recorded = tables.feed("excuses")
    if recorded is not None:
        pieces.append(_recorded(recorded, everyone))
    spans = ibis.union(*pieces) if len(pieces) > 1 else pieces[0]
    relations = pa.table(
        {
            "kind": [kind.value for kind, feeds in EXCUSED_FEEDS.items() for _ in feeds],
            "feed": [feed for feeds in EXCUSED_FEEDS.values() for feed in feeds],
        }
    )
    return spans.join(tables.register("excused_feeds", relations), "kind").select(
        "uscc", "feed", "kind", "start", "end"
    )


def _recorded(recorded: ir.Table, everyone: ir.Table) -> ir.Table:
    """Excuses the centre recorded, cut to their longest time and to the fitting legal form."""
    start = number_of(recorded["from_month"])
    longest = recorded["kind"].cases(
        *((kind.value, months) for kind, months in LONGEST_MONTHS.items()), else_=1200
    )
    # Without an end the statement is taken to hold until its longest time is over.
    end = ibis.least(number_of(recorded["to_month"]).fill_null(99_999), start + longest - 1)
    spans = recorded.select("uscc", "kind", start=start.cast("int64"), end=end.cast("int64"))
    joined = spans.left_join(everyone.select("uscc", "legal_form"), "uscc")
    form = joined["legal_form"]
    fits = ibis.or_(
        form.isnull(),
        ibis.and_(*((joined["kind"] != kind.value) | form.isin(of) for kind, of in FORMS.items())),
    )
    return joined.filter(fits).select("uscc", "kind", "start", "end")
