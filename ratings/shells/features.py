"""What the feeds say about each agency over 24 months, as ibis expressions on one engine.

The engine reduces months to one row of masks, counts and runs per agency; the few lines of
arithmetic left over turn that row into readings.
"""

import math
from typing import Any

import ibis
import ibis.expr.types as ir

from ratings.shells.clusters import cluster_sizes, shared_pairs
from ratings.shells.evidence import Coverage, Evidence, Reading
from ratings.shells.masks import LAST_TWELVE, longest_run_of
from ratings.signals.cells import (
    COVERED,
    WINDOW,
    Tables,
    cells,
    firms,
    mask,
    month_text,
)
from ratings.signals.contract import FEEDS, State
from ratings.signals.lawful import excused

CLASSES = ("tax_filing", "social_insurance", "registration")
LEAST_COVERED = 3
MEDIAN_RANK = 7
REPORT_DUE_MONTH = 7


def gather(tables: Tables, newest: int, county: str, bookkeeper_firms: int) -> list[Evidence]:
    """The evidence of every agency the feeds in use name, in the order of their codes.

    `newest` is the month number of the as-of month, `county` the region the sources cover.
    """
    everyone = tables.kept("firms", firms(tables, CLASSES, newest))
    lawful = tables.kept("lawful", excused(tables, everyone, newest))
    own = {
        name: tables.kept(
            f"cells_{name}", cells(tables, FEEDS[name], everyone, lawful, newest, county)
        )
        for name in CLASSES
    }
    wide = everyone
    for part in (
        _tax(own["tax_filing"]),
        _insurance(own["social_insurance"]),
        _both(own["tax_filing"], own["social_insurance"]),
        _register(own["registration"], tables, newest),
    ):
        wide = _joined(wide, part)
    rows = wide.order_by("uscc").to_pyarrow().to_pylist()
    bonds = shared_pairs(tables.connection.table("register"), bookkeeper_firms)
    sizes = cluster_sizes(bonds)
    excuses = _spans(lawful, newest)
    return [_evidence(row, excuses.get(row["uscc"], {}), sizes.get(row["uscc"], 1)) for row in rows]


def _evidence(row: dict[str, Any], spans: dict[str, int], cluster: int) -> Evidence:
    readings = _monthly_readings(row)
    excuses = dict(spans)
    if row["quarterly"]:
        excuses["quarterly_filer"] = row["quarterly"]
    if row.get("reports_known") is not None:
        years = row["reports_missing"].bit_count()
        readings["annual_report_missing"] = Reading(years, years, row["reports_known"])
    if row.get("latest_place") is not None:
        now = 1 << row["latest_place"]
        if row["hosted"]:
            excuses["hosted_address"] = now
        if not row["resting"]:
            listed = int(row["abnormal"])
            readings["abnormal_address"] = Reading(listed, listed, now)
            readings["cluster"] = Reading(cluster, cluster, now)
            if row["neighbours"] is not None:
                readings["address_crowding"] = Reading(row["neighbours"], row["neighbours"], now)
    return Evidence(
        uscc=row["uscc"],
        readings=readings,
        coverage={
            name: Coverage(row[f"{own}_covered"], row[f"{own}_late"], row[f"{own}_heard"])
            for name, own in zip(CLASSES, ("tax", "insured", "register"), strict=True)
        },
        excuses=excuses,
    )


def _monthly_readings(row: dict[str, Any]) -> dict[str, Reading]:
    readings: dict[str, Reading] = {}
    if row["tax_covered"]:
        for name in ("tax_zero", "tax_overdue"):
            run = row[f"{name}_run"]
            readings[f"{name}_run"] = Reading(run, run, row[name])
    for name, prefix in (("tax_zero_share", "tax"), ("insured_zero_share", "insured")):
        known = row[f"{prefix}_covered"] & LAST_TWELVE
        zeros = (row[f"{prefix}_zero"] & LAST_TWELVE).bit_count()
        if known.bit_count() >= LEAST_COVERED:
            readings[name] = Reading(zeros / known.bit_count(), zeros / 12, known)
    known = row["insured_covered"] & LAST_TWELVE
    if row["insured_median"] is not None:
        certain = row["insured_certain"]
        readings["insured_median"] = Reading(
            row["insured_median"], math.inf if certain is None else certain, known
        )
    if row["tax_covered"] & row["insured_covered"]:
        unstaffed = row["unstaffed"]
        both = row["tax_covered"] & row["insured_covered"] & LAST_TWELVE
        months = unstaffed.bit_count()
        readings["sales_without_staff"] = Reading(months, months, unstaffed or both)
    if row["dormant_trade"]:
        months = row["dormant_trade"].bit_count()
        readings["trading_while_dormant"] = Reading(months, months, row["dormant_trade"])
    return readings


def _recent(cell: ir.Table) -> ir.Table:
    return cell.filter(cell["place"] >= WINDOW - 12)


def _tax(cell: ir.Table) -> ir.Table:
    masks = cell.group_by("uscc").agg(
        tax_covered=mask(cell, *COVERED),
        tax_late=mask(cell, State.LATE),
        tax_heard=mask(cell, *COVERED, heard=True),
        tax_zero=mask(cell, State.ZERO),
        tax_overdue=mask(cell, State.OVERDUE),
        quarterly=((cell["filing_cycle"] == "Q") & (cell["state"] == State.NOT_DUE.value))
        .fill_null(False)
        .ifelse(ibis.literal(1, "int64") << cell["place"].cast("int64"), 0)
        .sum()
        .cast("int64"),
    )
    return masks.mutate(
        tax_zero_run=longest_run_of(masks["tax_zero"]),
        tax_overdue_run=longest_run_of(masks["tax_overdue"]),
    )


