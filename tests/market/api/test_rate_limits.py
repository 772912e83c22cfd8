"""Rate limits: never above the limit over all processes, told in every answer, cheap to refuse."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from litestar import Litestar

from market.accounts.allowances import Granted, forget_ended_windows, reserve
from market.accounts.limits import Limit, RouteClass, limits_of
from market.api.rate_limits import Limiter, visitor_at
from market.settings import Settings
from market.worker import sweep
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetch, fetchval
from tests.conftest import PASSWORD, Account, browser, program

READS = RouteClass.READS


class Process:
    """A limiter as another process has it: its own memory, the same database, its own clock."""

    def __init__(self, stated: str) -> None:
        self.at = 0.0
        self.asked = 0
        self.limiter = Limiter(limits_of(stated), self._ask, lambda: self.at)

    async def _ask(self, caller: str, limit: Limit) -> Granted:
        self.asked += 1
        return await reserve(caller, limit)

    async def spend(self, caller: str, times: int = 1) -> int:
        """How many of so many requests at once are let through."""
        verdicts = await asyncio.gather(*(self.limiter.spend(caller, READS) for _ in range(times)))
        return sum(verdict.allowed for verdict in verdicts)


async def later(processes: list[Process], seconds: float) -> None:
    """Time passes for everybody."""
    for process in processes:
        process.at += seconds
    await execute(
        "UPDATE rate_allowance SET ends_at = ends_at - make_interval(secs => $1)", float(seconds)
    )


@given(
    quota=st.integers(1, 400),
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 60), st.sampled_from([0, 0, 0, 30, 61])),
        min_size=1,
        max_size=12,
    ),
)
@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_interleaving_of_processes_passes_the_limit(
    database: str, quota: int, steps: list[tuple[int, int, int]]
) -> None:
    await execute("TRUNCATE rate_allowance")
    processes = [Process(f"reads={quota}/60") for _ in range(3)]
    block = Limit(READS, quota, 60).block
    let_through, window_ends, at = 0, 60.0, 0.0
    for index, times, pause in steps:
        if pause:
            await later(processes, pause)
            at += pause
        if at >= window_ends or (at > 0 and not await fetchval("SELECT 1 FROM rate_allowance")):
            let_through, window_ends = 0, at + 60
        passed = await processes[index].spend("address 203.0.113.9", times)
        let_through += passed
        assert let_through <= quota
        if passed < times:
            # Refused only when what is missing lies unspent in the others, less than a block each.
            assert let_through > quota - 3 * block


async def test_requests_at_once_in_two_processes_get_the_limit_and_no_more(database: str) -> None:
    one, other = Process("reads=500/60"), Process("reads=500/60")
    passed = await asyncio.gather(one.spend("address a", 600), other.spend("address a", 600))
    assert sum(passed) == 500
    assert await one.spend("address a") == await other.spend("address a") == 0
    assert await one.spend("address b") == 1


async def test_signing_in_is_counted_to_the_last_one(database: str) -> None:
    limiters = [Limiter(limits_of("sign-in=7/60")) for _ in range(4)]
    verdicts = await asyncio.gather(
        *(limiter.spend("address a", RouteClass.SIGN_IN) for limiter in limiters for _ in range(5))
    )
    assert sum(verdict.allowed for verdict in verdicts) == 7


async def test_a_block_and_a_refusal_cost_one_round_trip(database: str) -> None:
    process = Process("reads=200/60")
    for spent in range(1, 11):
        assert await process.spend("address a") == 1
        assert process.asked == 1, f"after {spent}"
    await process.spend("address a", 190)
    asked = process.asked
    assert await process.spend("address a", 100) == 0
    assert process.asked == asked == 20


async def test_the_window_begins_anew(database: str) -> None:
    process = Process("reads=3/60")
    assert await process.spend("address a", 5) == 3
    await later([process], 59)
    assert await process.spend("address a", 5) == 0
    await later([process], 1)
    assert await process.spend("address a", 5) == 3


async def test_who_hangs_up_does_not_take_the_block_from_the_others(database: str) -> None:
    begin, granted = asyncio.Event(), Granted(count=5, unasked=0, seconds=60.0)

    async def slow(caller: str, limit: Limit) -> Granted:
        await begin.wait()
        return granted

    limiter = Limiter(limits_of(""), slow)
    first, second = (asyncio.create_task(limiter.spend("address a", READS)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    begin.set()
    assert (await second).remaining == 4
    assert first.cancelled()


async def test_a_count_that_fails_is_asked_for_again(database: str) -> None:
    answers = iter([OSError("no database"), Granted(count=1, unasked=0, seconds=60.0)])

    async def ask(caller: str, limit: Limit) -> Granted:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    limiter = Limiter(limits_of(""), ask)
    with pytest.raises(OSError, match="no database"):
        await limiter.spend("address a", READS)
    assert (await limiter.spend("address a", READS)).allowed


async def test_memory_is_bounded_however_many_addresses_come(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.api.rate_limits._MOST_CALLERS", 20)
    process = Process("reads=100/60")
    for number in range(50):
        await process.spend(f"address {number}")
    assert len(process.limiter._blocks) <= 20
    # What was forgotten was counted: it is lost, not given twice.
    assert await process.spend("address 0", 100) < 100


async def test_a_lowered_limit_holds_at_once(database: str) -> None:
    assert await Process("reads=200/60").spend("address a", 50) == 50
    assert await Process("reads=10/60").spend("address a", 5) == 0


async def test_ended_windows_are_forgotten(database: str) -> None:
    process = Process("reads=10/60")
    await process.spend("address a")
    await forget_ended_windows()
    assert await fetchval("SELECT count(*) FROM rate_allowance") == 1
    await later([process], 60)
    await sweep(now())
    assert await fetch("SELECT caller FROM rate_allowance") == []


async def test_counters_are_not_logged(database: str) -> None:
    assert (
        await fetchval("SELECT relpersistence FROM pg_class WHERE relname = 'rate_allowance'")
        == b"u"
    )


async def test_a_reserved_request_takes_microseconds(database: str) -> None:
    """Generously: a round trip takes several times as long as this allows."""
    limiter = Limiter(limits_of("reads=200000/60"))
    caller = visitor_at("203.0.113.9")
    await limiter.spend(caller, READS)
    started = time.perf_counter()
    for _ in range(9_000):
        await limiter.spend(caller, READS)
    assert (time.perf_counter() - started) / 9_000 < 0.000_05


_SPENDER = """
import asyncio, sys
from market.accounts.limits import RouteClass, limits_of
from market.api.rate_limits import Limiter
from ratings.ledger.database import connect, disconnect

