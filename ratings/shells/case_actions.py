"""Going the way of a shell case: each step is taken by a person, kept for good, and recorded.

What may follow what stands in `case_steps`. A finding takes effect through the room of sanctions: a
shell is delisted there, a rectification ordered there, and everything else dismissed there.

A case has as many versions as steps. Whoever judges it may say which one they have read
(`expected`): an explanation that came in meanwhile is read before anything is decided upon it.
"""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.versions import Versions, unchanged
from ratings.sanctions import actions as sanctions
from ratings.sanctions import holding
from ratings.sanctions.actions import Proposal
from ratings.sanctions.documents import Document
from ratings.sanctions.queries import impartial
from ratings.sanctions.rectification_actions import order_rectification
from ratings.sanctions.rules import Kind, Severity
from ratings.shells import case_way
from ratings.shells.case_queries import way_of
from ratings.shells.case_steps import take
from ratings.shells.case_way import Desk, Did, Fate, Reply, Seen, ShellFinding, Step
from ratings.shells.tables import RegisteredExcuse, ShellStep, VisitPhoto
from ratings.shells.visit import check_visit
from ratings.signals.cells import month_number
from ratings.signals.contract import Excuse

MOST_PHOTOS = 12


async def assign(actor: Actor, case: str, person: str) -> None:
    """Give the case to a person of the centre; it may be given on until it is closed."""
    async with tx():
        await _take(actor, case, Did.ASSIGNED, result=person)


async def check_at_desk(
    actor: Actor, case: str, result: Desk, reason: str, expected: Versions | None = None
) -> None:
    """Its owner says whether there is ground to go on; without one the case is dismissed."""
    _person(actor)
    holding.needs(reason)
    async with tx():
        await impartial(actor, case)
        await _take(actor, case, Did.DESK_CHECKED, result=result, text=reason, expected=expected)
        if result is Desk.NO_GROUND:
            await sanctions.dismiss_case(actor, case, reason, steps_taken=True)


async def give_notice(actor: Actor, case: str, text: str) -> None:
    """Tell the agency in plain language what speaks against it; it has ten working days."""
    _person(actor)
    _written(text)
    async with tx():
        await impartial(actor, case)
        await _take(actor, case, Did.NOTICED, text=text)


async def explain(actor: Actor, case: str, text: str) -> None:
    """The agency explains; as often as it likes until the decision, and with files."""
    _written(text)
    async with tx():
        await _own(actor, case)
        await _take(actor, case, Did.EXPLAINED, text=text)


class Visit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was seen at the premises on a day. `checklist` answers codes of the visit's checklist
    with yes, no or unseen; latitude and longitude are degrees (WGS 84), or both absent."""

    result: Seen
    on: date
    checklist: dict[str, str]
    note: str
    latitude: float | None = None
    longitude: float | None = None


async def report_visit(
    actor: Actor, case: str, visit: Visit, photos: Sequence[Document] = (), seen: int | None = None
) -> None:
    """Refused where the checklist is not whole, or where a refusal to let the visit in is not
    documented by a note; Conflict where another visit was reported after step `seen`, as by a phone
    that sends once more what had arrived. The caller discards the photos on an error."""
    _person(actor)
    _written(visit.note)
    if len(photos) > MOST_PHOTOS:
        raise Refused("visit-photos", "A visit takes at most {most} photos.", most=MOST_PHOTOS)
    async with tx():
        await impartial(actor, case)
        row = await holding.locked(case)
        if seen is not None and case_way.visited_since(await way_of(row), seen):
            raise Conflict(
                "visit-meanwhile",
                "A visit was reported since this form was opened. Look at it on the page of the"
                " case; send this one only if it is another.",
            )
        place = (visit.latitude, visit.longitude)
        check_visit(visit.checklist, visit.on, place, row["opened_at"], actor.at)
        facts = msgspec.to_builtins(visit)
        del facts["note"], facts["result"]
        step = await _take(
            actor,
            case,
            Did.VISITED,
            result=visit.result,
            text=visit.note,
            facts=facts,
            told={"photos": [one.sha256 for one in photos]},
        )
        for photo in photos:
            await VisitPhoto.insert(
                VisitPhoto(id=str(uuid.uuid4()), step=step, **msgspec.structs.asdict(photo))
            )


class ExcuseTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Months are YYYY-MM, `to_month` empty for an open end; `source` says where it is on file."""

    kind: Excuse
    from_month: str
    to_month: str
    source: str


