"""Dockets (who is asked about which engagement, until when) and their sealed answers."""

from piccolo.columns import JSONB, UUID, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
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
    """One party's answer, for ever: `scores` maps indicator codes to decimal strings."""

    id = UUID(primary_key=True)
    docket = ForeignKey(references=Docket, null=False, on_delete=OnDelete.restrict)
    party = Varchar(length=12)
    person = Varchar(length=40)
    organisation = Varchar(length=40)
    scores = JSONB()
    comment = Text()
    answered_at = Timestamptz()
