"""Composing a package: one person of the centre drafts it, another adopts it from a day on.

An adopted version never changes again. Listings, group buys and engagements keep the number of the
version they were made under.
"""

import re
import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from market.catalogue.package_queries import unsound
from market.catalogue.packages import Package
from market.catalogue.tables import PackageVersion
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, second_person
from ratings.ledger.clock import local_date, start_of_day
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.jobs import enqueue
from ratings.ledger.versions import Versions, unchanged

TAKE_EFFECT = "package-take-effect"
_CODE = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A composition and why it is proposed."""

    record: Package
    reason: str


async def put_first_versions(actor: Actor, packages: Iterable[Package]) -> None:
    """The versions that a loaded catalogue begins with, in force at once; part of the loading."""
    for package in packages:
        await PackageVersion.insert(
            PackageVersion(
                package=package.code,
                number=1,
                state="adopted",
                record=_encoded(package),
                reason="",
                editors=[],
                drafted_at=actor.at,
                decided_at=actor.at,
                in_force_at=actor.at,
            )
        )


async def begin_draft(actor: Actor, wanted: Draft) -> None:
    """Begin the draft of the next version, or of a new package; Conflict while there is one."""
    person, code = _person(actor), wanted.record.code
    async with tx():
        await _check(code, wanted)
        await execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"package draft {code}")
        if await fetchval(
            "SELECT true FROM package_version WHERE package = $1 AND state = 'draft'", code
        ):
            raise Conflict(
                "package-draft-open",
                "There is a draft of this package already. Go on with it, or discard it first.",
            )
        await PackageVersion.insert(
            PackageVersion(
                id=str(uuid.uuid4()),
                package=code,
                state="draft",
                record=_encoded(wanted.record),
                reason=wanted.reason.strip(),
                editors=[person],
                drafted_at=actor.at,
            )
        )
        await record(
            actor,
            "package.drafted",
            "package",
            code,
            _facts(wanted.record),
            reason=wanted.reason.strip(),
        )


async def change_draft(
    actor: Actor, code: str, wanted: Draft, expected: Versions | None = None
) -> None:
    """Write a draft anew; Stale when it is of none of the expected versions any more."""
    person = _person(actor)
    async with tx():
        await _check(code, wanted)
        row = await _locked_draft(code, expected)
        await execute(
            "UPDATE package_version SET record = $2, reason = $3, version = version + 1,"
            " editors = (SELECT array_agg(DISTINCT e) FROM unnest(editors || $4::uuid) e)"
            " WHERE id = $1",
            row["id"],
            _encoded(wanted.record),
            wanted.reason.strip(),
            person,
        )
        await record(
            actor,
            "package.draft_changed",
            "package",
            code,
            _facts(wanted.record),
            reason=wanted.reason.strip(),
        )


async def discard_draft(
    actor: Actor, code: str, reason: str, expected: Versions | None = None
) -> None:
    """Give a draft up, with the reason."""
    person = _person(actor)
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    async with tx():
        row = await _locked_draft(code, expected)
        await execute(
            "UPDATE package_version SET state = 'discarded', decided_by = $2, decided_at = $3,"
            " version = version + 1 WHERE id = $1",
            row["id"],
            person,
            actor.at,
        )
        await record(actor, "package.draft_discarded", "package", code, reason=reason.strip())


async def adopt_draft(
    actor: Actor, code: str, effective_on: date, expected: Versions | None = None
) -> int:
    """Make the draft the package from a day on, today included; returns the number of the version.

    Forbidden for whoever has written in it. It is checked anew: the catalogue may have changed.
    """
    person = _person(actor)
    today = local_date(actor.at)
    async with tx():
        # All packages at once: which of them an item belongs to is decided here.
        await fetch("SELECT code FROM package ORDER BY code FOR UPDATE")
        row = await _locked_draft(code, expected)
        for editor in row["editors"]:
            second_person(actor, str(editor))
        if effective_on < today:
            raise Refused("version-backdated", "A version cannot take effect in the past.")
        wanted = msgspec.json.decode(row["record"], type=Package)
        for problem in await unsound(wanted):
            raise problem
        last = await fetchrow(
            "SELECT number, effective_on, record FROM package_version WHERE package = $1"
            " AND state = 'adopted' ORDER BY number DESC LIMIT 1",
            code,
        )
        if last is not None:
            _check_succession(wanted, effective_on, last["effective_on"], last["record"])
        number = 1 if last is None else last["number"] + 1
        await execute(
            "UPDATE package_version SET state = 'adopted', number = $2, effective_on = $3,"
            " decided_by = $4, decided_at = $5, version = version + 1 WHERE id = $1",
            row["id"],
            number,
            effective_on,
            person,
            actor.at,
        )
        if effective_on == today:
            await _put_due_in_force(actor, code)
        else:
            await enqueue(TAKE_EFFECT, {"package": code}, start_of_day(effective_on))
        await record(
            actor,
            "package.version_adopted",
            "package",
            code,
            {"number": number, "effective_on": effective_on.isoformat(), **_facts(wanted)},
            reason=row["reason"],
        )
    return number


def _check_succession(
    wanted: Package, effective_on: date, before: date | None, record_before: str
) -> None:
    if before is not None and effective_on < before:
        raise Refused(
            "version-overtakes",
            "The version before this one takes effect on {day}; this one cannot take effect"
            " earlier.",
            day=before.isoformat(),
        )
    if wanted == msgspec.json.decode(record_before, type=Package):
        raise Refused("version-unchanged", "This draft changes nothing yet.")


async def take_effect(actor: Actor, code: str) -> None:
    """Put what is due of a package in force; the second time nothing."""
    async with tx():
        await fetch("SELECT code FROM package ORDER BY code FOR UPDATE")
        for number in await _put_due_in_force(actor, code):
            await record(actor, "package.version_in_force", "package", code, {"number": number})


async def _put_due_in_force(actor: Actor, code: str) -> list[int]:
    rows = await fetch(
        "SELECT id, number, record FROM package_version WHERE package = $1 AND state = 'adopted'"
        " AND in_force_at IS NULL AND effective_on <= $2 ORDER BY number FOR UPDATE",
        code,
        local_date(actor.at),
    )
    for row in rows:
        package = msgspec.json.decode(row["record"], type=Package)
        await execute(
            "INSERT INTO package (code, name_zh, name_en, position, version, record)"
            " VALUES ($1, $2, $3, (SELECT coalesce(max(position), 0) + 1 FROM package), 1, $4)"
            " ON CONFLICT (code) DO UPDATE SET name_zh = excluded.name_zh,"
            " name_en = excluded.name_en, record = excluded.record, version = package.version + 1",
            code,
            package.name_zh,
            package.name_en,
            row["record"],
        )
        await execute(
            "UPDATE item SET package = t.package,"
            " record = item.record || jsonb_build_object('package', t.package)"
            " FROM (SELECT i.code, CASE WHEN i.code = ANY($2) THEN $1 END AS package FROM item i"
            "       WHERE i.package = $1 OR i.code = ANY($2)) t WHERE t.code = item.code",
            code,
            list(package.items),
        )
        await execute(
            "UPDATE package_version SET in_force_at = $2 WHERE id = $1", row["id"], actor.at
        )
    return [row["number"] for row in rows]


def _person(actor: Actor) -> str:
    if actor.person is None:
        raise Forbidden("not-the-centre", "Only a person of the centre may do this.")
    return actor.person


async def _check(code: str, wanted: Draft) -> None:
    """Raises the first problem; the preview shows them all."""
    if not wanted.reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    if not _CODE.fullmatch(code):
        raise Refused(
            "package-code",
            "The code of a package is 3 to 40 small letters, digits and hyphens, a letter first.",
        )
    if wanted.record.code != code:
        raise Refused(
            "package-code-differs",
            "The draft is of the package {draft}, the address of {code}.",
            draft=wanted.record.code,
            code=code,
        )
    for problem in await unsound(wanted.record):
        raise problem


async def _locked_draft(code: str, expected: Versions | None) -> dict[str, Any]:
    row = await fetchrow(
        "SELECT * FROM package_version WHERE package = $1 AND state = 'draft' FOR UPDATE", code
    )
    if row is None:
        raise NotFound("package-draft-unknown", "The package {code} has no draft.", code=code)
    unchanged(row["version"], expected)
    return dict(row)


def _encoded(package: Package) -> str:
    return msgspec.json.encode(package).decode()


def _facts(package: Package) -> dict[str, object]:
    """What the ledger says of a composition: values that a reader can check."""
    percent = package.discount_percent
    return {
        "items": list(package.items),
        "optional": list(package.optional),
        "waits": {code: list(before) for code, before in package.waits.items()},
        "discount_percent": None if percent is None else str(percent),
    }
