"""Proving the record: the hash chain, and every published fact recomputed from it."""

from collections.abc import Callable

import msgspec

from ratings.evaluations.queries import answers
from ratings.evaluations.rules import answer_digest
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, snapshot
from ratings.ledger.queries import chain
from ratings.ledger.rules import Entry, first_break
from ratings.stars.queries import published, recompute


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
    standings = await _standings(entries, faults)
    progress(f"standings: {standings} recomputed")
    checked = await _answers(entries, faults)
    progress(f"evaluations: {checked} answers compared")
    await _events(entries, faults)
    await _delistings(entries, faults)
    return Report(len(entries), standings, checked, faults)


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
        again = await recompute(row.uscc, row.as_of, row.policy)
        if again.policy_digest != row.policy_digest:
            faults.append(
                f"standing of {row.uscc} at {row.as_of}: published under another text of the"
                f" policy {row.policy} {row.policy_version}"
            )
        elif (again.score, again.stars, again.state.value, again.engagements) != (
            row.score,
            row.stars,
            row.state,
            row.engagements,
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


async def _events(entries: list[Entry], faults: list[str]) -> None:
    recorded = {
        (
            entry.subject,
            *(entry.fact()[name] for name in ("document", "on", "source", "severity", "cap")),
        )
        for entry in entries
        if entry.act == "outside_event.reported"
    }
    rows = await fetch(
        'SELECT uscc, document, "on"::text, source, severity, cap FROM outside_event'
    )
    for difference in sorted(recorded ^ {tuple(row) for row in rows}):
        faults.append(f"outside event {difference[1]} of {difference[0]}: not as recorded")


async def _delistings(entries: list[Entry], faults: list[str]) -> None:
    """Those imposed, and those lifted: a firm comes back by the ledger or not at all."""
    lifted = {entry.fact()["case"] for entry in entries if entry.act == "agency.relisted"}
    recorded = {
        (
            entry.subject,
            entry.fact()["case"],
            local_date(entry.at).isoformat(),
            *(entry.fact()[name] for name in ("until", "severity")),
            entry.reason,
            entry.fact()["case"] in lifted,
        )
        for entry in entries
        if entry.act == "agency.delisted"
    }
    rows = await fetch(
        "SELECT uscc, case_file::text, starts::text, until::text, severity, reason,"
        " lifted_at IS NOT NULL FROM delisting"
    )
    for uscc in sorted({str(row[0]) for row in recorded ^ {tuple(row) for row in rows}}):
        faults.append(f"delisting of {uscc}: not as recorded")
