"""Pages of a pull as Parquet, and the month they make when they are put together: pure."""

import hashlib
import io

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ratings.signals.connectors.description import Connector, feed_of
from ratings.signals.connectors.mapping import Mapped


class Month(msgspec.Struct, frozen=True):
    """All pages of one reading. `content` is the Parquet that lands, the same for the same rows in
    whatever order they came; `digest` names it. `distinct` counts the keys met."""

    content: bytes
    digest: str
    rows: int
    distinct: int


def page_content(connector: Connector, mapped: Mapped) -> bytes:
    columns = list(connector.fields())
    texts = zip(*mapped.rows, strict=True) if mapped.rows else ([] for _ in columns)
    return _written(
        pa.table(
            {
                name: pa.array(values, pa.string())
                for name, values in zip(columns, texts, strict=True)
            }
        )
    )


def put_together(connector: Connector, pages: list[bytes]) -> Month:
    """The rows of all pages, in the order of their values; there is at least one page."""
    table = pa.concat_tables(pq.read_table(pa.BufferReader(page)) for page in pages)
    table = table.sort_by([(name, "ascending") for name in table.column_names])
    key = [name for name in feed_of(connector).key if name in table.column_names]
    content = _written(table)
    return Month(
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        rows=table.num_rows,
        distinct=table.group_by(key).aggregate([]).num_rows,
    )


def _written(table: pa.Table) -> bytes:
    written = io.BytesIO()
    pq.write_table(table.combine_chunks(), written, compression="zstd")
    return written.getvalue()
