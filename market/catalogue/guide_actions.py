"""Guides in the making: the responsible department writes and submits, the centre reviews.

Whatever concerns the guide of an item locks the row of the item first, so that acts of two people
on one guide come one after the other.
"""

import hashlib
import uuid

import msgspec

from market.catalogue.guide_file import first_guides
from market.catalogue.guides import GuideText, faults_of, last_key, tidied, unfinished
from market.catalogue.tables import GuideTemplate, GuideVersion
from market.files.store import Stored
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, second_person
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.versions import Versions, unchanged

MOST_TEMPLATES = 60
"""Of one guide, those of the versions before counted in."""


class Saved(msgspec.Struct, frozen=True):
    """The version of the draft that is now there, and the places in the store of files that nothing
    names any more: the caller discards them."""

    version: int
    unused: tuple[str, ...] = ()
    template: str = ""


class _Guide(msgspec.Struct, frozen=True):
    """An item, held, with its responsible department, the text in force and the open draft."""

    code: str
    active: bool
    responsible: str | None
    number: int
    state: str
    version: int
    organisation: str | None
    submitted_by: str | None
    in_force: GuideText
    text: GuideText


async def load_guides(actor: Actor) -> int:
    """Begin the guides of the active items that have none, with what is known; returns how many."""
    first = first_guides()
    async with tx():
        rows = await fetch(
            "SELECT code FROM item WHERE active AND NOT EXISTS"
            " (SELECT FROM guide_version v WHERE v.item = item.code)"
            " ORDER BY code FOR NO KEY UPDATE"
        )
        if not rows:
            return 0
        for (code,) in rows:
            await _put(actor, code, 1, first.get(code, GuideText()), None, None)
        codes = [row[0] for row in rows]
        await record(actor, "guide.loaded", "catalogue", "guides", {"items": codes})
    return len(rows)


async def name_item_supervisor(
    actor: Actor, item: str, organisation: str | None, expected: Versions | None = None
) -> None:
    """Name the department that is responsible for one item and writes its guide; with None it is
    the supervisor of the item's package again."""
    async with tx():
        await _held(item)
        version = await fetchval("SELECT version FROM item_supervisor WHERE item = $1", item) or 0
        unchanged(version, expected)
        office = row_id(organisation) if organisation else None
        if office and not await fetchval(
            "SELECT true FROM organisation WHERE id = $1 AND kind = 'supervisor'", office
        ):
            raise NotFound("supervisor-unknown", "There is no department {id}.", id=organisation)
        await execute(
            "INSERT INTO item_supervisor (item, supervisor, version) VALUES ($1, $2, 1)"
            " ON CONFLICT (item) DO UPDATE SET supervisor = $2,"
            " version = item_supervisor.version + 1",
            item,
            office,
        )
        await record(actor, "item.supervisor_named", "item", item, {"supervisor": office})


async def save_draft(
    actor: Actor, item: str, text: GuideText, expected: Versions | None = None
) -> Saved:
    """Write the draft of the guide; the first time it is begun. Stale when a colleague has saved
    since, Conflict while it is being reviewed."""
    async with tx():
        guide = await _own(actor, item)
        saved = await _save(actor, guide, text, expected)
        await record(actor, "guide.edited", "item", item, {"version": saved.version})
    return saved


async def add_template(
    actor: Actor, item: str, material: int, stored: Stored, expected: Versions | None = None
) -> Saved:
    """Attach a file that already lies in the store to a material of the draft, instead of the one
    it had; the caller discards it on an error."""
    async with tx():
        guide = await _own(actor, item)
        if not any(one.key == material for one in guide.text.materials):
            raise NotFound(
                "material-unknown",
                "The draft has no material {material}. Save it first.",
                material=material,
            )
        held = await fetchval("SELECT count(*) FROM guide_template WHERE item = $1", item)
        if held >= MOST_TEMPLATES:
            raise Conflict(
                "templates-full", "A guide holds at most {most} templates.", most=MOST_TEMPLATES
            )
        identifier = str(uuid.uuid4())
        await GuideTemplate.insert(
            GuideTemplate(
                id=identifier,
                item=item,
                filename=stored.filename,
                content_type=stored.content_type,
                size=stored.size,
                sha256=stored.sha256,
                storage_key=stored.storage_key,
                uploaded_at=actor.at,
            )
        )
        materials = tuple(
            msgspec.structs.replace(one, template=identifier) if one.key == material else one
            for one in guide.text.materials
        )
        text = msgspec.structs.replace(guide.text, materials=materials)
        saved = await _save(actor, guide, text, expected)
        await record(
            actor,
            "guide.template_added",
            "item",
            item,
            {"template": identifier, "sha256": stored.sha256, "size": stored.size},
        )
    return msgspec.structs.replace(saved, template=identifier)


