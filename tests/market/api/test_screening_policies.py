"""Screening policies through the API: copied, changed, tried on the last screen, decided by two."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date, now
from ratings.shells.policy import load_policy
from ratings.shells.policy_queries import screen_policy_in_force
from ratings.shells.queries import latest_screen
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, picture
from tests.screened import screened_ring

_POLICIES = "/api/v1/screening-policies"
_DRAFTS = "/api/v1/screening-policy-drafts"
_SHIPPED = load_policy()


async def _drafted(who: Account) -> str:
    made = await who.client.post(_DRAFTS, json={"source": "standard"})
    assert made.status_code == 201, made.text
    return f"{_DRAFTS}/{made.json()['draft']}"


async def _read(who: Account, address: str) -> tuple[dict[str, Any], dict[str, str]]:
    answer = await who.client.get(address)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()), {"If-Match": answer.headers["ETag"]}


def _proposal() -> dict[str, str]:
    day = local_date(now()) + timedelta(days=1)
    return {"valid_from": day.isoformat(), "reason": "本县最低工资标准已调整"}


async def test_a_policy_is_changed_by_its_author_and_adopted_by_another(county: County) -> None:
    author, second = county.centre, await county.second()
    address = await _drafted(author)
    draft, tag = await _read(author, address)
    assert (draft["state"], draft["changes"], draft["edition"]) == ("draft", [], 1)
    numbers = draft["numbers"]
    for name in ("minimum_wage_fen", "excuses", "factors"):
        assert {"least", "most"} == draft["bounds"][name].keys()
    wanted = numbers | {"minimum_wage_fen": 249_000, "excuses": {"branch": 1.5}}
    missing = await author.client.put(address, json=wanted)
    assert (missing.status_code, missing.json()["code"]) == (428, "if-match-missing")
    foreign = await second.client.put(address, json=wanted, headers=tag)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not-the-author")
    assert (await author.client.put(address, json=wanted, headers=tag)).status_code == 204
    stale = await author.client.put(address, json=numbers, headers=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "changed-meanwhile")
    draft, tag = await _read(second, address)
    assert [(one["number"], one["of"], one["after"]) for one in draft["changes"]] == [
        ("minimum_wage_fen", "", 249_000),
        ("excuses", "branch", 1.5),
    ]
    wild = wanted | {"class_cap": 99.0, "factors": {"beauty": 1.0}}
    refused = await author.client.put(address, json=wild, headers=tag)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/class_cap", "/factors/beauty"]

    early = await second.client.post(f"{address}/adoption")
    assert (early.status_code, early.json()["code"]) == (409, "policy-not-proposed")
    proposed = await author.client.post(f"{address}/proposal", json=_proposal(), headers=tag)
    assert proposed.status_code == 204, proposed.text
    own = await author.client.post(f"{address}/adoption")
    assert own.status_code == 403
    key = {"Idempotency-Key": "adopt"}
    for _ in range(2):
        assert (await second.client.post(f"{address}/adoption", headers=key)).status_code == 204
    tomorrow = local_date(now()) + timedelta(days=1)
    assert (await screen_policy_in_force(tomorrow)).minimum_wage_fen == 249_000
    listed = (await author.client.get(_POLICIES)).json()["items"]
    assert [one["in_force"] for one in listed].count(True) == 1
    known, _ = await _read(author, f"{_POLICIES}/{draft['key']}")
    assert (known["key"], known["digest"]) == (listed[0]["key"], listed[0]["digest"])
    assert known["policy"]["excuses"]["branch"]["weight"] == 1.5
    assert len(known["policy"]["features"]) == len(_SHIPPED.features)
    assert (await verify()).faults == []


@pytest.mark.parametrize("act", ["refusal", "withdrawal"])
async def test_a_proposal_is_refused_by_another_or_withdrawn_by_its_author(
    county: County, act: str
) -> None:
    author, second = county.centre, await county.second()
    address = await _drafted(author)
    _, tag = await _read(author, address)
    await author.client.post(f"{address}/proposal", json=_proposal(), headers=tag)
    right, wrong = (second, author) if act == "refusal" else (author, second)
    body = {"reason": "先核对影响"} if act == "refusal" else None
    before = await picture()
    assert (await wrong.client.post(f"{address}/{act}", json=body)).status_code == 403
    assert await picture() == before
    assert (await right.client.post(f"{address}/{act}", json=body)).status_code == 204
    draft, _ = await _read(author, address)
    assert draft["state"] == {"refusal": "refused", "withdrawal": "withdrawn"}[act]
    again = await right.client.post(f"{address}/{act}", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "proposal-decided")
    drafts = (await author.client.get(_DRAFTS)).json()["items"]
    assert [f"{_DRAFTS}/{one['id']}" for one in drafts] == [address]


async def test_what_a_draft_would_change_and_a_screen_run_again(
    county: County, tmp_path: Path
) -> None:
    author, auditor = county.centre, await county.account(Role.AUDITOR)
    address = await _drafted(author)
    nothing, _ = await _read(auditor, f"{address}/impact")
    assert nothing["impact"] is None
    ring = await screened_ring(county, tmp_path)
    draft, tag = await _read(author, address)
    strict = {"independent_classes": 6, "independent_evidence": 2.0}
    changed = await author.client.put(address, json=draft["numbers"] | strict, headers=tag)
    assert changed.status_code == 204, changed.text
    told, _ = await _read(auditor, f"{address}/impact")
    impact = told["impact"]
    assert {ring.shell.uscc, ring.other.uscc} <= {one["uscc"] for one in impact["changes"]}
    assert all(one["outcome_before"] == "case" for one in impact["changes"])
    assert impact["outcomes_after"]["case"] == 0
    ran = await latest_screen()
    assert ran is not None
    listed = (await auditor.client.get("/api/v1/screens")).json()["items"]
    assert [one["id"] for one in listed] == [ran.id] == [impact["screen"]]
    again, _ = await _read(auditor, f"/api/v1/screens/{ran.id}/replay")
    assert (again["agencies"], again["other"]) == (impact["agencies"], [])
    assert again["policy_digest"] == _SHIPPED.digest


async def test_the_numbers_are_told_to_the_centre_and_the_auditors_alone(county: County) -> None:
    address = await _drafted(county.centre)
    agency = await county.agency()
    addresses = (_POLICIES, f"{_POLICIES}/standard", _DRAFTS, address, f"{address}/impact")
    for who in (agency, county.enterprise, county.supervisor):
        for one in (*addresses, "/api/v1/screens"):
            assert (await who.client.get(one)).status_code == 403, one
    auditor = await county.account(Role.AUDITOR)
    for one in addresses[:-1]:
        assert (await auditor.client.get(one)).status_code == 200, one
    assert (await auditor.client.post(_DRAFTS, json={"source": "standard"})).status_code == 403
