"""Published standings and the outside feedback they take in."""

from piccolo.columns import JSONB, UUID, Boolean, Date, Integer, Numeric, Timestamptz, Varchar
from piccolo.table import Table

from ratings.ledger.database import ENGINE


class Standing(Table, db=ENGINE):
    """What was published about an agency at a moment; the newest row of a USCC is in force.

    Rows are never changed: `verify` recomputes each from the answers known at `as_of`.
    """

    id = UUID(primary_key=True)
    uscc = Varchar(length=18, index=True)
    as_of = Timestamptz()
    current = Boolean(default=True)
    score = Numeric(digits=(5, 2), null=True, default=None)
    stars = Integer(null=True, default=None)
    state = Varchar(length=12)
    engagements = Integer()
    waterfall = JSONB()
    policy = Varchar(length=40)
    policy_version = Varchar(length=20)
    policy_digest = Varchar(length=64)


class OutsideEvent(Table, db=ENGINE):
    """Tax or market-regulation feedback, with the document it rests on."""

    id = UUID(primary_key=True)
    uscc = Varchar(length=18, index=True)
    on = Date()
    source = Varchar(length=20)
    document = Varchar(length=120)
    severity = Varchar(length=10)
    repaired_on = Date(null=True, default=None)
    cap = Varchar(length=10)
    recorded_at = Timestamptz()
