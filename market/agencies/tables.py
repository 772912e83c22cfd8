"""Agencies as the marketplace knows them, their qualifications and their listings."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
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

from market.accounts.tables import Organisation
from market.catalogue.tables import Package
from ratings.ledger.database import ENGINE


class Agency(Table, db=ENGINE):
    """`state` applied, admitted or refused. Contact columns are for the agency and officials."""

    uscc = Varchar(length=18, primary_key=True)
    organisation = ForeignKey(
        references=Organisation, null=False, unique=True, on_delete=OnDelete.restrict
    )
    name = Varchar(length=120)
    name_en = Varchar(length=160)
    introduction = Text()
    established_on = Date()
    staff = Integer()
    address = Varchar(length=200)
    contact_name = Varchar(length=60)
    contact_phone = Varchar(length=40)
    state = Varchar(length=10, index=True)
    applied_at = Timestamptz()
    decided_at = Timestamptz(null=True, default=None)
    decision = Text(null=True, default=None)
    bigrams = Array(base_column=Text())
    pinyin = Text()
    initials = Text()
    demonstration = Boolean(default=False)


class Qualification(Table, db=ENGINE):
    id = UUID(primary_key=True)
    agency = ForeignKey(references=Agency, null=False, on_delete=OnDelete.restrict)
    name = Varchar(length=80)
    level = Varchar(length=20)
    number = Varchar(length=60)
    valid_to = Date(null=True, default=None)


class Listing(Table, db=ENGINE):
    """A package at a price for projects up to the stated figures.

    `facts` are the project figures the price holds for; `range_low_fen` and `range_high_fen`
    are the standard fee range they gave on the day of listing. `state` live or withdrawn.
    `package_version` is the version of the package that is sold, `options` its optional items that
    the price includes.
    """

    id = UUID(primary_key=True)
    agency = ForeignKey(references=Agency, null=False, on_delete=OnDelete.restrict)
    package = ForeignKey(references=Package, null=False, on_delete=OnDelete.restrict)
    package_version = Integer(default=1)
    options = Array(base_column=Varchar(length=4))
    price_fen = BigInt()
    working_days = Integer()
    facts = JSONB()
    range_low_fen = BigInt()
    range_high_fen = BigInt()
    state = Varchar(length=10)
    listed_at = Timestamptz()
    withdrawn_at = Timestamptz(null=True, default=None)