async def main():
    await connect(sys.argv[1])
    limiter = Limiter(limits_of("reads=400/60"))
    verdicts = [await limiter.spend("address a", RouteClass.READS) for _ in range(300)]
    print(sum(verdict.allowed for verdict in verdicts))
    await disconnect()

asyncio.run(main())
"""


async def test_two_real_processes_share_one_limit(database_url: str) -> None:
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _SPENDER,
            database_url,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        )
        for _ in range(2)
    ]
    passed = [int((await process.communicate())[0]) for process in running]
    assert sum(passed) == 400


class TestAtTheDoor:
    """The application with limits that are soon reached."""

    @pytest.fixture
    def settings(self, database_url: str, tmp_path: Path) -> Settings:
        return Settings(
            database_url=database_url,
            var_dir=tmp_path,
            secret_key="of the tests",
            rate_limits="reads=3/60 sign-in=2/60 writes=2/60",
        )

    async def test_answers_tell_what_is_left_and_when_it_comes_back(
        self, client: httpx.AsyncClient
    ) -> None:
        told = [await client.get("/api/v1/items") for _ in range(4)]
        assert [answer.status_code for answer in told] == [200, 200, 200, 429]
        for left, answer in zip((2, 1, 0, 0), told, strict=True):
            assert answer.headers["ratelimit-policy"] == '"reads";q=3;w=60'
            assert answer.headers["ratelimit"] in (f'"reads";r={left};t={t}' for t in (59, 60))
        assert [answer.headers.get("retry-after") for answer in told[:3]] == [None] * 3
        refused = told[3]
        assert int(refused.headers["retry-after"]) in (59, 60)
        assert refused.headers["content-type"] == "application/problem+json"
        body = refused.json()
        assert body["type"] == "urn:steelyard:problem:too-many-requests"
        assert body["status"] == 429
        assert body["title"] == "请求过于频繁"
        assert "60" in body["detail"]

    async def test_a_person_is_told_on_a_page(self, app: Litestar) -> None:
        async with browser(app) as visitor:
            for _ in range(3):
                assert (await visitor.get("/catalogue?lang=en")).status_code == 200
            refused = await visitor.get("/catalogue?lang=en")
            assert refused.status_code == 429
            assert "Too many requests" in refused.text
            assert "At most 3 requests" in refused.text
            assert int(refused.headers["retry-after"]) > 50
            # What pages are made of, and the balancer's question, are not counted.
            assert (await visitor.get("/healthz/live")).status_code == 200
            assert "ratelimit" not in (await visitor.get("/static/css/base.css")).headers

    async def test_a_304_and_an_error_are_counted_and_told(self, client: httpx.AsyncClient) -> None:
        tag = (await client.get("/api/v1/items")).headers["etag"]
        unchanged = await client.get("/api/v1/items", headers={"If-None-Match": tag})
        missing = await client.get("/api/v1/items/none")
        assert [unchanged.status_code, missing.status_code] == [304, 404]
        assert unchanged.headers["ratelimit"].startswith('"reads";r=1;')
        assert missing.headers["ratelimit"].startswith('"reads";r=0;')

    async def test_guessing_passwords_is_stopped_at_the_address_whatever_the_name(
        self, app: Litestar
    ) -> None:
        async with program(app) as api, browser(app) as page:
            statuses = [
                (
                    await api.post(
                        "/api/v1/sessions", json={"login": f"nobody-{n}", "password": "guess"}
                    )
                ).status_code
                for n in range(2)
            ]
            assert statuses == [401, 401]
            refused = await page.post("/sign-in", data={"login": "x", "password": PASSWORD})
            assert refused.status_code == 429
            assert (await api.get("/api/v1/items")).status_code == 200

    async def test_who_has_signed_in_has_an_allowance_of_their_own(
        self, client: httpx.AsyncClient, accounts: dict[Role, Account]
    ) -> None:
        for _ in range(4):
            await client.get("/api/v1/items")
        assert (await client.get("/api/v1/items")).status_code == 429
        for role in (Role.ENTERPRISE, Role.AGENCY):
            answer = await accounts[role].client.get("/api/v1/items")
            assert answer.headers["ratelimit"].startswith('"reads";r=2;')

    async def test_an_unknown_token_uses_the_allowance_of_its_address(self, app: Litestar) -> None:
        for token in ("one", "two", "three"):
            async with program(app, token) as stranger:
                assert (await stranger.get("/api/v1/items")).status_code == 200
        async with program(app, "four") as stranger:
            assert (await stranger.get("/api/v1/items")).status_code == 429

    async def test_acts_are_counted_apart_from_reads(self, accounts: dict[Role, Account]) -> None:
        agency = accounts[Role.AGENCY].client
        acts = [await agency.post("/api/v1/listings", json={}) for _ in range(3)]
        assert [act.status_code for act in acts] == [400, 400, 429]
        assert acts[2].headers["ratelimit-policy"] == '"writes";q=2;w=60'
        assert (await agency.get("/api/v1/items")).status_code == 200

    async def test_files_have_a_limit_of_their_own(self, accounts: dict[Role, Account]) -> None:
        answer = await accounts[Role.AGENCY].client.post(
            "/api/v1/engagements/00000000-0000-4000-8000-000000000000/deliverables",
            files={"file": b"x"},
        )
        assert answer.headers["ratelimit-policy"] == '"uploads";q=60;w=300'


class TestSwitchedOff:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, rate_limits="off")

    async def test_nothing_is_counted_or_told(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/v1/items")
        assert "ratelimit" not in answer.headers
        assert await fetchval("SELECT count(*) FROM rate_allowance") == 0