async def submit_draft(actor: Actor, item: str, expected: Versions | None = None) -> Saved:
    """Hand the draft to the centre; Refused while a statement lacks a language or its source."""
    async with tx():
        guide = await _own(actor, item)
        _editable(guide, expected)
        if guide.state == "none" or guide.text == guide.in_force:
            raise Refused("nothing-changed-in-guide", "The draft changes nothing in the guide.")
        faults = unfinished(guide.text)
        if faults:
            raise Refused(
                "guide-unfinished",
                "The guide cannot be submitted yet: everything that is stated in it is stated in"
                " both languages, and what stands in a document names the document.",
                faults=tuple(faults),
            )
        version = await _move(item, "submitted", submitted_by=actor.person, submitted_at=actor.at)
        await record(actor, "guide.submitted", "item", item, {"version": version})
    return Saved(version)


async def withdraw_draft(actor: Actor, item: str, expected: Versions | None = None) -> Saved:
    """Take a submitted draft back, to go on editing it."""
    async with tx():
        guide = await _own(actor, item)
        _submitted(guide, expected)
        version = await _move(item, "draft")
        await record(actor, "guide.withdrawn", "item", item, {"version": version})
    return Saved(version)


async def discard_draft(actor: Actor, item: str, expected: Versions | None = None) -> Saved:
    """Throw the draft away; the guide in force stays as it is."""
    async with tx():
        guide = await _own(actor, item)
        _editable(guide, expected)
        if guide.state == "none":
            raise Conflict("guide-draft-none", "There is no draft of this guide.")
        version = await _move(item, "none")
        unused = await _forget_unused(item, guide.in_force)
        await record(actor, "guide.discarded", "item", item, {"version": version})
    return Saved(version, unused)


async def publish_draft(actor: Actor, item: str, expected: Versions | None = None) -> int:
    """The centre says yes: the draft is in force as the next version, whose number is returned."""
    async with tx():
        guide = await _reviewed(actor, item, expected)
        number = guide.number + 1
        await _put(actor, item, number, guide.text, guide.organisation, guide.submitted_by)
        await _move(item, "none")
        await execute(
            "UPDATE guide_template SET published_at = $3"
            " WHERE item = $1 AND id = ANY($2::uuid[]) AND published_at IS NULL",
            item,
            [one.template for one in guide.text.materials if one.template],
            actor.at,
        )
        await record(
            actor,
            "guide.published",
            "item",
            item,
            {"number": number, "sha256": _digest(guide.text), "department": guide.organisation},
        )
    return number


async def return_draft(
    actor: Actor, item: str, reason: str, expected: Versions | None = None
) -> None:
    """The centre says not yet, and why: the department goes on editing."""
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    async with tx():
        await _reviewed(actor, item, expected)
        version = await _move(item, "returned", decision=reason.strip())
        await record(actor, "guide.returned", "item", item, {"version": version}, reason=reason)


async def _held(item: str) -> None:
    """The row of the item, locked until the act is done."""
    query = "SELECT true FROM item WHERE code = $1 FOR NO KEY UPDATE"
    if not await fetchval(query, item):
        raise NotFound("item-unknown", "The catalogue has no item {code}.", code=item)


async def _guide(item: str) -> _Guide:
    row = await fetchrow(
        "SELECT i.code, i.active, coalesce(s.supervisor, p.supervisor)::text,"
        " coalesce(v.number, 0), coalesce(d.state, 'none'), coalesce(d.version, 0),"
        " d.organisation::text, d.submitted_by::text, v.record::text,"
        " CASE WHEN d.state <> 'none' THEN d.record ELSE v.record END::text"
        " FROM item i LEFT JOIN item_supervisor s ON s.item = i.code"
        " LEFT JOIN package p ON p.code = i.package LEFT JOIN guide_draft d ON d.item = i.code"
        " LEFT JOIN LATERAL (SELECT number, record FROM guide_version WHERE item = i.code"
        "  ORDER BY number DESC LIMIT 1) v ON true WHERE i.code = $1",
        item,
    )
    assert row is not None, "the item is held"
    return _Guide(*(*row[:8], _text(row[8]), _text(row[9])))


def _text(stored: str | None) -> GuideText:
    return msgspec.json.decode(stored, type=GuideText) if stored else GuideText()


