"""The embedded server: made, shared, killed, found again, and clear when it cannot start."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from ratings.ledger import postgres, postgres_user
from ratings.ledger.errors import Unavailable
from ratings.ledger.postgres import EmbeddedPostgres

FAST = {"fsync": "off", "max_connections": "20", "shared_buffers": "8MB"}

# Another program that uses the directory until it is killed or its standard input ends.
USER = """
import sys
from pathlib import Path
from ratings.ledger.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), options={"fsync": "off"})
server.start()
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of a short name: with a long one the socket lies elsewhere."""
    made = tmp_path_factory.mktemp("pg") / "db"
    yield made
    if made.is_dir():
        with EmbeddedPostgres(made, options=FAST):
            pass


def postmaster(directory: Path) -> int:
    return int((directory / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def alive(directory: Path) -> bool:
    return (directory / "data" / "postmaster.pid").exists()


async def value(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def other_user(directory: Path) -> subprocess.Popen[str]:
    program = subprocess.Popen(
        [sys.executable, "-c", USER, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program


def leave(program: subprocess.Popen[str]) -> None:
    program.communicate(timeout=30)
    assert program.returncode == 0


async def test_a_new_database_is_utf8_private_and_durable(directory: Path) -> None:
    with EmbeddedPostgres(directory) as url:
        assert await value(url, "SELECT current_database()::text") == "steelyard"
        assert await value(url, "SHOW server_encoding") == "UTF8"
        assert await value(url, "SHOW listen_addresses") == ""
        assert await value(url, "SHOW fsync") == "on"
        assert await value(url, "SELECT lower('ÄÖ杆秤')") == "äö杆秤"
        assert (directory / "data").stat().st_mode & 0o077 == 0
        assert (directory / "socket").stat().st_mode & 0o077 == 0
    assert not alive(directory)


async def test_data_survives_a_clean_restart(directory: Path) -> None:
    with EmbeddedPostgres(directory, options=FAST) as url:
        await value(url, "CREATE TABLE kept AS SELECT 49 AS items")
    with EmbeddedPostgres(directory, options=FAST) as url:
        assert await value(url, "SELECT items FROM kept") == 49


async def test_a_killed_server_is_started_again(directory: Path) -> None:
    first = EmbeddedPostgres(directory, options=FAST | {"fsync": "on"})
    url = first.start()
    await value(url, "CREATE TABLE kept AS SELECT 49 AS items")
    os.kill(postmaster(directory), signal.SIGKILL)
    killed = time.monotonic()
    with EmbeddedPostgres(directory, options=FAST) as url:
        assert time.monotonic() - killed < 10
        assert await value(url, "SELECT items FROM kept") == 49
    first.stop()


async def test_the_server_outlives_a_killed_user_and_is_used_again(directory: Path) -> None:
    program = other_user(directory)
    before = postmaster(directory)
    program.kill()
    program.communicate()
    with EmbeddedPostgres(directory, options=FAST) as url:
        assert postmaster(directory) == before
        assert await value(url, "SELECT 1") == 1
    assert not alive(directory), "the last user stops the server it inherited"


@pytest.mark.parametrize("starter_leaves_first", [True, False])
async def test_two_users_share_and_the_last_one_stops(
    directory: Path, starter_leaves_first: bool
) -> None:
    program = other_user(directory)
    server = EmbeddedPostgres(directory, options=FAST)
    url = server.start()
    if starter_leaves_first:
        leave(program)
        assert await value(url, "SELECT 1") == 1
        server.stop()
    else:
        server.stop()
        assert alive(directory)
        leave(program)
    assert not alive(directory)


def test_stop_and_start_twice_are_harmless(directory: Path) -> None:
    server = EmbeddedPostgres(directory, options=FAST)
    assert server.start() == server.start()
    server.stop()
    server.stop()


async def test_a_long_path_gets_a_short_socket_directory(tmp_path: Path) -> None:
    directory = tmp_path / ("long" * 40) / "数据 库"
    server = EmbeddedPostgres(directory, options=FAST)
    with server as url:
        assert len(os.fsencode(server.socket_directory)) < 80
        assert server.socket_directory.stat().st_mode & 0o077 == 0
        assert await value(url, "SELECT 1") == 1


def test_no_short_directory_at_all_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_SOCKET_PATH_LIMIT", 10)
    with pytest.raises(Unavailable) as refusal:
        EmbeddedPostgres(tmp_path / "db", options=FAST).start()
    assert refusal.value.code == "database-path-too-long"


def test_somebody_elses_socket_directory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    server = EmbeddedPostgres(tmp_path / ("long" * 40), options=FAST)
    server.socket_directory.mkdir(mode=0o755)
    with pytest.raises(Unavailable) as refusal:
        server.start()
    assert refusal.value.code == "database-socket-directory"


async def test_a_half_made_set_of_files_is_made_again(directory: Path) -> None:
    (directory / "data.partial").mkdir(parents=True)
    (directory / "data.partial" / "rubbish").write_text("left by Ctrl-C")
    with EmbeddedPostgres(directory, options=FAST) as url:
        assert await value(url, "SELECT 1") == 1


async def test_a_pid_file_with_a_strangers_number_is_overcome(directory: Path) -> None:
    """As after the reboot of a container: the number in the file is in use, by another program."""
    with EmbeddedPostgres(directory, options=FAST):
        text = (directory / "data" / "postmaster.pid").read_text()
    stranger = await asyncio.create_subprocess_exec("sleep", "60")
    lines = text.split("\n")
    (directory / "data" / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))
    try:
        with EmbeddedPostgres(directory, options=FAST) as url:
            assert await value(url, "SELECT 1") == 1
    finally:
        stranger.kill()
        await stranger.wait()


def test_a_directory_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable) as refusal:
        EmbeddedPostgres(tmp_path / "file" / "db", options=FAST).start()
    assert str(tmp_path / "file") in str(refusal.value)


def test_a_wrong_setting_is_explained_in_the_servers_words(directory: Path) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable) as refusal:
        EmbeddedPostgres(directory, options={"no_such_setting": "1"}).start()
    assert refusal.value.code == "database-not-started"
    assert "no_such_setting" in str(refusal.value)
    assert time.monotonic() - began < 5, "only a crash is worth trying again"


@pytest.mark.parametrize(
    ("words", "number", "code"),
    [
        ("could not write: No space left on device", None, "database-disk-full"),
        ("No space left on device", 28, "database-disk-full"),
        ("initdb: error: Permission denied", None, "database-directory"),
        ("Read-only file system", 30, "database-directory"),
        ("Not a directory", 20, "database-directory"),
        ("anything else", None, "database-not-started"),
    ],
)
def test_causes_and_remedies(tmp_path: Path, words: str, number: int | None, code: str) -> None:
    assert postgres._explain(words, tmp_path, number).code == code


def test_without_programs_for_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    with pytest.raises(Unavailable) as refusal:
        EmbeddedPostgres(tmp_path / "db").start()
    assert "DATABASE_URL" in str(refusal.value)


async def test_root_without_namespaces_serves_as_another_user(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For an ordinary user there is nothing to change to, and the same start must just work."""
    works = postgres_user.works
    monkeypatch.setattr(
        postgres_user, "works", lambda words: words[0] != "unshare" and works(words)
    )
    with EmbeddedPostgres(directory, options=FAST) as url:
        assert await value(url, "SELECT 1") == 1
        owner = (directory / "data").stat().st_uid
        assert owner == (65534 if os.geteuid() == 0 else os.geteuid())
    monkeypatch.undo()
    with EmbeddedPostgres(directory, options=FAST) as url:
        assert await value(url, "SELECT 1") == 1, "the owner of the files goes on serving them"


def test_root_with_no_way_out_is_told(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(postgres_user, "works", lambda words: False)
    with pytest.raises(Unavailable) as refusal:
        EmbeddedPostgres(directory, options=FAST).start()
    assert refusal.value.code == "database-as-root"
    monkeypatch.undo()
