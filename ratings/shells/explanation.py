"""The rows of the explanation: a table for a million firms, sentences for a few."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ratings.shells.masks import HALF, HALF_TEXTS, bits, half_texts, months_text
from ratings.shells.policy import Policy
from ratings.shells.scorecard import (
    SCORE_COLUMNS,
    Line,
    Outcome,
    Reason,
    Score,
    lines_of,
    number_text,
)
from ratings.signals.engine import Tables

_BINS = 64


def reason_rows(scored: ir.Table, policy: Policy) -> ir.Table:
    """(uscc, key, value, mask, contribution): one row per contribution, from `scored`.

    `key` is the number of the line times 64, plus the number of the bin.
    """
    parts = []
    for number, line in enumerate(lines_of(policy)):
        value, mask, place = _facts(scored, line, policy)
        parts.append(
            ibis.struct(
                {
                    "key": (number * _BINS + place).cast("int64"),
                    "value": value.cast("float64"),
                    "mask": mask.cast("int64"),
                    "contribution": scored[f"line_{number}"],
                }
            )
        )
    rows = scored.select("uscc", row=ibis.array(parts).unnest())
    rows = rows.select(
        "uscc",
        key=rows["row"]["key"],
        value=rows["row"]["value"],
        mask=rows["row"]["mask"],
        contribution=rows["row"]["contribution"],
    )
    return rows.filter(rows["contribution"].notnull())


def _facts(
    scored: ir.Table, line: Line, policy: Policy
) -> tuple[ir.NumericValue, ir.IntegerValue, ir.IntegerValue]:
    none = ibis.literal(0, "int64")
    if line.signal_class == "base":
        return ibis.literal(policy.base_rate, "float64"), none, none
    if line.signal_class == "excuse":
        mask = scored[f"excuse_{line.feature}"]
        return bits(mask), mask, none
    if line.feature == "class_cap":
        return ibis.literal(policy.class_cap, "float64"), none, none
    return (
        scored[f"value_{line.feature}"],
        scored[f"months_{line.feature}"],
        scored[f"bin_{line.feature}"].fill_null(0),
    )


_TEXTS = pa.schema(
    {
        "text_key": pa.int64(),
        "class": pa.string(),
        "feature": pa.string(),
        "unit": pa.string(),
        "bin": pa.string(),
        "rule": pa.string(),
    }
)


def register_texts(tables: Tables, policy: Policy, newest: int) -> None:
    """The two small tables of words that `reason_table` looks things up in."""
    keys = [
        {
            "text_key": number * _BINS + place,
            "class": line.signal_class,
            "feature": line.feature,
            "unit": line.unit,
            "bin": text,
            "rule": line.rule,
        }
        for number, line in enumerate(lines_of(policy))
        for place, text in enumerate(line.bins)
    ]
    tables.register("reason_texts", pa.Table.from_pylist(keys, _TEXTS))
    tables.register("half_texts", half_texts(newest))


def reason_table(scored: ir.Table, policy: Policy) -> ir.Table:
    """`reason_rows` with its words: the columns of reasons.parquet, in their order."""
    texts = ibis.table(ibis.schema(_TEXTS), name="reason_texts")
    halves = ibis.table(ibis.schema(HALF_TEXTS), name="half_texts")
    rows = reason_rows(scored, policy)
    rows = rows.join(texts, [rows["key"] == texts["text_key"]])
    rows = rows.mutate(low=rows["mask"] & ((1 << HALF) - 1), high=rows["mask"] >> HALF)
    older, newer = halves, halves.view()
    rows = rows.join(older, [rows["low"] == older["half"]])
    rows = rows.join(newer, [rows["high"] == newer["half"]], rname="newer_{name}")
    early = {name: rows[name] for name in older.columns}
    late = {name: rows[f"newer_{name}"] for name in older.columns}
    return rows.select(
        "uscc",
        "class",
        "feature",
        "value",
        "unit",
        "bin",
        "contribution",
        "rule",
        months=months_text(early, late, rows["mask"]),
    ).select("uscc", "class", "feature", "value", "unit", "months", "bin", "contribution", "rule")


def scores_of(
    scores: Iterable[Mapping[str, Any]], reasons: Iterable[Mapping[str, Any]], policy: Policy
) -> list[Score]:
    """Score objects from rows of the two tables, for the few firms that people look at."""
    order = {(line.signal_class, line.feature): n for n, line in enumerate(lines_of(policy))}
    lines = {(line.signal_class, line.feature): line for line in lines_of(policy)}
    found: defaultdict[str, list[Reason]] = defaultdict(list)
    for row in reasons:
        found[row["uscc"]].append(_reason(row, lines[row["class"], row["feature"]]))
    return [
        Score(
            uscc=row["uscc"],
            policy=f"{policy.name} {policy.version}",
            policy_digest=policy.digest,
            reasons=tuple(
                sorted(found[row["uscc"]], key=lambda one: order[one.signal_class, one.feature])
            ),
            **{name: row[name] for name in SCORE_COLUMNS} | {"outcome": Outcome(row["outcome"])},
        )
        for row in scores
    ]


def _reason(row: Mapping[str, Any], line: Line) -> Reason:
    if line.feature == "class_cap":
        params = {"value": f"{row['value']:g}"}
    elif line.signal_class == "base":
        params = {"value": number_text(row["value"], line.unit)}
    else:
        params = {"value": number_text(row["value"], line.unit), "months": row["months"] or "–"}
    return Reason(
        signal_class=line.signal_class,
        feature=line.feature,
        value=row["value"],
        unit=line.unit,
        months=row["months"],
        bin=row["bin"],
        contribution=row["contribution"],
        rule=line.rule,
        sentence=line.sentence,
        sentence_zh=line.sentence_zh,
        params=params,
    )
