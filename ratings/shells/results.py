"""Writing a screening as scores.parquet and reasons.parquet, both or neither."""

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ratings.ledger.errors import Refused
from ratings.shells.screen import Screened

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


def write_results(run: Screened, out: Path) -> None:
    """Stream both tables into `out`, which is made if it is not there.

    Both are complete under temporary names before either gets its own, and an older
    scores.parquet goes first: whenever the run is killed, a scores.parquet that stands there
    belongs to the reasons.parquet beside it. The policy and its digest are in the metadata of
    either file.
    """
    parts = {"reasons.parquet": REASONS, "scores.parquet": SCORES}
    temporary = {name: out / f".{name}.{os.getpid()}.part" for name in parts}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, schema in parts.items():
            pieces = run.tables.stream(f"SELECT * FROM {name.removesuffix('.parquet')}")  # noqa: S608
            _write(pieces, schema.with_metadata(run.metadata()), temporary[name])
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


def _write(pieces: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path) -> None:
    with path.open("wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in pieces:
            writer.write_batch(batch.cast(schema))
        file.flush()
        os.fsync(file.fileno())
