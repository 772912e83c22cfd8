"""Scoring one firm at once, by the same definitions as a million: for its page, after a new cell.

The facts of `facts.py` are reduced over the rows of one firm in plain Python, and the expressions
of the scorecard run as plain Python too. What only a whole county can tell, norms, neighbours and
cluster, comes from the latest screen.
"""

import functools
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from ratings.shells.explanation import scores_of
from ratings.shells.facts import (
    EXCUSES,
    FIRST_INVOICES,
    LATEST_MOST,
    MONTHLY,
    SHORT,
    Fact,
    coded,
    excused,
)
from ratings.shells.features import with_readings
from ratings.shells.masks import months_of
from ratings.shells.norms import NORMS
from ratings.shells.numbers import FRAME, Frame, with_numbers
from ratings.shells.plain import Function, plain
from ratings.shells.policy import WATCHED_TIES, Policy
from ratings.shells.prevalence import Counts, local
from ratings.shells.scorecard import SCORE_COLUMNS, Score, lines_of, scored
from ratings.signals.cells import WINDOW, feed_table, month_number
from ratings.signals.contract import FEEDS

Row = Mapping[str, Any]
# What the latest screen of the whole county says about a firm.
COUNTY = ("neighbours", "cluster", "close_cluster", WATCHED_TIES, *NORMS.names)
_LISTS = {
    "insured_values": "array<int64>",
    "power_values": "array<float64>",
}


def reduced_facts(feed: str, rows: Iterable[Row], frame: Frame) -> dict[str, Any]:
    """The facts of one firm from the rows that one feed has about it, in any order."""
    gone, seen = frame.gone.get(feed, 0), []
    for row in rows:
        place = month_number(row["month"]) - frame.oldest
        if 0 <= place < WINDOW and not gone >> place & 1:
            seen.append({**row, "place": place, "bit": 1 << place, "oldest": frame.oldest})
    short = f"{SHORT[feed]}_"
    found = _reduce(MONTHLY[feed], _monthly(feed), seen, short)
    if feed == "registration":
        latest = max(seen, key=lambda row: int(row["place"]), default=None)
        found["sector"] = latest and latest["sector"]
    return found


def first_invoices(rows: Iterable[Row], established: int | None, frame: Frame) -> dict[str, Any]:
    """The facts about the first year of a firm established in the window."""
    born = -1 if established is None else established - frame.oldest
    gone, seen = frame.gone.get("invoices", 0), []
    for row in rows:
        place = month_number(row["month"]) - frame.oldest
        if 0 <= born <= place < WINDOW and not gone >> place & 1:
            seen.append({**row, "place": place, "bit": 1 << place, "born": born})
    return _reduce(FIRST_INVOICES, _first(), seen, "invoices_")


def recorded_excuses(rows: Iterable[Row], frame: Frame) -> dict[str, Any]:
    """The months of each kind of excuse on record."""
    own = [{**row, "oldest": frame.oldest} for row in rows]
    return _reduce(EXCUSES, _excuses(), own, "told_")


def firm_facts(feeds: Mapping[str, Iterable[Row]], frame: Frame) -> dict[str, Any]:
    """All facts of one firm; `feeds` has its rows by feed, `excuses` among them."""
    found: dict[str, Any] = {}
    for feed in SHORT:
        found |= reduced_facts(feed, feeds.get(feed, ()), frame)
    found |= first_invoices(feeds.get("invoices", ()), found["register_established"], frame)
    return found | recorded_excuses(feeds.get("excuses", ()), frame)


def rescored(
    uscc: str, facts: Row, county: Row, frame: Frame, policy: Policy, shown: Counts | None = None
) -> Score:
    """The score of one firm from its facts, from what the county says of it (COUNTY), and from how
    many firms of the county were `shown` in each bin."""
    # An earlier version of the program kept less of the county; that is not known then.
    known = {name: county.get(name) for name in COUNTY}
    firm = {**facts, **known, **frame.columns(policy)}
    here = local(policy, shown) if shown else policy
    found = _judge(here)(firm)
    reasons = []
    for number, line in enumerate(lines_of(policy)):
        contribution = found[f"line_{number}"]
        if contribution is not None:
            reasons.append(_reason(number, line.signal_class, found, here, frame, uscc))
    (score,) = scores_of(
        [{"uscc": uscc} | {name: found[name] for name in SCORE_COLUMNS}], reasons, policy, here
    )
    return score


