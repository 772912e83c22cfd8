"""Reading group buys. Who has joined is known to the group, the public sees how many."""

from datetime import datetime

import msgspec

from market.purchasing.projects import OwnersProject
from market.purchasing.tiers import Tier
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound
from ratings.ledger.places import Moment

_OFFICIALS = (Role.CENTRE, Role.AUDITOR)


class GroupBuyRow(msgspec.Struct, frozen=True):
    """One group buy as the public sees it; `price_fen` is set once a tier was reached.

    `package_version` is the version of the package that it was opened for, `options` the optional
    items that are bought with it.
    """

    id: str
    number: str
    package: str
    package_zh: str
    package_en: str
    organisation: str
    organisation_name: str
    title: str
    description: str
    facts: dict[str, object]
    tiers: list[Tier]
    places: int
    deadline: datetime
    state: str
    opened_at: datetime
    closed_at: datetime | None
    price_fen: int | None
    agency: str | None
    agency_name: str | None
    chosen_at: datetime | None
    participants: int
    package_version: int
    options: list[str]


_ROW = """
    SELECT g.id::text, g.number, g.package, p.name_zh, p.name_en, g.organisation::text, o.name,
           g.title, g.description, g.facts, g.tiers, g.places, g.deadline, g.state, g.opened_at,
           g.closed_at, g.price_fen, g.agency, a.name, g.chosen_at,
           (SELECT count(*) FROM participation j WHERE j.group_buy = g.id)::int,
           g.package_version, g.options
    FROM group_buy g JOIN package p ON p.code = g.package
    JOIN organisation o ON o.id = g.organisation LEFT JOIN agency a ON a.uscc = g.agency
"""


def _group_buy(row: tuple[object, ...]) -> GroupBuyRow:
    values = list(row)
    values[9] = msgspec.json.decode(str(values[9]))
    values[10] = msgspec.json.decode(str(values[10]), type=list[Tier])
    return GroupBuyRow(*values)  # type: ignore[arg-type] # columns in the order of the fields


async def group_buy(identifier: str) -> GroupBuyRow:
    row = await fetchrow(f"{_ROW} WHERE g.id = $1", row_id(identifier))
    if row is None:
        raise NotFound("group-buy-unknown", "There is no group buy {id}.", id=identifier)
    return _group_buy(row)


async def group_buys(*, state: str = "", limit: int = 50, offset: int = 0) -> list[GroupBuyRow]:
    """The open ones first, by deadline; then the others, newest first."""
    rows = await fetch(
        f"{_ROW} WHERE $1 = '' OR g.state = $1"
        " ORDER BY (g.state = 'open') DESC, CASE WHEN g.state = 'open' THEN g.deadline END,"
        " g.opened_at DESC LIMIT $2 OFFSET $3",
        state,
        limit,
        offset,
    )
    return [_group_buy(row) for row in rows]


async def newest_group_buys(
    *, state: str = "", limit: int, after: Moment | None = None
) -> list[GroupBuyRow]:
    """In an order that nothing changes: the newest first, `after` one that was seen."""
    rows = await fetch(
        f"{_ROW} WHERE ($1 = '' OR g.state = $1)"
        " AND ($3::timestamptz IS NULL OR (g.opened_at, g.id) < ($3, $4::uuid))"
        " ORDER BY g.opened_at DESC, g.id DESC LIMIT $2",
        state,
        limit,
        after and after.at,
        after and after.id,
    )
    return [_group_buy(row) for row in rows]


async def group_buys_of(organisation: str) -> list[GroupBuyRow]:
    """Those an enterprise has opened or joined, newest first."""
    rows = await fetch(
        f"{_ROW} WHERE EXISTS (SELECT 1 FROM participation j WHERE j.group_buy = g.id"
        " AND j.organisation = $1) ORDER BY g.opened_at DESC",
        organisation,
    )
    return [_group_buy(row) for row in rows]


class ParticipationRow(msgspec.Struct, frozen=True):
    organisation: str
    name: str
    project_name: str
    joined_at: datetime

    @property
    def project(self) -> OwnersProject:
        return OwnersProject(self.organisation, self.project_name)


async def participations(identifier: str) -> list[ParticipationRow]:
    """In the order of joining; for the participants themselves and officials only."""
    rows = await fetch(
        "SELECT j.organisation::text, o.name, j.project_name, j.joined_at FROM participation j"
        " JOIN organisation o ON o.id = j.organisation WHERE j.group_buy = $1"
        " ORDER BY j.joined_at, j.id",
        row_id(identifier),
    )
    return [ParticipationRow(*row) for row in rows]


async def visible_participations(actor: Actor, identifier: str) -> list[ParticipationRow]:
    """As `participations`; NotFound for an enterprise that is not in the group."""
    found = await participations(identifier)
    inside = actor.role in _OFFICIALS or actor.organisation in {row.organisation for row in found}
    # Whoever opens a group is in it: one that nobody is in does not exist.
    if not found or not inside:
        raise NotFound("group-buy-unknown", "There is no group buy {id}.", id=identifier)
    return found


class OfferRow(msgspec.Struct, frozen=True):
    uscc: str
    name: str
    name_en: str
    offered_at: datetime
    stars: int | None
    score: str | None
    standing: str
    delisted: bool
    confirmed: bool


async def offers(identifier: str) -> list[OfferRow]:
    """Agencies that will serve the group, best stars first."""
    rows = await fetch(
        "SELECT a.uscc, a.name, a.name_en, f.offered_at, s.stars, s.score::text,"
        " coalesce(s.state, 'unrated'), EXISTS (SELECT 1 FROM off_market d WHERE d.uscc = a.uscc),"
        " coalesce(s.confirmed, false)"
        " FROM offer f JOIN agency a ON a.uscc = f.agency"
        " LEFT JOIN standing s ON s.uscc = a.uscc AND s.current WHERE f.group_buy = $1"
        " ORDER BY s.stars DESC NULLS LAST, s.confirmed DESC NULLS LAST,"
        " s.score DESC NULLS LAST, f.offered_at",
        row_id(identifier),
    )
    return [OfferRow(*row) for row in rows]


async def visible_offers(actor: Actor, identifier: str) -> list[OfferRow]:
    """All offers for the participants and officials; an agency sees no offer but its own."""
    if actor.role is not Role.AGENCY:
        await visible_participations(actor, identifier)
        return await offers(identifier)
    await group_buy(identifier)
    return [row for row in await offers(identifier) if row.uscc == actor.uscc]


async def overdue(at: datetime) -> list[str]:
    """Open group buys whose deadline has passed, for the timetable."""
    rows = await fetch("SELECT id::text FROM group_buy WHERE state = 'open' AND deadline <= $1", at)
    return [row[0] for row in rows]
