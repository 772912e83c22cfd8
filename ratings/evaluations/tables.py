"""Dockets (who is asked about which engagement, until when) and their sealed answers."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
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


class Docket(Table, db=ENGINE):
    """One settled engagement, asked of three parties. `unsealed_at` is null while sealed."""

    id = UUID(primary_key=True)
    engagement = Varchar(length=40, unique=True)
    uscc = Varchar(length=18, index=True)
    trade = Varchar(length=40)
    title = Varchar(length=200)
    settled_on = Date()
    owner = Varchar(length=40, index=True)
    supervisor = Varchar(length=40, index=True)
    opened_at = Timestamptz()
    owner_due = Timestamptz()
    supervisor_due = Timestamptz()
    centre_due = Timestamptz()
    unsealed_at = Timestamptz(null=True, default=None, index=True)


class Answer(Table, db=ENGINE):
    """One edition of a party's answer, for ever: `scores` maps indicator codes to decimal strings.

    A changed answer is a new row with the next edition; the last one counts. `revisable_until` is
    null in an answer that is final. `reasons` maps indicator codes to texts.
    """

    id = UUID(primary_key=True)
    docket = ForeignKey(references=Docket, null=False, on_delete=OnDelete.restrict)
    party = Varchar(length=12)
    person = Varchar(length=40)
    organisation = Varchar(length=40)
    scores = JSONB()
    reasons = JSONB(default="{}")
    comment = Text()
    answered_at = Timestamptz()
    edition = Integer(default=1)
    revisable_until = Timestamptz(null=True, default=None)


class Reminder(Table, db=ENGINE):
    """That a party was reminded with so many working days left; 0 says that its time has passed."""

    id = UUID(primary_key=True)
    docket = ForeignKey(references=Docket, null=False, on_delete=OnDelete.restrict)
    party = Varchar(length=12)
    working_days_left = Integer()
    sent_at = Timestamptz()


class RaterRelation(Table, db=ENGINE):
    """That a person of a party is related to the agency and answers nothing here, and why."""

    id = UUID(primary_key=True)
    docket = ForeignKey(references=Docket, null=False, on_delete=OnDelete.restrict)
    party = Varchar(length=12)
    person = Varchar(length=40)
    reason = Text()
    declared_at = Timestamptz()


class AnswerSwitch(Table, db=ENGINE):
    """That a switch (`comment` or `score`) of an opened answer was turned, and why; for ever."""

    id = UUID(primary_key=True)
    docket = ForeignKey(references=Docket, null=False, on_delete=OnDelete.restrict)
    party = Varchar(length=12)
    switch = Varchar(length=8)
    is_off = Boolean()
    reason = Text()
    person = Varchar(length=40)
    turned_at = Timestamptz()


class AnswerWeight(Table, db=ENGINE):
    """That an opened answer weighs so much of its share (1: the whole again), and why; for ever.

    `cause` is the id of the question about it that a person has answered so.
    """

    id = UUID(primary_key=True)
    docket = ForeignKey(references=Docket, null=False, on_delete=OnDelete.restrict)
    party = Varchar(length=12)
    cause = Varchar(length=40, index=True)
    weight = Numeric(digits=(5, 4))
    reason = Text()
    person = Varchar(length=40)
    ordered_at = Timestamptz()


class Rerating(Table, db=ENGINE):
    """One step of a re-rating by the centre (a value of `reratings.Step`), and why; for ever.

    `rerating` is the id that all steps of one share, `cause` the id of the question that it answers
    so. `scores` and `reasons` by indicator are those that were given. `reason` of an objection is
    the agency's own text, for itself and officials.
    """

    id = UUID(primary_key=True)
    rerating = UUID(index=True)
    docket = ForeignKey(references=Docket, null=False, on_delete=OnDelete.restrict)
    cause = Varchar(length=40, index=True)
    step = Varchar(length=8)
    scores = JSONB(default="{}")
    reasons = JSONB(default="{}")
    reason = Text()
    person = Varchar(length=40)
    taken_at = Timestamptz()


class AnswerAttachment(Table, db=ENGINE):
    """A file that one party puts beside its answer; it lies in the object store under a random key.

    `withdrawn_at` is null while it belongs to the answer; what was withdrawn before the opening
    counts as never handed in.
    """

    id = UUID(primary_key=True)
    docket = ForeignKey(references=Docket, null=False, on_delete=OnDelete.restrict)
    party = Varchar(length=12)
    person = Varchar(length=40)
    filename = Varchar(length=200)
    content_type = Varchar(length=100)
    size = BigInt()
    sha256 = Varchar(length=64)
    storage_key = Varchar(length=100)
    uploaded_at = Timestamptz()
    withdrawn_at = Timestamptz(null=True, default=None)
