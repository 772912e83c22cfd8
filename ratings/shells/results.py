"""Writing a screening as scores.parquet and reasons.parquet, both or neither."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ratings.ledger.errors import Refused
from ratings.shells.screen import Screening

SCORES = pa.schema(
    {
        "uscc": pa.string(),
        "log_odds": pa.float64(),
        "probability": pa.float64(),
        "points": pa.float64(),
        "coverage": pa.float64(),
        "classes": pa.int64(),
        "outcome": pa.string(),
    }
)
REASONS = pa.schema(
    {
        "uscc": pa.string(),
        "class": pa.string(),
        "feature": pa.string(),
        "value": pa.float64(),
        "unit": pa.string(),
        "months": pa.string(),
        "bin": pa.string(),
        "contribution": pa.float64(),
        "rule": pa.string(),
    }
)


def score_table(screening: Screening) -> pa.Table:
    """One row per agency; the policy and its digest are in the schema's metadata."""
    columns = {
        "outcome": [one.outcome.value for one in screening.scores],
    } | {
        name: [getattr(one, name) for one in screening.scores]
        for name in SCORES.names
        if name != "outcome"
    }
    return pa.table(columns, SCORES.with_metadata(_metadata(screening)))


def reason_table(screening: Screening) -> pa.Table:
    """One row per contribution; those of an agency sum to its log-odds."""
    pairs = [(one.uscc, reason) for one in screening.scores for reason in one.reasons]
    columns = {
        "uscc": [uscc for uscc, _ in pairs],
        "class": [reason.signal_class for _, reason in pairs],
    } | {
        name: [getattr(reason, name) for _, reason in pairs]
        for name in REASONS.names
        if name not in {"uscc", "class"}
    }
    return pa.table(columns, REASONS.with_metadata(_metadata(screening)))


def write_results(screening: Screening, out: Path) -> None:
    """Write both tables into `out`, which is made if it is not there.

    Both are complete under temporary names before either gets its own, and an older
    scores.parquet goes first: whenever the run is killed, a scores.parquet that stands there
    belongs to the reasons.parquet beside it.
    """
    parts = {
        "reasons.parquet": reason_table(screening),
        "scores.parquet": score_table(screening),
    }
    temporary = {name: out / f".{name}.{os.getpid()}.part" for name in parts}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, table in parts.items():
            with temporary[name].open("wb") as file:
                pq.write_table(table, file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
        (out / "scores.parquet").unlink(missing_ok=True)
        for name in parts:
            temporary[name].replace(out / name)
    except OSError as error:
        raise Refused(
            "screen-output",
            "The result cannot be written to {path}: {problem}.",
            path=str(out),
            problem=error.strerror or str(error),
        ) from error
    finally:
        for leftover in temporary.values():
            leftover.unlink(missing_ok=True)


def _metadata(screening: Screening) -> dict[str, str]:
    return {
        "as_of": screening.as_of,
        "policy": f"{screening.policy.name} {screening.policy.version}",
        "policy_digest": screening.policy.digest,
    }
