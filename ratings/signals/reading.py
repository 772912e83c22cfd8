"""The rows of a feed file, typed piece by piece; every row is taken, or listed with its reason."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ratings.ledger.errors import Refused
from ratings.ledger.text import N_
from ratings.signals.aside import Unmatched
from ratings.signals.columns import TYPES, as_text, read_column, settled
from ratings.signals.contract import Feed, Kind, State
from ratings.signals.raw_tables import Piece, pieces
from ratings.signals.values import Unreadable

RAGGED = N_("Line {line} has {fields} fields; the header has {width}.")
CONFLICT = N_(
    "Line {line} contradicts another line for {key}, and neither was received later."
    " Say which holds by a column received_at."
)
# So many unreadable rows are no slips but a file of another layout, and nobody could mend them:
# this many, or in a large file one in so many rows.
MOST_UNMATCHED = 20_000
ONE_IN = 20
# A telephone or identity number that slipped into a column where none belongs.
_NUMBER_OF_A_PERSON = re.compile(r"(\+?86)?1[3-9]\d{9}|\d{17}[\dXx]")


class TypedPiece(msgspec.Struct, frozen=True):
    """`table` has `line` and every column of the contract, for the rows that were right."""

    table: pa.Table
    rows: int
    unmatched: list[Unmatched]
    unknown_columns: tuple[str, ...]


def typed_pieces(
    feed: Feed, file: str, source: Path | bytes, key: bytes | None = None
) -> Iterator[TypedPiece]:
    """The file piece by piece; Refused when it cannot be this feed, or is mostly unreadable."""
    rows = aside = 0
    for piece in pieces(feed, file, source):
        _check_columns(feed, file, piece)
        rows += len(piece.lines) + len(piece.ragged)
        most = _most_unmatched(rows)
        typed = _typed(feed, piece, key, most)
        aside += typed.rows - typed.table.num_rows
        if aside > most:
            first = typed.unmatched[0]
            raise Refused(
                "feed-mostly-unreadable",
                "{file} has more than {most} rows that cannot be read, such as line {line}"
                " (column {column}, “{value}”). Nothing of it was taken in; mend what wrote it.",
                file=file,
                most=most,
                line=first.line,
                column=first.column,
                value=first.value,
            )
        yield typed


def _most_unmatched(rows: int) -> int:
    """How many of so many rows may be unreadable before the whole is refused."""
    return max(MOST_UNMATCHED, rows // ONE_IN)


def empty_table(feed: Feed) -> pa.Table:
    """What a typed table looks like when nothing came."""
    columns = {column.name: pa.nulls(0, TYPES[column.kind]) for column in feed.columns}
    return pa.table({"line": pa.nulls(0, pa.int64())} | columns)


def set_aside(
    feed: Feed,
    line: int,
    problem: Unreadable,
    column: str = "",
    value: str = "",
    row: dict[str, str] | None = None,
) -> Unmatched:
    """The reason as it is kept; a value that must not be repeated is replaced in it."""
    if _NUMBER_OF_A_PERSON.fullmatch(value):
        value = "…"
    filled = {"feed": feed.name, "line": line, "column": column, "value": value} | problem.params
    texts = {name: str(text) for name, text in filled.items()}
    return Unmatched(
        feed.name, line, column, texts["value"], problem.code, problem.message, texts, row or {}
    )


def _check_columns(feed: Feed, file: str, piece: Piece) -> None:
    for column in feed.columns:
        if column.required and column.name not in piece.columns:
            raise Refused(
                "feed-column-missing",
                "{file} lacks the column {column}, which {feed} must have. It has: {present}.",
                file=file,
                column=column.name,
                feed=feed.name,
                present=", ".join(piece.columns),
            )


def _typed(feed: Feed, piece: Piece, key: bytes | None, most: int) -> TypedPiece:
    columns: dict[str, pa.Array] = {"line": piece.lines}
    sound = pa.scalar(True)
    problems: list[tuple[int, str, str, Unreadable]] = []
    for column in feed.columns:
        if column.name not in piece.columns:
            columns[column.name] = pa.nulls(len(piece.lines), TYPES[column.kind])
            continue
        read = read_column(column, piece.columns[column.name], key)
        columns[column.name] = read.values
        if read.problems:
            sound = pc.and_(sound, pc.invert(read.wrong))
            problems += [
                (place, column.name, read.texts[place], problem)
                for place, problem in read.problems.items()
            ]
    table = pa.table(columns)
    unmatched = _explained(feed, piece, columns, problems, most)
    known = {column.name for column in feed.columns}
    return TypedPiece(
        _with_state(feed, table.filter(sound) if problems else table),
        len(piece.lines) + len(piece.ragged),
        unmatched,
        tuple(name for name in piece.columns if name not in known),
    )


def _explained(
    feed: Feed,
    piece: Piece,
    columns: dict[str, pa.Array],
    problems: list[tuple[int, str, str, Unreadable]],
    most: int,
) -> list[Unmatched]:
    found = [
        set_aside(
            feed,
            ragged.line,
            Unreadable("fields", RAGGED, fields=ragged.fields, width=piece.width),
        )
        for ragged in piece.ragged
    ]
    # Told in full up to what would refuse the whole file anyway.
    places = sorted({place for place, *_ in problems})[: most + 1]
    rows = dict(zip(places, _rows(feed, piece, columns, places), strict=True))
    for place, column, text, problem in problems:
        if place in rows:
            line = piece.lines[place].as_py()
            found.append(set_aside(feed, line, problem, column, text, rows[place]))
    return sorted(found, key=lambda entry: entry.line)


def _rows(
    feed: Feed, piece: Piece, columns: dict[str, pa.Array], places: list[int]
) -> list[dict[str, str]]:
    """Rows of the contract's columns as text; of identifiers only what was accepted as a hash."""
    taken: dict[str, list[str | None]] = {}
    wanted = pa.array(places, pa.int64())
    for column in feed.columns:
        if column.kind == "hash":
            taken[column.name] = columns[column.name].take(wanted).to_pylist()
        elif column.name in piece.columns:
            texts = as_text(settled(piece.columns[column.name]).take(wanted)).to_pylist()
            taken[column.name] = [
                None if text is not None and _NUMBER_OF_A_PERSON.fullmatch(text) else text
                for text in texts
            ]
    return [
        {name: text for name, texts in taken.items() if (text := texts[number]) is not None}
        for number in range(len(places))
    ]


