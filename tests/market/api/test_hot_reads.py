"""The hot reads over HTTP: what is answered from memory is what the application would say now."""

import gzip
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from market.agencies.actions import withdraw_listing
from market.app import Application, create_app
from market.catalogue.actions import assign_supervisor
from market.catalogue.county_ranges import NewCountyRange
from market.settings import Settings
from ratings.evaluations.actions import unseal
from ratings.ledger import clock, database
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import end_of_day, local_date, now
from ratings.ledger.database import execute, fetch, fetchval
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import lift, open_case
from ratings.sanctions.rules import Kind, Severity
from ratings.stars.actions import restand
from tests.conftest import Account
from tests.county import PACKAGE, County

_OF_THE_MOMENT = ("date", "ratelimit")


class Ways:
    """One and the same application from memory and the ordinary way, to a stranger."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.fast = _client(app)
        self.slow = _client(app.ordinary)
        self._memory = app.hot_reads._memory

    @property
    def kept(self) -> int:
        return len(self._memory)

    async def same(self, address: str, *, gone: bool = False) -> httpx.Response:
        """Both ways say the same; `gone` where that is no success."""
        slow, fast = await self.slow.get(address), await self.fast.get(address)
        assert fast.status_code == slow.status_code
        assert (slow.status_code != 200) == gone, slow.text
        assert fast.content == slow.content, address
        return fast


def _client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://steelyard.test",
        headers={"Accept-Encoding": "identity"},
    )


@pytest.fixture
def ways(county: County) -> Ways:
    return Ways(cast(Application, county.app))


def _addresses(*agencies: Account) -> list[str]:
    lists = ["items", "items?active=true", "items?limit=3", "packages", f"packages/{PACKAGE}"]
    lists += [f"packages/{PACKAGE}/listings", "supervisors", "county-ranges", "agencies?limit=1"]
    lists += ["agencies", f"agencies?package={PACKAGE}", "agencies?stars=1"]
    for agency in agencies:
        lists += [f"agencies/{agency.uscc}", f"agencies/{agency.uscc}/standing"]
    return [f"/api/v1/{one}" for one in lists]


def _fields(answer: httpx.Response) -> dict[str, str]:
    found = {name: value for name, value in answer.headers.items() if name not in _OF_THE_MOMENT}
    # Only what is kept is there in two encodings.
    vary = [one for one in found.pop("vary", "").split(", ") if one and one != "Accept-Encoding"]
    return found | {"vary": ", ".join(vary)}


async def test_both_ways_give_the_same_bytes_under_the_same_headers(
    county: County, ways: Ways
) -> None:
    agency = await county.agency()
    await county.agency()
    await county.listing(agency)
    for address in _addresses(agency):
        slow = await ways.slow.get(address)
        before = ways.kept
        first, second = await ways.fast.get(address), await ways.fast.get(address)
        assert ways.kept == before + 1
        for fast in (first, second):
            assert fast.status_code == slow.status_code == 200
            assert fast.content == slow.content
            assert _fields(fast) == _fields(slow)
            assert fast.headers["ratelimit"].startswith('"reads";r=')
            assert len(fast.headers.get_list("ratelimit")) == 1
        for method in ("HEAD", "GET"):
            known = {"If-None-Match": slow.headers["etag"]} if method == "GET" else {}
            quiet_slow = await ways.slow.request(method, address, headers=known)
            quiet_fast = await ways.fast.request(method, address, headers=known)
            assert quiet_fast.status_code == quiet_slow.status_code == (304 if known else 200)
            assert quiet_fast.content == b""
            assert _fields(quiet_fast) == _fields(quiet_slow)
        await _packed(ways, address, slow)


async def _packed(ways: Ways, address: str, plain: httpx.Response) -> None:
    async with ways.fast.stream("GET", address, headers={"Accept-Encoding": "br, gzip"}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    if "content-encoding" not in answer.headers:
        assert raw == plain.content
        assert len(raw) < 1024
        return
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(raw) < len(plain.content)
    assert gzip.decompress(raw) == plain.content
    assert "Accept-Encoding" in answer.headers["vary"]
    tag = answer.headers["etag"]
    assert tag != plain.headers["etag"]
    # Which version it is (`If-Match`) does not depend on the encoding.
    assert tag.partition("-")[2] == plain.headers["etag"].partition("-")[2]
    again = {"Accept-Encoding": "gzip", "If-None-Match": tag}
    assert (await ways.fast.get(address, headers=again)).status_code == 304
    other = await ways.fast.get(address, headers={"If-None-Match": tag})
    assert (other.status_code, other.headers["etag"]) == (200, plain.headers["etag"])
    refusing = await ways.fast.get(address, headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refusing.headers


async def test_requests_out_of_the_ordinary_leave_nothing_behind(
    county: County, ways: Ways
) -> None:
    agency = await county.agency()
    for address, headers in (
        ("/api/v1/agencies?text=云溪", {}),
        ("/api/v1/agencies?limit=0", {}),
        ("/api/v1/agencies?limit=many", {}),
        ("/api/v1/agencies?limit=2&limit=3", {}),
        ("/api/v1/agencies?package=%20", {}),
        ("/api/v1/agencies?stars=", {}),
        ("/api/v1/items?active=perhaps", {}),
        ("/api/v1/agencies?limit=2&what=ever", {}),
        ("/api/v1/agencies?cursor=made-up", {}),
        ("/api/v1/agencies/none", {}),
        ("/api/v1/agencies", {"Authorization": "Bearer nobody"}),
        ("/api/v1/agencies", {"Authorization": f"Bearer {agency.token}"}),
        ("/api/v1/agencies", {"Accept": "application/vnd.msgpack"}),
        ("/api/v1/agencies", {"Accept": "text/html"}),
        ("/api/v1/agencies", {"Range": "bytes=0-1"}),
        ("/api/v1/agencies", {"Host": "market.example"}),
    ):
        slow = await ways.slow.get(address, headers=headers)
        fast = await ways.fast.get(address, headers=headers)
        assert (fast.status_code, fast.content) == (slow.status_code, slow.content)
        assert _fields(fast) == _fields(slow)
    assert ways.kept == 0


async def test_what_an_act_has_changed_is_read_anew(county: County, ways: Ways) -> None:
    """Each act of the life of an agency, told at once by every kept read; and whoever writes
    what they show writes to the ledger in the same transaction."""
    await _watch_writers()
    agency, other = await county.agency(), await county.agency()
    addresses = _addresses(agency, other)
    seen: set[tuple[str, bytes]] = set()

    async def look() -> None:
        for address in addresses:
            seen.add((address, (await ways.same(address)).content))

    await look()
    listing = await county.listing(agency)
    await look()
    applicant = await county.applicant()
    assert applicant.uscc
    await ways.same(f"/api/v1/agencies/{applicant.uscc}", gone=True)
    await look()
    docket = await county.evaluated(agency, listing, 2)
    await look()
    await unseal(system(now()), docket)
    await restand(system(now()), str(agency.uscc))
    await look()
    reason = [Bilingual(zh="理由", en="reason")]
    case = await open_case(system(now()), str(agency.uscc), Kind.ONE_STAR, reason)
    assert case is not None
    await look()
    end = local_date(now()) + timedelta(days=400)
    delisting = await county.delist(case, Severity.SERIOUS, end, "理由")
    await look()
    assert await lift(system(end_of_day(end)), delisting)
    await look()
    department = await county.account(Role.SUPERVISOR)
    await look()
    await assign_supervisor(county.centre.actor(), PACKAGE, department.organisation)
    await look()
    await withdraw_listing(agency.actor(), listing)
    await look()
    await county.range(await _range(local_date(now())))
    await look()
    # Nothing here would be proved by a read that never changed.
    versions = Counter(address for address, _ in seen)
    still = {address for address in addresses if versions[address] == 1}
    assert still <= {one for one in addresses if "/items" in one or str(other.uscc) in one}
    assert await fetchval("SELECT count(DISTINCT writer) FROM test_writer") > 10
    assert await fetch("SELECT * FROM test_writer WHERE NOT in_ledger") == []


async def _range(begins: Any) -> NewCountyRange:
    """Of an item that the county sets ranges for, at figures nobody has set."""
    (item,) = await fetch("SELECT item FROM county_range ORDER BY item LIMIT 1")
    return NewCountyRange(item[0], "small", 12_345, 23_456, begins, "理由")


async def _watch_writers() -> None:
    """Note, at the commit of each transaction that writes one of these tables, whether it is in
    the ledger."""
    await execute("CREATE TABLE test_writer (writer bigint, source text, in_ledger bool)")
    await execute(
        "CREATE FUNCTION test_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO test_writer SELECT txid_current(), TG_TABLE_NAME, EXISTS (SELECT 1 FROM"
        " test_entry WHERE writer = txid_current()); RETURN NULL; END $$"
    )
    await execute("CREATE TABLE test_entry (writer bigint)")
    await execute(
        "CREATE FUNCTION test_enter() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO test_entry VALUES (txid_current()); RETURN NULL; END $$"
    )
    await execute(
        "CREATE TRIGGER test_enter AFTER INSERT ON ledger_entry"
        " FOR EACH ROW EXECUTE FUNCTION test_enter()"
    )
    for table in (
        *("item", "package", "county_range", "organisation", "agency", "qualification"),
        *("listing", "standing", "delisting", "case_file", "engagement"),
    ):
        await execute(
            f"CREATE CONSTRAINT TRIGGER test_note AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION test_note()"
        )


@pytest.fixture
def clock_of_the_program() -> Iterator[Callable[[timedelta], None]]:
    """Sets the clock forward wherever it is read."""
    true = clock.now
    readers = [one for one in list(sys.modules.values()) if getattr(one, "now", None) is true]
    with pytest.MonkeyPatch.context() as patch:

        def forward(by: timedelta) -> None:
            def later() -> datetime:
                return true() + by

            for reader in readers:
                patch.setattr(reader, "now", later)

        yield forward


async def test_time_alone_changes_only_what_is_bounded_by_it(
    county: County, ways: Ways, clock_of_the_program: Callable[[timedelta], None]
) -> None:
    agency = await county.agency()
    await county.listing(agency)
    await county.range(await _range(local_date(now()) + timedelta(days=1)))
    addresses = _addresses(agency)
    before = {address: (await ways.same(address)).content for address in addresses}
    clock_of_the_program(timedelta(days=1))
    changed = {one for one in addresses if (await ways.same(one)).content != before[one]}
    assert changed == {"/api/v1/county-ranges"}
    clock_of_the_program(timedelta(days=4000))
    for address in addresses:
        await ways.same(address)


async def test_a_ledger_that_is_another_one_is_noticed(county: County, ways: Ways) -> None:
    address = "/api/v1/supervisors"
    await ways.same(address)
    await county.account(Role.SUPERVISOR)
    await ways.same(address)
    # As after a restore from a backup: the same numbers, other entries.
    await execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
    await execute("UPDATE ledger_entry SET hash = repeat('f', 64)")
    await execute("UPDATE organisation SET name = '另一个部门' WHERE kind = 'supervisor'")
    assert "另一个部门" in (await ways.same(address)).text
    await execute("DELETE FROM ledger_entry")
    await execute("UPDATE organisation SET name = '第三个部门' WHERE kind = 'supervisor'")
    assert "第三个部门" in (await ways.same(address)).text


async def test_without_an_answer_of_the_ledger_the_application_answers(
    county: County, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ways.same("/api/v1/supervisors")

    async def gone(*_: object) -> None:
        raise OSError("the database has gone")

    monkeypatch.setattr("market.api.hot_reads.happened_since", gone)
    await execute("UPDATE organisation SET name = '改了名' WHERE kind = 'supervisor'")
    assert "改了名" in (await ways.same("/api/v1/supervisors")).text


async def test_who_is_over_the_limit_is_refused_on_both_ways(
    settings: Settings, database: str, county: County
) -> None:
    limited = Settings(database_url=database, var_dir=settings.var_dir, rate_limits="reads=3/300")
    made = create_app(limited)
    async with _client(made) as client:
        answers = [await client.get("/api/v1/packages") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    left = [answer.headers["ratelimit"].split(";")[1] for answer in answers]
    assert left == ["r=2", "r=1", "r=0", "r=0", "r=0"]


async def test_what_is_not_there_counts_once(
    settings: Settings, database: str, county: County
) -> None:
    limited = Settings(database_url=database, var_dir=settings.var_dir, rate_limits="reads=9/300")
    async with _client(create_app(limited)) as client:
        answers = [await client.get("/api/v1/packages/none") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=8", "r=7"]


async def test_signing_in_and_permission_cost_one_round_trip(
    county: County, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency = await county.agency()
    true, trips = database._ask, [0]

    async def counted(*asked: Any) -> Any:
        trips[0] += 1
        return await true(*asked)

    monkeypatch.setattr(database, "_ask", counted)

    async def cost(client: httpx.AsyncClient, address: str) -> tuple[int, int]:
        # The first request of a caller may reserve a part of their allowance.
        await client.get(address)
        trips[0] = 0
        answer = await client.get(address)
        return answer.status_code, trips[0]

    for address in (*_addresses(agency), "/api/v1/group-buys", "/api/v1/fee-standards"):
        stranger, known = await cost(ways.slow, address), await cost(agency.client, address)
        assert stranger[0] == known[0] == 200
        assert known[1] <= stranger[1] + 1, address
    assert await cost(ways.slow, "/api/v1/admissions") == (401, 0)
    assert await cost(agency.client, "/api/v1/admissions") == (403, 1)
    for address in _addresses(agency):
        assert await cost(ways.fast, address) == (200, 1)


async def test_what_is_not_kept_is_read_without_a_question_and_kept_as_of_before(
    county: County, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, other = "/api/v1/supervisors", "/api/v1/items"
    await ways.fast.get(other)
    await county.account(Role.SUPERVISOR)
    asked = ways.app.hot_reads._up_to_date.asked
    questions = 0

    async def counted() -> None:
        nonlocal questions
        questions += 1
        await asked()

    monkeypatch.setattr(ways.app.hot_reads._up_to_date, "asked", counted)
    cold = await ways.same(address)
    assert questions == 0
    # The act before it is found now, so that it is read once more, and the same.
    assert (await ways.same(address)).content == cold.content
    assert questions == 1
    await county.account(Role.SUPERVISOR)
    assert (await ways.same(address)).content != cold.content
    assert questions == 2
