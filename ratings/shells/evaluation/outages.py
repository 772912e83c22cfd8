"""What becomes of honest firms when a source falls silent, or is silent and speaks in zeros."""

from collections.abc import Iterator

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ratings.signals.cells import month_number, month_text
from ratings.signals.contract import FEEDS
from ratings.signals.files import FeedDirectory

NINE = tuple(name for name in FEEDS if name not in ("excuses", "manifest"))
ZEROED = "social_insurance"
ZERO_MONTHS = 6


def outages(directory: FeedDirectory, as_of: str) -> Iterator[tuple[str, FeedDirectory]]:
    """The same county without one feed, for each of the nine; and with the newest six months of
    social insurance delivered as zeros by batches that the manifest calls faulty."""
    for name in NINE:
        yield name, _replaced(directory, {name: None})
    yield f"{ZEROED} as zeros", _zeros(directory, as_of)


def _replaced(directory: FeedDirectory, tables: dict[str, pa.Table | None]) -> FeedDirectory:
    batches = {
        name: batch if name not in tables else msgspec.structs.replace(batch, table=tables[name])
        for name, batch in directory.batches.items()
        if name not in tables or tables[name] is not None
    }
    return FeedDirectory(batches, directory.unknown_files)


def _zeros(directory: FeedDirectory, as_of: str) -> FeedDirectory:
    newest = month_number(as_of)
    lost = pa.array([month_text(newest - back) for back in range(ZERO_MONTHS)])
    table, manifest = (directory.batches[name].table for name in (ZEROED, "manifest"))
    hit = pc.is_in(table["month"], lost)
    nobody = pc.if_else(hit, pa.scalar(0, pa.int64()), table["insured"])
    state = pc.if_else(hit, pa.scalar("ZERO"), table["state"])
    ours = pc.and_(pc.equal(manifest["feed"], ZEROED), pc.is_in(manifest["month"], lost))
    sound = pc.and_(manifest["ok"], pc.invert(ours))
    return _replaced(
        directory,
        {
            ZEROED: _with(_with(table, "insured", nobody), "state", state),
            "manifest": _with(manifest, "ok", sound),
        },
    )


def _with(table: pa.Table, column: str, values: pa.Array) -> pa.Table:
    place = table.schema.get_field_index(column)
    return table.set_column(place, column, values)
