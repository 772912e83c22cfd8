"""Which office sends which feed."""

from piccolo.columns import ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from market.accounts.tables import Organisation, Person
from ratings.ledger.database import ENGINE


class FeedSender(Table, db=ENGINE):
    """The one office whose programs may send a feed; a feed without a row is sent by the centre."""

    feed = Varchar(length=40, primary_key=True)
    organisation = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    named_by = ForeignKey(references=Person, null=False, on_delete=OnDelete.restrict)
    named_at = Timestamptz()
