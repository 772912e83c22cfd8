"""CSV tables row by row: good rows are handed on, bad ones come back with line and reason."""

import csv
import io
from collections.abc import Callable

import msgspec

from ratings.ledger.errors import Malformed


class BadRow(msgspec.Struct, frozen=True):
    """A refused row: its line in the file and why."""

    line: int
    reason: str


class BrokenRow(Exception):
    """The reason a row is refused."""


def read_rows(
    data: bytes, columns: tuple[str, ...], take: Callable[[dict[str, str]], None]
) -> tuple[BadRow, ...]:
    """Hand every row that is not blank to `take`, its cells stripped; return the refused ones."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Malformed(
            "file-encoding", "Line {line} is not UTF-8. Save the file as UTF-8.", line=line
        ) from error
    refused = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, columns)
        line = reader.line_num + 1
        for cells in reader:
            try:
                if cells:
                    take(_row(header, cells))
            except BrokenRow as broken:
                refused.append(BadRow(line, str(broken)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise Malformed(
            "file-csv", "Line {line} is not CSV: {why}.", line=line, why=str(error)
        ) from error
    return tuple(refused)


def _check_header(header: list[str], columns: tuple[str, ...]) -> None:
    absent = [column for column in columns if column not in header]
    twice = [column for column in columns if header.count(column) > 1]
    if absent or twice:
        raise Malformed(
            "file-columns",
            "Line 1 must name each of the columns {columns} once; wrong: {wrong}.",
            columns=", ".join(columns),
            wrong=", ".join(absent + twice),
        )


def _row(header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(header):
        raise BrokenRow(f"it has {len(cells)} cells where the header has {len(header)}")
    return dict(zip(header, (cell.strip() for cell in cells), strict=True))
