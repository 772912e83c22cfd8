"""Webhooks, what is to be delivered to them, and every attempt to do so."""

from piccolo.columns import (
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
from ratings.ledger.database import ENGINE


class Webhook(Table, db=ENGINE):
    """`state` active, paused or disabled. It is told the entries after `from_seq`, and, once it
    is paused or disabled, up to `to_seq`. Secrets are sealed with the installation's key.

    `failing_since` is the first failure after which nothing has succeeded. `version` is of the
    address, the events and the description, and every change of these raises it.
    """

    id = UUID(primary_key=True)
    organisation = ForeignKey(references=Organisation, null=False, on_delete=OnDelete.restrict)
    url = Varchar(length=500)
    events = Array(base_column=Varchar(length=60))
    description = Varchar(length=200)
    state = Varchar(length=10)
    secret = Varchar(length=200)
    old_secret = Varchar(length=200, null=True, default=None)
    old_secret_until = Timestamptz(null=True, default=None)
    from_seq = BigInt()
    to_seq = BigInt(null=True, default=None)
    failing_since = Timestamptz(null=True, default=None)
    created_at = Timestamptz()
    version = Integer(default=1)


class WebhookDelivery(Table, db=ENGINE):
    """One event for one webhook: the log and the queue in one. `state` pending, delivered, failed.

    `payload` is the exact text that is signed. `began` is when the attempts began, anew after a
    redelivery by hand. `under_way_until` keeps others away from an attempt that is being made.
    """

    id = UUID(primary_key=True)
    webhook = ForeignKey(references=Webhook, null=False, on_delete=OnDelete.restrict)
    event_id = Varchar(length=40)
    event_type = Varchar(length=60)
    payload = Text()
    state = Varchar(length=10)
    queued_at = Timestamptz()
    began = Timestamptz()
    failures = Integer()
    next_attempt_at = Timestamptz(null=True, default=None)
    under_way_until = Timestamptz(null=True, default=None)


class WebhookAttempt(Table, db=ENGINE):
    """`status` is null when no answer came, and `error` says why; `answer` is its beginning."""

    id = UUID(primary_key=True)
    delivery = ForeignKey(references=WebhookDelivery, null=False, on_delete=OnDelete.restrict)
    at = Timestamptz()
    milliseconds = Integer()
    status = Integer(null=True, default=None)
    error = Varchar(length=20)
    answer = Text()


class WebhookFollower(Table, db=ENGINE):
    """One row: how far the ledger has been turned into deliveries."""

    id = Integer(primary_key=True)
    seq = BigInt()
