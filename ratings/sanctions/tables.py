"""Case files, and the delistings that come of them."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from ratings.ledger.database import ENGINE
from ratings.stars.tables import OutsideEvent


class CaseFile(Table, db=ENGINE):
    """A question about one agency that a person must decide.

    `kind` one-star, two-star, shell, repair, record, warning, serious-act or escalation; `state`
    open, answered, proposed, dismissed, delisted, lifted (at its end), annulled (upon an
    objection), ordered (to rectify), rectified, unrectified, asked (for a repair), repaired,
    refused, recorded or warned.
    `reasons` is the list of sentences the opener rests on. `proposal` is a delisting that waits
    for a second person: severity, last day and reason. `opened_by` is null for a computation.
    `final_at` is when what follows from the decision was done, once nothing could change it any
    more; null also where nothing follows later. `act` is a code of `misconduct.ACTS` and `document`
    the number it rests on, where a person has reported one. `counted_in` is the case that a record
    or a warning has been counted into.
    """

    id = UUID(primary_key=True)
    number = Varchar(length=20, unique=True)
    uscc = Varchar(length=18, index=True)
    kind = Varchar(length=12)
    state = Varchar(length=12, index=True)
    opened_at = Timestamptz()
    opened_by = Varchar(length=40, null=True, default=None)
    reasons = JSONB()
    proposal = JSONB(null=True, default=None)
    proposed_by = Varchar(length=40, null=True, default=None)
    proposed_at = Timestamptz(null=True, default=None)
    answer = Text(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = Varchar(length=40, null=True, default=None)
    decision = Text(null=True, default=None)
    final_at = Timestamptz(null=True, default=None)
    act = Varchar(length=30, null=True, default=None)
    document = Varchar(length=120, null=True, default=None)
    counted_in: ForeignKey["CaseFile"] = ForeignKey(
        references="self", null=True, on_delete=OnDelete.restrict
    )


class Delisting(Table, db=ENGINE):
    """A temporary delisting. `severity` and `until`, its last day, are what stands now; the decided
    ones are what they were before any objection.

    `suspended_at` is set while an objection waits for its answer; `lifted_at` by the timetable, or
    by an answer that annuls the delisting.
    """

    id = UUID(primary_key=True)
    case_file = ForeignKey(
        references=CaseFile, null=False, unique=True, on_delete=OnDelete.restrict
    )
    uscc = Varchar(length=18, index=True)
    severity = Varchar(length=10)
    reason = Text()
    starts = Date()
    until = Date()
    decided_severity = Varchar(length=10)
    decided_until = Date()
    suspended_at = Timestamptz(null=True, default=None)
    lifted_at = Timestamptz(null=True, default=None)


class Objection(Table, db=ENGINE):
    """What an agency has filed `against` one decision of a case (a value of `objections.Against`):
    `instance` 1 the objection, 2 the review of its answer.

    `text` is for the agency and officials; `reason` of the answer is published where the decision
    was. `severity` and `until` are the milder terms of an answer that changes a delisting, before
    days of rest.
    """

    id = UUID(primary_key=True)
    case_file = ForeignKey(references=CaseFile, null=False, on_delete=OnDelete.restrict)
    against = Varchar(length=12)
    instance = Integer()
    filed_at = Timestamptz()
    text = Text()
    answered_at = Timestamptz(null=True, default=None)
    answered_by = Varchar(length=40, null=True, default=None)
    outcome = Varchar(length=10, null=True, default=None)
    reason = Text(null=True, default=None)
    severity = Varchar(length=10, null=True, default=None)
    until = Date(null=True, default=None)


class Rectification(Table, db=ENGINE):
    """An order to mend what a two-star case found. `instructions` are published; `plan` is for the
    agency and officials."""

    id = UUID(primary_key=True)
    case_file = ForeignKey(
        references=CaseFile, null=False, unique=True, on_delete=OnDelete.restrict
    )
    instructions = Text()
    ordered_at = Timestamptz()
    plan = Text(null=True, default=None)
    planned_at = Timestamptz(null=True, default=None)


class RectificationTry(Table, db=ENGINE):
    """One of at most two times to show what was mended; `due` is its last day. The `reason` of the
    check is published."""

    id = UUID(primary_key=True)
    rectification = ForeignKey(references=Rectification, null=False, on_delete=OnDelete.restrict)
    number = Integer()
    due = Date()
    evidence = Text(null=True, default=None)
    evidence_at = Timestamptz(null=True, default=None)
    checked_at = Timestamptz(null=True, default=None)
    checked_by = Varchar(length=40, null=True, default=None)
    passed = Boolean(null=True, default=None)
    reason = Text(null=True, default=None)


class CaseDocument(Table, db=ENGINE):
    """A file that an agency has put into a case about it; an `official` one is evidence that an
    authority has put in."""

    id = UUID(primary_key=True)
    case_file = ForeignKey(references=CaseFile, null=False, on_delete=OnDelete.restrict)
    filename = Varchar(length=200)
    content_type = Varchar(length=100)
    size = BigInt()
    sha256 = Varchar(length=64)
    storage_key = Varchar(length=100)
    uploaded_at = Timestamptz()
    official = Boolean(default=False)


class RepairEffect(Table, db=ENGINE):
    """One thing that an application wants lifted: an outside event, a delisting, or a record or a
    warning, whose case is the `mark`."""

    id = UUID(primary_key=True)
    case_file = ForeignKey(references=CaseFile, null=False, on_delete=OnDelete.restrict)
    event = ForeignKey(references=OutsideEvent, null=True, on_delete=OnDelete.restrict)
    delisting = ForeignKey(references=Delisting, null=True, on_delete=OnDelete.restrict)
    mark = ForeignKey(references=CaseFile, null=True, on_delete=OnDelete.restrict)
