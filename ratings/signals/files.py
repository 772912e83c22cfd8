"""Reading a directory of feed files: every row is either accepted or listed with its reason."""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ratings.ledger.errors import Refused
from ratings.signals.contract import FEEDS, Column, Feed, Kind, State
from ratings.signals.raw_tables import RawTable, read_raw
from ratings.signals.values import Unreadable, Value, read_value

SUFFIXES = (".csv", ".parquet")
TYPES: dict[Kind, pa.DataType] = {
    "uscc": pa.string(),
    "month": pa.string(),
    "date": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
    "count": pa.int64(),
    "fen": pa.int64(),
    "amount": pa.float64(),
    "share": pa.float64(),
    "flag": pa.bool_(),
    "choice": pa.string(),
    "text": pa.string(),
    "hash": pa.string(),
}
RAGGED = "Line {line} has {fields} fields; the header has {width}."
EMPTY = "Column {column} is empty; without it the row says nothing."
CONFLICT = (
    "Line {line} contradicts another line for {key}, and neither was received later."
    " Say which holds by a column received_at."
)
_NEVER = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


class Unmatched(msgspec.Struct, frozen=True):
    """One reason why one row was set aside; `message` is a msgid that `params` fill."""

    feed: str
    line: int
    column: str
    value: str
    code: str
    message: str
    params: dict[str, str]

    def sentence(self) -> str:
        """The English text with everything filled in."""
        return self.message.format(**self.params)


class FeedBatch(msgspec.Struct, frozen=True):
    """One accepted file. `table` has every column of the contract, one row per key."""

    feed: str
    file: str
    sha256: str
    table: pa.Table
    rows: int
    duplicates: int
    unmatched: tuple[Unmatched, ...]
    unknown_columns: tuple[str, ...]

    @property
    def rejected(self) -> int:
        """Rows set aside, however many things are wrong with each."""
        return len({entry.line for entry in self.unmatched})


class FeedDirectory(msgspec.Struct, frozen=True):
    batches: dict[str, FeedBatch]
    unknown_files: tuple[str, ...]

    @property
    def unmatched(self) -> tuple[Unmatched, ...]:
        return tuple(entry for batch in self.batches.values() for entry in batch.unmatched)


def read_directory(path: Path) -> FeedDirectory:
    """All feeds in `path`; Refused when there are none, or when one file cannot be a feed."""
    if not path.is_dir():
        raise Refused("feeds-directory", "There is no directory {path}.", path=str(path))
    found: dict[str, Path] = {}
    unknown: list[str] = []
    for file in sorted(path.iterdir()):
        if file.suffix not in SUFFIXES or file.stem not in FEEDS:
            unknown.append(file.name)
        elif file.stem in found:
            raise Refused(
                "feed-twice",
                "{first} and {second} are both the feed {feed}. Keep one of them.",
                first=found[file.stem].name,
                second=file.name,
                feed=file.stem,
            )
        else:
            found[file.stem] = file
    if not found:
        raise Refused(
            "feeds-none",
            "{path} holds no feed. Expected are files such as tax_filing.csv or"
            " registration.parquet.",
            path=str(path),
        )
    return FeedDirectory({name: read_feed(file) for name, file in found.items()}, tuple(unknown))


