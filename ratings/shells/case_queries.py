"""Reading shell cases: where each stands, what is due, and the labels they leave."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import Bilingual, NotFound
from ratings.sanctions.documents import Document, document_of_case
from ratings.sanctions.queries import visible_case_file
from ratings.sanctions.rules import UNDECIDED
from ratings.shells import case_way
from ratings.shells.case_way import Did, Stage, Step, Way

ARMS = ("flag", "lot", "person")
"""How a case came about: flagged by a screen, drawn by lot, or opened by a person."""

_INTERNAL = frozenset({Did.ASSIGNED, Did.PROPOSED, Did.NOT_ADOPTED, Did.REMINDED})
_OFFICIALS = frozenset({Role.CENTRE, Role.SUPERVISOR, Role.AUDITOR})


class PhotoRow(msgspec.Struct, frozen=True):
    id: str
    filename: str
    size: int
    sha256: str


class StepRow(msgspec.Struct, frozen=True):
    """One step; `by` is the id of a person, empty for the agency and to the agency. `holds` is
    false once a granted objection has set it aside."""

    number: int
    did: str
    at: datetime
    by: str
    result: str
    against: int
    text: str
    facts: dict[str, Any]
    holds: bool
    photos: list[PhotoRow]


class ShellCaseRow(msgspec.Struct, frozen=True):
    """A case in a list. `due` is when what it waits for becomes overdue, `explain_until` when the
    agency's time to explain ends, and `waiting` the numbers of the steps with an objection that has
    no answer yet."""

    id: str
    number: str
    uscc: str
    state: str
    arm: str
    opened_at: datetime
    opened_by: str
    reasons: list[Bilingual]
    stage: str
    owner: str
    due: datetime | None
    overdue: bool
    explain_until: datetime | None
    waiting: list[int]
    answers_due: datetime | None


class ShellCase(ShellCaseRow, frozen=True):
    """A case as its page shows it. `contestable` are the numbers of the steps that the agency may
    object to now."""

    contestable: list[int]
    steps: list[StepRow]

    @property
    def closed(self) -> bool:
        return self.stage == Stage.CLOSED

    def last(self, did: str) -> StepRow | None:
        """The latest step of a kind that holds."""
        return next((one for one in reversed(self.steps) if one.did == did and one.holds), None)


_CASES = (
    "SELECT c.id::text, c.number, c.uscc, c.state, c.opened_at, coalesce(c.opened_by, ''),"
    " c.reasons, EXISTS (SELECT FROM review_month m WHERE m.drawn ->> c.uscc = c.id::text),"
    " EXISTS (SELECT FROM objection o WHERE o.case_file = c.id AND o.answered_at IS NULL)"
    " FROM case_file c WHERE c.kind = 'shell'"
)


async def shell_cases(at: datetime, *, uscc: str = "", undecided: bool = False) -> list[ShellCase]:
    """All, or those of one agency, or those that still wait for something; the most urgent first,
    then the newest."""
    rows = await fetch(f"{_CASES} AND ($1 = '' OR c.uscc = $1) ORDER BY c.opened_at DESC", uscc)
    steps = await _steps([row[0] for row in rows])
    found = [_case(tuple(row), steps.get(row[0], []), at) for row in rows]
    if undecided:
        found = [one for one in found if not one.closed or one.waiting]
    return sorted(found, key=lambda one: (_next_due(one) is None, _next_due(one) or at))


def _next_due(one: ShellCase) -> datetime | None:
    """What is due first: the next step, or the answer to an objection."""
    return min((moment for moment in (one.due, one.answers_due) if moment), default=None)


async def shell_case(identifier: str, at: datetime) -> ShellCase:
    row = await fetchrow(f"{_CASES} AND c.id = $1", row_id(identifier))
    if row is None:
        raise NotFound("case-unknown", "There is no case {id}.", id=identifier)
    return _case(tuple(row), (await _steps([row[0]])).get(row[0], []), at)


async def visible_shell_case(actor: Actor, identifier: str) -> ShellCase:
    """As `shell_case`, for officials and for the agency itself; to others it does not exist.

    The agency reads what was found and decided, but not who did it nor what is only proposed.
    """
    await visible_case_file(actor, identifier)
    return _as_read_by(actor, await shell_case(identifier, actor.at))


def case_over(case: ShellCase) -> NotFound:
    return NotFound("shell-case-over", "Case {number} is over.", number=case.number)


async def visible_shell_cases(
    actor: Actor, *, uscc: str = "", stage: str = "", undecided: bool = False
) -> list[ShellCaseRow]:
    """All for officials, its own for an agency, none for others; filtered as they are read."""
    if actor.role not in _OFFICIALS:
        if not actor.uscc or uscc not in ("", actor.uscc):
            return []
        uscc = actor.uscc
    found = await shell_cases(actor.at, uscc=uscc, undecided=undecided)
    read = [_as_read_by(actor, one) for one in found]
    columns = ShellCaseRow.__struct_fields__
    return [
        ShellCaseRow(**{name: getattr(one, name) for name in columns})
        for one in read
        if stage in ("", one.stage)
    ]


def _as_read_by(actor: Actor, found: ShellCase) -> ShellCase:
    if actor.role in _OFFICIALS:
        return found
    steps = [msgspec.structs.replace(one, by="") for one in found.steps if one.did not in _INTERNAL]
    hidden = found.stage == Stage.SECOND
    return msgspec.structs.replace(
        found,
        owner="",
        opened_by="",
        steps=steps,
        stage=Stage.DECISION.value if hidden else found.stage,
    )


async def way_of(row: dict[str, Any]) -> Way:
    """The way of a case that the transaction holds, for the rules."""
    found = await fetchrow(f"{_CASES} AND c.id = $1", row["id"])
    if found is None:
        raise NotFound("case-unknown", "There is no case {id}.", id=str(row["id"]))
    return _way(tuple(found), (await _steps([found[0]])).get(found[0], []))


async def stored_photo(actor: Actor, identifier: str) -> Document:
    """Where a photo lies, for those who may see its case."""
    row = await fetchrow(
        "SELECT p.filename, p.content_type, p.size, p.sha256, p.storage_key, s.case_file::text"
        " FROM visit_photo p JOIN shell_step s ON s.id = p.step WHERE p.id = $1",
        row_id(identifier),
    )
    return await document_of_case(actor, row, identifier)


class RegisteredExcuseRow(msgspec.Struct, frozen=True):
    """Months are YYYY-MM, `to_month` empty for an open end; `source` says where it is on file."""

    uscc: str
    kind: str
    from_month: str
    to_month: str
    source: str
    case: str
    registered_at: datetime


async def registered_excuses(
    uscc: str = "", at: datetime | None = None
) -> list[RegisteredExcuseRow]:
    """Those in force now or at a moment, of all agencies or of one."""
    rows = await fetch(
        "SELECT uscc, kind, from_month, to_month, source, case_file::text, registered_at"
        " FROM registered_excuse WHERE ($1 = '' OR uscc = $1)"
        " AND (withdrawn_at IS NULL OR withdrawn_at > $2::timestamptz)"
        " AND ($2::timestamptz IS NULL OR registered_at <= $2)"
        " ORDER BY registered_at",
        uscc,
        at,
    )
    return [RegisteredExcuseRow(*row) for row in rows]


async def _steps(cases: list[str]) -> dict[str, list[tuple[Any, ...]]]:
    rows = await fetch(
        "SELECT s.case_file::text, s.number, s.did, s.at, coalesce(s.by, ''), s.result, s.against,"
        " s.text, s.facts, coalesce((SELECT json_agg(json_build_object('id', p.id, 'filename',"
        " p.filename, 'size', p.size, 'sha256', p.sha256) ORDER BY p.filename, p.id)"
        " FROM visit_photo p WHERE p.step = s.id), '[]')"
        " FROM shell_step s WHERE s.case_file = ANY($1::uuid[]) ORDER BY s.case_file, s.number",
        cases,
    )
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(tuple(row)[1:])
    return found


def _way(row: tuple[Any, ...], steps: Iterable[tuple[Any, ...]]) -> Way:
    taken = tuple(
        Step(Did(one[1]), one[2], by=one[3], result=one[4], against=one[5]) for one in steps
    )
    state, decided = row[3], any(one.did is Did.DECIDED for one in taken)
    return Way(
        opened_at=row[4],
        opened_by=row[5],
        steps=taken,
        annulled=state == "annulled",
        contested=row[8],
        dismissed=state not in UNDECIDED and not decided,
    )


def _case(row: tuple[Any, ...], steps: list[tuple[Any, ...]], at: datetime) -> ShellCase:
    way = _way(row, steps)
    holding, stage, due = case_way.standing(way), case_way.stage(way), case_way.due(way)
    waiting = case_way.open_objections(way)
    return ShellCase(
        id=row[0],
        number=row[1],
        uscc=row[2],
        state=row[3],
        arm="lot" if row[7] else "person" if row[5] else "flag",
        opened_at=row[4],
        opened_by=row[5],
        reasons=msgspec.json.decode(row[6], type=list[Bilingual]),
        stage=stage.value,
        owner=case_way.owner(way),
        due=due,
        overdue=(due is not None and at >= due)
        or any(at >= case_way.answer_due(one) for one in waiting.values()),
        explain_until=case_way.explain_until(way),
        contestable=case_way.contestable(way, at),
        waiting=sorted(waiting),
        answers_due=min((case_way.answer_due(one) for one in waiting.values()), default=None),
        steps=[_step(one, holds=one[0] in holding) for one in steps],
    )


def _step(row: tuple[Any, ...], *, holds: bool) -> StepRow:
    photos = msgspec.json.decode(row[8], type=list[PhotoRow])
    columns = [*row[:7], msgspec.json.decode(row[7]), holds, photos]
    return StepRow(*columns)
