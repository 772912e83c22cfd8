"""The very commands that the image runs, against a server that is given to them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from ratings.ledger.postgres import EmbeddedPostgres

STEELYARD = Path(sys.executable).parent / "steelyard"
COMPOSE = Path(__file__).parents[2] / "docker" / "compose.yaml"
SERVICES = yaml.safe_load(COMPOSE.read_text())["services"]


def command(service: str) -> list[str]:
    return [str(word) for word in SERVICES[service]["command"]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What the compose file gives its containers, with a database of this test's own."""
    with EmbeddedPostgres(tmp_path / "server", options={"fsync": "off"}) as url:
        kept = {key: text for key, text in os.environ.items() if "STEELYARD" not in key}
        given = {key: "x" for key in SERVICES["app"]["environment"] if key.startswith("STEELYARD_")}
        yield (
            kept
            | given
            | {
                "DATABASE_URL": url,
                "STEELYARD_VAR_DIR": str(tmp_path / "var"),
                "STEELYARD_SECURE_COOKIES": "true",
                "STEELYARD_TRUSTED_PROXIES": "127.0.0.1",
                "STEELYARD_ALLOWED_HOSTS": "127.0.0.1",
            }
        )


def finished(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [STEELYARD, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    program = subprocess.Popen(
        [STEELYARD, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield program
    finally:
        program.kill()
        program.wait()
        if program.stdout is not None:
            program.stdout.close()


def answer(program: subprocess.Popen[str], url: str, *, within: float = 60) -> httpx.Response:
    deadline = time.monotonic() + within
    while True:
        try:
            return httpx.get(url, timeout=5)
        except httpx.TransportError:
            assert program.poll() is None, program.communicate()[0]
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def stopped_by(number: signal.Signals, program: subprocess.Popen[str]) -> None:
    program.send_signal(number)
    said, _ = program.communicate(timeout=30)
    assert program.returncode == 0, said
    assert "Traceback" not in said
    assert "Aborted" not in said


def test_migrate_then_serve_then_work(environment: dict[str, str]) -> None:
    first = finished(environment, *command("migrate"))
    assert first.returncode == 0, first.stderr
    again = finished(environment, *command("migrate"))
    assert again.returncode == 0, again.stderr
    assert "migrations applied: 0" in again.stdout

    port = free_port()
    serve = [str(port) if word == "8000" else word for word in command("app")]
    with running(environment, *serve) as app, running(environment, *command("worker")) as worker:
        address = f"http://127.0.0.1:{port}"
        assert answer(app, f"{address}/healthz/ready").status_code == 200
        assert answer(app, f"{address}/").status_code == 200
        assert worker.poll() is None
        stopped_by(signal.SIGTERM, worker)
        stopped_by(signal.SIGTERM, app)


def test_loading_feeds_counts_each_reason_for_which_rows_were_set_aside(
    environment: dict[str, str], tmp_path: Path
) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    good, mistyped = "91330281MA2699JWF0", "91330281MA2699JWF1"
    (feeds / "housing_fund.csv").write_text(
        f"uscc,month,contributors\n{good},2026-05,3\n{good},2026-13,-1\n"
        f"{good},2026-14,4\n{mistyped},2026-05,4\n{good},2026-15,x\n"
    )
    first = finished(environment, "feeds", "load", str(feeds))
    assert first.returncode == 0, first.stderr
    lines = first.stdout.splitlines()
    assert "5 rows, 2026-05 to 2026-05, 0 repeated, 4 set aside; accepted" in lines[0]
    assert [line.partition(" in column month")[0] for line in lines[1:]] == [
        "set aside of housing_fund: 3 rows, such as line 3: “2026-13”",
        "set aside of housing_fund: 1 row, line 3: “-1” in column contributors is negative;"
        " the contract knows no negative value.",
        f"set aside of housing_fund: 1 row, line 5: “{mistyped}” is mistyped: its last character"
        " does not fit the first seventeen. Compare it with the business licence.",
        "set aside of housing_fund: 1 row, line 6: “x” in column contributors is not a whole"
        " number.",
    ]
    again = finished(environment, "feeds", "load", str(feeds))
    assert again.stdout == "housing_fund.csv: came before (accepted), nothing changed\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_embedded_server_is_put_away_with_the_market(
    tmp_path: Path, number: signal.Signals
) -> None:
    port = str(free_port())
    given = {"DATABASE_URL": "", "STEELYARD_VAR_DIR": str(tmp_path)}
    with running(os.environ | given, "serve", "--port", port) as market:
        assert answer(market, f"http://127.0.0.1:{port}/healthz/ready").status_code == 200
        assert (tmp_path / "postgres" / "data" / "postmaster.pid").exists()
        stopped_by(number, market)
    assert not (tmp_path / "postgres" / "data" / "postmaster.pid").exists()


def test_an_unreachable_database_is_said_in_one_sentence(environment: dict[str, str]) -> None:
    environment["DATABASE_URL"] = f"postgresql://steelyard@127.0.0.1:{free_port()}/steelyard"
    for service in ("migrate", "worker"):
        refused = finished(environment, *command(service))
        assert refused.returncode == 1
        assert "DATABASE_URL" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_taken_port_is_said_in_one_sentence(environment: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = finished(environment, "serve", "--port", port)
    assert refused.returncode == 1
    assert port in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_unusable_data_directory_is_said_in_one_sentence(environment: dict[str, str]) -> None:
    environment["DATABASE_URL"] = ""
    environment["STEELYARD_VAR_DIR"] = "/dev/full"
    refused = finished(environment, "migrate")
    assert refused.returncode == 1
    assert "/dev/full" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORT", "eight"), ("PORT", "65536"), ("MAX_UPLOAD_BYTES", "0"), ("DEMONSTRATION", "perhaps")],
)
def test_an_unusable_setting_is_said_in_one_sentence(
    environment: dict[str, str], variable: str, value: str
) -> None:
    environment[f"STEELYARD_{variable}"] = value
    refused = finished(environment, "migrate")
    assert refused.returncode == 1
    assert f"STEELYARD_{variable}" in refused.stderr
    assert value in refused.stderr
    assert "Traceback" not in refused.stderr
