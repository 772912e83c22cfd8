"""The rows of the explanation: a table for a million firms, sentences for a few."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import msgspec
import pyarrow as pa

from ratings.shells.masks import bits, months_of
from ratings.shells.policy import WATCHED_TIES, Common, Policy
from ratings.shells.prevalence import common
from ratings.shells.scorecard import (
    LOWER_SENTENCE,
    LOWER_SENTENCE_ZH,
    SCORE_COLUMNS,
    Line,
    Outcome,
    Reason,
    Score,
    line_of,
    lines_of,
    logit,
    number_text,
)

_BINS = 64


class Kind(msgspec.Struct, frozen=True):
    """One of the lines that a policy has; `holding` is the bin of a contradiction that holds, which
    has no row else."""

    signal_class: str
    feature: str
    unit: str
    holding: int | None

    @property
    def late(self) -> bool:
        """Whether it is known only once all firms are judged."""
        return self.feature in ("class_cap", WATCHED_TIES) or self.signal_class == "excuse"

    @property
    def columns(self) -> dict[str, str]:
        """What is kept for the line, by the first word of the name, and as what."""
        if self.signal_class == "base":
            return {}
        if self.feature == "class_cap":
            return {"own": "float64"}
        if self.signal_class == "excuse":
            return {"own": "float64", "excuse": "int32"}
        if self.holding is not None:
            return {"months": "int32"}
        # A flag is 0 or 1, and half of all features are flags.
        value = "int8" if self.unit == "flag" else "float64"
        return {"counted": value, "months": "int32", "bin": "int8"}

    def column(self, what: str) -> str:
        return (
            f"own_{self.signal_class}_{self.feature}" if what == "own" else f"{what}_{self.feature}"
        )


Kinds = tuple[Kind, ...]


def kinds_of(policy: Policy) -> Kinds:
    holding = {feature.name: feature.bin_of(1.0) for feature in policy.features if feature.both}
    return tuple(
        Kind(line.signal_class, line.feature, line.unit, holding.get(line.feature))
        for line in lines_of(policy)
    )


def _evidence_columns(policy: Policy) -> dict[str, str]:
    of_lines = {
        kind.column(what): to
        for kind in kinds_of(policy)
        if not kind.late or kind.signal_class == "excuse"
        for what, to in kind.columns.items()
        if what != "own"
    }
    return {"coverage": "float64", "classes": "int8", "known": "int32"} | of_lines


def evidence_of(evidence: ir.Table, policy: Policy) -> ir.Table:
    """What is kept of the evidence of each firm, kept small: all that its score is made of."""
    kept = {name: evidence[name].cast(to) for name, to in _evidence_columns(policy).items()}
    return evidence.select("uscc", **kept)


def evidence_table(policy: Policy) -> ir.Table:
    """The table of `evidence_of`, by its name."""
    return ibis.table({"uscc": "string"} | _evidence_columns(policy), name="evidence")


def judgement_of(judged: ir.Table, policy: Policy) -> ir.Table:
    """The score of each firm, and what its reasons have besides the evidence."""
    lines = {(line.signal_class, line.feature): line for line in lines_of(policy)}
    kept: dict[str, ir.Value] = {}
    for kind in kinds_of(policy):
        if not kind.late:
            continue
        for what, to in kind.columns.items():
            if what == "own":
                value = line_of(judged, lines[kind.signal_class, kind.feature], policy)
            else:
                value = judged[kind.column(what)]
            kept[kind.column(what)] = value.cast(to)
    return judged.select("uscc", *SCORE_COLUMNS, **kept)


def score_table() -> ir.Table:
    """The columns of scores.parquet, in their order, from the table of `judgement_of`."""
    columns = {"uscc": "string"} | dict.fromkeys(SCORE_COLUMNS, "float64")
    judged = ibis.table(columns | {"classes": "int8", "outcome": "string"}, name="judged")
    whole = judged.mutate(classes=judged["classes"].cast("int64"))
    return whole.select("uscc", *SCORE_COLUMNS)


def reason_rows(kinds: Kinds) -> ir.Table:
    """(uscc, key, value, mask, own): one row for each line that a firm of `evidence_of` has.

    `key` is the number of the line times 64, plus the number of the bin. `value` and `own`, the
    contribution, are null where the key alone says them. Each line names only its own columns of
    what is kept, since hundreds of them would be compiled for every line.
    """
    none = ibis.null("float64")
    parts = []
    for number, kind in enumerate(kinds):
        held = {kind.column(what): to for what, to in kind.columns.items()}
        kept = ibis.table({"uscc": "string"} | held, name="judged" if kind.late else "evidence")
        rows, key = kept, ibis.literal(number * _BINS, "int16")
        value, own, mask = none, none, ibis.literal(0, "int32")
        for what in ("months", "excuse"):
            if what in kind.columns:
                mask = kept[kind.column(what)]
        if "own" in kind.columns:
            own = kept[kind.column("own")]
            rows = kept.filter(own.notnull())
            value = bits(mask).cast("float64") if "excuse" in kind.columns else none
        elif kind.holding is not None:
            key = ibis.literal(number * _BINS + kind.holding, "int16")
            rows, value = kept.filter(mask.notnull()), ibis.literal(1.0, "float64")
        elif held:
            value = kept[kind.column("counted")].cast("float64")
            key = (key + kept[kind.column("bin")]).cast("int16")
            rows = kept.filter(value.notnull())
        parts.append(rows.select("uscc", key=key, value=value, mask=mask, own=own))
    return ibis.union(*parts)


_TEXTS = pa.schema(
    {
        "text_key": pa.int16(),
        "class": pa.string(),
        "feature": pa.string(),
        "unit": pa.string(),
        "bin": pa.string(),
        "rule": pa.string(),
        "same": pa.float64(),
        "weight": pa.float64(),
    }
)
_MONTHS = pa.schema({"of": pa.int32(), "months": pa.string()})


def reason_texts(policy: Policy, here: Policy) -> pa.Table:
    """The words of every key of `reason_rows`, its weight where every firm has the same, and its
    value likewise; `here` is the policy as it weighs in the county."""
    weights = {feature.name: feature.weights for feature in here.features}
    same = {"base_rate": here.base_rate, "class_cap": policy.class_cap}
    base = {"base_rate": (logit(here.base_rate),)}
    lower = f"; by the policy {policy.base_rate:.2%}, lower for what is missing here"
    told = {"base_rate": lower} if here.base_rate < policy.base_rate else {}
    rows = [
        {
            "text_key": number * _BINS + place,
            "class": line.signal_class,
            "feature": line.feature,
            "unit": line.unit,
            "bin": text,
            "rule": line.rule
            + told.get(line.feature, "")
            + _told(common(policy, here, line.feature, place)),
            "same": same.get(line.feature),
            "weight": (base | weights).get(line.feature, (None,))[place],
        }
        for number, line in enumerate(lines_of(policy))
        for place, text in enumerate(line.bins)
    ]
    return pa.Table.from_pylist(rows, _TEXTS)


def _told(known: Common | None) -> str:
    if known is None:
        return ""
    return (
        f"; {known.share:.2%} of the firms here show as much, {known.usual:.2%} where the weight"
        f" was made: times {known.factor:.2f}"
    )


def month_texts(masks: Iterable[int], newest: int) -> pa.Table:
    """`months_of` for each of these masks."""
    texts = [(mask, months_of(mask, newest)) for mask in masks]
    return pa.Table.from_pydict(
        {"of": [mask for mask, _ in texts], "months": [text for _, text in texts]}, _MONTHS
    )


def reason_table(rows: ir.Table) -> ir.Table:
    """`reason_rows` with its words: the columns of reasons.parquet, in their order."""
    texts = ibis.table(ibis.schema(_TEXTS), name="reason_texts")
    months = ibis.table(ibis.schema(_MONTHS), name="month_texts")
    rows = rows.join(texts, [rows["key"] == texts["text_key"]])
    rows = rows.join(months, [rows["mask"] == months["of"]])
    return rows.select(
        "uscc",
        "class",
        "feature",
        "unit",
        "months",
        "bin",
        "rule",
        value=rows["value"].coalesce(rows["same"]),
        contribution=rows["own"].coalesce(rows["weight"]),
    ).select("uscc", "class", "feature", "value", "unit", "months", "bin", "contribution", "rule")


def scores_of(
    scores: Iterable[Mapping[str, Any]],
    reasons: Iterable[Mapping[str, Any]],
    policy: Policy,
    here: Policy,
) -> list[Score]:
    """Score objects from rows of the two tables, for the few firms that people look at; `here` is
    the policy as it weighs in their county."""
    order = {(line.signal_class, line.feature): n for n, line in enumerate(lines_of(policy))}
    lines = {(line.signal_class, line.feature): line for line in lines_of(policy)}
    found: defaultdict[str, list[Reason]] = defaultdict(list)
    for row in reasons:
        line = lines[row["class"], row["feature"]]
        known = common(policy, here, line.feature, line.bins.index(row["bin"]))
        found[row["uscc"]].append(_lower(_reason(row, line, known), policy, here))
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


def _lower(reason: Reason, policy: Policy, here: Policy) -> Reason:
    """The base row says so where the firms of the county begin lower than by the policy."""
    if reason.signal_class != "base" or here.base_rate == policy.base_rate:
        return reason
    shares = {"value": f"{here.base_rate:.2%}", "usual": f"{policy.base_rate:.2%}"}
    return msgspec.structs.replace(
        reason,
        sentence=LOWER_SENTENCE,
        sentence_zh=LOWER_SENTENCE_ZH,
        params={name: one.replace("%", " %") for name, one in shares.items()},
    )


def _reason(row: Mapping[str, Any], line: Line, known: Common | None) -> Reason:
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
        common=known,
    )
