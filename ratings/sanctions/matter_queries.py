"""What of a case can be objected to, by whom it was decided, and who may therefore not answer."""

from datetime import date
from typing import Any

import msgspec

from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound
from ratings.sanctions import objections
from ratings.sanctions.objections import Against, Answer, Matter, Objection, Outcome, Terms
from ratings.sanctions.rules import Kind, Severity


class Contested(msgspec.Struct, frozen=True):
    """The last decision of a case that can be objected to; `over` says that nothing is left of it.
    `delisting` is the id of the delisting it was, if it was one."""

    case: str
    uscc: str
    against: Against
    over: bool
    delisting: str | None


async def contested(case: str) -> Contested | None:
    """None while nothing of the kind has been decided in the case."""
    row = await fetchrow(
        "SELECT c.id::text, c.uscc, c.kind, c.state, c.decided_at IS NOT NULL AS decided,"
        " d.id::text AS delisting, d.lifted_at IS NOT NULL AS lifted, r.id IS NOT NULL AS ordered,"
        " (SELECT max(t.number) FROM rectification_try t WHERE t.rectification = r.id"
        " AND NOT t.passed) AS failed FROM case_file c LEFT JOIN delisting d ON d.case_file = c.id"
        " LEFT JOIN rectification r ON r.case_file = c.id WHERE c.id = $1",
        row_id(case),
    )
    if row is None:
        raise NotFound("case-unknown", "There is no case {id}.", id=case)
    if row["delisting"] is not None:
        return Contested(row[0], row[1], Against.DELISTING, row["lifted"], row["delisting"])
    if row["ordered"]:
        against = _OF_THE_ORDER[row["failed"] or 0]
        return Contested(row[0], row[1], against, row["state"] not in _AT_RECTIFYING, None)
    if row["kind"] == Kind.REPAIR and row["decided"]:
        return Contested(row[0], row[1], Against.REPAIR, row["state"] != "refused", None)
    if row["kind"] in _MARKS and row["decided"] and row["state"] != "dismissed":
        over = row["state"] not in ("recorded", "warned")
        return Contested(row[0], row[1], Against(row["kind"]), over, None)
    return None


_MARKS = (Kind.RECORD, Kind.WARNING)
_OF_THE_ORDER = (Against.ORDER, Against.FIRST_CHECK, Against.SECOND_CHECK)
_AT_RECTIFYING = ("ordered", "unrectified")


async def matter_of(case: str, against: Against) -> Matter:
    """One decision of a case and what was filed against it, for the rules."""
    row = await fetchrow(
        "SELECT decided_at, opened_by, proposed_by, decided_by FROM case_file WHERE id = $1",
        row_id(case),
    )
    assert row is not None
    decided_at, *people = row
    terms = None
    if against is Against.DELISTING:
        terms = await _terms(case)
    elif against is Against.REPAIR:
        people += await imposed_by(case)
    elif against in _OF_THE_ORDER[1:]:
        number = _OF_THE_ORDER.index(against)
        checks = await fetch(
            "SELECT t.checked_at, t.checked_by FROM rectification_try t JOIN rectification r"
            " ON r.id = t.rectification WHERE r.case_file = $1 AND t.number <= $2"
            " ORDER BY t.number",
            row_id(case),
            number,
        )
        decided_at = checks[-1][0]
        people += [one[1] for one in checks]
    filed = await fetch(
        "SELECT filed_at, answered_at, answered_by, outcome, severity, until FROM objection"
        " WHERE case_file = $1 AND against = $2 ORDER BY instance",
        row_id(case),
        against.value,
    )
    return Matter(
        decided_at,
        frozenset(one for one in people if one),
        terms,
        tuple(_objection(tuple(one), terms.starts if terms else None) for one in filed),
    )


async def matters_of(case: str) -> dict[Against, Matter]:
    """Every decision of a case that could be or was objected to, the first one first."""
    last = await contested(case)
    if last is None:
        return {}
    earlier = _OF_THE_ORDER if last.against in _OF_THE_ORDER else (last.against,)
    known = earlier[: earlier.index(last.against) + 1]
    return {one: await matter_of(case, one) for one in known}


async def _terms(case: str) -> Terms:
    row = await fetchrow(
        "SELECT decided_severity, starts, decided_until FROM delisting WHERE case_file = $1",
        row_id(case),
    )
    assert row is not None
    return Terms(Severity(row[0]), row[1], row[2])


def _objection(row: tuple[Any, ...], starts: date | None) -> Objection:
    filed_at, answered_at, by, outcome, severity, until = row
    if answered_at is None:
        return Objection(filed_at)
    terms = Terms(Severity(severity), starts, until) if starts and until else None
    return Objection(filed_at, Answer(answered_at, by, Outcome(outcome), terms))


async def imposed_by(case: str) -> frozenset[str]:
    """The ids of those who have imposed or reported what an application for a repair is about."""
    rows = await fetch(
        "SELECT d.case_file::text, l.person, e.mark::text, m.kind FROM repair_effect e"
        " LEFT JOIN case_file m ON m.id = e.mark"
        " LEFT JOIN delisting d ON d.id = e.delisting"
        " LEFT JOIN outside_event o ON o.id = e.event"
        " LEFT JOIN ledger_entry l ON l.act = 'outside_event.reported' AND l.subject = o.uscc"
        " AND l.facts::jsonb ->> 'document' = o.document WHERE e.case_file = $1",
        row_id(case),
    )
    people = {row[1] for row in rows if row[1]}
    for delisted, _, mark, kind in rows:
        if delisted:
            people |= objections.have_decided(await matter_of(delisted, Against.DELISTING))
        if mark:
            people |= objections.have_decided(await matter_of(mark, Against(kind)))
    return frozenset(people)


async def waits(case: str) -> bool:
    """Whether an objection in the case waits for its answer."""
    row = await fetchrow(
        "SELECT true FROM objection WHERE case_file = $1 AND answered_at IS NULL", row_id(case)
    )
    return row is not None


async def barred(matter: Matter, uscc: str) -> frozenset[str]:
    """The ids of those who may not answer: they have decided in the matter or rated the agency."""
    rows = await fetch(
        "SELECT a.person FROM answer a JOIN docket d ON d.id = a.docket WHERE d.uscc = $1"
        " UNION SELECT r.person FROM rerating r JOIN docket d ON d.id = r.docket"
        " WHERE d.uscc = $1 AND r.step = 'given'",
        uscc,
    )
    return objections.have_decided(matter) | {row[0] for row in rows}


async def may_answer(actor: Actor, case: str) -> bool:
    """Whether the actor has had no part in what is contested in a case, and no rating either."""
    found = await contested(case)
    if found is None or actor.person is None:
        return False
    return actor.person not in await barred(await matter_of(case, found.against), found.uscc)
