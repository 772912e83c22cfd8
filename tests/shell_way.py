"""Walking a shell case through its steps, for the tests that need one further on."""

from datetime import date
from typing import Any

from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import local_date
from ratings.sanctions.queries import case_file
from ratings.sanctions.rules import Severity
from ratings.shells.case_actions import (
    ProposedFinding,
    Visit,
    assign,
    check_at_desk,
    explain,
    give_notice,
    propose_finding,
    report_visit,
)
from ratings.shells.case_way import Desk, Seen, ShellFinding
from ratings.shells.visit import checklist

JPEG = b"\xff\xd8\xff\xe0" + b"photo" * 8 + b"\xff\xd9"


def visit(on: date, result: Seen = Seen.NOT_FOUND, **changes: Any) -> Visit:
    """A whole report of a visit."""
    answers = {one.code: "no" for one in checklist()}
    return Visit(result, on, answers, "登记地址无人，物业称已搬离", **changes)


def visit_form(on: date) -> dict[str, str]:
    """The same as a browser sends it."""
    report = visit(on)
    return report.checklist | {"result": report.result, "on": on.isoformat(), "note": report.note}


async def dismiss_at_desk(centre: Actor, case: str, reason: str) -> None:
    await assign(centre, case, centre.person or "")
    await check_at_desk(centre, case, Desk.NO_GROUND, reason)


async def to_decision(centre: Actor, case: str, result: Seen = Seen.NOT_FOUND) -> None:
    """All before the proposal; the agency explains itself at once."""
    row = await case_file(case)
    await assign(centre, case, centre.person or "")
    await check_at_desk(centre, case, Desk.GO_ON, "税务、社保、登记三类数据一致")
    await give_notice(centre, case, "近一年零申报且无人参保，请说明。")
    await explain(Actor(Role.AGENCY, centre.at, uscc=row.uscc), case, "股东纠纷，暂停经营")
    await report_visit(centre, case, visit(local_date(centre.at), result))


async def to_second_person(
    centre: Actor, case: str, severity: Severity, until: date, reason: str
) -> None:
    """Proposed to be a shell; a second person decides."""
    await to_decision(centre, case)
    shell = ProposedFinding(ShellFinding.SHELL, reason, severity=severity, until=until)
    await propose_finding(centre, case, shell)
