"""Two people edit the same thing: the later of them is told, in the API and on the page."""

import asyncio
import re

import httpx
import pytest

from market.api.negotiation import MESSAGEPACK
from market.api.preconditions import expected
from market.catalogue.queries import package
from ratings.ledger.actors import Role
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Stale, Unconditional
from tests.conftest import Account
from tests.county import PACKAGE, County

_READ = f"/api/v1/packages/{PACKAGE}"
_CHANGED = f"{_READ}/supervisor"
_MARK = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        (f'"{_MARK}-v3"', {3}),
        (f'W/"{_MARK}-v12"', {12}),
        (f'"{_MARK}-v3", "{_MARK}-v4"', {3, 4}),
        (f'"{_MARK}", "{_MARK}-v4"', {4}),
    ],
)
def test_a_tag_names_a_version(header: str, versions: set[int]) -> None:
    assert expected(header) == versions


@pytest.mark.parametrize(
    "header", [f'"{_MARK}"', '"v3"', "3", f"{_MARK}-v3", f'"{_MARK}-v{9**19}"']
)
def test_what_names_none_is_stale(header: str) -> None:
    with pytest.raises(Stale):
        expected(header)


@pytest.mark.parametrize("header", [None, "", " "])
def test_a_change_says_what_it_changes(header: str | None) -> None:
    with pytest.raises(Unconditional):
        expected(header)
    assert expected(" * ") is None


async def _put(county: County, department: Account, **headers: str) -> httpx.Response:
    body = {"supervisor": department.organisation}
    return await county.centre.client.put(_CHANGED, json=body, headers=headers)


async def test_the_later_change_of_one_version_is_refused(county: County) -> None:
    other = await county.account(Role.SUPERVISOR)
    plain = (await county.centre.client.get(_READ)).headers["etag"]
    packed = await county.centre.client.get(_READ, headers={"Accept": MESSAGEPACK[0]})
    missing = await _put(county, other)
    assert (missing.status_code, missing.json()["code"]) == (428, "if-match-missing")
    assert (await _put(county, other, **{"If-Match": packed.headers["etag"]})).status_code == 204
    stale = await _put(county, county.supervisor, **{"If-Match": plain})
    assert (stale.status_code, stale.json()["code"]) == (412, "changed-meanwhile")
    assert (await package(PACKAGE)).supervisor == other.organisation
    fresh = (await county.centre.client.get(_READ)).headers["etag"]
    assert (await _put(county, county.supervisor, **{"If-Match": fresh})).status_code == 204
    assert (await _put(county, other, **{"If-Match": "*"})).status_code == 204


async def test_what_else_changes_is_no_change_of_the_thing(county: County) -> None:
    """Somebody offers the package meanwhile: another tag, and the same version."""
    before = (await county.centre.client.get(_READ)).headers["etag"]
    await county.listing(await county.agency())
    assert (await county.centre.client.get(_READ)).headers["etag"] != before
    answer = await _put(county, county.supervisor, **{"If-Match": before})
    assert answer.status_code == 204


async def test_of_many_changes_at_once_one_counts(county: County) -> None:
    tag = (await county.centre.client.get(_READ)).headers["etag"]
    departments = [await county.account(Role.SUPERVISOR) for _ in range(5)]
    named = "SELECT count(*) FROM ledger_entry WHERE act = 'package.supervisor_named'"
    before = await fetchval(named)
    answers = await asyncio.gather(*(_put(county, one, **{"If-Match": tag}) for one in departments))
    assert sorted(answer.status_code for answer in answers) == [204, 412, 412, 412, 412]
    (winner,) = [
        department
        for department, answer in zip(departments, answers, strict=True)
        if answer.is_success
    ]
    assert (await package(PACKAGE)).supervisor == winner.organisation
    assert await fetchval(named) == before + 1


async def test_an_unknown_package_is_unknown_first(county: County) -> None:
    answer = await county.centre.client.put(
        "/api/v1/packages/nothing/supervisor", json={"supervisor": county.supervisor.organisation}
    )
    assert answer.status_code == 404


async def test_a_page_that_is_out_of_date_keeps_what_was_chosen(county: County) -> None:
    other, third = [await county.account(Role.SUPERVISOR) for _ in range(2)]
    browser = county.centre.browser
    shown = (await browser.get("/console/packages")).text
    assert 'name="version"' in shown
    version = str((await package(PACKAGE)).version)
    path = f"/console/packages/{PACKAGE}/supervisor"
    first = await browser.post(path, data={"supervisor": other.organisation, "version": version})
    assert first.status_code == 303
    chosen = {"supervisor": third.organisation, "version": version}
    late = await browser.post(path, data=chosen)
    assert late.status_code == 412
    assert (await package(PACKAGE)).supervisor == other.organisation
    form = late.text[late.text.index(f'action="{path}"') :]
    form = form[: form.index("</form>")]
    assert f'value="{third.organisation}" selected' in form
    (now_shown,) = re.findall(r'name="version" value="(\d+)"', form)
    again = await browser.post(path, data={**chosen, "version": now_shown})
    assert again.status_code == 303
    assert (await package(PACKAGE)).supervisor == third.organisation
    without = await browser.post(path, data={"supervisor": other.organisation})
    assert without.status_code == 412
