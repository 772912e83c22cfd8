"""What an organisation was told about its own answers, and what it remarked."""

from datetime import datetime, timedelta

import msgspec

from ratings.integrity.flags import Flag
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound

_READ_ALL = (Role.CENTRE, Role.AUDITOR)
SHOWN = timedelta(days=30)
"""How long a notice without a remark stands on the desk of the organisation; a proposal."""


class RaterNoticeRow(msgspec.Struct, frozen=True):
    """A notice to the `organisation` that rated. `figures` are those of the flag: how many answers,
    their spread and their mean, as decimal text. `remark` is None until it has made one."""

    id: str
    flag: str
    organisation: str
    figures: dict[str, str]
    engagements: int
    told_at: datetime
    remark: str | None
    remarked_at: datetime | None


async def rater_notice(actor: Actor, identifier: str) -> RaterNoticeRow:
    """For the organisation that was told, the centre and auditors; NotFound for everybody else."""
    found = await _notices(actor, "n.id = $3", row_id(identifier))
    if not found:
        raise NotFound("notice-unknown", "There is no notice {id}.", id=identifier)
    return found[0]


async def notice_of_flag(actor: Actor, flag: str) -> RaterNoticeRow | None:
    found = await _notices(actor, "n.flag = $3", row_id(flag))
    return found[0] if found else None


async def new_notices(actor: Actor) -> list[RaterNoticeRow]:
    """What the actor's own organisation was told lately and has made no remark on."""
    return await _notices(
        actor,
        "n.organisation = $2 AND n.remark IS NULL AND n.told_at > $3",
        actor.at - SHOWN,
    )


class Telling(msgspec.Struct, frozen=True):
    """Who told the rater, by the id, and why; for officials."""

    by: str
    reason: str


async def telling_of(flag: str) -> Telling | None:
    row = await fetchrow("SELECT told_by, reason FROM rater_notice WHERE flag = $1", row_id(flag))
    return None if row is None else Telling(*row)


async def _notices(actor: Actor, condition: str, value: object) -> list[RaterNoticeRow]:
    rows = await fetch(
        "SELECT n.id::text, n.flag::text, n.organisation, f.flag, n.told_at, n.remark,"
        " n.remarked_at FROM rater_notice n JOIN integrity_flag f ON f.id = n.flag"
        f" WHERE ($1 OR n.organisation = $2) AND {condition} ORDER BY n.told_at DESC, n.id",
        actor.role in _READ_ALL,
        actor.organisation,
        value,
    )
    found = []
    for identifier, flag, organisation, text, *rest in rows:
        seen = msgspec.json.decode(text, type=Flag)
        found.append(
            RaterNoticeRow(
                identifier, flag, organisation, seen.figures, len(seen.engagements), *rest
            )
        )
    return found
