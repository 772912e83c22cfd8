"""An entry of the ledger as other systems are told it: in the change feed, and by webhooks."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from market.oversight.rules import PARTY_ACTS, PUBLIC_ACTS
from ratings.ledger.errors import Malformed
from ratings.ledger.rules import Entry

# A star stands alone or after a dot, so that `group_*` is not taken for a whole kind.
_PATTERN = re.compile(r"\*|[a-z_]+\.(\*|[a-z_]+)")
_ID_LENGTH = 32  # hexadecimal characters of the entry's hash: 128 bits
TOLD = tuple(sorted({*PUBLIC_ACTS, *PARTY_ACTS}))
"""Every type of event there is."""


class Event(msgspec.Struct, frozen=True):
    """One act. `seq` grows with every entry of the ledger, so it puts events in their order.

    `id` is made from the entry's hash: it is the same wherever and however often the event is told,
    and another history of the market (a restored backup that went on differently) has other ids.
    Who acted is told by `role` only.
    """

    id: str
    seq: int
    type: str
    at: datetime
    role: str
    subject_kind: str
    subject: str
    facts: dict[str, Any]
    reason: str


def event_of(entry: Entry) -> Event:
    return Event(
        id=f"evt_{entry.hash[:_ID_LENGTH]}",
        seq=entry.seq,
        type=entry.act,
        at=entry.at,
        role=entry.role,
        subject_kind=entry.subject_kind,
        subject=entry.subject,
        facts=entry.fact(),
        reason=entry.reason,
    )


def matches(pattern: str, event_type: str) -> bool:
    """`*` is every type, `group_buy.*` every type that begins so; others are the type itself."""
    if pattern.endswith("*"):
        return event_type.startswith(pattern[:-1])
    return pattern == event_type


def chosen_types(patterns: Iterable[str], known: Iterable[str] = TOLD) -> tuple[str, ...]:
    """The known types that the patterns name; Malformed for a pattern that names none."""
    types = tuple(known)
    found: set[str] = set()
    for pattern in patterns:
        named = {one for one in types if _PATTERN.fullmatch(pattern) and matches(pattern, one)}
        if not named:
            raise Malformed(
                "event-type-unknown",
                "“{pattern}” is no type of event. There are {types}, and group_buy.* or * for"
                " several at once.",
                pattern=pattern,
                types=", ".join(types),
            )
        found |= named
    return tuple(sorted(found))
