"""A CSV, Parquet or Excel file piece by piece, before any value is believed.

Nothing here needs the whole file in memory except Excel, whose sheets end at a million rows.
"""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine

from ratings.ledger.errors import Refused
from ratings.ledger.packed import check_extent, unpacked_size
from ratings.signals.contract import Feed

SUFFIXES = (".csv", ".parquet", ".xlsx")
PIECE_ROWS = 250_000
# A spreadsheet is for small offices; beyond this it would be unpacked into too much memory.
MOST_EXCEL_BYTES = 200 * 1024 * 1024
# A sheet full to its last row with the columns of the widest feed.
MOST_EXCEL_CELLS = 20_000_000
# A spreadsheet keeps fifteen digits of a number and fills up with zeros.
_EXCEL_DIGITS = 10**15


class RaggedLine(msgspec.Struct, frozen=True):
    """A line with more or fewer fields than the header has columns."""

    line: int
    fields: int


class Piece(msgspec.Struct, frozen=True):
    """Some rows of a file; `columns` are as the file types them.

    `lines` counts from 1 with the header as line 1; in Parquet it is the row's number.
    """

    columns: dict[str, pa.Array | pa.ChunkedArray]
    lines: pa.Array
    ragged: tuple[RaggedLine, ...] = ()

    @property
    def width(self) -> int:
        return len(self.columns)


def pieces(feed: Feed, file: str, source: Path | bytes) -> Iterator[Piece]:
    """The rows of a file in order, at least one piece; Refused if it is no table at all.

    `file` is the name it came under: its ending says the format.
    """
    with _opened(file, source) as stream:
        if stream.read(1 << 16).strip() == b"":
            raise Refused(
                "feed-empty",
                "{file} is empty. Send it with a header row, or leave the file out.",
                file=file,
            )
        stream.seek(0)
        suffix = Path(file).suffix
        if suffix == ".parquet":
            yield from _parquet(file, stream if isinstance(source, bytes) else source)
        elif suffix == ".xlsx":
            yield from _excel(feed, file, stream)
        elif suffix == ".csv":
            yield from _csv(file, stream)
        else:
            raise Refused(
                "feed-format",
                "{file} is no CSV, Parquet or Excel file. Its name must end in {endings}.",
                file=file,
                endings=", ".join(SUFFIXES),
            )


