"""The words of the pages about feeds: states of batches, rows and cells, and what drift is."""

from ratings.ledger.text import N_
from ratings.signals.contract import State
from ratings.signals.rules import BatchState, RowState, Way

BATCH_STATES = {
    BatchState.ACCEPTED: (N_("Accepted"), "ok"),
    BatchState.HELD: (N_("Held"), "warn"),
    BatchState.REJECTED: (N_("Rejected"), "seal"),
}
ROW_STATES = {
    RowState.OPEN: (N_("Waiting"), "warn"),
    RowState.RESOLVED: (N_("Mended"), "ok"),
    RowState.DISMISSED: (N_("Left out"), ""),
}
WAYS = {
    Way.FILE: N_("as a file"),
    Way.PUSH: N_("sent by a program"),
    Way.CONNECTOR: N_("pulled by a connector"),
    Way.CORRECTION: N_("a mended row"),
    Way.PLATFORM: N_("counted by this market"),
}
# What the source said of a month: a sign for a strip, words, and the look of the cell.
CELLS = {
    State.POS: ("+", N_("more than zero"), "heat__sum"),
    State.ZERO: ("0", N_("zero"), "heat-2"),
    State.OVERDUE: ("!", N_("overdue"), "heat-3"),
    State.NOT_DUE: ("–", N_("not due"), "heat__sum"),
    State.EXEMPT: ("–", N_("exempt"), "heat__sum"),
    State.LATE: ("…", N_("not yet due from the source"), "heat__sum second"),
    State.FEED_MISSING: ("×", N_("no complete batch"), "heat__sum second"),
    State.UNMATCHED: ("?", N_("a batch without this agency"), "heat__sum second"),
    State.OUT_OF_AREA: ("–", N_("outside the county"), "heat__sum"),
}
MONTHS = {
    State.POS: (N_("Complete"), "ok"),
    State.LATE: (N_("Not yet due"), ""),
    State.FEED_MISSING: (N_("Missing or incomplete"), "warn"),
}
FIGURES = {
    "zero_share": N_("share of zeros"),
    "overdue_share": N_("share overdue"),
    "usual_level": N_("median of those above zero"),
    "abnormal_share": N_("share on the abnormal list"),
    "people_per_firm": N_("certificates a firm"),
    "dishonest_share": N_("share of dishonest debtors"),
    "awarded_share": N_("share with an award"),
}


def factor(value: float) -> str:
    """How many times something is as much, as people say it."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"
