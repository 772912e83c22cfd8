"""Reading the guides: the one in force, the older ones, and drafts.

Everybody reads what was published. The draft of an item's guide is there for the department that is
responsible for the item, for the centre and for the auditors; to anybody else it is not.
"""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.guides import (
    GuideChange,
    GuideText,
    Section,
    differences,
    missing,
)
from market.catalogue.items import Item
from market.catalogue.queries import CountyRangeRow, county_ranges
from market.catalogue.standard_versions import standards_on
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound

_READS_DRAFTS = (Role.CENTRE, Role.AUDITOR)


class GuideRow(msgspec.Struct, frozen=True):
    """The guide of an item among others. `number` counts its versions, None before the first.

    `supervisor` is the responsible department: the one `named` for this item, or that of its
    package. `missing` names the parts that nothing is known of.
    """

    item: str
    name_zh: str
    name_en: str
    active: bool
    number: int | None
    published_at: datetime | None
    supervisor: str | None
    supervisor_name: str | None
    supervisor_name_en: str | None
    named: bool
    supervisor_version: int
    missing: tuple[Section, ...]


class TemplateRow(msgspec.Struct, frozen=True):
    """A file to fill in; `size` in bytes, `sha256` in hexadecimal."""

    id: str
    filename: str
    content_type: str
    size: int
    sha256: str


class StandardFee(msgspec.Struct, frozen=True):
    """The published standard that a fee is reckoned by, for reference only (参考测算)."""

    code: str
    document: str
    title_zh: str
    title_en: str
    status_zh: str
    status_en: str
    kinds: tuple[str, ...]


class Guide(msgspec.Struct, frozen=True):
    """The guide of an item with everything it shows: its text, the record of the item as it is
    today, and the fee by the standard or the county ranges that are in force today."""

    row: GuideRow
    item: Item
    text: GuideText
    templates: list[TemplateRow]
    standard: StandardFee | None
    ranges: list[CountyRangeRow]


class GuideVersionRow(msgspec.Struct, frozen=True):
    """One published version; `organisation_name` is the department that wrote it, None where it was
    made from the sources alone."""

    number: int
    published_at: datetime
    organisation_name: str | None
    organisation_name_en: str | None


class GuideEdition(msgspec.Struct, frozen=True):
    """One published version with its text, and what it changed in the one before."""

    version: GuideVersionRow
    text: GuideText
    templates: list[TemplateRow]
    changes: tuple[GuideChange, ...]


class GuideDraftRow(msgspec.Struct, frozen=True):
    """What is to become the next version: `state` none, draft, submitted or returned.

    With none there is nothing new, and `text` is that in force. `decision` is the reason of the
    last return. `changes` is what the draft changes in the text in force.
    """

    item: str
    state: str
    version: int
    number: int | None
    text: GuideText
    templates: list[TemplateRow]
    changes: tuple[GuideChange, ...]
    edited_at: datetime | None
    submitted_at: datetime | None
    decision: str


class StoredTemplate(TemplateRow, frozen=True):
    storage_key: str


_GUIDE = """
    SELECT i.code, i.name_zh, i.name_en, i.active, v.number, v.published_at,
           o.id::text, o.name, o.name_en, s.supervisor IS NOT NULL, coalesce(s.version, 0),
           i.record::text, v.record::text
    FROM item i
    LEFT JOIN item_supervisor s ON s.item = i.code
    LEFT JOIN package p ON p.code = i.package
    LEFT JOIN organisation o ON o.id = coalesce(s.supervisor, p.supervisor)
    LEFT JOIN LATERAL (SELECT number, published_at, record FROM guide_version
                       WHERE item = i.code ORDER BY number DESC LIMIT 1) v ON true
"""


class _Read(msgspec.Struct, frozen=True):
    row: GuideRow
    item: Item
    text: GuideText


def _text(record: str | None) -> GuideText:
    return msgspec.json.decode(record, type=GuideText) if record else GuideText()


async def _read(on: date, code: str = "") -> tuple[list[_Read], list[CountyRangeRow]]:
    rows = await fetch(f"{_GUIDE} WHERE $1 = '' OR i.code = $1 ORDER BY i.code", code)
    ranges = await county_ranges(on)
    priced = {one.item for one in ranges}
    found = []
    for row in rows:
        item, text = msgspec.json.decode(row[11], type=Item), _text(row[12])
        lacks = missing(item, text, priced=item.fee_standard is not None or item.code in priced)
        found.append(_Read(GuideRow(*(*row[:11], lacks)), item, text))
    return found, ranges


async def guides(on: date) -> list[GuideRow]:
    """Those of all items in the order of their codes, withdrawn ones included."""
    found, _ = await _read(on)
    return [one.row for one in found]


async def guide(code: str, on: date) -> Guide:
    found, ranges = await _read(on, code)
    if not found:
        raise NotFound("item-unknown", "The catalogue has no item {code}.", code=code)
    (one,) = found
    return Guide(
        row=one.row,
        item=one.item,
        text=one.text,
        templates=await _templates(one.text),
        standard=_standard(one.item, await standards_on(on)),
        ranges=[row for row in ranges if row.item == code],
    )


