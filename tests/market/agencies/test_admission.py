"""Applying for admission and deciding about it."""

from datetime import date

import pytest

from market.agencies.actions import QualificationClaim, apply_for_admission, decide_admission
from market.agencies.directory_queries import AgencyFilter, agencies
from market.agencies.queries import agency, qualifications
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from ratings.ledger.errors import Conflict, NotFound, Refused, SteelyardError
from ratings.ledger.queries import history
from tests.conftest import PASSWORD, make_uscc
from tests.county import County, refused


def public() -> Actor:
    return Actor(role=Role.PUBLIC, at=now())


async def test_an_agency_applies_and_is_admitted(county: County) -> None:
    claim = QualificationClaim("工程咨询", "甲级", "测试-1")
    uscc = await apply_for_admission(public(), county.application(qualifications=(claim,)))
    assert (await agency(uscc)).state == "applied"
    assert [row.level for row in await qualifications(uscc)] == ["甲级"]
    assert await agencies(AgencyFilter(), limit=10) == []
    await decide_admission(county.centre.actor(), uscc, admit=True, reason="证照齐全")
    assert [row.uscc for row in await agencies(AgencyFilter(), limit=10)] == [uscc]
    acts = [(entry.act, entry.reason) for entry in await history("agency", uscc)]
    assert acts == [("agency.applied", ""), ("agency.admitted", "证照齐全")]


async def test_the_code_may_be_typed_in_small_letters(county: County) -> None:
    wanted = county.application(uscc=f" {make_uscc(1).lower()} ")
    assert await apply_for_admission(public(), wanted) == make_uscc(1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"uscc": "91320999MA0000001"}, "uscc-length"),
        ({"uscc": "91320999MA000000OX"}, "uscc-character"),
        ({"uscc": "91A20999MA00000018"}, "uscc-region"),
        ({"uscc": make_uscc(1)[:17] + ("0" if make_uscc(1)[17] != "0" else "1")}, "uscc-check"),
        ({"name": "  "}, "name-missing"),
        ({"established_on": date(2999, 1, 1)}, "established-later"),
        ({"staff": -1}, "staff-negative"),
        ({"password": "short"}, "password-short"),
        ({"login": ""}, "login-missing"),
        ({"person_name": " "}, "person-name-missing"),
    ],
)
async def test_a_faulty_application_leaves_nothing(
    county: County, changes: dict[str, object], code: str
) -> None:
    await refused(apply_for_admission(public(), county.application(**changes)), Refused, code)


async def test_a_wrong_code_is_told_with_what_is_wrong(county: County) -> None:
    wrong = make_uscc(1)[:17] + ("0" if make_uscc(1)[17] != "0" else "1")
    error = await refused(
        apply_for_admission(public(), county.application(uscc=wrong)), Refused, "uscc-check"
    )
    assert wrong in str(error)
    assert "business licence" in str(error)


async def test_a_firm_applies_once(county: County) -> None:
    first = county.application()
    await apply_for_admission(public(), first)
    again = county.application(uscc=first.uscc)
    await refused(apply_for_admission(public(), again), Conflict, "uscc-taken")


async def test_a_sign_in_name_belongs_to_one(county: County) -> None:
    first = county.application()
    await apply_for_admission(public(), first)
    other = county.application(login=first.login.upper())
    await refused(apply_for_admission(public(), other), Conflict, "login-taken")


@pytest.mark.parametrize("admit", [True, False])
async def test_a_decision_needs_its_reason(county: County, admit: bool) -> None:
    uscc = await apply_for_admission(public(), county.application())
    decision = decide_admission(county.centre.actor(), uscc, admit=admit, reason=" ")
    await refused(decision, Refused, "reason-missing")


async def test_a_decision_is_made_once(county: County) -> None:
    uscc = await apply_for_admission(public(), county.application())
    centre = county.centre.actor()
    await decide_admission(centre, uscc, admit=False, reason="资质过期")
    assert (await agency(uscc)).decision == "资质过期"
    again = decide_admission(centre, uscc, admit=False, reason="资质过期")
    await refused(again, Conflict, "admission-decided")
    await decide_admission(centre, uscc, admit=True, reason="已换证")
    for admit in (True, False):
        late = decide_admission(centre, uscc, admit=admit, reason="改了主意")
        await refused(late, Conflict, "admission-decided")


