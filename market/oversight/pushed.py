"""What an office's program sends in one request, as a file that the one way in takes: pure."""

import io
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ratings.ledger.errors import Malformed, UnsupportedMedia
from ratings.signals.connectors.mapping import as_text
from ratings.signals.rules import no_rows

CSV, PARQUET, NDJSON, JSON, EXCEL = (
    "text/csv",
    "application/vnd.apache.parquet",
    "application/x-ndjson",
    "application/json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_ENDINGS = {CSV: ".csv", PARQUET: ".parquet", NDJSON: ".parquet", JSON: ".parquet", EXCEL: ".xlsx"}

MEDIA_TYPES = tuple(_ENDINGS)


def ending(media_type: str) -> str:
    """The ending of the file that a body of a media type becomes; UnsupportedMedia for others."""
    found = _ENDINGS.get(media_type.partition(";")[0].strip().lower())
    if found is None:
        error = UnsupportedMedia(
            "media-type",
            "This address reads {wanted}, not {sent}.",
            wanted=", ".join(_ENDINGS),
            sent=media_type or "∅",
        )
        error.headers = {"Accept": ", ".join(_ENDINGS)}
        raise error
    return found


def is_records(media_type: str) -> bool:
    """Whether a body is records of JSON, of which `as_parquet` makes a table."""
    return media_type.partition(";")[0].strip().lower() in (NDJSON, JSON)


def as_parquet(feed: str, media_type: str, body: bytes) -> bytes:
    """Records as a table of texts, the columns in the order in which they first occur.

    Line n of the receipt is the n-th record. Malformed where the body is no list of records.
    """
    records = _lines(body) if media_type.startswith(NDJSON) else _list(body)
    if not records:
        raise no_rows(feed)
    columns: dict[str, list[str | None]] = {}
    for place, record in enumerate(records):
        for name, value in record.items():
            columns.setdefault(name, [None] * place).append(as_text(value))
        for values in columns.values():
            if len(values) == place:
                values.append(None)
    written = io.BytesIO()
    pq.write_table(
        pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), written
    )
    return written.getvalue()


def _lines(body: bytes) -> list[dict[str, Any]]:
    lines = [line for line in body.splitlines() if line.strip()]
    return [_record(line, place) for place, line in enumerate(lines, 1)]


def _list(body: bytes) -> list[dict[str, Any]]:
    found = _read(body, 1)
    if not isinstance(found, list):
        raise Malformed(
            "feed-records",
            "The body must be a list of records, or one record on each line"
            " (application/x-ndjson).",
        )
    return [_checked(one, place) for place, one in enumerate(found, 1)]


def _record(text: bytes, place: int) -> dict[str, Any]:
    return _checked(_read(text, place), place)


def _checked(found: object, place: int) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise Malformed(
            "feed-record", "Record {place} is no JSON object of column and value.", place=place
        )
    return found


def _read(text: bytes, place: int) -> object:
    try:
        # Decimal keeps a figure as it was written.
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Malformed(
            "feed-record", "Record {place} is no JSON object of column and value.", place=place
        ) from None