def _reason(
    number: int, signal_class: str, found: Row, policy: Policy, frame: Frame, uscc: str
) -> Row:
    line = lines_of(policy)[number]
    value: float | None
    mask, place = 0, 0
    if signal_class == "base":
        value = policy.base_rate
    elif signal_class == "excuse":
        mask = found[f"excuse_{line.feature}"]
        value = float(mask.bit_count())
    elif line.feature == "class_cap":
        value = policy.class_cap
    elif policy.by_name[line.feature].both:
        # There is a row only where it holds.
        value, mask = 1.0, found[f"months_{line.feature}"]
        place = policy.by_name[line.feature].bin_of(value)
    else:
        value = found[f"counted_{line.feature}"]
        mask, place = found[f"months_{line.feature}"], found[f"bin_{line.feature}"]
    return {
        "uscc": uscc,
        "class": signal_class,
        "feature": line.feature,
        "value": value,
        "months": months_of(mask, frame.newest),
        "bin": line.bins[place],
        "contribution": found[f"line_{number}"],
    }


def _reduce(
    facts: tuple[Fact, ...],
    values: Function,
    rows: Iterable[Row],
    prefix: str,
) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {fact.name: [] for fact in facts}
    latest = {fact.name for fact in facts if fact.reduce == "latest"}
    for row in rows:
        for name, value in values(row).items():
            if value is not None:
                whole = (row["place"], min(value, LATEST_MOST)) if name in latest else value
                columns[name].append(whole)
    return {f"{prefix}{fact.name}": _REDUCERS[fact.reduce](columns[fact.name]) for fact in facts}


_REDUCERS: dict[str, Callable[[list[Any]], Any]] = {
    "or": lambda values: functools.reduce(operator.or_, values, 0),
    "sum": sum,
    "max": lambda values: max(values, default=None),
    "list": lambda values: sorted(values) or None,
    "latest": lambda values: max(values)[1] if values else None,
}


def _function(table: ir.Table, facts: tuple[Fact, ...]) -> Function:
    own = table.mutate(**{fact.name: fact.of(table) for fact in facts})
    return plain(own, [fact.name for fact in facts])


def _rows(feed: str, *more: str) -> ir.Table:
    columns = dict(feed_table(FEEDS[feed]).schema().items()) | dict.fromkeys(more, "int64")
    return ibis.table(columns, name="rows")


@functools.cache
def _monthly(feed: str) -> Function:
    return _function(coded(_rows(feed, "place", "bit", "oldest"), feed), MONTHLY[feed])


@functools.cache
def _first() -> Function:
    return _function(_rows("invoices", "place", "bit", "born"), FIRST_INVOICES)


@functools.cache
def _excuses() -> Function:
    return _function(excused(_rows("excuses", "oldest")), EXCUSES)


@functools.lru_cache(maxsize=4)
def _judge(policy: Policy) -> Function:
    """The scorecard of this policy, for a firm with its facts, COUNTY and the columns of FRAME."""
    groups = [(f"{SHORT[feed]}_", facts) for feed, facts in MONTHLY.items()]
    groups += [("invoices_", FIRST_INVOICES), ("told_", EXCUSES)]
    named = [f"{prefix}{fact.name}" for prefix, facts in groups for fact in facts]
    columns = dict.fromkeys((*named, *COUNTY, *FRAME.columns), "int64")
    columns |= _LISTS | dict.fromkeys(NORMS.names, "float64") | {"sector": "string"}
    whole = scored(with_readings(with_numbers(ibis.table(columns, name="firm"))), policy)
    wanted = [*SCORE_COLUMNS, *(f"line_{number}" for number in range(len(lines_of(policy))))]
    for feature in policy.features:
        parts = ("months",) if feature.both else ("counted", "months", "bin")
        wanted += [f"{part}_{feature.name}" for part in parts]
    return plain(whole, [*wanted, *(f"excuse_{kind}" for kind in policy.excuses)])