async def test_nobody_unknown_is_admitted(county: County) -> None:
    decision = decide_admission(county.centre.actor(), make_uscc(77), admit=True, reason="无")
    await refused(decision, NotFound, "agency-unknown")


async def test_over_http(county: County) -> None:
    wanted = {
        "uscc": make_uscc(31),
        "name": "云溪晨光测绘有限公司",
        "established_on": "2016-03-01",
        "staff": 9,
        "address": "云溪县测试路2号",
        "contact_name": "测试人",
        "contact_phone": "000",
        "login": "chenguang",
        "password": PASSWORD,
        "person_name": "测试人",
    }
    outsider, centre = county.enterprise.client, county.centre.client
    made = await outsider.post("/api/v1/agencies", json=wanted)
    assert (made.status_code, made.json()) == (201, {"uscc": make_uscc(31)})
    address = f"/api/v1/agencies/{make_uscc(31)}"
    assert (await outsider.get(address)).status_code == 404
    waiting = (await centre.get("/api/v1/admissions")).json()["items"]
    assert [row["name"] for row in waiting] == ["云溪晨光测绘有限公司"]
    decided = await centre.post(f"{address}/admission", json={"admit": True, "reason": "齐全"})
    assert decided.status_code == 204
    shown = (await outsider.get(address)).json()
    assert shown["state"] == "admitted"
    assert "contact_phone" not in shown
    for text in ("晨光", "chenguang", "yxcg", make_uscc(31)[:8]):
        found = (await outsider.get("/api/v1/agencies", params={"text": text})).json()["items"]
        assert [row["uscc"] for row in found] == [make_uscc(31)], text
    assert (await outsider.get(f"{address}/standing")).json()["state"] == "unrated"
    acts = (await outsider.get(f"{address}/history")).json()["items"]
    assert [(act["act"], act["person"]) for act in acts] == [("agency.admitted", None)]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"staff": "many"}, 400),
        ({"staff": 10**30}, 400),
        ({"unknown": 1}, 400),
        ({"name": "长" * 200}, 422),
        ({"address": "长" * 3000}, 400),
        ({"name": "\0"}, 422),
        ({"established_on": "yesterday"}, 400),
        ({"uscc": None}, 400),
    ],
)
async def test_malformed_input_is_told_and_leaves_nothing(
    county: County, changes: dict[str, object], status: int
) -> None:
    wanted = {
        "uscc": make_uscc(32),
        "name": "某公司",
        "established_on": "2016-03-01",
        "staff": 9,
        "address": "某路",
        "contact_name": "某",
        "contact_phone": "0",
        "login": "someone",
        "password": PASSWORD,
        "person_name": "某",
    }
    answer = await county.enterprise.client.post("/api/v1/agencies", json=wanted | changes)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    with pytest.raises(SteelyardError):
        await agency(make_uscc(32))


async def test_the_directory_comes_in_pages(county: County) -> None:
    made = {(await county.agency()).uscc for _ in range(5)}
    client = county.enterprise.client
    first = (await client.get("/api/v1/agencies", params={"limit": 2})).json()
    seen = [row["uscc"] for row in first["items"]]
    page = first
    while page["next"]:
        page = (await client.get(page["next"])).json()
        seen += [row["uscc"] for row in page["items"]]
    assert len(seen) == len(set(seen)) == 5
    assert set(seen) == made
    for limit in (0, 101):
        assert (await client.get("/api/v1/agencies", params={"limit": limit})).status_code == 400


async def test_a_code_with_wrong_case_or_no_code_at_all(county: County) -> None:
    client = county.enterprise.client
    for code in ("nobody", make_uscc(5), "'; DROP TABLE agency"):
        assert (await client.get(f"/api/v1/agencies/{code}")).status_code == 404, code
    assert (await client.get("/api/v1/agencies/%00")).status_code == 400
