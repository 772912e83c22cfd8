"""Reading the editions of the list: which there are, the list of a day, and what they changed.

Everybody reads the adopted editions, those that are still to come as well; the centre and the
auditors also read drafts.
"""

from datetime import date, datetime

import msgspec

from market.catalogue.editions import (
    Change,
    Differences,
    ItemChange,
    apply_changes,
    differences,
)
from market.catalogue.items import Item
from market.catalogue.standard_versions import newest_standards
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, fetchval
from ratings.ledger.errors import Bilingual, NotFound, Refused

_READS_DRAFTS = (Role.CENTRE, Role.AUDITOR)


class EditionRow(msgspec.Struct, frozen=True):
    """One edition. `effective_on` is the first day it is the list of the day: None for a draft,
    and for the first edition, whose day no source publishes. `in_force` marks the list of today.

    `items` counts all it knows, `active` those that may be bought; both are 0 in a draft.
    """

    id: str
    number: int | None
    title_zh: str
    title_en: str
    note_zh: str
    note_en: str
    state: str
    base: str | None
    effective_on: date | None
    drafted_at: datetime
    decided_at: datetime | None
    in_force: bool
    items: int
    active: int
    version: int


_EDITION = """
    SELECT e.id, e.number, e.title_zh, e.title_en, e.note_zh, e.note_en, e.state, e.base,
           e.effective_on, e.drafted_at, e.decided_at,
           e.number IS NOT DISTINCT FROM (SELECT max(number) FROM catalogue_edition
                                          WHERE in_force_at IS NOT NULL) AND e.number IS NOT NULL,
           (SELECT count(*) FROM item_version v WHERE v.edition = e.id)::int,
           (SELECT count(*) FROM item_version v WHERE v.edition = e.id
            AND (v.record->>'active')::bool)::int, e.version
    FROM catalogue_edition e
"""
_VISIBLE = "(e.state = 'adopted' OR $1)"


def _reads_drafts(actor: Actor) -> bool:
    return actor.role in _READS_DRAFTS


async def editions(actor: Actor) -> list[EditionRow]:
    """Those the actor may see, the newest first."""
    rows = await fetch(
        f"{_EDITION} WHERE {_VISIBLE} ORDER BY e.number DESC NULLS FIRST, e.drafted_at DESC",
        _reads_drafts(actor),
    )
    return [EditionRow(*row) for row in rows]


async def edition(actor: Actor, identifier: str) -> EditionRow:
    row = await fetchrow(
        f"{_EDITION} WHERE {_VISIBLE} AND e.id = $2", _reads_drafts(actor), identifier
    )
    if row is None:
        raise NotFound("edition-unknown", "There is no edition {id}.", id=identifier)
    return EditionRow(*row)


async def edition_on(day: date) -> EditionRow:
    """The list of a day: the latest adopted edition that had taken effect by then.

    The day of the first one is not known; it stands for all days before the second.
    """
    row = await fetchrow(
        f"{_EDITION} WHERE e.state = 'adopted' AND (e.effective_on IS NULL OR e.effective_on <= $1)"
        " ORDER BY e.number DESC LIMIT 1",
        day,
    )
    if row is None:
        raise NotFound("catalogue-empty", "The catalogue has not been loaded yet.")
    return EditionRow(*row)


async def items_of(identifier: str) -> dict[str, Item]:
    """The items of an adopted edition by code, withdrawn ones included."""
    rows = await fetch("SELECT record FROM item_version WHERE edition = $1", identifier)
    found = [msgspec.json.decode(row[0], type=Item) for row in rows]
    return {item.code: item for item in sorted(found, key=lambda item: item.code)}


async def items_on(day: date) -> list[Item]:
    """The list of a day in the order of the codes."""
    return list((await items_of((await edition_on(day)).id)).values())


async def item_on(code: str, day: date) -> Item:
    """An item as it was on a day; NotFound where the list of that day did not have it."""
    found = await fetchval(
        "SELECT record FROM item_version WHERE edition = $1 AND code = $2",
        (await edition_on(day)).id,
        code,
    )
    if found is None:
        raise NotFound(
            "item-unknown-then",
            "The list of {day} has no item {code}.",
            code=code,
            day=day.isoformat(),
        )
    return msgspec.json.decode(found, type=Item)


class ChangeRow(msgspec.Struct, frozen=True):
    """One act of an edition, at its place among them; `own` tells the reader that they have
    proposed it themselves.
    """

    position: int
    change: Change
    proposed_at: datetime
    own: bool


async def changes(actor: Actor, identifier: str) -> list[ChangeRow]:
    """The acts of an edition that the actor may see, in their order."""
    await edition(actor, identifier)
    rows = await fetch(
        "SELECT position, change, proposed_at, proposed_by IS NOT DISTINCT FROM $2::uuid"
        " FROM edition_change WHERE edition = $1 ORDER BY position",
        identifier,
        actor.person,
    )
    return [
        ChangeRow(row[0], msgspec.json.decode(row[1], type=Change), row[2], row[3]) for row in rows
    ]