def _opened(file: str, source: Path | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        return source.open("rb")
    except OSError as error:
        raise Refused(
            "feed-unreadable",
            "{file} cannot be opened: {problem}.",
            file=file,
            problem=error.strerror or str(error),
        ) from None


def _header(file: str, names: list[str]) -> list[str]:
    header = [name.strip().lower() for name in names]
    for name in header:
        if header.count(name) > 1:
            raise Refused(
                "feed-double-column",
                "{file} has the column “{column}” twice. Keep one of them.",
                file=file,
                column=name,
            )
    if not header:
        raise Refused("feed-no-columns", "{file} has no columns.", file=file)
    return header


def _csv(file: str, stream: BinaryIO) -> Iterator[Piece]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    try:
        header = _header(file, next(reader))
        sent = False
        while block := _block(reader, lambda: reader.line_num, len(header)):
            rows, lines, ragged = block
            fields = zip(*rows, strict=True) if rows else ([] for _ in header)
            columns = {
                name: pa.array(values, pa.string())
                for name, values in zip(header, fields, strict=True)
            }
            yield Piece(columns, pa.array(lines, pa.int64()), tuple(ragged))
            sent = True
        if not sent:
            yield _without_rows(header)
    except UnicodeDecodeError:
        raise Refused(
            "feed-encoding",
            "{file} is not UTF-8: line {line} cannot be read. Save the file as UTF-8"
            " (in a spreadsheet: “CSV UTF-8”) and send it again.",
            file=file,
            line=_undecodable(stream),
        ) from None
    except csv.Error as error:
        raise Refused(
            "feed-csv",
            "{file} breaks the rules of CSV at line {line} ({problem}). Often a quotation mark"
            " was opened and not closed there.",
            file=file,
            line=reader.line_num,
            problem=str(error),
        ) from None
    finally:
        text.detach()


def _block(
    reader: Iterable[list[str]], lines_read: Callable[[], int], width: int
) -> tuple[list[list[str]], list[int], list[RaggedLine]] | None:
    """The next rows, or nothing when the file is at its end."""
    rows: list[list[str]] = []
    lines: list[int] = []
    ragged: list[RaggedLine] = []
    for row in reader:
        if len(row) == width:
            rows.append(row)
            lines.append(lines_read())
        elif any(field.strip() for field in row):
            ragged.append(RaggedLine(lines_read(), len(row)))
        if len(rows) + len(ragged) >= PIECE_ROWS:
            break
    return (rows, lines, ragged) if rows or ragged else None


def _undecodable(stream: BinaryIO) -> int:
    """The first line that is not UTF-8; lines are short, so the file is read once more."""
    stream.seek(0)
    for number, line in enumerate(stream, start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return number
    raise AssertionError("the whole could not be decoded, so a line cannot")


def _parquet(file: str, source: BinaryIO | Path) -> Iterator[Piece]:
    first = 1
    try:
        parquet = pq.ParquetFile(source)
        names = parquet.schema_arrow.names
        header = _header(file, names)
        for name, field in zip(header, parquet.schema_arrow, strict=True):
            if pa.types.is_nested(field.type):
                raise Refused(
                    "feed-nested",
                    "Column {column} of {file} holds lists or records; each value must be a"
                    " single number, date or text.",
                    file=file,
                    column=name,
                )
        batches: Iterator[pa.RecordBatch] = parquet.iter_batches(batch_size=PIECE_ROWS)
        for batch in batches:
            yield Piece(
                dict(zip(header, batch.columns, strict=True)),
                pa.array(range(first, first + batch.num_rows), pa.int64()),
            )
            first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise Refused(
            "feed-parquet",
            "{file} cannot be read as Parquet ({problem}). Write it again, or send CSV.",
            file=file,
            problem=str(error).splitlines()[0],
        ) from None
    if first == 1:
        yield _without_rows(header)


def _without_rows(header: list[str]) -> Piece:
    return Piece(dict.fromkeys(header, pa.nulls(0, pa.string())), pa.nulls(0, pa.int64()))


def _excel(feed: Feed, file: str, stream: BinaryIO) -> Iterator[Piece]:
    """The first sheet; its first row is the header."""
    try:
        unpacked = unpacked_size(stream)
        if unpacked > MOST_EXCEL_BYTES:
            raise Refused(
                "feed-excel-large",
                "{file} is too large for a spreadsheet of cells ({size} MB unpacked, {most} MB"
                " allowed). Send it as CSV or Parquet.",
                file=file,
                size=unpacked // (1024 * 1024),
                most=MOST_EXCEL_BYTES // (1024 * 1024),
            )
        check_extent(stream, MOST_EXCEL_CELLS)
        rows = python_calamine.load_workbook(stream).get_sheet_by_index(0).to_python()
    except (zipfile.BadZipFile, python_calamine.CalamineError, OSError) as error:
        raise Refused(
            "feed-excel",
            "{file} cannot be read as an Excel workbook ({problem}). Save it as .xlsx, or send"
            " CSV.",
            file=file,
            problem=str(error).splitlines()[0],
        ) from None
    if not rows:
        raise Refused("feed-no-columns", "{file} has no columns.", file=file)
    # A sheet is as wide as its widest row: columns without a name and without a value are none.
    filled = (place for row in rows for place, cell in enumerate(row, 1) if cell != "")
    width = max(filled, default=0)
    header = _header(file, [str(name) for name in rows[0][:width]])
    kinds = {column.name: column.kind for column in feed.columns}
    columns: dict[str, list[str]] = {name: [] for name in header}
    lines: list[int] = []
    for line, row in enumerate(rows[1:], start=2):
        cells = row[:width]
        if all(cell == "" for cell in cells):
            continue
        lines.append(line)
        for name, cell in zip(header, cells, strict=True):
            columns[name].append(_cell(file, line, name, kinds.get(name, "text"), cell))
    yield Piece(
        {name: pa.array(texts, pa.string()) for name, texts in columns.items()},
        pa.array(lines, pa.int64()),
    )


def _cell(file: str, line: int, name: str, kind: str, cell: object) -> str:
    """A cell as the text a person sees in it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        if abs(cell) >= _EXCEL_DIGITS:
            raise Refused(
                "feed-excel-digits",
                "{file}, row {line}: column {column} holds a number of more than 15 digits, of"
                " which a spreadsheet keeps only 15. Format the column as text and enter it anew.",
                file=file,
                line=line,
                column=name,
            )
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, dt.datetime | dt.date):
        # A spreadsheet makes a date of what was typed as 2026-03.
        if kind == "month" and cell.day == 1:
            return f"{cell:%Y-%m}"
        if isinstance(cell, dt.datetime) and kind != "date":
            return cell.isoformat()
        return f"{cell:%Y-%m-%d}"
    return str(cell)
