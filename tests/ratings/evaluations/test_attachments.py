"""What is said beside the scores, and sealed like them: reasons at indicators, and files."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.demonstration.documents import pdf
from ratings.evaluations.actions import answer, unseal
from ratings.evaluations.attachment_queries import attachment_file, own_attachments
from ratings.evaluations.attachments import attach, withdraw_attachment
from ratings.evaluations.indicators import CODES, WEIGHTS, Party
from ratings.evaluations.queries import answers, docket, own_answer
from ratings.evaluations.rules import (
    LONGEST_REASON,
    MOST_ATTACHMENTS,
    NEEDS_REASON_BELOW,
    check_reasons,
    due_times,
)
from ratings.evaluations.switch_queries import answers_of_agency
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Conflict, NotFound, Refused
from ratings.ledger.queries import history
from ratings.verification import verify
from tests.conftest import Account
from tests.county import A_FILE, County, at, marks, refused

SECOND = timedelta(seconds=1)
SCORES = st.dictionaries(
    st.sampled_from(CODES), st.decimals(0, 100, places=2, allow_nan=False), max_size=10
)


def _refusal(scores: dict[str, Decimal], reasons: dict[str, str]) -> tuple[str, set[str]]:
    """The code, and the indicators at which something is wrong; empty when it is taken."""
    try:
        check_reasons(scores, reasons)
    except Refused as error:
        return error.code, {fault.pointer.removeprefix("/reasons/") for fault in error.faults}
    return "", set()


@given(SCORES, st.dictionaries(st.sampled_from(CODES), st.sampled_from(["", " ", "晚了"])))
def test_a_low_score_says_why_at_its_own_indicator(
    scores: dict[str, Decimal], reasons: dict[str, str]
) -> None:
    reasons = {code: reason for code, reason in reasons.items() if code in scores}
    bare = {
        code
        for code, score in scores.items()
        if score < NEEDS_REASON_BELOW and reasons.get(code, "").strip() == ""
    }
    assert _refusal(scores, reasons) == ("score-reason-missing" if bare else "", bare)


@given(SCORES, st.sets(st.sampled_from(CODES)), st.integers(LONGEST_REASON - 1, LONGEST_REASON + 1))
def test_a_reason_belongs_to_a_score_and_ends(
    scores: dict[str, Decimal], said: set[str], length: int
) -> None:
    high = {code: max(score, NEEDS_REASON_BELOW) for code, score in scores.items()}
    astray = said - high.keys()
    wrong = said if length > LONGEST_REASON else astray
    told = _refusal(high, dict.fromkeys(said, "好" * length))
    assert told == ("answer-invalid" if wrong else "", wrong)


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def opened(county: County, agency: Account) -> str:
    return await county.settled(agency, await county.listing(agency))


async def test_the_missing_reason_is_named_by_its_label(county: County, opened: str) -> None:
    client, address = county.enterprise.client, f"/api/v1/dockets/{opened}/answers"
    scores = marks(Party.OWNER, 90) | {"timeliness": "59.99", "fee": "0"}
    body = {"scores": scores, "comment": "不好", "reasons": {"fee": "加价三成"}}
    told = await client.post(address, json=body, headers={"Accept-Language": "zh"})
    assert (told.status_code, told.json()["code"]) == (422, "score-reason-missing")
    assert [one["pointer"] for one in told.json()["errors"]] == ["/reasons/timeliness"]
    assert "服务时限" in told.json()["title"] + told.json().get("detail", "")
    body["reasons"] = {"fee": "加价三成", "timeliness": " 晚了两周 ", "quality": " "}
    assert (await client.post(address, json=body)).status_code == 201
    own = await own_answer(county.enterprise.actor(), await docket(county.centre.actor(), opened))
    assert own is not None
    assert own.reasons == {"fee": "加价三成", "timeliness": "晚了两周"}


async def test_sealed_to_its_party_then_opened_to_those_concerned(
    county: County, agency: Account, opened: str
) -> None:
    owner = county.enterprise
    kept, taken_back = [await attach(owner.actor(), opened, A_FILE) for _ in range(2)]
    assert await withdraw_attachment(owner.actor(), taken_back) == opened
    row = await docket(owner.actor(), opened)
    assert [one.id for one in await own_attachments(owner.actor(), row)] == [kept]
    concerned = [county.centre, county.supervisor, agency, await county.account(Role.AUDITOR)]
    strangers = [await county.agency(), await county.account(Role.SUPERVISOR)]
    for other in (*concerned, *strangers):
        await refused(attachment_file(other.actor(), kept), NotFound, "not-found")
        assert await own_attachments(other.actor(), row) == ()
        if other is not agency:
            await refused(withdraw_attachment(other.actor(), kept), NotFound, "not-found")
    for party in Party:
        scores = marks(party, 50)
        why = dict.fromkeys(scores, f"{party}的理由")
        await answer(county.party(party).actor(), opened, scores, reasons=why, final=True)
    (told,) = [one for one in await answers(opened) if one.party is Party.OWNER]
    assert [one.id for one in told.attachments] == [kept]
    assert set(told.reasons.values()) == {"owner的理由"}
    for reader in (owner, *concerned):
        assert (await attachment_file(reader.actor(), kept)).storage_key == A_FILE.storage_key
        said = await answers_of_agency(reader.actor(), agency.uscc or "")
        assert {party for row in said.values() for party in row} == set(Party)
    for stranger in strangers:
        await refused(attachment_file(stranger.actor(), kept), NotFound, "not-found")
        assert await answers_of_agency(stranger.actor(), agency.uscc or "") == {}
    await refused(attachment_file(owner.actor(), taken_back), NotFound, "not-found")
    await refused(withdraw_attachment(owner.actor(), kept), Conflict, "attachments-closed")
    await refused(attach(owner.actor(), opened, A_FILE), Conflict, "attachments-closed")
    acts = [entry.act for entry in await history("docket", opened)]
    assert (acts.count("docket.attached"), acts.count("docket.attachment_withdrawn")) == (2, 1)
    assert (await verify()).faults == []
    await execute("ALTER TABLE answer_attachment DISABLE TRIGGER attachment_is_kept")
    await execute("UPDATE answer_attachment SET sha256 = 'other' WHERE id = $1::uuid", kept)
    assert any("changed after unsealing" in fault for fault in (await verify()).faults)


async def test_only_while_the_party_may_answer_or_change(county: County, opened: str) -> None:
    due = due_times(local_date(now()))
    centre, owner = county.centre.actor(), county.enterprise.actor()
    late = attach(at(centre, due[Party.CENTRE]), opened, A_FILE)
    await refused(late, Conflict, "attachments-closed")
    await attach(at(centre, due[Party.CENTRE] - SECOND), opened, A_FILE)
    await answer(centre, opened, marks(Party.CENTRE, 90), final=True)
    await refused(attach(centre, opened, A_FILE), Conflict, "attachments-closed")
    await answer(owner, opened, marks(Party.OWNER, 90))
    for _ in range(MOST_ATTACHMENTS):
        await attach(owner, opened, A_FILE)
    await refused(attach(owner, opened, A_FILE), Conflict, "attachments-full")
    nobody = (await county.account(Role.ENTERPRISE)).actor()
    await refused(attach(nobody, opened, A_FILE), NotFound, "not-found")


async def test_a_file_and_the_opening_at_the_deadline_race(county: County, opened: str) -> None:
    """Whoever is first, the ledger's digest is of what is shown."""
    last = max(due_times(local_date(now())).values())
    owner = at(county.enterprise.actor(), last - SECOND)
    await answer(owner, opened, marks(Party.OWNER, 90))

    async def attempt(number: int) -> bool:
        try:
            await attach(owner, opened, msgspec.structs.replace(A_FILE, sha256=f"{number}" * 64))
        except Conflict:
            return False
        return True

    *added, opens = await asyncio.gather(
        *(attempt(number) for number in range(6)), unseal(system(last), opened)
    )
    assert opens
    (told,) = await answers(opened)
    assert len(told.attachments) == sum(added)
    assert (await verify()).faults == []


