"""`verify` finds what was changed behind the program's back, and names it."""

import asyncio
from contextvars import Context
from datetime import date, datetime, timedelta

import pytest

from ratings.evaluations.actions import NewDocket, answer, open_docket
from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import execute, fetchval
from ratings.sanctions.actions import Proposal, answer_case, delist, open_case, propose_delisting
from ratings.sanctions.rules import Kind, Severity
from ratings.stars.actions import ReportedEvent, report_event, restand
from ratings.stars.feedback import Severity as EventSeverity
from ratings.stars.queries import StandingRow, current, published
from ratings.verification import Report, verify
from tests.conftest import make_uscc

USCC = make_uscc(1)
OWNER = "11111111-1111-1111-1111-111111111111"
SUPERVISOR = "22222222-2222-2222-2222-222222222222"
CENTRE = "33333333-3333-3333-3333-333333333333"


def actor(role: Role, organisation: str) -> Actor:
    return Actor(role=role, at=now(), person=organisation, organisation=organisation)


async def answer_as(party: Role, organisation: str, docket: str, indicator: str) -> None:
    """Every indicator but one, so that each answer is a little different."""
    names = {Role.ENTERPRISE: Party.OWNER, Role.SUPERVISOR: Party.SUPERVISOR}
    asked = WEIGHTS[names.get(party, Party.CENTRE)]
    scores = {code: "91.5" for code in asked if code != indicator}
    await answer(actor(party, organisation), docket, scores, "", final=True)


@pytest.fixture
async def record(database: str) -> str:
    """Three engagements, one outside event, one delisting: a record that holds."""
    settled = local_date(now()) - timedelta(days=1)
    docket = ""
    for number in range(3):
        docket = await open_docket(
            system(now()),
            NewDocket(
                engagement=f"engagement {number}",
                uscc=USCC,
                trade="consulting",
                title="invented",
                settled_on=settled,
                owner=OWNER,
                supervisor=SUPERVISOR,
            ),
        )
        await answer_as(Role.ENTERPRISE, OWNER, docket, "fee")
        await answer_as(Role.SUPERVISOR, SUPERVISOR, docket, "timeliness")
        await answer_as(Role.CENTRE, CENTRE, docket, "reporting")
        await restand(system(now()), USCC)
    centre = actor(Role.CENTRE, CENTRE)
    await report_event(
        centre,
        ReportedEvent(
            uscc=USCC,
            on=settled,
            source="tax",
            document="invented〔2026〕1号",
            severity=EventSeverity.GENERAL,
        ),
    )
    await restand(system(now()), USCC)
    case = await open_case(system(now()), USCC, Kind.ONE_STAR, [])
    assert case is not None
    until = date(local_date(now()).year + 1, 1, 1) - timedelta(days=1)
    until = max(until, local_date(now()) + timedelta(days=120))
    await answer_case(Actor(Role.AGENCY, now(), uscc=USCC), case, "invented")
    await propose_delisting(centre, case, Proposal(Severity.ORDINARY, until, "invented"))
    await delist(actor(Role.CENTRE, "44444444-4444-4444-4444-444444444444"), case)
    return docket


async def tampered(statement: str) -> Report:
    """Change a row as somebody with the database's password could, and verify again."""
    for table, kept in (("ledger_entry", "ledger"), ("answer", "answer")):
        await execute(f"ALTER TABLE {table} DISABLE TRIGGER {kept}_is_append_only")
    await execute(statement)
    for table, kept in (("ledger_entry", "ledger"), ("answer", "answer")):
        await execute(f"ALTER TABLE {table} ENABLE TRIGGER {kept}_is_append_only")
    return await verify()


async def test_an_honest_record_holds(record: str) -> None:
    report = await verify()
    assert report.faults == []
    assert (report.standings, report.answers) == (4, 9)
    assert report.entries == await fetchval("SELECT count(*) FROM ledger_entry")


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE ledger_entry SET reason = 'another' WHERE seq = 3", "ledger entry 3: altered"),
        ("DELETE FROM ledger_entry WHERE seq = 4", "ledger entry 4: missing"),
        ("UPDATE standing SET score = 99 WHERE current", "recomputed"),
        ("UPDATE standing SET stars = 5 WHERE current", "recomputed"),
        ("DELETE FROM standing WHERE current", "not those the ledger records"),
        (
            "UPDATE answer SET scores = jsonb_set(scores, '{quality}', '\"99\"')"
            " WHERE party = 'owner'",
            "its answers were changed",
        ),
        ("UPDATE answer SET comment = 'another' WHERE party = 'owner'", "its answers were changed"),
        ("DELETE FROM answer WHERE party = 'centre'", "its answers were changed"),
        ("UPDATE outside_event SET severity = 'minor'", "outside event"),
        ("UPDATE delisting SET until = until + 1", "delisting of"),
        ("UPDATE delisting SET starts = starts - 1", "delisting of"),
        ("UPDATE delisting SET lifted_at = now()", "delisting of"),
        ("UPDATE standing SET current = false", "in force is not the newest"),
    ],
)
async def test_tampering_is_found_and_named(record: str, statement: str, fault: str) -> None:
    report = await tampered(statement)
    assert any(fault in line for line in report.faults), report.faults


async def test_a_record_that_grows_meanwhile_holds(
    record: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read_a_little_later() -> list[StandingRow]:
        await asyncio.create_task(_one_more_event(now()), context=Context())
        return await published()

    monkeypatch.setattr("ratings.verification.published", read_a_little_later)
    assert (await verify()).faults == []


async def test_what_was_asked_for_before_a_standing_and_came_after_it(record: str) -> None:
    """Evidence that had to wait does not look as if the standing published meanwhile knew it."""
    asked = now() - timedelta(minutes=5)
    await _one_more_event(asked)
    assert (await verify()).faults == []
    rows = await published(USCC)
    assert [row.as_of for row in rows] == sorted({row.as_of for row in rows})
    last = await current(USCC)
    assert last is not None
    assert last.waterfall == rows[-1].waterfall
    assert "another" in {step.reference for step in last.waterfall}


async def _one_more_event(at: datetime) -> None:
    centre = Actor(role=Role.CENTRE, at=at, person=CENTRE, organisation=CENTRE)
    day = local_date(at) - timedelta(days=1)
    event = ReportedEvent(
        uscc=USCC, on=day, source="tax", document="another", severity=EventSeverity.SERIOUS
    )
    await report_event(centre, event)
    await restand(system(at), USCC)
