"""The fee standards in force on a day: those shipped with the program and those adopted here."""

from datetime import date, datetime
from functools import lru_cache

import msgspec

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.standards import in_force, shipped_versions
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound

# By id. What has been adopted is never changed, so a decoded version holds for good.
_DECODED: dict[str, FeeStandard] = {}


async def standards_on(on: date) -> dict[str, FeeStandard]:
    """By code, of each standard the version that has begun last by the day."""
    return _on(await _adopted(), on)


async def newest_standards() -> dict[str, FeeStandard]:
    """By code, of each standard the version that begins last, be it on a day still to come: the
    list and the packages are prepared for that day before it."""
    return _on(await _adopted(), date.max)


async def every_version() -> list[FeeStandard]:
    """By code and day of beginning, those of the past and those still to come as well."""
    versions = (*shipped_versions(), *(_DECODED[one] for one in await _adopted()))
    return sorted(versions, key=lambda one: (one.code, one.valid_from))


async def _adopted() -> tuple[str, ...]:
    """The ids of what has been adopted here, each decoded by now."""
    rows = await fetch("SELECT id::text FROM fee_standard_version WHERE state = 'adopted'")
    adopted = tuple(sorted(row[0] for row in rows))
    unread = [identifier for identifier in adopted if identifier not in _DECODED]
    if unread:
        for identifier, record in await fetch(
            "SELECT id::text, record::text FROM fee_standard_version WHERE id = ANY($1::uuid[])",
            unread,
        ):
            _DECODED[identifier] = msgspec.json.decode(record, type=FeeStandard)
    return adopted


@lru_cache(maxsize=256)
def _on(adopted: tuple[str, ...], on: date) -> dict[str, FeeStandard]:
    return in_force((*shipped_versions(), *(_DECODED[one] for one in adopted)), on)


async def standard_on(code: str, on: date) -> FeeStandard:
    found = (await standards_on(on)).get(code)
    if found is None:
        raise NotFound("fee-standard-unknown", "There is no fee standard {code}.", code=code)
    return found


class StandardProposalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A proposed version of a standard: draft, proposed, adopted, refused or withdrawn.

    `own` says whether the reader's organisation has made it, `by_you` whether the reader
    themselves submitted it: another person decides. `decision` is the reason of the decision.
    """

    id: str
    code: str
    valid_from: date
    state: str
    document: str
    title_zh: str
    title_en: str
    reason: str
    decision: str
    organisation_name: str
    created_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    own: bool
    by_you: bool
    version: int


class StandardProposal(StandardProposalRow, frozen=True, kw_only=True):
    """`record` is the whole standard as it would be; `before` the version it would follow."""

    record: FeeStandard
    before: FeeStandard | None


# A draft is its organisation's alone; whoever may come here reads the rest.
_SELECT = """
    SELECT v.id::text, v.code, v.valid_from, v.state, v.record ->> 'document',
           v.record ->> 'title_zh', v.record ->> 'title_en', v.reason, v.decision, o.name,
           v.created_at, v.submitted_at, v.decided_at, v.organisation = $1,
           coalesce(v.proposed_by = $2, false), v.version, v.record::text
    FROM fee_standard_version v
    JOIN organisation o ON o.id = v.organisation
    WHERE (v.state <> 'draft' OR v.organisation = $1 OR $3)
"""
_FIELDS = StandardProposalRow.__struct_fields__


async def proposals(actor: Actor) -> list[StandardProposalRow]:
    """What the actor may see of proposed versions, newest first."""
    rows = await fetch(f"{_SELECT} ORDER BY v.created_at DESC, v.id", *_reader(actor))
    return [StandardProposalRow(**dict(zip(_FIELDS, row, strict=False))) for row in rows]


async def proposed(actor: Actor, identifier: str) -> StandardProposal:
    """NotFound also for another organisation's draft."""
    row = await fetchrow(f"{_SELECT} AND v.id = $4", *_reader(actor), row_id(identifier))
    if row is None:
        raise NotFound("fee-proposal-unknown", "There is no proposed standard {id}.", id=identifier)
    record = msgspec.json.decode(row[len(_FIELDS)], type=FeeStandard)
    before = (await standards_on(record.valid_from)).get(record.code)
    if row[3] == "adopted":
        before = await _earlier(record)
    return StandardProposal(
        **dict(zip(_FIELDS, row, strict=False)),
        record=record,
        before=before if before is not None and before.valid_from < record.valid_from else None,
    )


async def _earlier(record: FeeStandard) -> FeeStandard | None:
    """The version that ran until an adopted one began."""
    from_then = record.valid_from.toordinal() - 1
    return (await standards_on(date.fromordinal(from_then))).get(record.code)


def _reader(actor: Actor) -> tuple[str | None, str | None, bool]:
    return actor.organisation, actor.person, actor.role is Role.AUDITOR
