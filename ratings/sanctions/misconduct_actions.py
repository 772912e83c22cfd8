"""Reporting an act from the list, deciding that it is to be recorded or warned of, and counting."""

from typing import Any

import msgspec

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetchval, row_id, tx
from ratings.ledger.errors import Bilingual, Conflict, Forbidden, Refused
from ratings.ledger.uscc import parse_uscc
from ratings.sanctions import misconduct
from ratings.sanctions.conclusions import await_finality
from ratings.sanctions.documents import Document, put_in
from ratings.sanctions.holding import decide, hold_cases, needs, new_case, undecided
from ratings.sanctions.matter_queries import matter_of
from ratings.sanctions.misconduct_queries import countable, still_counted
from ratings.sanctions.objections import Against
from ratings.sanctions.queries import impartial
from ratings.sanctions.rules import PENDING, Kind, check_heard


class ReportedAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agency is said to have done: `act` is a code of `misconduct.ACTS`, `document` the
    number of what it rests on."""

    uscc: str
    act: str
    document: str
    reason: str


async def report_act(actor: Actor, reported: ReportedAct, proof: Document | None = None) -> str:
    """A person opens the case that the class of the act asks for; nothing follows before it is
    decided by others. Returns its id.

    Conflict where the same act has been reported with the same document. The caller discards the
    file on an error.
    """
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides a case.")
    uscc, act = parse_uscc(reported.uscc), misconduct.act_of(reported.act)
    document = reported.document.strip()
    if not document:
        raise Refused("document-missing", "Feedback needs the number of its document.")
    needs(reported.reason)
    zh, en = f"{act.name_zh}（{document}）：", f"{act.name_en} ({document}): "
    reasons = [Bilingual(zh=zh + reported.reason, en=en + reported.reason)]
    kind = misconduct.kind_of(act)
    async with tx():
        await hold_cases([uscc])
        if await fetchval(
            "SELECT true FROM case_file WHERE uscc = $1 AND act = $2 AND document = $3",
            uscc,
            act.code,
            document,
        ):
            raise Conflict(
                "act-reported", "This act has been reported with {document}.", document=document
            )
        case, number = await new_case(actor, uscc, kind, reasons, "open")
        await execute(
            "UPDATE case_file SET act = $2, document = $3 WHERE id = $1",
            row_id(case),
            act.code,
            document,
        )
        if proof is not None:
            await put_in(actor, case, proof, official=True)
        facts = {"case": case, "number": number, "kind": kind.value, "act": act.code}
        await record(actor, "case.opened", "agency", uscc, facts | {"document": document})
    return case


_DECIDED = {
    Kind.RECORD: ("recorded", "case.recorded", Against.RECORD),
    Kind.WARNING: ("warned", "case.warned", Against.WARNING),
}


async def uphold_act(actor: Actor, case: str, reason: str) -> None:
    """A person who has neither opened the case nor rated the agency decides that it is recorded, or
    that the agency is warned; it counts once nothing can change it any more.

    Conflict while the agency may still answer and has not, and where what the case counts does not
    stand any more.
    """
    needs(reason)
    async with tx():
        row = await undecided(case)
        identifier, kind = str(row["id"]), Kind(row["kind"])
        if kind not in _DECIDED:
            raise Conflict("no-mark-here", "This case ends in neither a record nor a warning.")
        check_heard(row["opened_at"], row["answered_at"], actor.at)
        await impartial(actor, identifier)
        misconduct.check_still_counted(kind, *await still_counted(identifier))
        state, act, against = _DECIDED[kind]
        await decide(actor, row, state, reason)
        await await_finality(identifier, await matter_of(identifier, against))
        facts: dict[str, Any] = {"case": identifier}
        if row["act"] is not None:
            facts["act"] = row["act"]
        await record(actor, act, "agency", str(row["uscc"]), facts, reason=reason)


async def escalate(actor: Actor, uscc: str) -> list[str]:
    """Open what follows from the records and warnings that count; the ids of the cases.

    The second time nothing happens: each is counted once. While the agency is delisted, or such a
    case is pending, two warnings wait.
    """
    async with tx():
        await hold_cases([uscc])
        following = misconduct.escalations(await countable(uscc), local_date(actor.at))
        found = []
        for kind, counted in following:
            if kind is Kind.ESCALATION and await _waits(uscc):
                continue
            reasons = misconduct.reasons_of(kind, counted)
            case, number = await new_case(actor, uscc, kind, reasons, "open")
            await execute(
                "UPDATE case_file SET counted_in = $2 WHERE id = ANY($1::uuid[])",
                [row_id(one.case) for one in counted],
                row_id(case),
            )
            found.append((case, number, kind, [one.number for one in counted]))
        for case, number, kind, numbers in found:
            await record(
                actor,
                "case.opened",
                "agency",
                uscc,
                {"case": case, "number": number, "kind": kind.value, "counted": numbers},
            )
    return [one[0] for one in found]


async def _waits(uscc: str) -> bool:
    return bool(
        await fetchval(
            "SELECT true FROM case_file WHERE uscc = $1 AND kind = 'escalation'"
            " AND state = ANY($2::text[])",
            uscc,
            list(PENDING),
        )
        or await fetchval("SELECT true FROM delisting WHERE uscc = $1 AND lifted_at IS NULL", uscc)
    )
