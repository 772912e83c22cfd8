"""Published standings, the outside feedback they take in, and the county's own policies."""

from piccolo.columns import (
    JSONB,
    UUID,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Numeric,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
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
    lower_bound = Numeric(digits=(5, 2), null=True, default=None)
    confirmed = Boolean(default=False)


class OutsideEvent(Table, db=ENGINE):
    """Tax or market-regulation feedback, with the document it rests on.

    From `withdrawn_at` on, when its repair was granted, it never happened.
    """

    id = UUID(primary_key=True)
    uscc = Varchar(length=18, index=True)
    on = Date()
    source = Varchar(length=20)
    document = Varchar(length=120)
    severity = Varchar(length=10)
    repaired_on = Date(null=True, default=None)
    cap = Varchar(length=10)
    recorded_at = Timestamptz()
    withdrawn_at = Timestamptz(null=True, default=None)


class EventProposal(Table, db=ENGINE):
    """What a feed says that may be an outside event; `key` keeps the same saying from coming twice.

    `sign` is a member of `Sign`. `state` open, confirmed or dismissed; `document` is that of the
    event it was confirmed as, empty otherwise.
    """

    id = UUID(primary_key=True)
    key = Varchar(length=60, unique=True)
    uscc = Varchar(length=18, index=True)
    sign = Varchar(length=20)
    month = Varchar(length=7)
    since = Date(null=True, default=None)
    found_at = Timestamptz()
    state = Varchar(length=10, index=True)
    document = Varchar(length=120)
    reason = Text()
    decided_by = Varchar(length=40, null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)


class PolicyVersion(Table, db=ENGINE):
    """A policy of the county in the making or adopted; what is adopted is kept as it is for ever.

    `state` draft, proposed, adopted, refused or withdrawn. `document` is TOML and `digest` that of
    its content. `source` is the key of the policy it was copied from. `edition` counts the changes
    of the row, which are its author's alone. An adopted one decides from `valid_from` until the
    next one does.
    """

    id = UUID(primary_key=True)
    name = Varchar(length=40)
    version = Varchar(length=20)
    digest = Varchar(length=64)
    document = Text()
    source = Varchar(length=61)
    state = Varchar(length=10)
    edition = Integer(default=1)
    drafted_by = Varchar(length=40)
    drafted_at = Timestamptz()
    valid_from = Date(null=True, default=None)
    reason = Text(default="")
    proposed_at = Timestamptz(null=True, default=None)
    decision = Text(default="")
    decided_by = Varchar(length=40, null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)


class PolicyEstimate(Table, db=ENGINE):
    """What the robust method estimates from all agencies, frozen for a quarter (its first day).

    `body` holds party means, trade means, the weight of the prior and the variance; `digest` is
    that of body and habits together. Rows are never changed.
    """

    id = UUID(primary_key=True)
    policy_digest = Varchar(length=64)
    quarter = Date()
    digest = Varchar(length=64)
    body = JSONB()
    made_at = Timestamptz()


class PolicyHabit(Table, db=ENGINE):
    """How generous a rater was found: points of one organisation as one party."""

    id = UUID(primary_key=True)
    estimate = ForeignKey(references=PolicyEstimate, null=False, on_delete=OnDelete.restrict)
    party = Varchar(length=10)
    rater = Varchar(length=40)
    points = Numeric(digits=(16, 12))
