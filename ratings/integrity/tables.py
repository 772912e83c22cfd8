"""What the detectors have handed to a person, and what the person made of it."""

from piccolo.columns import JSONB, UUID, Text, Timestamptz, Varchar
from piccolo.table import Table

from ratings.ledger.database import ENGINE


class IntegrityFlag(Table, db=ENGINE):
    """One flag for each evidence: `key` is its SHA-256, so what was decided does not come back.

    `subject` is the agency's USCC, or the organisation that rated where the kind is careless.
    `flag` is the whole flag as it was found. `state` open, dismissed or taken-up.
    """

    id = UUID(primary_key=True)
    key = Varchar(length=64, unique=True)
    kind = Varchar(length=12, index=True)
    subject = Varchar(length=40, index=True)
    flag = JSONB()
    state = Varchar(length=10, index=True)
    found_at = Timestamptz()
    decided_at = Timestamptz(null=True, default=None)
    decided_by = Varchar(length=40, null=True, default=None)
    reason = Text()