async def test_over_http_and_on_the_pages(county: County, agency: Account, opened: str) -> None:
    owner, content = county.enterprise, pdf("审查意见", "虚构")
    form = f"/evaluations/{opened}"
    files = {"file": ("审查意见.pdf", content, "application/pdf")}
    made = await owner.browser.post(f"{form}/attachments", files=files)
    assert (made.status_code, made.headers["location"]) == (303, form)
    shown = (await owner.client.get(f"/api/v1/dockets/{opened}")).json()
    (file,) = shown["own_attachments"]
    assert (file["filename"], file["size"]) == ("审查意见.pdf", len(content))
    address = f"/answer-attachments/{file['id']}"
    assert (await owner.browser.get(address)).content == content
    faulty = {"file": ("程序.exe", b"MZ", "application/octet-stream")}
    refused_page = await owner.browser.post(f"{form}/attachments", files=faulty)
    assert refused_page.status_code == 422
    stranger = await county.account(Role.ENTERPRISE)
    made = await stranger.browser.post(f"{form}/attachments", files=files)
    assert made.status_code == 404
    for party in Party:
        typed = {f"scores-{code}": "90" for code in WEIGHTS[party]}
        typed |= {"reasons-timeliness": f"{party}：早了一天", "final": "yes"}
        sent = await county.party(party).browser.post(form, data=typed)
        assert sent.status_code == 303
    engagement = (await docket(agency.actor(), opened)).engagement
    page = (await agency.browser.get(f"/engagements/{engagement}")).text
    assert all(f"{party}：早了一天" in page for party in Party)
    assert address in page
    assert (await agency.browser.get(address)).content == content
    assert (await stranger.browser.get(address)).status_code == 404
    back = await owner.browser.post(f"{address}/withdrawal")
    assert back.status_code == 409
    assert await fetchval("SELECT count(*) FROM answer_attachment") == 1
