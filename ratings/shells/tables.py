"""Screens that were run, what each found, and the steps of the cases that follow."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from ratings.ledger.database import ENGINE
from ratings.sanctions.tables import CaseFile


class ScreenRun(Table, db=ENGINE):
    """`checked_up_at` is when its month's check-ups were all made; null while they are owed.

    `shown` holds for each feature how many firms of the county lay in each of its bins.
    """

    id = UUID(primary_key=True)
    as_of_month = Varchar(length=7)
    ran_at = Timestamptz()
    policy = Varchar(length=40)
    policy_version = Varchar(length=20)
    policy_digest = Varchar(length=64)
    counts = JSONB()
    checked_up_at = Timestamptz(null=True, default=None)
    shown = JSONB(null=True, default=None)


class Finding(Table, db=ENGINE):
    """One agency in one screen. `reasons` holds the rows whose contributions sum to log_odds,
    `county` what only the whole county can tell of the firm: neighbours, cluster and norms."""

    id = UUID(primary_key=True)
    run = ForeignKey(references=ScreenRun, null=False, on_delete=OnDelete.restrict)
    uscc = Varchar(length=18, index=True)
    log_odds = DoublePrecision()
    probability = DoublePrecision()
    points = DoublePrecision()
    coverage = DoublePrecision()
    classes = Integer()
    outcome = Varchar(length=12)
    reasons = JSONB()
    county = JSONB(null=True, default=None)


class ScreenPolicyText(Table, db=ENGINE):
    """The text of a policy that a screen went by or a draft began as, by its SHA-256.

    Kept for ever: a later version of the program ships another one.
    """

    digest = Varchar(length=64, primary_key=True)
    document = Text()
    kept_at = Timestamptz()


class ScreenPolicyVersion(Table, db=ENGINE):
    """A screening policy of the county in the making or adopted, as `PolicyVersion` of the stars.

    `document` is the JSON text whose SHA-256 is `digest`; `source` and `source_digest` are the key
    and the text it was copied from.
    """

    id = UUID(primary_key=True)
    name = Varchar(length=40)
    version = Varchar(length=20)
    digest = Varchar(length=64)
    document = Text()
    source = Varchar(length=61)
    source_digest = Varchar(length=64)
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


class ShellStep(Table, db=ENGINE):
    """One step of a shell case, never changed afterwards; `number` counts from 1 in each case.

    `did` and `result` are values of `case_way`, `against` the number of the step that an objection
    is about. `text` is read by the agency and by officials; `facts` are the data of the step, such
    as the checklist of a visit.
    """

    id = UUID(primary_key=True)
    case_file = ForeignKey(references=CaseFile, null=False, on_delete=OnDelete.restrict)
    number = Integer()
    did = Varchar(length=20)
    at = Timestamptz()
    by = Varchar(length=40, null=True, default=None)
    result = Varchar(length=40)
    against = Integer()
    text = Text()
    facts = JSONB()


class VisitPhoto(Table, db=ENGINE):
    """A photo taken at a site visit; `step` is the visit."""

    id = UUID(primary_key=True)
    step = ForeignKey(references=ShellStep, null=False, on_delete=OnDelete.restrict)
    filename = Varchar(length=200)
    content_type = Varchar(length=100)
    size = BigInt()
    sha256 = Varchar(length=64)
    storage_key = Varchar(length=100)


class RegisteredExcuse(Table, db=ENGINE):
    """A lawful reason for a zero that two people have registered upon a case; later screens read it
    beside the excuses of the feeds. Months are YYYY-MM, `to_month` empty for an open end."""

    id = UUID(primary_key=True)
    uscc = Varchar(length=18, index=True)
    kind = Varchar(length=20)
    from_month = Varchar(length=7)
    to_month = Varchar(length=7)
    source = Text()
    case_file = ForeignKey(references=CaseFile, null=False, on_delete=OnDelete.restrict)
    registered_at = Timestamptz()
    withdrawn_at = Timestamptz(null=True, default=None)


class ReviewMonth(Table, db=ENGINE):
    """What the centre can review in a month (YYYY-MM), and who was drawn by lot for it.

    `seed` decided the draw among the `pool` unflagged agencies of a screen; `drawn` are their
    USCCs, in the order of the lot.
    """

    id = UUID(primary_key=True)
    month = Varchar(length=7, unique=True)
    budget = Integer()
    run = ForeignKey(references=ScreenRun, null=False, on_delete=OnDelete.restrict)
    seed = Varchar(length=64)
    pool = Integer()
    drawn = JSONB()
    planned_at = Timestamptz()
    planned_by = Varchar(length=40)


class FirmTies(Table, db=ENGINE):
    """The firms that hang together with an agency in one screen (`ties.Ties`); an agency that
    shares nothing has none. `ties` names kinds of things and codes of firms, never a value."""

    id = UUID(primary_key=True)
    run = ForeignKey(references=ScreenRun, null=False, on_delete=OnDelete.restrict)
    uscc = Varchar(length=18)
    firms = Integer()
    ties = JSONB()


class CheckUpReport(Table, db=ENGINE):
    """The check-up of an agency for a month (YYYY-MM), made once and never changed afterwards.

    `body` is a `check_up.CheckUp`. The agency reads it from `made_at`, the centre from
    `centre_from`.
    """

    id = UUID(primary_key=True)
    uscc = Varchar(length=18)
    month = Varchar(length=7)
    run = ForeignKey(references=ScreenRun, null=False, on_delete=OnDelete.restrict)
    made_at = Timestamptz()
    centre_from = Timestamptz()
    body = JSONB()
