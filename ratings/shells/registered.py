"""The feeds of a screen with the excuses beside them that two people registered upon a case."""

from collections.abc import Sequence

import duckdb
import msgspec
import pyarrow as pa

from ratings.shells.case_queries import RegisteredExcuseRow
from ratings.signals.contract import EXCUSES
from ratings.signals.reading import empty_table
from ratings.signals.relations import Feeds


class WithRegistered(msgspec.Struct, frozen=True):
    """Other feeds, and rows of the feed `excuses` that come from cases."""

    feeds: Feeds
    rows: pa.Table

    @property
    def present(self) -> frozenset[str]:
        return self.feeds.present | ({EXCUSES.name} if self.rows.num_rows else frozenset())

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.feeds.attach(connection)
        if not self.rows.num_rows:
            return
        connection.register("registered_excuses", self.rows)
        if EXCUSES.name not in self.feeds.present:
            connection.execute("CREATE TEMP VIEW feed_excuses AS SELECT * FROM registered_excuses")
            return
        connection.execute("ALTER VIEW feed_excuses RENAME TO delivered_excuses")
        connection.execute(
            "CREATE TEMP VIEW feed_excuses AS SELECT * FROM delivered_excuses"
            " UNION ALL BY NAME SELECT * FROM registered_excuses"
        )


def with_registered(feeds: Feeds, excuses: Sequence[RegisteredExcuseRow]) -> WithRegistered:
    """A row for each excuse in force; an open end stays open."""
    shape = empty_table(EXCUSES).schema
    rows = [
        {
            "line": 0,
            "uscc": one.uscc,
            "kind": one.kind,
            "from_month": one.from_month,
            "to_month": one.to_month or None,
            "source": one.source,
        }
        for one in excuses
    ]
    columns = {name: [row.get(name) for row in rows] for name in shape.names}
    return WithRegistered(feeds, pa.table(columns, schema=shape))
