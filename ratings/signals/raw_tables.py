"""A CSV or Parquet file as text columns with their line numbers, before any value is believed."""

import csv
import io
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ratings.ledger.errors import Refused


class RaggedLine(msgspec.Struct, frozen=True):
    """A line with more or fewer fields than the header has columns."""

    line: int
    fields: int


class RawTable(msgspec.Struct, frozen=True):
    """`lines` counts from 1 with the header as line 1; in Parquet it is the row's number."""

    columns: dict[str, pa.ChunkedArray]
    lines: pa.Array
    ragged: tuple[RaggedLine, ...] = ()
    width: int = 0


def read_raw(path: Path, content: bytes) -> RawTable:
    """Every column as trimmed text, empty text as null; Refused if the file is none at all."""
    if not content.strip():
        raise Refused(
            "feed-empty",
            "{file} is empty. Send it with a header row, or leave the file out.",
            file=path.name,
        )
    raw = _parquet(path, content) if path.suffix == ".parquet" else _csv(path, content)
    if not raw.columns:
        raise Refused("feed-no-columns", "{file} has no columns.", file=path.name)
    return raw


def _header(path: Path, names: list[str]) -> list[str]:
    header = [name.strip().lower() for name in names]
    for name in header:
        if header.count(name) > 1:
            raise Refused(
                "feed-double-column",
                "{file} has the column “{column}” twice. Keep one of them.",
                file=path.name,
                column=name,
            )
    return header


def _csv(path: Path, content: bytes) -> RawTable:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            "feed-encoding",
            "{file} is not UTF-8: line {line} cannot be read. Save the file as UTF-8"
            " (in a spreadsheet: “CSV UTF-8”) and send it again.",
            file=path.name,
            line=content.count(b"\n", 0, error.start) + 1,
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    ragged: list[RaggedLine] = []
    try:
        header = _header(path, next(reader))
        for row in reader:
            if len(row) == len(header):
                rows.append(row)
                lines.append(reader.line_num)
            elif any(field.strip() for field in row):
                ragged.append(RaggedLine(reader.line_num, len(row)))
    except csv.Error as error:
        raise Refused(
            "feed-csv",
            "{file} breaks the rules of CSV at line {line} ({problem}). Often a quotation mark"
            " was opened and not closed there.",
            file=path.name,
            line=reader.line_num,
            problem=str(error),
        ) from None
    fields = zip(*rows, strict=True) if rows else ([] for _ in header)
    columns = {
        name: _trimmed(pa.chunked_array([pa.array(values, pa.string())]))
        for name, values in zip(header, fields, strict=True)
    }
    return RawTable(columns, pa.array(lines, pa.int64()), tuple(ragged), len(header))


def _parquet(path: Path, content: bytes) -> RawTable:
    try:
        table = pq.read_table(pa.BufferReader(content))
    except (pa.ArrowException, OSError) as error:
        raise Refused(
            "feed-parquet",
            "{file} cannot be read as Parquet ({problem}). Write it again, or send CSV.",
            file=path.name,
            problem=str(error).splitlines()[0],
        ) from None
    columns: dict[str, pa.ChunkedArray] = {}
    for name, column in zip(_header(path, table.column_names), table.columns, strict=True):
        try:
            columns[name] = _trimmed(column.cast(pa.string()))
        except pa.ArrowException:
            raise Refused(
                "feed-nested",
                "Column {column} of {file} holds lists or records; each value must be a single"
                " number, date or text.",
                file=path.name,
                column=name,
            ) from None
    lines = pa.array(range(1, table.num_rows + 1), pa.int64())
    return RawTable(columns, lines, width=len(columns))


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    trimmed = pc.utf8_trim_whitespace(column)
    # Data frames write a gap in a number column as NaN; it is a gap all the same.
    absent = pc.is_in(trimmed, pa.array(["", "nan", "NaN", "NaT"]))
    return pc.if_else(absent, pa.scalar(None, pa.string()), trimmed)