async def draft_items(identifier: str) -> dict[str, Item]:
    """The list as a draft would make it: its base with its changes so far."""
    base = await fetchval("SELECT base FROM catalogue_edition WHERE id = $1", identifier)
    rows = await fetch(
        "SELECT change FROM edition_change WHERE edition = $1 ORDER BY position", identifier
    )
    proposed = [msgspec.json.decode(row[0], type=Change) for row in rows]
    return apply_changes(await items_of(base), proposed, await newest_standards())


class EditionDifferences(msgspec.Struct, frozen=True):
    """What makes the list of `edition` from that of `since`."""

    edition: str
    since: str
    added: tuple[Item, ...]
    changed: tuple[ItemChange, ...]


async def differences_of(
    actor: Actor, identifier: str, since: str | None = None
) -> EditionDifferences:
    """What an edition changed since an earlier one; since the one before it when none is named.

    Refused for the first edition, which has none before it, and for one that is not earlier.
    """
    later = await edition(actor, identifier)
    if since is None and later.base is None:
        raise Refused(
            "edition-first", "The first edition has none before it that it could be compared with."
        )
    earlier = await edition(actor, since or later.base or "")
    if earlier.number is None or (later.number is not None and earlier.number >= later.number):
        raise Refused(
            "edition-order",
            "{since} is not an earlier edition than {edition}.",
            since=earlier.title_zh,
            edition=later.title_zh,
        )
    made = await _list_of(later)
    found = differences(await items_of(earlier.id), made)
    return EditionDifferences(later.id, earlier.id, found.added, found.changed)


async def _list_of(row: EditionRow) -> dict[str, Item]:
    return await (items_of(row.id) if row.state == "adopted" else draft_items(row.id))


class ItemEdition(msgspec.Struct, frozen=True):
    """What an edition did to one item: `change` is None where it came into the list."""

    edition: str
    title_zh: str
    title_en: str
    effective_on: date | None
    change: ItemChange | None


async def item_editions(code: str) -> list[ItemEdition]:
    """The adopted editions that added or changed an item, the newest first."""
    rows = await fetch(
        "SELECT v.record, e.id, e.title_zh, e.title_en, e.effective_on FROM item_version v"
        " JOIN catalogue_edition e ON e.id = v.edition WHERE v.code = $1 ORDER BY e.number",
        code,
    )
    found: list[ItemEdition] = []
    before: Item | None = None
    for row in rows:
        item = msgspec.json.decode(row[0], type=Item)
        change = _between(before, item) if before else None
        if before is None or change is not None:
            found.append(ItemEdition(row[1], row[2], row[3], row[4], change))
        before = item
    return found[::-1]


def _between(before: Item, after: Item) -> ItemChange | None:
    found: Differences = differences({before.code: before}, {after.code: after})
    return found.changed[0] if found.changed else None


async def packages_holding(codes: list[str]) -> dict[str, Bilingual]:
    """For each item that a package sells, now or by a version that is adopted for later: the names
    of the packages."""
    rows = await fetch(
        "SELECT i.code, string_agg(DISTINCT p.name_zh, '、'), string_agg(DISTINCT p.name_en, ', ')"
        " FROM unnest($1::text[]) i (code) JOIN ("
        "  SELECT code AS package, record FROM package UNION ALL SELECT package, record"
        "  FROM package_version WHERE state = 'adopted' AND in_force_at IS NULL) v"
        " ON (v.record->'items' || coalesce(v.record->'optional', '[]')) ? i.code"
        " JOIN package p ON p.code = v.package GROUP BY i.code ORDER BY i.code",
        codes,
    )
    return {row[0]: Bilingual(zh=row[1], en=row[2]) for row in rows}


async def leaving_items() -> list[str]:
    """Active items that an adopted edition still to take effect ends: no package may take them."""
    rows = await fetch(
        "SELECT DISTINCT v.code FROM item_version v JOIN catalogue_edition e ON e.id = v.edition"
        " JOIN item i ON i.code = v.code WHERE e.state = 'adopted' AND e.in_force_at IS NULL"
        " AND i.active AND NOT (v.record->>'active')::bool ORDER BY v.code"
    )
    return [row[0] for row in rows]


async def due_editions(on: date) -> list[str]:
    """Adopted editions whose day has come and that are not in force yet, in their order."""
    rows = await fetch(
        "SELECT id FROM catalogue_edition WHERE state = 'adopted' AND in_force_at IS NULL"
        " AND effective_on <= $1 ORDER BY number",
        on,
    )
    return [row[0] for row in rows]
