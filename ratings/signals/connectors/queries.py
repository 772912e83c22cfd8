"""Pulls as the centre and the auditors read them."""

from datetime import datetime

import msgspec

from ratings.ledger.database import fetch
from ratings.ledger.places import Moment


class PullRow(msgspec.Struct, frozen=True):
    """One month of one source; `state` reading, landed or failed.

    `asked_by` is the person who asked for it, None where the schedule did. `reading` counts how
    often it was begun because rows had moved. `problem` is a msgid that `params` fill: why it
    waits or has failed. `next_attempt_at` is when a waiting one goes on.
    """

    id: str
    connector: str
    feed: str
    month: str
    state: str
    asked_by: str | None
    began_at: datetime
    ended_at: datetime | None
    reading: int
    pages: int
    rows: int
    total: int | None
    failures: int
    next_attempt_at: datetime
    problem: str
    params: dict[str, str]
    unknown_fields: list[str]
    missing_fields: list[str]
    batch: str | None
    batch_state: str | None


_PULLS = (
    "SELECT id::text, connector, feed, month, state, asked_by, began_at, ended_at, reading, pages,"
    " rows, total, failures, next_attempt_at, problem, params, unknown_fields, missing_fields,"
    " batch, (SELECT b.state FROM feed_batch b WHERE b.id::text = batch) FROM connector_pull"
)
_PARAMS = PullRow.__struct_fields__.index("params")


def _pull(row: tuple[object, ...]) -> PullRow:
    columns = list(row)
    columns[_PARAMS] = msgspec.json.decode(str(columns[_PARAMS]), type=dict[str, str])
    return PullRow(*columns)  # type: ignore[arg-type] # columns in the order of the fields


async def pulls(most: int, after: Moment | None = None, *, connector: str = "") -> list[PullRow]:
    """Newest first; of all connectors or of one."""
    rows = await fetch(
        f"{_PULLS} WHERE ($1 = '' OR connector = $1)"
        " AND ($2::timestamptz IS NULL OR (began_at, id) < ($2, $3::uuid))"
        " ORDER BY began_at DESC, id DESC LIMIT $4",
        connector,
        after.at if after else None,
        after.id if after else None,
        most,
    )
    return [_pull(tuple(row)) for row in rows]


async def last_pulls() -> dict[str, list[PullRow]]:
    """By connector the newest pull of each of its months, the newest month first."""
    rows = await fetch(
        f"{_PULLS} WHERE id IN (SELECT DISTINCT ON (connector, month) id FROM connector_pull"
        " ORDER BY connector, month, began_at DESC) ORDER BY connector, month DESC"
    )
    found: dict[str, list[PullRow]] = {}
    for row in rows:
        one = _pull(tuple(row))
        found.setdefault(one.connector, []).append(one)
    return found
