"""Shell cases through the API: a whole case from its flag to its label, and who is told what."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ratings.ledger.actors import Role, system
from ratings.ledger.clock import add_months, local_date, now
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import open_case
from ratings.sanctions.rules import Kind
from ratings.shells.audit_queries import labels
from ratings.shells.case_queries import shell_case
from ratings.shells.visit import checklist
from ratings.verification import verify
from tests.conftest import Account
from tests.contract.world import PDF
from tests.county import County, picture
from tests.screened import screened_ring
from tests.shell_way import JPEG, to_decision

_CASES = "/api/v1/shell-cases"
_FINDING = {"finding": "no-issue", "reason": "现场有人办公"}


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def case(agency: Account) -> str:
    reasons = [Bilingual(zh="零申报十二个月", en="Zero returns for twelve months")]
    opened = await open_case(system(now()), agency.uscc or "", Kind.SHELL, reasons)
    assert opened is not None
    return opened


async def _read(who: Account, case: str, more: str = "") -> dict[str, Any]:
    answer = await who.client.get(f"{_CASES}/{case}{more}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _tag(who: Account, case: str) -> dict[str, str]:
    return {"If-Match": (await who.client.get(f"{_CASES}/{case}")).headers["ETag"]}


async def _step(
    who: Account, case: str, step: str, body: dict[str, Any] | None = None, *, tag: bool = False
) -> httpx.Response:
    headers = await _tag(who, case) if tag else {}
    return await who.client.post(f"{_CASES}/{case}/{step}", json=body, headers=headers)


async def _done(*args: Any, **how: Any) -> httpx.Response:
    answer = await _step(*args, **how)
    assert answer.is_success, answer.text
    return answer


def _report(**changes: Any) -> bytes:
    report: dict[str, Any] = {
        "result": "not-found",
        "on": local_date(now()).isoformat(),
        "checklist": {one.code: "no" for one in checklist()},
        "note": "登记地址无人，物业称已搬离",
    }
    return msgspec.json.encode(report | changes)


async def _visit(
    who: Account, case: str, report: bytes, photos: int = 0, key: str = ""
) -> httpx.Response:
    files: list[tuple[str, Any]] = [("report", ("report", report, "application/json"))]
    files += [("photos", (f"门口{number}.jpg", JPEG)) for number in range(photos)]
    headers = {"Idempotency-Key": key} if key else {}
    return await who.client.post(f"{_CASES}/{case}/visit-report", files=files, headers=headers)


def _kept(county: County) -> int:
    folder = Path(county.app.state.settings.files) / "visits"
    return len([one for one in folder.rglob("*") if one.is_file()])


async def test_a_case_goes_from_its_flag_to_its_label(county: County, tmp_path: Path) -> None:
    ring = await screened_ring(county, tmp_path)
    case, first, second, agency = ring.case, county.centre, await county.second(), ring.shell
    query = {"uscc": agency.uscc or "", "stage": "desk", "undecided": "true"}
    listed = (await first.client.get(_CASES, params=query)).json()["items"]
    assert [(one["id"], one["arm"], one["owner"]) for one in listed] == [(case, "flag", "")]
    evidence = await _read(first, case, "/evidence")
    rows = evidence["finding"]["reasons"]
    assert abs(sum(row["contribution"] for row in rows) - evidence["finding"]["log_odds"]) < 1e-9
    assert len(evidence["feeds"]) == 9
    assert {len(one["months"]) for one in evidence["feeds"]} == {24}
    assert evidence["would_change"]["ways"]

    await _done(second, case, "officer", {"person": first.person})
    check = {"result": "go-on", "reason": "三类数据一致"}
    other = await _step(second, case, "desk-check", check, tag=True)
    assert (other.status_code, other.json()["code"]) == (403, "shell-not-owner")
    await _done(first, case, "desk-check", check, tag=True)
    await _done(first, case, "notice", {"text": "近一年零申报且无人参保，请说明。"})
    await _done(agency, case, "explanation", {"text": "股东纠纷，暂停经营"})
    document = f"/api/v1/cases/{case}/documents?filename=a.pdf"
    assert (await agency.client.post(document, content=PDF)).status_code == 201
    visited = await _visit(first, case, _report(latitude=30.04, longitude=121.15), 2)
    assert (visited.status_code, visited.json()) == (201, {"photos": 2})
    shown = await _read(agency, case)
    photo = f"/api/v1/visit-photos/{shown['steps'][-1]['photos'][0]['id']}"
    assert (await agency.client.get(photo)).content == JPEG
    assert [one["filename"] for one in shown["documents"]] == ["a.pdf"]

    until = add_months(local_date(now()), 12).isoformat()
    wanted = {"finding": "shell", "reason": "无人参保", "severity": "serious", "until": until}
    early = await _step(first, case, "finding-proposal", wanted | {"severity": None}, tag=True)
    assert (early.status_code, early.json()["code"]) == (422, "finding-terms")
    await _done(first, case, "finding-proposal", wanted, tag=True)
    own = await _step(first, case, "finding", tag=True)
    assert (own.status_code, own.json()["code"]) == (403, "second-person-needed")
    hidden = await _read(agency, case)
    assert hidden["stage"] == "decision"
    assert "proposed" not in {one["did"] for one in hidden["steps"]}
    assert (await _done(second, case, "finding", tag=True)).json() == {"finding": "shell"}
    referral = {"registrar": "市场监督管理局", "document": "余市监移〔2026〕7号"}
    await _done(first, case, "referral", referral)
    await _done(first, case, "outcome", {"fate": "pending", "reason": "已受理"})
    await _done(first, case, "outcome", {"fate": "deregistered", "reason": "已注销登记"})

    closed = await _read(first, case)
    assert (closed["stage"], closed["state"], closed["overdue"]) == ("closed", "delisted", False)
    assert [one["did"] for one in closed["steps"]] == [
        "assigned",
        "desk-checked",
        "noticed",
        "explained",
        "visited",
        "proposed",
        "decided",
        "referred",
        "concluded",
        "concluded",
    ]
    (label,) = await labels()
    assert (label.case, label.arm, label.finding) == (case, "flag", "shell")
    assert (await verify()).faults == []


async def test_the_agency_is_told_its_own_part_and_nobody_else_anything(
    county: County, tmp_path: Path
) -> None:
    ring = await screened_ring(county, tmp_path)
    await to_decision(county.centre.actor(), ring.case)
    auditor, shell = await county.account(Role.AUDITOR), ring.shell
    official, own = await _read(auditor, ring.case), await _read(shell, ring.case)
    people = {county.centre.person}
    assert official["owner"] in people
    assert {one["by"] for one in official["steps"]} - {""} == people
    assert county.centre.person not in msgspec.json.encode(own).decode()
    assert {one["did"] for one in official["steps"]} - {one["did"] for one in own["steps"]} == {
        "assigned"
    }
    told, whole = [await _read(who, ring.case, "/evidence") for who in (shell, auditor)]
    assert told["finding"]["reasons"]
    for part in ("finding", "excuses", "feeds", "would_change"):
        assert told[part] == whole[part], part
    assert all(shell.uscc in tie["firms"] for tie in told["ties"]["ties"])

    listed = (await shell.client.get(_CASES)).json()["items"]
    assert [(one["id"], one["owner"]) for one in listed] == [(ring.case, "")]
    second = (await shell.client.get(_CASES, params={"stage": "second"})).json()["items"]
    others = (await shell.client.get(_CASES, params={"uscc": ring.other.uscc or ""})).json()
    assert (second, others["items"]) == ([], [])
    for stranger in (ring.other, ring.honest[0]):
        for more in ("", "/evidence"):
            answer = await stranger.client.get(f"{_CASES}/{ring.case}{more}")
            assert (answer.status_code, answer.json()["code"]) == (404, "case-unknown")
        foreign = await _step(stranger, ring.case, "explanation", {"text": "说明"})
        assert foreign.status_code == 404


async def test_who_judges_has_read_what_the_agency_said_last(
    county: County, agency: Account, case: str
) -> None:
    first, second = county.centre, await county.second()
    await to_decision(first.actor(), case)
    tag = await _tag(first, case)
    address = f"{_CASES}/{case}"
    missing = await _step(first, case, "finding-proposal", _FINDING)
    assert (missing.status_code, missing.json()["code"]) == (428, "if-match-missing")
    await _done(agency, case, "explanation", {"text": "补充：审计报告已提交"})
    before = await picture()
    late = await first.client.post(f"{address}/finding-proposal", json=_FINDING, headers=tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed-meanwhile")
    assert await picture() == before
    await _done(first, case, "finding-proposal", _FINDING, tag=True)

    # What was read is what is adopted, though another proposal has taken its place since.
    tag = await _tag(second, case)
    await _done(first, case, "finding-refusal", {"reason": "另行核实"}, tag=True)
    await _done(first, case, "finding-proposal", _FINDING | {"finding": "rectify"}, tag=True)
    stale = await second.client.post(f"{address}/finding", headers=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "changed-meanwhile")
    for step, body in (("desk-check", {"result": "go-on", "reason": "x"}), ("finding", None)):
        assert (await _step(second, case, step, body)).status_code == 428
    assert (await _done(second, case, "finding", tag=True)).json() == {"finding": "rectify"}
    assert (await shell_case(case, now())).closed


async def test_an_objection_to_a_step_is_answered_by_another_person(
    county: County, agency: Account, case: str
) -> None:
    first, second = county.centre, await county.second()
    await to_decision(first.actor(), case)
    visited = (await _read(agency, case))["steps"][-1]["number"]
    assert visited in (await _read(agency, case))["contestable"]
    objection = {"against": visited, "text": "当日停电，人员外出"}
    await _done(agency, case, "step-objections", objection)
    again = await _step(agency, case, "step-objections", objection)
    assert (again.status_code, again.json()["code"]) == (409, "shell-not-contestable")
    assert (await _read(agency, case))["waiting"] == [visited]
    held = await _step(first, case, "finding-proposal", _FINDING, tag=True)
    assert (held.status_code, held.json()["code"]) == (409, "shell-objection-waits")
    reply = {"against": visited, "reply": "granted", "reason": "属实，另行核查"}
    own = await _step(first, case, "step-objection-answer", reply, tag=True)
    assert (own.status_code, own.json()["code"]) == (403, "objection-own")
    await _done(second, case, "step-objection-answer", reply, tag=True)
    shown = await _read(agency, case)
    assert shown["stage"] == "visit"
    assert [one["holds"] for one in shown["steps"] if one["number"] == visited] == [False]


async def test_a_case_is_given_to_people_of_the_centre_and_judged_by_the_impartial(
    county: County, agency: Account
) -> None:
    first, second = county.centre, await county.second()
    opened = await first.client.post(
        "/api/v1/cases", json={"uscc": agency.uscc, "kind": "shell", "reason": "走访无人"}
    )
    case = opened.json()["case"]
    for person in ("", "nobody", county.enterprise.person, agency.person):
        refused = await _step(first, case, "officer", {"person": person})
        assert (refused.status_code, refused.json()["code"]) == (422, "officer-unknown")
    await _done(first, case, "officer", {"person": first.person})
    assert (await _read(first, case))["barred"] != ""
    assert (await _read(second, case))["barred"] == ""
    check = {"result": "no-ground", "reason": "系季度申报"}
    own = await _step(first, case, "desk-check", check, tag=True)
    assert (own.status_code, own.json()["code"]) == (403, "opener-decides")
    await _done(first, case, "officer", {"person": second.person})
    await _done(second, case, "desk-check", check, tag=True)
    assert (await _read(agency, case))["stage"] == "closed"


async def test_a_report_of_a_visit_is_whole_and_kept_once(
    county: County, agency: Account, case: str
) -> None:
    first = county.centre
    early = await _visit(first, case, _report(), 1)
    assert (early.status_code, early.json()["code"], _kept(county)) == (409, "shell-step-order", 0)
    await to_decision(first.actor(), case)
    before = len((await _read(first, case))["steps"])
    tomorrow = (local_date(now()) + timedelta(days=1)).isoformat()
    for report, status, code in (
        (b"", 400, "visit-report-json"),
        (b"\xff", 400, "visit-report-json"),
        (b"[]", 400, "visit-report"),
        (_report(result="asleep"), 400, "visit-report"),
        (_report(checklist={"sign": "no"}), 422, "visit-incomplete"),
        (_report(on=tomorrow), 422, "visit-incomplete"),
        (_report(latitude=30.0), 422, "visit-incomplete"),
        (_report(note=" "), 422, "text-empty"),
    ):
        refused = await _visit(first, case, report, 1)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    many = await _visit(first, case, _report(), 13)
    assert (many.status_code, many.json()["code"], _kept(county)) == (422, "visit-photos", 0)
    twins = await asyncio.gather(*(_visit(first, case, _report(), 2, "k") for _ in range(3)))
    assert {(one.status_code, one.text) for one in twins} == {(201, '{"photos":2}')}
    other = await _visit(first, case, _report(note="改写"), 2, "k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert (len((await _read(first, case))["steps"]), _kept(county)) == (before + 1, 2)
    field = await first.client.post(
        f"{_CASES}/{case}/visit-report", files={"report": (None, _report())}
    )
    assert field.status_code == 201, "a part without a file name is as good"
    assert await fetchval("SELECT count(*) FROM visit_photo") == 2


async def test_the_checklist_is_told_in_both_languages(county: County, agency: Account) -> None:
    for who in (county.centre, agency):
        told = (await who.client.get("/api/v1/visit-questions")).json()["items"]
        assert [one["code"] for one in told] == [one.code for one in checklist()]
        assert all(one["zh"] and one["en"] for one in told)
