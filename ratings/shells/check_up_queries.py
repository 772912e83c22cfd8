"""Reading check-ups: the agency at once, auditors too, the centre after the agency's lead."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound
from ratings.shells.check_up import CheckUp

OWED_FOR = timedelta(days=35)
"""A month and a little: by then the screen of the next month has its own."""

JOB_TAKES = timedelta(hours=1)
"""So long the job that follows a screen is left alone."""


class CheckUpRow(msgspec.Struct, frozen=True):
    """A report as lists have it; `readable` says whether the reader may open it by now."""

    id: str
    uscc: str
    month: str
    made_at: datetime
    centre_from: datetime
    readable: bool


class CheckUpShown(msgspec.Struct, frozen=True):
    row: CheckUpRow
    report: CheckUp


_ROWS = "SELECT id::text, uscc, month, made_at, centre_from, body FROM check_up_report"


def may_read(actor: Actor, uscc: str, centre_from: datetime) -> bool:
    """The one rule of who reads a report, and from when."""
    if actor.role is Role.AGENCY:
        return actor.uscc == uscc
    return actor.role is Role.AUDITOR or (actor.role is Role.CENTRE and actor.at >= centre_from)


def _row(actor: Actor, row: Any) -> CheckUpRow:
    values = (*row[:5], may_read(actor, row[1], row[4]))
    return CheckUpRow(*values)


async def visible_check_up(actor: Actor, identifier: str) -> CheckUpShown:
    """For whom it is not, or not yet, it does not exist."""
    row = await fetchrow(f"{_ROWS} WHERE id = $1", row_id(identifier))
    if row is None or not may_read(actor, row[1], row[4]):
        raise NotFound("check-up-unknown", "There is no check-up {id}.", id=identifier)
    return CheckUpShown(_row(actor, row), msgspec.json.decode(row[5], type=CheckUp))


async def own_check_ups(actor: Actor) -> list[CheckUpRow]:
    """Those of the agency itself, the newest month first."""
    rows = await fetch(f"{_ROWS} WHERE uscc = $1 ORDER BY month DESC", actor.uscc)
    return [_row(actor, row) for row in rows]


async def newest_check_up(actor: Actor) -> CheckUpShown | None:
    """The agency's own of the newest month."""
    rows = await own_check_ups(actor)
    return await visible_check_up(actor, rows[0].id) if rows else None


async def check_ups_of(actor: Actor, month: str) -> list[CheckUpRow]:
    """All of a month for officials; of those they may not read yet nothing but the dates."""
    rows = await fetch(f"{_ROWS} WHERE month = $1 ORDER BY uscc", month)
    return [_row(actor, row) for row in rows]


async def visible_check_ups(actor: Actor, month: str = "") -> list[CheckUpRow]:
    """An agency's own, or all for officials; of one month, or of all without one."""
    own = actor.uscc if actor.role is Role.AGENCY else None
    rows = await fetch(
        f"{_ROWS} WHERE ($1::text IS NULL OR uscc = $1) AND ($2 = '' OR month = $2)"
        " ORDER BY month DESC, uscc",
        own,
        month,
    )
    return [_row(actor, row) for row in rows]


async def check_up_months() -> list[str]:
    """The months of which there is a report, newest first."""
    rows = await fetch("SELECT DISTINCT month FROM check_up_report ORDER BY month DESC")
    return [row[0] for row in rows]


async def owed_check_ups(at: datetime) -> list[str]:
    """The screens whose check-ups were not all made though their job is long due: of each month the
    newest, of the last weeks only."""
    rows = await fetch(
        "SELECT id::text FROM (SELECT DISTINCT ON (as_of_month) id, ran_at, checked_up_at"
        " FROM screen_run ORDER BY as_of_month, ran_at DESC) newest"
        " WHERE checked_up_at IS NULL AND ran_at > $1 AND ran_at <= $2 ORDER BY ran_at",
        at - OWED_FOR,
        at - JOB_TAKES,
    )
    return [row[0] for row in rows]


async def agencies_with_check_up(month: str) -> frozenset[str]:
    rows = await fetch("SELECT uscc FROM check_up_report WHERE month = $1", month)
    return frozenset(row[0] for row in rows)
