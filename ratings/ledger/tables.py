"""The append-only record. A trigger refuses UPDATE, DELETE and TRUNCATE on it."""

from piccolo.columns import BigInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from ratings.ledger.database import ENGINE


class LedgerEntry(Table, db=ENGINE):
    """One act. `facts` is kept as the exact canonical JSON text that was hashed."""

    seq = BigInt(primary_key=True)
    at = Timestamptz()
    role = Varchar(length=20)
    person = Varchar(length=40, null=True, default=None)
    organisation = Varchar(length=40, null=True, default=None)
    act = Varchar(length=60, index=True)
    subject_kind = Varchar(length=40)
    subject = Varchar(length=60, index=True)
    facts = Text()
    reason = Text()
    previous_hash = Varchar(length=64)
    hash = Varchar(length=64)
    api_key = Varchar(length=10, null=True, default=None)


class UnpublishedEntry(Table, db=ENGINE):
    """The number of an entry that the public reads no more, because what it tells was repaired.

    The chain keeps the entry, and officials and the agency go on reading it.
    """

    seq = BigInt(primary_key=True)
