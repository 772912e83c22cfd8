"""Webhooks of a test, and one round of the courier at a time of the test's choosing."""

from datetime import timedelta

from standardwebhooks import Webhook as Verifier

from market.notices.actions import (
    Subscribed,
    subscribe,
)
from market.notices.deliveries import attempt, claim, follow
from market.notices.rules import (
    NewWebhook,
)
from ratings.ledger.addresses import parse_networks
from ratings.ledger.clock import now
from ratings.ledger.database import fetch
from ratings.ledger.outgoing import Answer
from tests.conftest import Account
from tests.receiving import LOOPBACK, Received

KEY = b"of a test"
HERE = parse_networks(LOOPBACK)
GOOD = Answer(200, "", "", 5)
BAD = Answer(500, "", "no", 5)


async def listening(
    account: Account, *events: str, url: str = "http://127.0.0.1:9000/hook"
) -> Subscribed:
    wanted = NewWebhook(url, events or ("*",))
    return await subscribe(account.actor(), wanted, key=KEY, networks=HERE)


async def told(account: Account, made: Subscribed) -> list[str]:
    """The types queued for a webhook, the oldest first."""
    await follow(now())
    rows = await fetch(
        "SELECT event_type FROM webhook_delivery WHERE webhook = $1"
        " ORDER BY (payload::json->'data'->>'seq')::int",
        made.webhook,
    )
    return [row[0] for row in rows]


async def deliver_due(when: timedelta = timedelta()) -> int:
    """What the courier does in one round, at a time of our choosing."""
    moment = now() + when
    due = await claim(moment, 100)
    for one in due:
        await attempt(one, moment, key=KEY, networks=HERE)
    return len(due)


def verified(received: Received, secret: str) -> dict[str, object]:
    found: dict[str, object] = Verifier(secret).verify(received.body, received.headers)
    return found
