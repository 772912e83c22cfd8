"""What the detectors have handed to a person, and what the person made of it."""

from piccolo.columns import JSONB, UUID, ForeignKey, OnDelete, Text, Timestamptz, Varchar
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


class RaterNotice(Table, db=ENGINE):
    """That the organisation of a careless flag was told what was seen, once; and its own remark.

    `reason` is why it was told, for officials only.
    """

    id = UUID(primary_key=True)
    flag = ForeignKey(
        references=IntegrityFlag, null=False, unique=True, on_delete=OnDelete.restrict
    )
    organisation = Varchar(length=40, index=True)
    told_at = Timestamptz()
    told_by = Varchar(length=40)
    reason = Text()
    remark = Text(null=True, default=None)
    remarked_at = Timestamptz(null=True, default=None)
    remarked_by = Varchar(length=40, null=True, default=None)
