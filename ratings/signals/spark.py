"""The same tables on Spark, for a province that outgrows one machine.

DuckDB stands at both doors: it reads and types the feeds, as for a run of its own, and writes the
two result files, so that they are the same files whichever engine computed them. Between the
doors everything is Spark's: each table is a folder of Parquet files in a working directory, and
a view by its name. Nothing but this file knows of Spark, and it is loaded when it is asked for.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from ratings.ledger.errors import Refused
from ratings.signals.engine import Tables
from ratings.signals.relations import Feeds

# Where Spark runs; a cluster must see the directory for temporary files, too.
MASTER = "STEELYARD_SPARK_MASTER"
_ALL_CORES = "local[*]"
_ALWAYS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    # The method asks what something is divided by before it divides, yet not in the same order:
    # a quotient that nobody reads may be one by zero, and is null then.
    "spark.sql.ansi.enabled": "false",
}
_LOCAL = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


class SparkTables(Tables):
    """`Tables` whose queries Spark runs."""

    dialect = "pyspark"

    def __init__(
        self, session: Any, folder: Path, connection: ibis.BaseBackend, feeds: Feeds
    ) -> None:
        self.session = session
        self.folder = folder
        self.written = 0
        self.places: dict[str, Path] = {}
        super().__init__(connection, feeds)
        for name in self.present:
            path = self._place()
            super().write(f'SELECT * FROM "feed_{name}"', path, {})  # noqa: S608
            self._show(f"feed_{name}", path)

    def register(self, name: str, table: pa.Table) -> None:
        path = self._place()
        pq.write_table(table, path)
        self._show(name, path)

    def words(self, name: str, table: pa.Table) -> None:
        """Parquet writes every text of a column once, so there is nothing to do for it."""
        self.register(name, table)

    def keep(self, name: str, query: str) -> None:
        frame = self.session.sql(query)
        self.places[name] = self._stored(frame)
        # By its known columns, or Spark would open the files to ask for them.
        kept = self.session.read.schema(frame.schema).parquet(str(self.places[name]))
        kept.createOrReplaceTempView(name)

    def view(self, name: str, query: str) -> None:
        self.session.sql(query).createOrReplaceTempView(name)

    def drop(self, name: str) -> None:
        self.session.catalog.dropTempView(name)
        shutil.rmtree(self.places.pop(name))

    def arrow(self, query: str) -> pa.Table:
        path = self._stored(self.session.sql(query))
        try:
            return super().arrow(_all_of(path))
        finally:
            shutil.rmtree(path)

    def write(self, query: str, path: Path, metadata: Mapping[str, str]) -> None:
        parts = self._stored(self.session.sql(query))
        try:
            super().write(_all_of(parts), path, metadata)
        finally:
            shutil.rmtree(parts)

    def _place(self) -> Path:
        self.written += 1
        return self.folder / f"table_{self.written}"

    def _stored(self, frame: Any) -> Path:
        path = self._place()
        frame.write.parquet(str(path))
        return path

    def _show(self, name: str, path: Path) -> None:
        self.session.read.parquet(str(path)).createOrReplaceTempView(name)


def _all_of(folder: Path) -> str:
    return f"SELECT * FROM read_parquet('{folder}/*.parquet')"  # noqa: S608


@contextmanager
def on_spark(feeds: Feeds) -> Iterator[SparkTables]:
    """The tables of one run, in a session and a working directory that end with it."""
    with tempfile.TemporaryDirectory(prefix="steelyard-spark-") as directory:
        folder = Path(directory)
        session = _session(folder)
        connection = ibis.duckdb.connect()
        try:
            yield SparkTables(session, folder, connection, feeds)
        finally:
            connection.disconnect()
            session.stop()


def _session(folder: Path) -> Any:
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession

        # Only the options of its Spark backend, which ibis wants to know to compile a query.
        _ = ibis.pyspark
    except ImportError as error:
        raise Refused(
            "screen-spark",
            "The engine Spark is not installed here ({problem}). Install it with:"
            " pip install 'steelyard[spark]'",
            problem=error.msg,
        ) from error
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise Refused(
            "screen-java",
            "Spark needs Java 17 or later: there is neither a command java nor JAVA_HOME here.",
        )
    master = os.environ.get(MASTER, _ALL_CORES)
    settings = _ALWAYS | (_LOCAL if master.startswith("local") else {})
    settings |= {
        "spark.local.dir": str(folder / "spill"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    builder = SparkSession.builder.master(master).appName("steelyard screen")
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except (PySparkRuntimeError, Py4JError) as error:
        raise Refused(
            "screen-spark-start",
            "Spark does not start on “{master}”: {problem}",
            master=master,
            problem=str(error).partition("\n")[0],
        ) from error