class ProposedFinding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one person proposes; `excuse` belongs to an excuse, `severity` and `until` (the last day
    of the delisting) to a shell. The reason of a shell and of a rectification is published."""

    finding: ShellFinding
    reason: str
    excuse: ExcuseTerms | None = None
    severity: Severity | None = None
    until: date | None = None


async def propose_finding(
    actor: Actor, case: str, wanted: ProposedFinding, expected: Versions | None = None
) -> None:
    """Ask a second person to decide; nothing follows before that."""
    _person(actor)
    holding.needs(wanted.reason)
    _check_terms(wanted)
    async with tx():
        await impartial(actor, case)
        facts = msgspec.to_builtins(wanted)
        await _take(
            actor,
            case,
            Did.PROPOSED,
            result=wanted.finding,
            text=wanted.reason,
            facts=facts,
            expected=expected,
        )
        if wanted.finding is ShellFinding.SHELL:
            assert wanted.severity is not None
            assert wanted.until is not None
            terms = Proposal(wanted.severity, wanted.until, wanted.reason)
            await sanctions.propose_delisting(actor, case, terms, steps_taken=True)


async def decide_finding(actor: Actor, case: str, expected: Versions | None = None) -> ShellFinding:
    """The second person adopts what is proposed, and it takes effect."""
    _person(actor)
    async with tx():
        await impartial(actor, case)
        wanted = await _proposal(case)
        await _take(
            actor,
            case,
            Did.DECIDED,
            result=wanted.finding,
            text=wanted.reason,
            expected=expected,
        )
        if wanted.finding is ShellFinding.SHELL:
            await sanctions.delist(actor, case, steps_taken=True)
        elif wanted.finding is ShellFinding.RECTIFY:
            await order_rectification(actor, case, wanted.reason, steps_taken=True)
        else:
            if wanted.excuse is not None:
                await _register(actor, case, wanted.excuse)
            await sanctions.dismiss_case(actor, case, wanted.reason, steps_taken=True)
    return wanted.finding


async def refuse_finding(
    actor: Actor, case: str, reason: str, expected: Versions | None = None
) -> None:
    """Who might adopt it says no, or who proposed it takes it back; the case waits on."""
    _person(actor)
    holding.needs(reason)
    async with tx():
        await impartial(actor, case)
        wanted = await _proposal(case)
        await _take(
            actor, case, Did.NOT_ADOPTED, result=wanted.finding, text=reason, expected=expected
        )
        if wanted.finding is ShellFinding.SHELL:
            await sanctions.refuse_delisting(actor, case, reason, steps_taken=True)


async def refer(actor: Actor, case: str, registrar: str, document: str) -> None:
    """Hand the case to the registrar under the number of a document."""
    _person(actor)
    if not registrar.strip() or not document.strip():
        raise Refused("referral-incomplete", "Name the registrar and the number of the document.")
    async with tx():
        facts = {"registrar": registrar.strip(), "document": document.strip()}
        await _take(actor, case, Did.REFERRED, facts=facts, told=facts)


async def conclude(actor: Actor, case: str, fate: Fate, reason: str) -> None:
    """What the registrar did; while it is pending, it may be told again later."""
    _person(actor)
    holding.needs(reason)
    async with tx():
        await _take(actor, case, Did.CONCLUDED, result=fate, text=reason)


async def object_to_step(actor: Actor, case: str, against: int, text: str) -> None:
    """The agency objects to the opening (0) or to a step by its number."""
    _written(text)
    async with tx():
        await _own(actor, case)
        await _take(actor, case, Did.OBJECTED, against=against, text=text)


async def answer_step_objection(
    actor: Actor,
    case: str,
    against: int,
    reply: Reply,
    reason: str,
    expected: Versions | None = None,
) -> None:
    """Another person than who took the step. Granted against the opening or against a decision, the
    case is over; against another step, that step has to be taken anew."""
    _person(actor)
    holding.needs(reason)
    async with tx():
        await impartial(actor, case)
        row = await holding.locked(case)
        before = await way_of(row)
        proposed = case_way.stage(before) is case_way.Stage.SECOND
        await _take(
            actor,
            case,
            Did.ANSWERED,
            result=reply,
            against=against,
            text=reason,
            expected=expected,
        )
        if reply is not Reply.GRANTED:
            return
        if proposed and row["state"] == "proposed":
            await sanctions.refuse_delisting(actor, case, reason, steps_taken=True)
        after = await way_of(row)
        if case_way.stage(after) is not case_way.Stage.CLOSED:
            return
        await execute(
            "UPDATE registered_excuse SET withdrawn_at = $2 WHERE case_file = $1"
            " AND withdrawn_at IS NULL",
            row["id"],
            actor.at,
        )
        if case_way.stage(before) is not case_way.Stage.CLOSED:
            await sanctions.dismiss_case(actor, case, reason, steps_taken=True)


async def remind(actor: Actor, case: str) -> None:
    """Keep that something is overdue; Conflict where nothing is, or it was said lately."""
    async with tx():
        await _take(actor, case, Did.REMINDED)


async def _take(
    actor: Actor,
    case: str,
    did: Did,
    *,
    result: str = "",
    against: int = 0,
    text: str = "",
    facts: dict[str, Any] | None = None,
    told: dict[str, Any] | None = None,
    expected: Versions | None = None,
) -> str:
    """Check and keep one step, and record it; returns its id."""
    row = await holding.locked(case)
    if row["kind"] != Kind.SHELL.value:
        raise NotFound("case-unknown", "There is no case {id}.", id=case)
    agency = did in (Did.EXPLAINED, Did.OBJECTED)
    step = Step(did, actor.at, "" if agency else actor.person or "", str(result), against)
    before = await way_of(row)
    unchanged(len(before.steps), expected)
    way = take(before, step)
    identifier, number = str(uuid.uuid4()), len(way.steps)
    await ShellStep.insert(
        ShellStep(
            id=identifier,
            case_file=row["id"],
            number=number,
            did=did.value,
            at=actor.at,
            by=step.by or None,
            result=step.result,
            against=against,
            text=text.strip(),
            facts=msgspec.json.encode(facts or {}).decode(),
        )
    )
    await record(
        actor,
        "shell_case." + did.value.replace("-", "_"),
        "agency",
        str(row["uscc"]),
        {"case": str(row["id"]), "step": number, "result": step.result, **(told or {})}
        | ({"against": against} if did in (Did.OBJECTED, Did.ANSWERED) else {}),
        reason=text.strip() if did in (Did.DESK_CHECKED, Did.DECIDED, Did.ANSWERED) else "",
    )
    return identifier


async def _proposal(case: str) -> ProposedFinding:
    """What waits for a second person; the rule says whether anything does."""
    await holding.locked(case)
    found = await fetchval(
        "SELECT facts FROM shell_step WHERE case_file = $1 AND did = 'proposed'"
        " ORDER BY number DESC LIMIT 1",
        row_id(case),
    )
    if found is None:
        raise Refused("shell-nothing-proposed", "Nothing is proposed in this case.")
    return msgspec.json.decode(found, type=ProposedFinding)


async def _register(actor: Actor, case: str, terms: ExcuseTerms) -> None:
    row = await holding.locked(case)
    await RegisteredExcuse.insert(
        RegisteredExcuse(
            id=str(uuid.uuid4()),
            uscc=row["uscc"],
            kind=terms.kind.value,
            from_month=terms.from_month,
            to_month=terms.to_month,
            source=terms.source.strip(),
            case_file=row["id"],
            registered_at=actor.at,
        )
    )


def _check_terms(wanted: ProposedFinding) -> None:
    if (wanted.excuse is not None) != (wanted.finding is ShellFinding.EXCUSE) or (
        wanted.severity is not None and wanted.until is not None
    ) != (wanted.finding is ShellFinding.SHELL):
        raise Refused(
            "finding-terms",
            "An excuse, and only that, has its kind, months and source; a shell, and only that, the"
            " severity and the last day of its delisting.",
        )
    if wanted.excuse is None:
        return
    first = month_number(wanted.excuse.from_month)
    if wanted.excuse.to_month and month_number(wanted.excuse.to_month) < first:
        raise Refused("excuse-months", "An excuse ends no earlier than it begins.")
    if not wanted.excuse.source.strip():
        raise Refused("excuse-source", "Say where the excuse is on file.")


def _person(actor: Actor) -> None:
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides a case.")


def _written(text: str) -> None:
    if not text.strip():
        raise Refused("text-empty", "Write what you have to say.")


async def _own(actor: Actor, case: str) -> None:
    row = await holding.locked(case)
    if actor.uscc is None or actor.uscc != row["uscc"]:
        raise NotFound("case-unknown", "There is no case {id}.", id=case)
