"""Reading engagements. The tenancy filter stands here, once: owner, agency, officials."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound
from ratings.ledger.places import Moment

# $1 role, $2 organisation, $3 uscc of who asks.
VISIBLE = (
    "($1 IN ('centre', 'auditor') OR e.owner = $2::uuid"
    " OR ($1 = 'supervisor' AND e.supervisor = $2::uuid) OR e.agency = $3)"
)


async def engagement_names(identifiers: Iterable[str]) -> dict[str, str]:
    """Number and project by id, for officials."""
    rows = await fetch(
        "SELECT id::text, number || ' ' || project_name FROM engagement WHERE id = ANY($1::uuid[])",
        list(set(identifiers)),
    )
    return {row[0]: row[1] for row in rows}


class EngagementRow(msgspec.Struct, frozen=True):
    """One engagement; `due_on` is the last promised working day.

    The package is as it was bought: `package_version`, with the optional items `options`.
    """

    id: str
    number: str
    package: str
    package_zh: str
    package_en: str
    owner: str
    owner_name: str
    agency: str
    agency_name: str
    supervisor: str
    supervisor_name: str
    group_buy: str | None
    project_name: str
    facts: dict[str, object]
    price_fen: int
    working_days: int
    state: str
    started_at: datetime
    due_on: date
    accepted_at: datetime | None
    settled_at: datetime | None
    package_version: int
    options: list[str]


_ROW = """
    SELECT e.id::text, e.number, e.package, p.record->>'name_zh', p.record->>'name_en',
           e.owner::text, o.name,
           e.agency, a.name, e.supervisor::text, s.name, e.group_buy::text, e.project_name,
           e.facts, e.price_fen, e.working_days, e.state, e.started_at, e.due_on, e.accepted_at,
           e.settled_at, e.package_version, e.options
    FROM engagement e
    JOIN package_version p ON p.package = e.package AND p.number = e.package_version
    JOIN organisation o ON o.id = e.owner JOIN agency a ON a.uscc = e.agency
    JOIN organisation s ON s.id = e.supervisor
"""


def _engagement(row: tuple[object, ...]) -> EngagementRow:
    values = list(row)
    values[13] = msgspec.json.decode(str(values[13]))
    return EngagementRow(*values)  # type: ignore[arg-type] # columns in the order of the fields


async def engagement(actor: Actor, identifier: str) -> EngagementRow:
    """The engagement, if the actor may see it; another tenant's is NotFound."""
    row = await fetchrow(
        f"{_ROW} WHERE {VISIBLE} AND e.id = $4",
        actor.role.value,
        actor.organisation,
        actor.uscc,
        row_id(identifier),
    )
    if row is None:
        raise NotFound("engagement-unknown", "There is no engagement {id}.", id=identifier)
    return _engagement(row)


async def engagements(
    actor: Actor,
    *,
    state: str = "",
    limit: int = 50,
    offset: int = 0,
    after: Moment | None = None,
) -> list[EngagementRow]:
    """Those the actor may see, the newest first; `after` begins behind one that was seen."""
    rows = await fetch(
        f"{_ROW} WHERE {VISIBLE} AND ($4 = '' OR e.state = $4)"
        " AND ($7::timestamptz IS NULL OR (e.started_at, e.id) < ($7, $8::uuid))"
        " ORDER BY e.started_at DESC, e.id DESC LIMIT $5 OFFSET $6",
        actor.role.value,
        actor.organisation,
        actor.uscc,
        state,
        limit,
        offset,
        after and after.at,
        after and after.id,
    )
    return [_engagement(row) for row in rows]


class MilestoneRow(msgspec.Struct, frozen=True):
    position: int
    item: str
    name_zh: str
    name_en: str
    reported_at: datetime | None
    note: str


async def milestones(identifier: str) -> list[MilestoneRow]:
    rows = await fetch(
        "SELECT position, item, name_zh, name_en, reported_at, note FROM milestone"
        " WHERE engagement = $1 ORDER BY position",
        row_id(identifier),
    )
    return [MilestoneRow(*row) for row in rows]


class DeliverableRow(msgspec.Struct, frozen=True):
    """`size` in bytes; the storage key never leaves the server."""

    id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    uploaded_at: datetime


async def deliverables(identifier: str) -> list[DeliverableRow]:
    rows = await fetch(
        "SELECT id::text, filename, content_type, size, sha256, uploaded_at FROM deliverable"
        " WHERE engagement = $1 ORDER BY uploaded_at",
        row_id(identifier),
    )
    return [DeliverableRow(*row) for row in rows]


class StoredFile(msgspec.Struct, frozen=True):
    """`size` in bytes, `sha256` of the content in hexadecimal."""

    filename: str
    content_type: str
    size: int
    sha256: str
    storage_key: str


async def stored_file(actor: Actor, identifier: str) -> StoredFile:
    """Where a deliverable lies, for those who may see its engagement."""
    row = await fetchrow(
        "SELECT d.filename, d.content_type, d.size, d.sha256, d.storage_key FROM deliverable d"
        f" JOIN engagement e ON e.id = d.engagement WHERE {VISIBLE} AND d.id = $4",
        actor.role.value,
        actor.organisation,
        actor.uscc,
        row_id(identifier),
    )
    if row is None:
        raise NotFound("deliverable-unknown", "There is no deliverable {id}.", id=identifier)
    return StoredFile(*row)


class MarketFigures(msgspec.Struct, frozen=True):
    """What the home page counts."""

    agencies: int
    enterprises: int
    settled: int
    open_group_buys: int
    delisted: int


async def market_figures() -> MarketFigures:
    row = await fetchrow(
        "SELECT (SELECT count(*) FROM agency WHERE state = 'admitted')::int,"
        " (SELECT count(*) FROM organisation WHERE kind = 'enterprise')::int,"
        " (SELECT count(*) FROM engagement WHERE state = 'settled')::int,"
        " (SELECT count(*) FROM group_buy WHERE state = 'open')::int,"
        " (SELECT count(*) FROM off_market)::int"
    )
    assert row is not None, "an aggregate always has one row"
    return MarketFigures(*row)
