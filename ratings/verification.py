"""Proving the record: the hash chain, and every published fact recomputed from it."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import msgspec

from ratings.evaluations.queries import answers
from ratings.evaluations.reratings import ACTS as STEPS
from ratings.evaluations.reratings import ReratingStep, rerating_digest
from ratings.evaluations.rules import answer_digest
from ratings.evaluations.switches import ACTS
from ratings.evaluations.weights import LOWERED, RESTORED
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, snapshot
from ratings.ledger.queries import chain
from ratings.ledger.rules import Entry, first_break
from ratings.sanctions.objections import (
    Answer,
    Matter,
    Objection,
    Outcome,
    Terms,
    annulled,
    last_day,
    milder,
    terms,
    waiting,
)
from ratings.sanctions.rules import Severity
from ratings.stars.estimate_queries import frozen_estimates, known_before
from ratings.stars.policy_queries import adopted_policies, policy_of_digest
from ratings.stars.queries import published, recompute, whole_record
from ratings.stars.reference import estimate, reference_digest


class Report(msgspec.Struct, frozen=True):
    """What was looked at, and every contradiction found; `faults` empty means the record holds."""

    entries: int
    standings: int
    answers: int
    faults: list[str]


async def verify(progress: Callable[[str], None] = lambda line: None) -> Report:
    """Walk the chain, then hold standings, answers, events and delistings against it.

    All of it as it stood at one moment: the market may go on meanwhile.
    """
    async with snapshot():
        return await _verify(progress)


async def _verify(progress: Callable[[str], None]) -> Report:
    entries = [entry async for entry in chain()]
    faults = []
    progress(f"ledger: {len(entries)} entries")
    broken = first_break(entries)
    if broken is not None:
        faults.append(f"ledger entry {broken[0]}: {broken[1]}")
    await _policies(entries, faults)
    standings = await _standings(entries, faults)
    progress(f"standings: {standings} recomputed")
    checked = await _answers(entries, faults)
    progress(f"evaluations: {checked} answers compared")
    await _switches(entries, faults)
    await _weights(entries, faults)
    await _reratings(entries, faults)
    await _events(entries, faults)
    await _delistings(entries, faults)
    await _objections(entries, faults)
    await _marks(entries, faults)
    return Report(len(entries), standings, checked, faults)


async def _policies(entries: list[Entry], faults: list[str]) -> None:
    """What was adopted must be the text whose digest the ledger took, and what was estimated must
    follow from the record as it was known before its quarter."""
    adopted = {
        (entry.subject, str(entry.fact()["digest"]), str(entry.fact()["valid_from"]))
        for entry in entries
        if entry.act == "policy.adopted"
    }
    texts = {(one.key, one.digest, str(day)) for day, one in await adopted_policies()}
    for key in sorted({one[0] for one in adopted ^ texts}):
        faults.append(f"policy {key}: not as it was adopted")
    estimated = [entry.fact() for entry in entries if entry.act == "policy.estimated"]
    recorded = {
        tuple(str(facts[name]) for name in ("policy_digest", "quarter", "digest"))
        for facts in estimated
    }
    # Estimates older than their publication have no digest of the file in the ledger.
    files = {
        (facts["policy_digest"], facts["quarter"]): facts["published_digest"]
        for facts in estimated
        if "published_digest" in facts
    }
    frozen = await frozen_estimates()
    stored = {(one.policy_digest, one.quarter.isoformat(), one.digest) for one in frozen}
    for digest, quarter, _ in sorted(recorded ^ stored):
        faults.append(f"estimates of {digest[:12]} for {quarter}: not those the ledger records")
    for one in frozen:
        policy = await policy_of_digest(one.policy_digest)
        engagements, _events = await whole_record(known_before(one.quarter))
        again = None if policy is None else estimate(engagements, one.quarter, policy)
        if again != one.reference or reference_digest(one.reference) != one.digest:
            faults.append(
                f"estimates of {one.policy_digest[:12]} for {one.quarter}: not those of the record"
            )
        stated = files.get((one.policy_digest, one.quarter.isoformat()), one.published_digest)
        if stated != one.published_digest:
            faults.append(
                f"estimates of {one.policy_digest[:12]} for {one.quarter}: not those published"
            )


async def _standings(entries: list[Entry], faults: list[str]) -> int:
    """Each published standing must follow from what was known, and be the one in the ledger."""
    recorded: dict[str, list[tuple[object, ...]]] = {}
    for entry in entries:
        if entry.act == "standing.published":
            facts = entry.fact()
            recorded.setdefault(entry.subject, []).append(
                (entry.at, facts["score"], facts["stars"], facts["state"], facts["policy_digest"])
            )
    rows = await published()
    stored: dict[str, list[tuple[object, ...]]] = {}
    for row in rows:
        score = None if row.score is None else str(row.score)
        stored.setdefault(row.uscc, []).append(
            (row.as_of, score, row.stars, row.state, row.policy_digest)
        )
        policy = await policy_of_digest(row.policy_digest)
        again = None if policy is None else await recompute(row.uscc, row.as_of, policy)
        if again is None:
            faults.append(
                f"standing of {row.uscc} at {row.as_of}: published under another text of the"
                f" policy {row.policy} {row.policy_version}"
            )
        elif (
            again.score,
            again.stars,
            again.state.value,
            again.engagements,
            again.lower_bound,
            again.confirmed,
        ) != (
            row.score,
            row.stars,
            row.state,
            row.engagements,
            row.lower_bound,
            row.confirmed,
        ) or list(again.waterfall) != row.waterfall:
            faults.append(
                f"standing of {row.uscc} at {row.as_of}: published {row.score} ({row.stars} stars),"
                f" recomputed {again.score} ({again.stars} stars)"
            )
    for uscc in sorted(recorded.keys() | stored.keys()):
        if sorted(recorded.get(uscc, []), key=str) != sorted(stored.get(uscc, []), key=str):
            faults.append(f"standings of {uscc}: not those the ledger records")
    for row in await fetch(
        "SELECT uscc FROM (SELECT uscc, current, as_of = max(as_of) OVER (PARTITION BY uscc)"
        " AS newest FROM standing) AS s WHERE current <> newest GROUP BY uscc ORDER BY uscc"
    ):
        faults.append(f"standings of {row['uscc']}: the one in force is not the newest")
    return len(rows)


async def _answers(entries: list[Entry], faults: list[str]) -> int:
    """An unsealed answer must be the one whose digest the ledger took at the unsealing."""
    checked = 0
    for entry in entries:
        if entry.act != "docket.unsealed":
            continue
        found = {
            answer.party.value: answer_digest(answer) for answer in await answers(entry.subject)
        }
        checked += len(found)
        if found != entry.fact()["answers"]:
            faults.append(f"evaluation {entry.subject}: its answers were changed after unsealing")
    return checked


async def _switches(entries: list[Entry], faults: list[str]) -> None:
    """What was hidden or left out, and taken back, as often and for the reasons that are told."""
    acts = {act: which for which, act in ACTS.items()}
    recorded = [
        (entry.subject, entry.fact()["party"], *acts[entry.act], entry.reason, entry.person)
        for entry in entries
        if entry.act in acts
    ]
    rows = await fetch(
        "SELECT docket::text, party, switch, is_off, reason, person FROM answer_switch"
    )
    if Counter(recorded) != Counter(tuple(row) for row in rows):
        faults.append("answers hidden or left out: not as recorded")


async def _weights(entries: list[Entry], faults: list[str]) -> None:
    """What answers were to weigh, and the whole again, as often and for the reasons told."""
    told = ("party", "cause", "weight")
    recorded = [
        (entry.subject, *(entry.fact()[name] for name in told), entry.reason, entry.person)
        for entry in entries
        if entry.act in (LOWERED, RESTORED)
    ]
    rows = await fetch(
        "SELECT docket::text, party, cause, weight::text, reason, person FROM answer_weight"
    )
    if Counter(recorded) != Counter(tuple(row) for row in rows):
        faults.append("answers that weigh less: not as recorded")


async def _reratings(entries: list[Entry], faults: list[str]) -> None:
    """What was rated again, with the scores whose digest the ledger took, and every step of it."""
    steps = {act: step.value for step, act in STEPS.items()}
    recorded = Counter(
        (
            entry.fact()["rerating"],
            entry.subject,
            steps[entry.act],
            entry.fact().get("digest"),
            entry.reason,
            entry.person,
        )
        for entry in entries
        if entry.act in steps
    )
    rows = await fetch(
        "SELECT rerating::text, docket::text, step, scores, reasons, reason, person FROM rerating"
    )
    stored: Counter[tuple[object, ...]] = Counter()
    for rerating, docket, step, scores, reasons, reason, person in rows:
        digest = None
        if step == ReratingStep.GIVEN:
            digest = rerating_digest(
                msgspec.json.decode(scores, type=dict[str, Decimal]),
                msgspec.json.decode(reasons, type=dict[str, str]),
            )
        told = "" if step == ReratingStep.OBJECTED else reason
        stored[rerating, docket, step, digest, told, person] += 1
    if recorded != stored:
        faults.append("re-ratings: not as recorded")


async def _events(entries: list[Entry], faults: list[str]) -> None:
    """Those reported, and those that a repair or the end of a delisting has lifted since."""
    repaired = {
        (entry.subject, document)
        for entry in entries
        if entry.act in ("repair.granted", "agency.relisted")
        for document in msgspec.convert(entry.fact().get("documents", []), list[str])
    }
    recorded = {
        (
            entry.subject,
            *(entry.fact()[name] for name in ("document", "on", "source", "severity", "cap")),
            (entry.subject, entry.fact()["document"]) in repaired,
        )
        for entry in entries
        if entry.act == "outside_event.reported"
    }
    rows = await fetch(
        'SELECT uscc, document, "on"::text, source, severity, cap, withdrawn_at IS NOT NULL'
        " FROM outside_event"
    )
    for difference in sorted(recorded ^ {tuple(row) for row in rows}):
        faults.append(f"outside event {difference[1]} of {difference[0]}: not as recorded")


async def _delistings(entries: list[Entry], faults: list[str]) -> None:
    """Those imposed, contested and ended: a firm comes back by the ledger or not at all."""
    matters, recorded, lifted = dict[str, Matter](), dict[str, tuple[object, ...]](), set[str]()
    for entry in entries:
        if entry.act not in _OF_A_DELISTING:
            continue
        facts = entry.fact()
        case = str(facts["case"])
        if entry.act == "agency.delisted":
            decided = Terms(
                Severity(str(facts["severity"])),
                local_date(entry.at),
                date.fromisoformat(str(facts["until"])),
            )
            matters[case] = Matter(entry.at, frozenset(), decided)
            recorded[case] = (entry.subject, case, decided.starts.isoformat(), entry.reason)
        elif entry.act == "agency.relisted":
            lifted.add(case)
        else:
            matters[case] = _contested(matters[case], entry)
    expected = {
        (
            *recorded[case],
            terms(matter).severity.value,
            last_day(matter).isoformat(),
            waiting(matter) is not None and case not in lifted,
            case in lifted or annulled(matter),
            tuple((one.filed_at, one.answer and one.answer.at) for one in matter.filed),
        )
        for case, matter in matters.items()
    }
    rows = await fetch(
        "SELECT d.uscc, d.case_file::text, d.starts::text, d.reason, d.severity, d.until::text,"
        " d.suspended_at IS NOT NULL, d.lifted_at IS NOT NULL,"
        " array_agg(o.filed_at ORDER BY o.instance) FILTER (WHERE o.id IS NOT NULL),"
        " array_agg(o.answered_at ORDER BY o.instance) FILTER (WHERE o.id IS NOT NULL)"
        " FROM delisting d LEFT JOIN objection o ON o.case_file = d.case_file"
        " AND o.against = 'delisting' GROUP BY d.id"
    )
    stored = {(*row[:8], tuple(zip(row[8] or (), row[9] or (), strict=True))) for row in rows}
    for uscc in sorted({str(row[0]) for row in expected ^ stored}):
        faults.append(f"delisting of {uscc}: not as recorded")


async def _objections(entries: list[Entry], faults: list[str]) -> None:
    """Those against anything but a delisting: each filed and answered when the ledger says."""
    filed, answered = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()
    for entry in entries:
        facts = entry.fact()
        if entry.act == "case.objected":
            filed[facts["case"], facts["against"], facts["instance"], entry.at] += 1
        elif entry.act == "case.objection_answered":
            given = (entry.at, facts["outcome"], entry.reason, entry.person)
            answered[facts["case"], facts["against"], facts["instance"], *given] += 1
    rows = await fetch(
        "SELECT case_file::text, against, instance, filed_at, answered_at, outcome, reason,"
        " answered_by FROM objection WHERE against <> 'delisting'"
    )
    stored = [tuple(row) for row in rows]
    told = Counter((*row[:3], *row[4:]) for row in stored if row[4] is not None)
    if filed != Counter(row[:4] for row in stored) or answered != told:
        faults.append("objections to decisions: not as recorded")


async def _marks(entries: list[Entry], faults: list[str]) -> None:
    """Records and warnings, each decided once, for the reason that is told, by the same person."""
    recorded = Counter(
        (entry.fact()["case"], entry.at, entry.reason, entry.person)
        for entry in entries
        if entry.act in ("case.recorded", "case.warned")
    )
    rows = await fetch(
        "SELECT id::text, decided_at, decision, decided_by FROM case_file"
        " WHERE kind IN ('record', 'warning') AND decided_at IS NOT NULL AND state <> 'dismissed'"
    )
    if recorded != Counter(tuple(row) for row in rows):
        faults.append("records and warnings: not as recorded")


_OF_A_DELISTING = (
    "agency.delisted",
    "agency.relisted",
    "delisting.objected",
    "delisting.objection_answered",
)


def _contested(matter: Matter, entry: Entry) -> Matter:
    """The matter after an objection was filed or answered, as the ledger has it."""
    if entry.act == "delisting.objected":
        return msgspec.structs.replace(matter, filed=(*matter.filed, Objection(entry.at)))
    facts = entry.fact()
    outcome = Outcome(str(facts["outcome"]))
    changed = None
    if outcome is Outcome.CHANGED:
        until = date.fromisoformat(str(facts["until"]))
        changed = milder(matter, entry.at, Severity(str(facts["severity"])), until)
    answer = Answer(entry.at, entry.person or "", outcome, changed)
    answered = msgspec.structs.replace(matter.filed[-1], answer=answer)
    return msgspec.structs.replace(matter, filed=(*matter.filed[:-1], answered))