def _standard(item: Item, in_force: Mapping[str, FeeStandard]) -> StandardFee | None:
    standard = in_force.get(item.fee_standard or "")
    if standard is None:
        return None
    return StandardFee(
        code=standard.code,
        document=standard.document,
        title_zh=standard.title_zh,
        title_en=standard.title_en,
        status_zh=standard.status_zh,
        status_en=standard.status_en,
        kinds=item.fee_kinds,
    )


async def _templates(text: GuideText) -> list[TemplateRow]:
    wanted = [one.template for one in text.materials if one.template]
    rows = await fetch(
        "SELECT id::text, filename, content_type, size, sha256 FROM guide_template"
        " WHERE id = ANY($1::uuid[]) ORDER BY uploaded_at, id",
        wanted,
    )
    return [TemplateRow(*row) for row in rows]


_VERSION = """
    SELECT v.number, v.published_at, o.name, o.name_en, v.record::text
    FROM guide_version v LEFT JOIN organisation o ON o.id = v.organisation
"""


async def versions(code: str) -> list[GuideVersionRow]:
    """The newest first; NotFound for an item that is not there."""
    rows = await fetch(f"{_VERSION} WHERE v.item = $1 ORDER BY v.number DESC", code)
    if not rows and not await fetchrow("SELECT 1 FROM item WHERE code = $1", code):
        raise NotFound("item-unknown", "The catalogue has no item {code}.", code=code)
    return [GuideVersionRow(*row[:4]) for row in rows]


async def edition(code: str, number: int) -> GuideEdition:
    """One version as it was published."""
    query = f"{_VERSION} WHERE v.item = $1 AND v.number IN ($2::int, $2::int - 1)"
    found = {row[0]: row for row in await fetch(f"{query} ORDER BY v.number", code, number)}
    if number not in found:
        raise NotFound(
            "guide-version-unknown", "There is no version {number} of that guide.", number=number
        )
    text = _text(found[number][4])
    before = _text(found[number - 1][4]) if number - 1 in found else None
    return GuideEdition(
        version=GuideVersionRow(*found[number][:4]),
        text=text,
        templates=await _templates(text),
        changes=differences(before, text) if before is not None else (),
    )


_RESPONSIBLE = """
    (SELECT coalesce(s.supervisor, p.supervisor) FROM item
     LEFT JOIN item_supervisor s ON s.item = item.code
     LEFT JOIN package p ON p.code = item.package WHERE item.code = i.code)
"""
_VISIBLE = f"($1 OR {_RESPONSIBLE} = $2::uuid)"
_DRAFT = """
    SELECT i.code, coalesce(d.state, 'none'), coalesce(d.version, 0), v.number, d.edited_at,
           d.submitted_at, coalesce(d.decision, ''),
           CASE WHEN d.state <> 'none' THEN d.record ELSE v.record END::text,
           v.record::text
    FROM item i LEFT JOIN guide_draft d ON d.item = i.code
    LEFT JOIN LATERAL (SELECT number, record FROM guide_version
                       WHERE item = i.code ORDER BY number DESC LIMIT 1) v ON true
"""


def _readers(actor: Actor) -> tuple[bool, str | None]:
    """Whether the actor reads all drafts, and the department whose drafts they read anyway."""
    office = actor.organisation if actor.role is Role.SUPERVISOR else None
    return actor.role in _READS_DRAFTS, office


async def draft(actor: Actor, code: str) -> GuideDraftRow:
    """What is to become the next version; NotFound for those it is not there for."""
    query = f"{_DRAFT} WHERE {_VISIBLE} AND i.code = $3"
    row = await fetchrow(query, *_readers(actor), code)
    if row is None:
        raise NotFound("guide-draft-unknown", "There is no draft of a guide {item}.", item=code)
    return await _draft(tuple(row))


async def drafts(actor: Actor) -> list[GuideDraftRow]:
    """Those that there are and that the actor may see, in the order of their items."""
    query = f"{_DRAFT} WHERE {_VISIBLE} AND d.state <> 'none' ORDER BY i.code"
    return [await _draft(tuple(row)) for row in await fetch(query, *_readers(actor))]


async def _draft(
    row: tuple[
        str, str, int, int | None, datetime | None, datetime | None, str, str | None, str | None
    ],
) -> GuideDraftRow:
    text = _text(row[7])
    return GuideDraftRow(
        item=row[0],
        state=row[1],
        version=row[2],
        number=row[3],
        text=text,
        templates=await _templates(text),
        changes=differences(_text(row[8]), text),
        edited_at=row[4],
        submitted_at=row[5],
        decision=row[6],
    )


async def template(actor: Actor, identifier: str) -> StoredTemplate:
    """A template with its place in the store: anybody's once it is published, before that of those
    who read the draft that it belongs to."""
    row = await fetchrow(
        "SELECT t.id::text, t.filename, t.content_type, t.size, t.sha256, t.storage_key"
        " FROM guide_template t JOIN item i ON i.code = t.item"
        f" WHERE (t.published_at IS NOT NULL OR {_VISIBLE}) AND t.id = $3",
        *_readers(actor),
        row_id(identifier),
    )
    if row is None:
        raise NotFound("not-found", "There is nothing with the id {id}.", id=identifier)
    return StoredTemplate(*row)