async def _own(actor: Actor, item: str) -> _Guide:
    """The guide for its responsible department; to any other it is not there."""
    if actor.person is None or actor.organisation is None:
        raise Forbidden("not-the-department", "Only a person of a department may do this.")
    hidden = NotFound("guide-draft-unknown", "There is no draft of a guide {item}.", item=item)
    try:
        await _held(item)
    except NotFound as error:
        raise hidden from error
    guide = await _guide(item)
    if guide.responsible != actor.organisation:
        raise hidden
    return guide


def _editable(guide: _Guide, expected: Versions | None) -> None:
    unchanged(guide.version, expected)
    if guide.state == "submitted":
        raise Conflict(
            "guide-submitted",
            "This draft has been submitted. Take it back before you change it.",
        )
    if not guide.active:
        raise Conflict("guide-of-withdrawn", "Item {code} is withdrawn.", code=guide.code)


def _submitted(guide: _Guide, expected: Versions | None) -> None:
    unchanged(guide.version, expected)
    if guide.state != "submitted":
        raise Conflict("guide-not-submitted", "No draft of this guide waits for a review.")


async def _reviewed(actor: Actor, item: str, expected: Versions | None) -> _Guide:
    await _held(item)
    guide = await _guide(item)
    _submitted(guide, expected)
    second_person(actor, guide.submitted_by or "")
    return guide


async def _save(actor: Actor, guide: _Guide, text: GuideText, expected: Versions | None) -> Saved:
    _editable(guide, expected)
    made = tidied(text, last_key=last_key(guide.in_force, guide.text))
    faults = faults_of(made)
    if faults:
        raise Refused(
            "guide-invalid",
            "The guide cannot be saved like this: {count} of its fields cannot stand.",
            count=len(faults),
            faults=tuple(faults),
        )
    await _check_templates(guide.code, made)
    version = guide.version + 1
    await execute(
        "INSERT INTO guide_draft (item, state, version, record, organisation, edited_at, decision)"
        " VALUES ($1, 'draft', $2, $3, $4, $5, '') ON CONFLICT (item) DO UPDATE SET version = $2,"
        " record = $3, organisation = $4, edited_at = $5,"
        " state = CASE guide_draft.state WHEN 'none' THEN 'draft' ELSE guide_draft.state END",
        guide.code,
        version,
        _encoded(made),
        actor.organisation,
        actor.at,
    )
    return Saved(version, await _forget_unused(guide.code, made))


async def _check_templates(item: str, text: GuideText) -> None:
    wanted = [row_id(one.template) for one in text.materials if one.template]
    query = "SELECT id::text FROM guide_template WHERE item = $1 AND id = ANY($2::uuid[])"
    known = {row[0] for row in await fetch(query, item, wanted)}
    for identifier in wanted:
        if identifier not in known:
            raise NotFound("template-unknown", "There is no template {id}.", id=identifier)


async def _forget_unused(item: str, text: GuideText) -> tuple[str, ...]:
    """Drop the templates that were never published and that the text does not name."""
    rows = await fetch(
        "DELETE FROM guide_template WHERE item = $1 AND published_at IS NULL"
        " AND NOT id = ANY($2::uuid[]) RETURNING storage_key",
        item,
        [one.template for one in text.materials if one.template],
    )
    return tuple(row[0] for row in rows)


async def _move(
    item: str,
    state: str,
    *,
    submitted_by: str | None = None,
    submitted_at: object = None,
    decision: str = "",
) -> int:
    version: int = await fetchval(
        "UPDATE guide_draft SET state = $2, version = version + 1, submitted_by = $3,"
        " submitted_at = $4, decision = $5 WHERE item = $1 RETURNING version",
        item,
        state,
        submitted_by,
        submitted_at,
        decision,
    )
    return version


async def _put(
    actor: Actor,
    item: str,
    number: int,
    text: GuideText,
    organisation: str | None,
    submitted_by: str | None,
) -> None:
    await GuideVersion.insert(
        GuideVersion(
            id=str(uuid.uuid4()),
            item=item,
            number=number,
            record=_encoded(text),
            organisation=organisation,
            submitted_by=submitted_by,
            published_by=actor.person,
            published_at=actor.at,
        )
    )


def _encoded(text: GuideText) -> str:
    return msgspec.json.encode(text).decode()


def _digest(text: GuideText) -> str:
    """SHA-256 of the text as JSON, in hexadecimal: what was published can be checked."""
    return hashlib.sha256(msgspec.json.encode(text)).hexdigest()
