"""Pulls of a source, and the pages of those that are not yet whole."""

from piccolo.columns import (
    UUID,
    Array,
    Bytea,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.column_types import JSONB
from piccolo.table import Table

from ratings.ledger.database import ENGINE


class ConnectorPull(Table, db=ENGINE):
    """One month of one source, read from its first page to its last. `state` reading, landed or
    failed.

    `due_at` is the time of the schedule, null where a person asked (`asked_by`). `place` is where
    the next page begins, null after the last. `reading` counts the times it was begun anew because
    rows had moved, `digest` is of the reading before. `problem` is a msgid that `params` fill.
    `batch` names what landed.
    """

    id = UUID(primary_key=True)
    connector = Varchar(length=40, index=True)
    feed = Varchar(length=40)
    month = Varchar(length=7)
    due_at = Timestamptz(null=True, default=None)
    asked_by = Varchar(length=40, null=True, default=None)
    began_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    state = Varchar(length=10)
    reading = Integer(default=1)
    pages = Integer(default=0)
    rows = Integer(default=0)
    total = Integer(null=True, default=None)
    place = Text(null=True, default="")
    digest = Varchar(length=64)
    failures = Integer(default=0)
    next_attempt_at = Timestamptz()
    under_way_until = Timestamptz(null=True, default=None)
    problem = Text()
    params = JSONB()
    unknown_fields = Array(base_column=Varchar(length=200))
    missing_fields = Array(base_column=Varchar(length=200))
    batch = Varchar(length=40, null=True, default=None)


class ConnectorPage(Table, db=ENGINE):
    """A page that was read, in the columns of the contract and with its identifiers hashed, as
    Parquet; gone once its pull has ended."""

    id = UUID(primary_key=True)
    pull = ForeignKey(references=ConnectorPull, null=False, on_delete=OnDelete.restrict)
    number = Integer()
    sha256 = Varchar(length=64)
    content = Bytea()
