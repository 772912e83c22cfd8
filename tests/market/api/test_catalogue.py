"""The catalogue over HTTP: what a stranger may ask before signing in to anything."""

import pytest

from ratings.ledger.database import fetchval
from tests.county import County


async def test_items_in_pages(county: County) -> None:
    client = county.enterprise.client
    seen: list[str] = []
    address: str | None = "/api/v1/items?limit=20"
    while address:
        page = (await client.get(address)).json()
        seen += [item["code"] for item in page["items"]]
        address = page["next"]
    assert len(seen) == len(set(seen)) == 49
    active = (await client.get("/api/v1/items", params={"active": True, "limit": 100})).json()
    assert len(active["items"]) == 39
    assert (await client.get("/api/v1/items/02")).json()["code"] == "02"
    assert (await client.get("/api/v1/items/99")).json()["code"] == "item-unknown"


async def test_a_search_with_filters_and_their_counts(county: County) -> None:
    client = county.enterprise.client
    found = (await client.get("/api/v1/search", params={"q": "环评"})).json()
    assert [(one["item"]["code"], one["because"][0]["how"]) for one in found["items"]] == [
        ("11", "shortened"),
        ("10", "shortened"),
    ]
    assert found["total"] == 2
    # 浙价服〔2013〕252号, 1,000 to 3,000 万元: a proposal from 1.7 万元, a feasibility study 3.4.
    asked = {"field": "投资咨询", "investment_wan": "3000", "fee_wan": 2, "limit": 1}
    first = (await client.get("/api/v1/search", params=asked)).json()
    assert first["items"][0]["item"]["code"] == "01"
    assert first["items"][0]["low_fen"] == 1_700_000
    assert first["total"] == 4
    second = (await client.get(first["next"])).json()
    assert second["items"][0]["item"]["code"] == "03"
    for bad, code in (({"fee_wan": 5}, "missing-fact"), ({"days": 7}, "no-such-step")):
        answer = await client.get("/api/v1/search", params=bad)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_packages_and_what_they_should_cost(county: County) -> None:
    client = county.enterprise.client
    packages = (await client.get("/api/v1/packages")).json()["items"]
    assert len(packages) == 4
    assert {row["supervisor"] for row in packages} == {county.supervisor.organisation}
    for row in packages:
        shown = (await client.get(f"/api/v1/packages/{row['code']}")).json()
        required = {field["name"] for field in shown["figures"] if field["required"]}
        assert "investment_wan" in required
        figures = {"investment_wan": "10000", "building_area_m2": "20000"}
        ranged = await client.get(f"/api/v1/packages/{row['code']}/fee-range", params=figures)
        body = ranged.json()
        assert ranged.status_code == 200, body
        assert sum(line["high_fen"] for line in body["lines"]) == body["high_fen"]
        assert (await client.get(f"/api/v1/packages/{row['code']}/listings")).json()["items"] == []
    for address in ("", "/fee-range", "/listings"):
        assert (await client.get(f"/api/v1/packages/none{address}")).status_code == 404


@pytest.mark.parametrize(
    ("figures", "status", "code"),
    [
        ({}, 422, "missing-fact"),
        ({"investment_wan": "-1"}, 422, "impossible-figure"),
        ({"investment_wan": "NaN"}, 422, "impossible-figure"),
        ({"investment_wan": "1e99"}, 422, "impossible-figure"),
        ({"investment_wan": "viel"}, 400, "malformed"),
        ({"investment_wan": "1", "as_of": "heute"}, 400, "malformed"),
    ],
)
async def test_figures_that_cannot_be(
    county: County, figures: dict[str, str], status: int, code: str
) -> None:
    answer = await county.enterprise.client.get(
        "/api/v1/packages/consulting/fee-range", params=figures
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("address", "zh", "en"),
    [
        ("/packages/consulting/fee-range", "项目总投资", "Total investment"),
        ("/fee-standards/design-10/estimate", "设计费计费额（万元）", "design base amount in 万元"),
        ("/search?fee_wan=5", "项目总投资", "Total investment"),
    ],
)
async def test_a_missing_figure_is_named_in_the_language_of_the_reader(
    county: County, address: str, zh: str, en: str
) -> None:
    for language, named, other in (("zh-CN", zh, en), ("en", en, zh)):
        answer = await county.enterprise.client.get(
            f"/api/v1{address}", headers={"Accept-Language": language}
        )
        detail = answer.json()["detail"]
        assert named in detail
        assert other not in detail


async def test_a_fee_standard_reckons_with_its_workings(county: County) -> None:
    client = county.enterprise.client
    listed = (await client.get("/api/v1/fee-standards", params={"limit": 100})).json()["items"]
    assert {"tendering-1980", "surveying-17"} <= {row["code"] for row in listed}
    address = "/api/v1/fee-standards/tendering-1980/estimate"
    kinds = next(row for row in listed if row["code"] == "tendering-1980")["kinds"]
    asked = {"kind": next(iter(kinds)), "amount_wan": "1000"}
    body = (await client.get(address, params=asked)).json()
    assert body["low_fen"] <= body["base_fen"] <= body["high_fen"]
    assert body["workings"][-1]["kind"] == "result"
    assert (await client.get(address, params={"kind": "none"})).json()["code"] == "unknown-kind"
    unknown = await client.get("/api/v1/fee-standards/none/estimate")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "fee-standard-unknown")


async def test_a_department_is_named_for_a_package(county: County) -> None:
    client, address = county.centre.client, "/api/v1/packages/design/supervisor"
    departments = (await client.get("/api/v1/supervisors")).json()["items"]
    assert [row["id"] for row in departments] == [county.supervisor.organisation]
    any_version = {"If-Match": "*"}
    named = await client.put(
        address, json={"supervisor": county.supervisor.organisation}, headers=any_version
    )
    assert named.status_code == 204
    for nobody in (county.enterprise.organisation, "x"):
        answer = await client.put(address, json={"supervisor": nobody}, headers=any_version)
        assert answer.status_code == 404
    acts = await fetchval(
        "SELECT count(*) FROM ledger_entry WHERE act = 'package.supervisor_named'"
        " AND subject = 'design'"
    )
    assert acts == 2


async def test_what_a_project_needs(county: County) -> None:
    client = county.enterprise.client
    asked = {"works": "none", "energy_review": "yes", "investment_wan": "500"}
    needs = (await client.get("/api/v1/needs", params=asked)).json()
    assert needs["answers"]["works"] == "none"
    assert needs["answers"]["tender"] is None
    (first,) = (one for one in needs["items"] if one["verdict"] == "needed")
    assert (first["item"], first["mark"]) == ("07", "published")
    assert first["basis"][0]["text_zh"] == "节约能源法第十五条"
    assert needs["needed"]["working_days"] == 15
    # The invented county ranges of a small project.
    assert (needs["needed"]["low_fen"], needs["needed"]["high_fen"]) == (1_500_000, 3_000_000)
    assert needs["needed"]["demonstration"] is True
    assert needs["packages"][0]["package"] == "consulting"
    nothing = (await client.get("/api/v1/needs")).json()
    assert {one["verdict"] for one in nothing["items"]} == {"may-be-needed"}
    for bad, status in (({"works": "castle"}, 400), ({"land_ha": "-1"}, 422)):
        assert (await client.get("/api/v1/needs", params=bad)).status_code == status