def read_feed(path: Path) -> FeedBatch:
    """The batch in one file, which is named after its feed."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Refused(
            "feed-unreadable",
            "{file} cannot be opened: {problem}.",
            file=path.name,
            problem=error.strerror or str(error),
        ) from None
    return read_batch(FEEDS[path.stem], path, content)


def read_batch(feed: Feed, path: Path, content: bytes) -> FeedBatch:
    """The batch in `content`; `path` lends its name to messages and its suffix to the format."""
    raw = read_raw(path, content)
    for column in feed.columns:
        if column.required and column.name not in raw.columns:
            raise Refused(
                "feed-column-missing",
                "{file} lacks the column {column}, which {feed} must have. It has: {present}.",
                file=path.name,
                column=column.name,
                feed=feed.name,
                present=", ".join(raw.columns),
            )
    table, unmatched = _typed(feed, raw)
    table, conflicts, duplicates = _one_row_per_key(feed, table)
    known = {column.name for column in feed.columns}
    return FeedBatch(
        feed=feed.name,
        file=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        table=_with_state(feed, table),
        rows=len(raw.lines) + len(raw.ragged),
        duplicates=duplicates,
        unmatched=tuple(sorted((*unmatched, *conflicts), key=lambda entry: entry.line)),
        unknown_columns=tuple(name for name in raw.columns if name not in known),
    )


def empty_table(feed: Feed) -> pa.Table:
    """What `FeedBatch.table` looks like when nothing came."""
    columns = {column.name: pa.nulls(0, TYPES[column.kind]) for column in feed.columns}
    return pa.table({"line": pa.nulls(0, pa.int64())} | columns)


def _set_aside(
    feed: Feed,
    line: int,
    problem: Unreadable,
    column: str = "",
    value: str = "",
) -> Unmatched:
    # A value that must not be repeated (a phone number) is replaced by the problem's own.
    filled = {"feed": feed.name, "line": line, "column": column, "value": value} | problem.params
    texts = {name: str(text) for name, text in filled.items()}
    return Unmatched(feed.name, line, column, texts["value"], problem.code, problem.message, texts)


def _typed(feed: Feed, raw: RawTable) -> tuple[pa.Table, list[Unmatched]]:
    unmatched = [
        _set_aside(
            feed,
            ragged.line,
            Unreadable("fields", RAGGED, fields=ragged.fields, width=raw.width),
        )
        for ragged in raw.ragged
    ]
    columns: dict[str, pa.Array | pa.ChunkedArray] = {"line": raw.lines}
    sound = pa.array([True] * len(raw.lines), pa.bool_())
    for column in feed.columns:
        if column.name not in raw.columns:
            columns[column.name] = pa.nulls(len(raw.lines), TYPES[column.kind])
            continue
        values, faulty, faults = _column(feed, column, raw.columns[column.name], raw.lines)
        columns[column.name] = values
        sound = pc.and_(sound, pc.invert(faulty))
        unmatched += faults
    return pa.table(columns).filter(sound), unmatched


def _column(
    feed: Feed, column: Column, texts: pa.ChunkedArray, lines: pa.Array
) -> tuple[pa.Array, pa.Array, list[Unmatched]]:
    """Each distinct text is read once: a million rows repeat few months and few codes."""
    encoded = texts.combine_chunks().dictionary_encode(null_encoding="encode")
    values: list[Value | None] = []
    problems: dict[int, Unreadable] = {}
    distinct: list[str | None] = encoded.dictionary.to_pylist()
    for place, text in enumerate(distinct):
        value = None
        try:
            if text is not None:
                value = read_value(column, text)
            elif column.key:
                raise Unreadable(
                    "empty", "Column {column} is empty; without it the row says nothing."
                )
        except Unreadable as problem:
            problems[place] = problem
        values.append(value)
    faulty = pa.array([place in problems for place in range(len(distinct))], pa.bool_())
    typed = pa.array(values, TYPES[column.kind]).take(encoded.indices)
    wrong = faulty.take(encoded.indices)
    faults = [
        _set_aside(
            feed,
            line,
            problems[place],
            column.name,
            distinct[place] or "",
        )
        for line, place in zip(
            lines.filter(wrong).to_pylist(), encoded.indices.filter(wrong).to_pylist(), strict=True
        )
    ]
    return typed, wrong, faults


def _one_row_per_key(feed: Feed, table: pa.Table) -> tuple[pa.Table, list[Unmatched], int]:
    """The latest received of each key; equal rows are one, and a tie that differs is neither."""
    counted = table.group_by(list(feed.key)).aggregate([("line", "count")])
    repeated = counted.filter(pc.greater(counted["line_count"], 1))
    if not repeated.num_rows:
        return table, [], 0
    again = table.join(repeated, list(feed.key), join_type="left semi")
    groups: defaultdict[tuple[object, ...], list[dict[str, object]]] = defaultdict(list)
    for row in sorted(again.to_pylist(), key=lambda row: int(row["line"])):
        groups[tuple(row[name] for name in feed.key)].append(row)
    dropped: set[int] = set()
    conflicts: list[Unmatched] = []
    duplicates = 0
    for rows in groups.values():
        latest = max(_received(row) for row in rows)
        newest = [row for row in rows if _received(row) == latest]
        distinct = {tuple(_facts(row)) for row in newest}
        keep = newest[:1] if len(distinct) == 1 else []
        dropped |= {_line(row) for row in rows} - {_line(row) for row in keep}
        duplicates += len(rows) - (1 if keep else len(newest))
        conflicts += [
            _set_aside(
                feed,
                _line(row),
                Unreadable(
                    "conflict", CONFLICT, key=" / ".join(str(row[name]) for name in feed.key)
                ),
            )
            for row in newest
            if not keep
        ]
    keep_mask = pc.invert(pc.is_in(table["line"], pa.array(sorted(dropped), pa.int64())))
    return table.filter(keep_mask), conflicts, duplicates


def _received(row: dict[str, object]) -> dt.datetime:
    instant = row["received_at"]
    return instant if isinstance(instant, dt.datetime) else _NEVER


def _line(row: dict[str, object]) -> int:
    return int(str(row["line"]))


def _facts(row: dict[str, object]) -> Iterable[object]:
    return (value for name, value in row.items() if name != "line")


def _with_state(feed: Feed, table: pa.Table) -> pa.Table:
    """Where a feed without a filing duty leaves its state out, its quantity says it."""
    if not feed.quantity or "state" not in table.column_names:
        return table
    derived = pc.if_else(
        pc.greater(table[feed.quantity], 0), pa.scalar(State.POS.value), pa.scalar(State.ZERO.value)
    )
    place = table.column_names.index("state")
    return table.set_column(place, "state", pc.coalesce(table["state"], derived))
