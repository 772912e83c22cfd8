"""Case files, and the delistings that come of them."""

from piccolo.columns import JSONB, UUID, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from ratings.ledger.database import ENGINE


class CaseFile(Table, db=ENGINE):
    """A question about one agency that a person must decide.

    `kind` one-star or shell; `state` open, answered, dismissed, delisted or lifted.
    `reasons` is the list of sentences the opener rests on.
    """

    id = UUID(primary_key=True)
    number = Varchar(length=20, unique=True)
    uscc = Varchar(length=18, index=True)
    kind = Varchar(length=12)
    state = Varchar(length=12, index=True)
    opened_at = Timestamptz()
    reasons = JSONB()
    answer = Text(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = Varchar(length=40, null=True, default=None)
    decision = Text(null=True, default=None)


class Delisting(Table, db=ENGINE):
    """A temporary delisting: `until` is its last day, `lifted_at` is set by the timetable."""

    id = UUID(primary_key=True)
    case_file = ForeignKey(
        references=CaseFile, null=False, unique=True, on_delete=OnDelete.restrict
    )
    uscc = Varchar(length=18, index=True)
    severity = Varchar(length=10)
    reason = Text()
    starts = Date()
    until = Date()
    lifted_at = Timestamptz(null=True, default=None)
