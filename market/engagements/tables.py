"""The work itself: engagements, their milestones and their deliverables."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from market.accounts.tables import Organisation
from market.agencies.tables import Agency, Listing
from market.catalogue.tables import Package
from market.purchasing.tables import GroupBuy
from ratings.ledger.database import ENGINE


class Engagement(Table, db=ENGINE):
    """`state` running, delivered, accepted or settled. `due_on` is the promised last day.

    `package_version` is the version of the package that was bought, `options` its optional items
    that were bought with it.
    """

    id = UUID(primary_key=True)
    number = Varchar(length=20, unique=True)
    package = ForeignKey(references=Package, null=False, on_delete=OnDelete.restrict)
    package_version = Integer(default=1)
    options = Array(base_column=Varchar(length=4))
    owner = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    agency = ForeignKey(references=Agency, null=False, on_delete=OnDelete.restrict)
    supervisor = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    group_buy = ForeignKey(references=GroupBuy, null=True, on_delete=OnDelete.restrict)
    listing = ForeignKey(references=Listing, null=True, on_delete=OnDelete.restrict)
    project_name = Varchar(length=120)
    facts = JSONB()
    price_fen = BigInt()
    working_days = Integer()
    state = Varchar(length=10, index=True)
    started_at = Timestamptz()
    due_on = Date()
    accepted_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)


class Milestone(Table, db=ENGINE):
    """One item of the package, reported done by the agency."""

    id = UUID(primary_key=True)
    engagement = ForeignKey(references=Engagement, null=False, on_delete=OnDelete.restrict)
    position = Integer()
    item = Varchar(length=4)
    name_zh = Varchar(length=80)
    name_en = Varchar(length=160)
    reported_at = Timestamptz(null=True, default=None)
    note = Text()


class Deliverable(Table, db=ENGINE):
    """A file in the object store under a random key; its name is shown, never used as a path."""

    id = UUID(primary_key=True)
    engagement = ForeignKey(references=Engagement, null=False, on_delete=OnDelete.restrict)
    filename = Varchar(length=200)
    content_type = Varchar(length=100)
    size = BigInt()
    sha256 = Varchar(length=64)
    storage_key = Varchar(length=100)
    uploaded_at = Timestamptz()


class Dispute(Table, db=ENGINE):
    """What one side (`owner` or `agency`) says is in dispute, and how it ended.

    `resolution` agreement or centre; it, `resolved_at` and `resolved_by` are null while it is open.
    """

    id = UUID(primary_key=True)
    engagement = ForeignKey(
        references=Engagement, null=False, on_delete=OnDelete.restrict, index=True
    )
    side = Varchar(length=6)
    person = Varchar(length=40)
    subject = Varchar(length=120)
    text = Text()
    opened_at = Timestamptz()
    resolution = Varchar(length=9, null=True, default=None)
    outcome = Text(default="")
    resolved_at = Timestamptz(null=True, default=None)
    resolved_by = Varchar(length=40, null=True, default=None)
