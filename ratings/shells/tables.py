"""Screens that were run and what each found about an agency."""

from piccolo.columns import (
    JSONB,
    UUID,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from ratings.ledger.database import ENGINE


class ScreenRun(Table, db=ENGINE):
    id = UUID(primary_key=True)
    as_of_month = Varchar(length=7)
    ran_at = Timestamptz()
    policy = Varchar(length=40)
    policy_version = Varchar(length=20)
    policy_digest = Varchar(length=64)
    counts = JSONB()


class Finding(Table, db=ENGINE):
    """One agency in one screen. `reasons` holds the rows whose contributions sum to log_odds."""

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
