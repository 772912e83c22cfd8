"""Making an edition of the list: one person of the centre drafts it, another adopts it with a day.

A draft is the edition before it and acts on single items, each with its reason. Adopted, it becomes
the list of the day on its day and never changes again. There is one draft at a time, so that no two
begin from the same list.
"""

import uuid
from collections.abc import Iterable
from datetime import date

import msgspec

from market.catalogue.edition_queries import draft_items, items_of, packages_holding
from market.catalogue.editions import (
    Change,
    Differences,
    Items,
    apply_changes,
    differences,
    refuse_orphans,
)
from market.catalogue.items import FirstEdition, Item
from market.catalogue.standard_versions import newest_standards
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, second_person
from ratings.ledger.clock import local_date, start_of_day
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.jobs import enqueue
from ratings.ledger.versions import Versions, unchanged

TAKE_EFFECT = "edition-take-effect"


class NewEdition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an edition is called, and what it is for."""

    title_zh: str
    note_zh: str
    title_en: str = ""
    note_en: str = ""


async def put_items(items: Iterable[Item]) -> None:
    """Make the rows of the items what the records say; all writing of these rows is here.

    Which package an item stands in belongs to the package: a row that is there keeps it.
    """
    for item in items:
        await execute(
            "INSERT INTO item (code, name_zh, name_en, active, package, record)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (code) DO UPDATE"
            " SET name_zh = excluded.name_zh, name_en = excluded.name_en,"
            " active = excluded.active, record = excluded.record"
            "  || jsonb_build_object('package', item.record->'package')",
            item.code,
            item.name_zh,
            item.name_en,
            item.active,
            item.package,
            msgspec.json.encode(item).decode(),
        )


async def put_versions(edition: str, items: Iterable[Item]) -> None:
    """Keep the items as an edition has them, for ever."""
    for item in items:
        await execute(
            "INSERT INTO item_version (id, edition, code, record) VALUES ($1, $2, $3, $4)",
            str(uuid.uuid4()),
            edition,
            item.code,
            msgspec.json.encode(item).decode(),
        )


async def put_first_edition(actor: Actor, first: FirstEdition, items: Items) -> None:
    """The edition that a loaded catalogue begins with, in force at once; part of the loading."""
    await execute(
        "INSERT INTO catalogue_edition (id, number, title_zh, title_en, note_zh, note_en, state,"
        " version, drafted_at, decided_at, in_force_at)"
        " VALUES ($1, 1, $2, $3, $4, $5, 'adopted', 1, $6, $6, $6)",
        first.id,
        first.title_zh,
        first.title_en,
        first.note_zh,
        first.note_en,
        actor.at,
    )
    await put_versions(first.id, items.values())


async def draft_edition(actor: Actor, wanted: NewEdition) -> str:
    """Begin the draft of the next edition; returns its id. Conflict while there is another."""
    person = _person(actor)
    if not wanted.title_zh.strip():
        raise Refused("title-missing", "An edition needs a name.")
    if not wanted.note_zh.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    identifier = str(uuid.uuid4())
    async with tx():
        base = await fetchval(
            "SELECT id FROM catalogue_edition WHERE state = 'adopted' ORDER BY number DESC LIMIT 1"
        )
        if base is None:
            raise Conflict("catalogue-empty", "The catalogue has not been loaded yet.")
        if await fetchval("SELECT true FROM catalogue_edition WHERE state = 'draft'"):
            raise Conflict(
                "draft-open",
                "There is a draft already. Go on with it, or discard it before you begin another.",
            )
        await execute(
            "INSERT INTO catalogue_edition (id, title_zh, title_en, note_zh, note_en, state, base,"
            " version, drafted_by, drafted_at) VALUES ($1, $2, $3, $4, $5, 'draft', $6, 1, $7, $8)",
            identifier,
            wanted.title_zh.strip(),
            wanted.title_en.strip(),
            wanted.note_zh.strip(),
            wanted.note_en.strip(),
            base,
            person,
            actor.at,
        )
        await record(
            actor,
            "edition.drafted",
            "edition",
            identifier,
            {"title": wanted.title_zh.strip(), "base": base},
            reason=wanted.note_zh.strip(),
        )
    return identifier


async def propose_change(
    actor: Actor, edition: str, change: Change, expected: Versions | None = None
) -> int:
    """Add an act to a draft, after those that are there; returns its position among them.

    Stale when the draft is of none of the expected versions any more; refused when the act cannot
    follow the others.
    """
    person = _person(actor)
    async with tx():
        await _locked_draft(edition, expected)
        apply_changes(await draft_items(edition), [change], await newest_standards())
        position: int = await fetchval(
            "INSERT INTO edition_change (id, edition, position, change, proposed_by, proposed_at)"
            " VALUES ($1, $2, (SELECT coalesce(max(c.position), 0) + 1 FROM edition_change c"
            "  WHERE c.edition = $2::varchar), $3, $4, $5) RETURNING position",
            str(uuid.uuid4()),
            edition,
            msgspec.json.encode(change).decode(),
            person,
            actor.at,
        )
        await _raise_version(edition)
        await record(
            actor,
            "edition.change_proposed",
            "edition",
            edition,
            {
                "kind": change.kind,
                "item": change.code,
                "successor": change.successor,
                "fields": sorted(change.fields),
            },
            reason=change.reason_zh.strip(),
        )
    return position


async def drop_change(
    actor: Actor, edition: str, position: int, expected: Versions | None = None
) -> None:
    """Take an act out of a draft; refused when a later act needs it."""
    _person(actor)
    async with tx():
        await _locked_draft(edition, expected)
        dropped = await fetchval(
            "DELETE FROM edition_change WHERE edition = $1 AND position = $2 RETURNING change",
            edition,
            position,
        )
        if dropped is None:
            raise NotFound("change-unknown", "This draft has no act {number}.", number=position)
        await draft_items(edition)
        await _raise_version(edition)
        change = msgspec.json.decode(dropped, type=Change)
        await record(
            actor,
            "edition.change_dropped",
            "edition",
            edition,
            {"kind": change.kind, "item": change.code},
        )


async def discard_edition(
    actor: Actor, edition: str, reason: str, expected: Versions | None = None
) -> None:
    """Give a draft up, with the reason; it stays readable for the centre and the auditors."""
    person = _person(actor)
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    async with tx():
        await _locked_draft(edition, expected)
        await execute(
            "UPDATE catalogue_edition SET state = 'discarded', decided_by = $2, decided_at = $3,"
            " version = version + 1 WHERE id = $1",
            edition,
            person,
            actor.at,
        )
        await record(actor, "edition.discarded", "edition", edition, reason=reason.strip())


async def adopt_edition(
    actor: Actor, edition: str, effective_on: date, expected: Versions | None = None
) -> None:
    """Make a draft the list of the day from a day on; today is that at once.

    Forbidden for whoever has proposed one of its acts. Conflict while a package holds an item that
    the edition ends: the package is composed anew first, so that nothing is sold that nobody asks
    for any more.
    """
    person = _person(actor)
    today = local_date(actor.at)
    async with tx():
        row = await _locked_draft(edition, expected)
        if effective_on < today:
            raise Refused("edition-backdated", "An edition cannot take effect in the past.")
        before = await fetchval(
            "SELECT effective_on FROM catalogue_edition WHERE id = $1", row["base"]
        )
        if before is not None and effective_on < before:
            raise Refused(
                "edition-overtakes",
                "The edition before this one takes effect on {day}; this one cannot take effect"
                " earlier.",
                day=before.isoformat(),
            )
        for (proposed_by,) in await fetch(
            "SELECT DISTINCT proposed_by::text FROM edition_change WHERE edition = $1", edition
        ):
            second_person(actor, proposed_by)
        made = await draft_items(edition)
        found = differences(await items_of(str(row["base"])), made)
        if not found.added and not found.changed:
            raise Refused("edition-empty", "This draft changes nothing yet.")
        refuse_orphans(found, made)
        await _refuse_held(found)
        await put_versions(edition, made.values())
        await execute(
            "UPDATE catalogue_edition SET state = 'adopted', effective_on = $2, decided_by = $3,"
            " decided_at = $4, number = (SELECT max(number) + 1 FROM catalogue_edition),"
            " version = version + 1 WHERE id = $1",
            edition,
            effective_on,
            person,
            actor.at,
        )
        if effective_on == today:
            await _put_in_force(actor, edition)
        else:
            await enqueue(TAKE_EFFECT, {"edition": edition}, start_of_day(effective_on))
        await record(
            actor,
            "edition.adopted",
            "edition",
            edition,
            {
                "title": row["title_zh"],
                "effective_on": effective_on.isoformat(),
                "active": sum(item.active for item in made.values()),
                **_told(found),
            },
            reason=row["note_zh"],
        )


async def take_effect(actor: Actor, edition: str) -> None:
    """Make an adopted edition the list of the day once its day has come; the second time nothing.

    Those before it come first, whatever the order in which the timetable asks.
    """
    async with tx():
        row = await fetchrow("SELECT * FROM catalogue_edition WHERE id = $1 FOR UPDATE", edition)
        if (
            row is None
            or row["in_force_at"] is not None
            or row["effective_on"] is None
            or row["effective_on"] > local_date(actor.at)
        ):
            return
        await take_effect(actor, row["base"])
        await _put_in_force(actor, edition)
        await record(
            actor,
            "edition.took_effect",
            "edition",
            edition,
            {"title": row["title_zh"], "effective_on": row["effective_on"].isoformat()},
        )


async def _put_in_force(actor: Actor, edition: str) -> None:
    await put_items((await items_of(edition)).values())
    await execute("UPDATE catalogue_edition SET in_force_at = $2 WHERE id = $1", edition, actor.at)


def _person(actor: Actor) -> str:
    if actor.person is None:
        raise Forbidden("not-the-centre", "Only a person of the centre may do this.")
    return actor.person


async def _locked_draft(edition: str, expected: Versions | None) -> dict[str, str]:
    row = await fetchrow("SELECT * FROM catalogue_edition WHERE id = $1 FOR UPDATE", edition)
    if row is None:
        raise NotFound("edition-unknown", "There is no edition {id}.", id=edition)
    if row["state"] != "draft":
        raise Conflict("edition-decided", "This edition has been decided about already.")
    unchanged(row["version"], expected)
    return dict(row)


async def _raise_version(edition: str) -> None:
    await execute("UPDATE catalogue_edition SET version = version + 1 WHERE id = $1", edition)


async def _refuse_held(found: Differences) -> None:
    """Locks the packages, so that none takes up an item while the edition that ends it lands."""
    await fetch("SELECT code FROM package ORDER BY code FOR SHARE")
    ended = [one.code for one in found.changed if one.kind in ("withdrawn", "merged", "replaced")]
    for item, packages in (await packages_holding(ended)).items():
        raise Conflict(
            "package-holds-item",
            "Item {item} stands in the package {packages}. Compose the package without it before"
            " you adopt this edition.",
            item=item,
            packages=packages,
        )


def _told(found: Differences) -> dict[str, list[str]]:
    """Codes by what became of them, for the ledger; empty kinds are left out."""
    told: dict[str, list[str]] = {}
    if found.added:
        told["added"] = [item.code for item in found.added]
    for one in found.changed:
        code = f"{one.code} → {one.successor}" if one.successor else one.code
        told.setdefault(one.kind, []).append(code)
    return told
