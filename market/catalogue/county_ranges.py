"""County ranges in the making: one person of the centre proposes, another one decides."""

import uuid
from datetime import date, datetime

import msgspec

from market.catalogue.county import SizeClass
from market.catalogue.packages import needs_county_range
from market.catalogue.queries import item as item_of
from market.catalogue.queries import packages
from market.catalogue.tables import CountyRange
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, second_person
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused


class NewCountyRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The range for one item and size of project, in force from `set_on`."""

    item: str
    size_class: SizeClass
    low_fen: int
    high_fen: int
    set_on: date
    reason: str


class ProposalRow(msgspec.Struct, frozen=True):
    """A proposal as the centre and the auditors read it; persons are given by their ids.

    `now_low_fen` and `now_high_fen` are the range in force when it was asked, None where there is
    none yet.
    """

    id: str
    item: str
    size_class: str
    low_fen: int
    high_fen: int
    set_on: date
    reason: str
    proposed_by: str
    proposed_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    decision: str
    now_low_fen: int | None
    now_high_fen: int | None


async def proposals(on: date, *, state: str = "") -> list[ProposalRow]:
    """The newest first, beside the ranges in force on a day."""
    rows = await fetch(
        "SELECT p.id::text, p.item, p.size_class, p.low_fen, p.high_fen, p.set_on, p.reason,"
        " p.proposed_by::text, p.proposed_at, p.state, p.decided_by::text, p.decided_at,"
        " p.decision, c.low_fen, c.high_fen FROM county_range_proposal p LEFT JOIN LATERAL ("
        "  SELECT low_fen, high_fen FROM county_range WHERE item = p.item"
        "  AND size_class = p.size_class AND set_on <= $1 ORDER BY set_on DESC LIMIT 1) c ON true"
        " WHERE $2 = '' OR p.state = $2 ORDER BY p.proposed_at DESC, p.id DESC",
        on,
        state,
    )
    return [ProposalRow(*row) for row in rows]


async def propose_county_range(actor: Actor, wanted: NewCountyRange) -> str:
    """Propose a range where no published standard covers an item, with its reason; returns its id.

    Nothing is in force before a second person of the centre has adopted it.
    """
    if actor.person is None or actor.organisation is None:
        raise Forbidden("not-the-centre", "Only a person of the centre may do this.")
    if not 0 < wanted.low_fen <= wanted.high_fen:
        raise Refused("range-order", "A range runs from above zero to a figure not below its low.")
    if not wanted.reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    _check_day(wanted.set_on, local_date(actor.at))
    identifier = str(uuid.uuid4())
    async with tx():
        item = await item_of(wanted.item)
        if not needs_county_range(item, [one.record for one in await packages()]):
            raise Refused(
                "standard-published",
                "Item {code} is covered by the published standard {standard}; the county sets no"
                " range of its own for it.",
                code=item.code,
                standard=item.fee_standard,
            )
        await _check_free(wanted.item, wanted.size_class, wanted.set_on)
        open_one = await fetchval(
            "INSERT INTO county_range_proposal (id, item, size_class, low_fen, high_fen, set_on,"
            " reason, organisation, proposed_by, proposed_at, state, decision)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'proposed', '')"
            " ON CONFLICT (item, size_class, set_on) WHERE state = 'proposed' DO NOTHING"
            " RETURNING true",
            identifier,
            wanted.item,
            wanted.size_class,
            wanted.low_fen,
            wanted.high_fen,
            wanted.set_on,
            wanted.reason.strip(),
            actor.organisation,
            actor.person,
            actor.at,
        )
        if not open_one:
            raise Conflict(
                "proposal-open",
                "A range of this item and size from that day is proposed already and waits for its"
                " decision.",
            )
        await record(
            actor,
            "county_range.proposed",
            "county_range_proposal",
            identifier,
            _facts(wanted) | {"item": wanted.item},
            reason=wanted.reason,
        )
    return identifier


async def adopt_county_range(actor: Actor, proposal: str) -> None:
    """The second person says yes: the range is in force from its day."""
    async with tx():
        row = await _open(proposal)
        second_person(actor, row.proposed_by)
        wanted = msgspec.convert(row, NewCountyRange, from_attributes=True)
        _check_day(wanted.set_on, local_date(actor.at))
        await _check_free(wanted.item, wanted.size_class, wanted.set_on)
        await _decide(actor, row.id, "adopted", "")
        await CountyRange.insert(
            CountyRange(
                id=row.id,
                item=wanted.item,
                size_class=wanted.size_class,
                low_fen=wanted.low_fen,
                high_fen=wanted.high_fen,
                set_on=wanted.set_on,
                reason=wanted.reason,
                set_by=actor.organisation,
                created_at=actor.at,
            )
        )
        await record(
            actor,
            "county_range.set",
            "item",
            wanted.item,
            _facts(wanted) | {"proposal": row.id},
            reason=wanted.reason,
        )


async def refuse_county_range(actor: Actor, proposal: str, reason: str) -> None:
    """The second person says no, and why."""
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    async with tx():
        row = await _open(proposal)
        second_person(actor, row.proposed_by)
        await _decide(actor, row.id, "refused", reason.strip())
        await record(
            actor, "county_range.refused", "county_range_proposal", row.id, {}, reason=reason
        )


async def withdraw_proposal(actor: Actor, proposal: str) -> None:
    """Whoever proposed it takes it back."""
    async with tx():
        row = await _open(proposal)
        if row.proposed_by != actor.person:
            raise Forbidden(
                "not-the-proposer", "Only the person who proposed this may withdraw it."
            )
        await _decide(actor, row.id, "withdrawn", "")
        await record(actor, "county_range.withdrawn", "county_range_proposal", row.id, {})


class _Open(msgspec.Struct, frozen=True):
    id: str
    item: str
    size_class: str
    low_fen: int
    high_fen: int
    set_on: date
    reason: str
    proposed_by: str
    state: str


async def _open(proposal: str) -> _Open:
    """The proposal, held; Conflict when it is decided already."""
    row = await fetchrow(
        "SELECT id::text, item, size_class, low_fen, high_fen, set_on, reason, proposed_by::text,"
        " state FROM county_range_proposal WHERE id = $1 FOR UPDATE",
        row_id(proposal),
    )
    if row is None:
        raise NotFound("proposal-unknown", "There is no proposal {id}.", id=proposal)
    found = _Open(*row)
    if found.state != "proposed":
        raise Conflict("proposal-decided", "This proposal has been decided already.")
    return found


async def _decide(actor: Actor, identifier: str, state: str, decision: str) -> None:
    await execute(
        "UPDATE county_range_proposal SET state = $2, decided_by = $3, decided_at = $4,"
        " decision = $5 WHERE id = $1",
        identifier,
        state,
        actor.person,
        actor.at,
        decision,
    )


def _check_day(set_on: date, today: date) -> None:
    if set_on < today:
        raise Refused("range-backdated", "A range cannot begin in the past.")


async def _check_free(item: str, size_class: str, set_on: date) -> None:
    if await fetchval(
        "SELECT true FROM county_range WHERE item = $1 AND size_class = $2 AND set_on = $3",
        item,
        size_class,
        set_on,
    ):
        raise Conflict("range-known", "A range of this item and size begins that day already.")


def _facts(wanted: NewCountyRange) -> dict[str, object]:
    return {
        "size_class": wanted.size_class,
        "low_fen": wanted.low_fen,
        "high_fen": wanted.high_fen,
        "set_on": wanted.set_on.isoformat(),
    }
