"""Group buys: who opened, who joined, who offered, and how each ended."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from market.accounts.tables import Organisation
from market.agencies.tables import Agency
from market.catalogue.tables import Package
from ratings.ledger.database import ENGINE


class GroupBuy(Table, db=ENGINE):
    """`state` open, closed (tier fixed, agency to be chosen), failed or chosen.

    `tiers` is a list of {at_least, price_fen}; `price_fen` is the tier it closed at, per
    participant, with the optional items `options`. `package_version` is the version of the package
    that was opened for.
    """

    id = UUID(primary_key=True)
    number = Varchar(length=20, unique=True)
    package = ForeignKey(references=Package, null=False, on_delete=OnDelete.restrict)
    package_version = Integer(default=1)
    options = Array(base_column=Varchar(length=4))
    organisation = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    title = Varchar(length=120)
    description = Text()
    facts = JSONB()
    tiers = JSONB()
    places = Integer()
    deadline = Timestamptz()
    state = Varchar(length=10, index=True)
    opened_at = Timestamptz()
    closed_at = Timestamptz(null=True, default=None)
    price_fen = BigInt(null=True, default=None)
    agency = ForeignKey(references=Agency, null=True, on_delete=OnDelete.restrict)
    chosen_at = Timestamptz(null=True, default=None)


class Participation(Table, db=ENGINE):
    """An enterprise in a group buy; the opener is the first participant."""

    id = UUID(primary_key=True)
    group_buy = ForeignKey(references=GroupBuy, null=False, on_delete=OnDelete.restrict)
    organisation = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    project_name = Varchar(length=120)
    joined_at = Timestamptz()


class Offer(Table, db=ENGINE):
    """An agency that agrees to serve the whole group at its tier prices."""

    id = UUID(primary_key=True)
    group_buy = ForeignKey(references=GroupBuy, null=False, on_delete=OnDelete.restrict)
    agency = ForeignKey(references=Agency, null=False, on_delete=OnDelete.restrict)
    offered_at = Timestamptz()