def _insurance(cell: ir.Table) -> ir.Table:
    masks = cell.group_by("uscc").agg(
        insured_covered=mask(cell, *COVERED),
        insured_late=mask(cell, State.LATE),
        insured_heard=mask(cell, *COVERED, heard=True),
        insured_zero=mask(cell, State.ZERO),
    )
    counted = _recent(cell)
    counted = counted.filter(
        counted["state"].isin([State.POS.value, State.ZERO.value, State.OVERDUE.value])
        & counted["insured"].notnull()
    )
    medians = counted.group_by("uscc").agg(insured_median=counted["insured"].median())
    # With the seventh smallest of twelve at x, the median is at most x whatever the months
    # that are missing may say; with fewer than seven months known nothing is certain.
    ranked = counted.mutate(
        rank=ibis.row_number().over(group_by="uscc", order_by=["insured", "place"])
    )
    certain = ranked.filter(ranked["rank"] == MEDIAN_RANK - 1).select(
        "uscc", insured_certain=ranked["insured"].cast("float64")
    )
    return _joined(_joined(masks, medians), certain)


def _both(tax: ir.Table, insured: ir.Table) -> ir.Table:
    """What two feeds say together and neither says alone."""
    pair = tax.select("uscc", "place", "state", "excuse").join(
        insured.select("uscc", "place", staff=insured["state"]), ["uscc", "place"]
    )
    bit = ibis.literal(1, "int64") << pair["place"].cast("int64")
    trade = pair["state"] == State.POS.value
    unstaffed = trade & (pair["staff"] == State.ZERO.value) & (pair["place"] >= WINDOW - 12)
    dormant = trade & (pair["excuse"] == "registered_closure").fill_null(False)
    return pair.group_by("uscc").agg(
        unstaffed=unstaffed.ifelse(bit, 0).sum().cast("int64"),
        dormant_trade=dormant.ifelse(bit, 0).sum().cast("int64"),
    )


def _register(cell: ir.Table, tables: Tables, newest: int) -> ir.Table:
    """The latest entry of the register, and the years whose report was not filed at their end."""
    masks = cell.group_by("uscc").agg(
        register_covered=mask(cell, *COVERED),
        register_late=mask(cell, State.LATE),
        register_heard=mask(cell, *COVERED, heard=True),
    )
    ends = [
        place
        for place in range(WINDOW)
        if (month := (newest - WINDOW + 1 + place) % 12 + 1) == 12
        or (place == WINDOW - 1 and month >= REPORT_DUE_MONTH)
    ]
    known = cell.filter(cell["state"] == State.POS.value)
    # A firm owes its first report in the year after the one it was established in.
    owed = known.filter(
        known["place"].isin(ends)
        & known["excuse"].isnull()
        & known["annual_report_filed"].notnull()
        & (known["established"] // 12 < (known["place"] + newest - WINDOW + 1) // 12)
    )
    bit = ibis.literal(1, "int64") << owed["place"].cast("int64")
    reports = owed.group_by("uscc").agg(
        reports_known=bit.sum().cast("int64"),
        reports_missing=owed["annual_report_filed"].ifelse(0, bit).sum().cast("int64"),
    )
    newest_row = known.group_by("uscc").agg(latest_place=known["place"].max())
    latest = known.join(newest_row, ["uscc", known["place"] == newest_row["latest_place"]])
    hosted = _hosted(latest, tables, newest)
    latest = latest.select(
        "uscc",
        "phone_id",
        "legal_rep_id",
        "latest_place",
        "abnormal_since",
        "abnormal_reason",
        address_id=hosted.ifelse(ibis.null("string"), latest["address_id"]),
        hosted=hosted,
        resting=latest["excuse"].notnull(),
    )
    latest = tables.kept("register", latest)
    placed = latest.filter(latest["address_id"].notnull())
    crowds = placed.group_by("address_id").agg(neighbours=placed.count() - 1)
    facts = latest.left_join(crowds, "address_id")
    reason = facts["abnormal_reason"].fill_null("").lower()
    facts = facts.select(
        "uscc",
        "latest_place",
        "neighbours",
        "hosted",
        "resting",
        # A report that is not there is counted by its own feature and not twice.
        abnormal=facts["abnormal_since"].notnull()
        & ~reason.contains("report")
        & ~reason.contains("年报"),
    )
    return _joined(_joined(masks, reports), facts)


def _hosted(latest: ir.Table, tables: Tables, newest: int) -> ir.BooleanColumn:
    declared = latest["address_hosted"].fill_null(False)
    recorded = tables.feed("excuses")
    if recorded is None:
        return declared
    month = month_text(newest)
    now = recorded.filter(
        (recorded["kind"] == "hosted_address")
        & (recorded["from_month"] <= month)
        & (recorded["to_month"].fill_null(month) >= month)
    )
    return declared | latest["uscc"].isin(now["uscc"])


def _joined(left: ir.Table, right: ir.Table) -> ir.Table:
    both = left.left_join(right, "uscc")
    return both.drop(*(name for name in both.columns if name.endswith("_right")))


def _spans(lawful: ir.Table, newest: int) -> dict[str, dict[str, int]]:
    """Per agency the excuses on record in the window, each with the mask of its months."""
    first = newest - WINDOW + 1
    near = lawful.filter((lawful["end"] >= first) & (lawful["start"] <= newest))
    found: dict[str, dict[str, int]] = {}
    for row in near.select("uscc", "kind", "start", "end").distinct().to_pyarrow().to_pylist():
        start, end = max(row["start"], first) - first, min(row["end"], newest) - first
        bits = ((1 << (end + 1)) - 1) & ~((1 << start) - 1)
        kinds = found.setdefault(row["uscc"], {})
        kinds[row["kind"]] = kinds.get(row["kind"], 0) | bits
    return found
