"""Batches of feed files that were taken in, and the rows that could not be matched."""

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from ratings.ledger.database import ENGINE


class FeedBatch(Table, db=ENGINE):
    """One feed of one delivery. `sha256` names its content: the same batch twice is one."""

    id = UUID(primary_key=True)
    feed = Varchar(length=40)
    sha256 = Varchar(length=64, unique=True)
    received_at = Timestamptz()
    rows = Integer()
    matched = Integer()
    storage_key = Varchar(length=200)
    notes = JSONB()


class UnmatchedRow(Table, db=ENGINE):
    """A row whose key or value could not be read: kept with its reason, never guessed."""

    id = UUID(primary_key=True)
    batch = ForeignKey(references=FeedBatch, null=False, on_delete=OnDelete.restrict)
    line = Integer()
    column = Varchar(length=60)
    value = Text()
    reason = Text()
