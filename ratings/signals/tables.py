"""The manifest of the store of cells, the rows that wait to be matched, and who read cells."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from ratings.ledger.database import ENGINE


class FeedBatch(Table, db=ENGINE):
    """One feed of one delivery; its content, by `sha256`, is taken in once.

    `known_at` is when the screen could first read it: on arrival, or when a person released it.
    """

    id = UUID(primary_key=True)
    feed = Varchar(length=40)
    sha256 = Varchar(length=64)
    hashed = Boolean(default=False)
    state = Varchar(length=10)
    way = Varchar(length=12)
    origin = Text(default="")
    file = Text()
    person = Varchar(length=40, null=True, default=None)
    received_at = Timestamptz()
    known_at = Timestamptz(null=True, default=None)
    rows = Integer()
    matched = Integer()
    notes = JSONB()
    decided_by = Varchar(length=40, null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decision = Text(default="")


class FeedPartition(Table, db=ENGINE):
    """One month of a batch: a Parquet file in the object store.

    `firms` are the agencies in it, `firms_known` those of the month after it, counted over all
    batches that were known then. `figures` are the few that drift is seen by. `erased_at` says
    since when only this row is left of it.
    """

    id = UUID(primary_key=True)
    batch = ForeignKey(references=FeedBatch, null=False, on_delete=OnDelete.restrict)
    feed = Varchar(length=40)
    month = Varchar(length=7)
    rows = Integer()
    firms = Integer()
    firms_known = Integer(null=True, default=None)
    storage_key = Varchar(length=200)
    sha256 = Varchar(length=64)
    size = BigInt()
    figures = JSONB(default="{}")
    erased_at = Timestamptz(null=True, default=None)
    gone = Boolean(default=False)


class UnmatchedRow(Table, db=ENGINE):
    """A row that could not be read: kept with what is wrong, until a person mends or drops it.

    `faults` lists column, value, code and sentence; `content` is the row by column.
    """

    id = UUID(primary_key=True)
    batch = ForeignKey(references=FeedBatch, null=False, on_delete=OnDelete.restrict)
    line = Integer()
    faults = JSONB()
    content = JSONB()
    state = Varchar(length=10, default="open")
    decided_by = Varchar(length=40, null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    reason = Text(default="")
    correction = ForeignKey(references=FeedBatch, null=True, on_delete=OnDelete.restrict)


class CellAccess(Table, db=ENGINE):
    """Somebody looked at what the offices report about one agency, and said why."""

    id = UUID(primary_key=True)
    person = Varchar(length=40)
    role = Varchar(length=20)
    uscc = Varchar(length=18, index=True)
    at = Timestamptz()
    reason = Text()