def _with_state(feed: Feed, table: pa.Table) -> pa.Table:
    """Where a feed without a filing duty leaves its state out, its quantity says it."""
    if not feed.quantity or "state" not in table.column_names:
        return table
    derived = pc.if_else(
        pc.greater(table[feed.quantity], 0), pa.scalar(State.POS.value), pa.scalar(State.ZERO.value)
    )
    place = table.column_names.index("state")
    return table.set_column(place, "state", pc.coalesce(table["state"], derived))


class OneEach(msgspec.Struct, frozen=True):
    """`dropped` are lines to leave out: repeated ones, and `conflicts`, of which nobody knows."""

    dropped: list[int]
    conflicts: list[Unmatched]
    duplicates: int


def one_row_per_key(connection: duckdb.DuckDBPyConnection, feed: Feed, table: str) -> OneEach:
    """The latest received of each key holds; equal rows are one, and a tie that differs is none.

    `table` is what DuckDB can read from: a view, or read_parquet(…).
    """
    keys = ", ".join(f'"{name}"' for name in feed.key)
    again = f"SELECT {keys} FROM {table} GROUP BY ALL HAVING count(*) > 1"
    if connection.execute(f"SELECT count(*) FROM ({again})").fetchall() == [(0,)]:
        return OneEach([], [], 0)
    facts = ", ".join(f'"{column.name}"' for column in feed.columns)
    # Instants come out as microseconds: as times of a zone DuckDB asks for a library.
    shown = ", ".join(
        f'epoch_us("{column.name}")' if column.kind == "instant" else f'"{column.name}"'
        for column in feed.columns
    )
    # Timestamps have no least value that Arrow could give back, so a gap is told by a flag.
    rows = connection.execute(
        f"WITH twice AS (SELECT * FROM {table} SEMI JOIN ({again}) USING ({keys})),"
        f" newest AS (SELECT *, received_at IS NOT DISTINCT FROM max(received_at) OVER key AS new"
        f" FROM twice WINDOW key AS (PARTITION BY {keys})),"
        f" groups AS (SELECT {keys}, min(line) AS first, count(DISTINCT row({facts})) AS kinds"
        f" FROM newest WHERE new GROUP BY ALL)"
        f" SELECT line, new, kinds, first, {shown} FROM newest JOIN groups USING ({keys})"
        " ORDER BY line"
    ).fetchall()
    dropped: list[int] = []
    conflicts: list[Unmatched] = []
    for line, new, kinds, first, *values in rows:
        if new and kinds > 1:
            row = {
                column.name: _shown(column.kind, value)
                for column, value in zip(feed.columns, values, strict=True)
                if value is not None
            }
            cell = " / ".join(row[name] for name in feed.key)
            reason = Unreadable("conflict", CONFLICT, key=cell)
            conflicts.append(set_aside(feed, line, reason, row=row))
        if not new or kinds > 1 or line != first:
            dropped.append(line)
    ((count,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    if len(conflicts) > _most_unmatched(count):
        raise Refused(
            "feed-contradicts-itself",
            "{feed}: {rows} rows contradict another row of the same file for the same cell, such"
            " as line {line}. Nothing of it was taken in.",
            feed=feed.name,
            rows=len(conflicts),
            line=conflicts[0].line,
        )
    return OneEach(dropped, conflicts, len(dropped) - len(conflicts))


def _shown(kind: Kind, value: object) -> str:
    """A typed value as the contract writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind == "instant" and isinstance(value, int):
        return dt.datetime.fromtimestamp(value / 1_000_000, dt.UTC).isoformat()
    return value.isoformat() if isinstance(value, dt.date) else str(value)
