"""Webhooks: what may be subscribed to, when a failed delivery is tried again, when one gives up."""

from datetime import datetime, timedelta

import msgspec

from market.oversight.events import chosen_types
from ratings.ledger.errors import Refused

RETRIED_FOR = timedelta(hours=24)
DISABLED_AFTER = timedelta(days=5)
"""Of nothing but failures; then the receiver is taken to be gone."""
SECRET_OVERLAP = timedelta(hours=24)
"""How long after a rotation the old secret signs beside the new one."""
LOG_KEPT = timedelta(days=30)
MOST_WEBHOOKS = 20
"""Of one organisation."""
AT_ONCE, AT_ONCE_AFTER_FAILURE = 4, 1
"""Deliveries under way to one webhook; one that fails gets a single slot until it answers."""
GONE = 410
"""The status by which a receiver says that it wants no more."""
TEST = "webhook.test"

_LONGEST_DESCRIPTION = 200
# The wait after each failure; the last one is repeated.
_WAITS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
# Up to this part of a wait is added by chance: what failed together is not retried together.
_JITTER = 0.25


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where events are sent, and which: types such as `group_buy.joined`, `group_buy.*` or `*`."""

    url: str
    events: tuple[str, ...]
    description: str = ""


def check_webhook(wanted: NewWebhook) -> NewWebhook:
    """With the spelling put right; the address is checked by whoever will call it."""
    if not wanted.events:
        raise Refused("events-missing", "Choose at least one type of event.")
    events = tuple(sorted({one.strip() for one in wanted.events}))
    chosen_types(events)
    description = wanted.description.strip()
    if len(description) > _LONGEST_DESCRIPTION:
        raise Refused(
            "text-too-long",
            "“{start}…” is too long: at most {longest} characters fit.",
            start=description[:20],
            longest=_LONGEST_DESCRIPTION,
        )
    return NewWebhook(wanted.url.strip(), events, description)


def next_attempt(began: datetime, failures: int, at: datetime, chance: float) -> datetime | None:
    """When to try again after the `failures`-th failure at `at`, or None when it is enough.

    `began` is when the delivery was first due; the last attempt comes when RETRIED_FOR is over.
    `chance` lies between 0 and 1 and spreads what failed together.
    """
    end = began + RETRIED_FOR
    if at >= end:
        return None
    wait = _WAITS[min(failures, len(_WAITS)) - 1]
    return min(at + wait * (1 + _JITTER * chance), end)


def has_failed_too_long(failing_since: datetime, at: datetime) -> bool:
    return at - failing_since >= DISABLED_AFTER
