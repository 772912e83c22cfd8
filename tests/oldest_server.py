"""Run a command against the oldest PostgreSQL that Steelyard supports, as Debian packages it.

    python tests/oldest_server.py python -m pytest tests/ratings

The command finds a throw-away server of version 15 (or the oldest installed above it) in
STEELYARD_TEST_DATABASE_URL, which the fixtures prefer to the embedded one.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ratings.ledger.postgres_user import give, run_as

SERVERS = Path("/usr/lib/postgresql")
OLDEST = 15


def binaries() -> Path:
    versions = sorted(int(path.name) for path in SERVERS.glob("[0-9]*") if path.name.isdigit())
    supported = [version for version in versions if version >= OLDEST]
    if not supported:
        sys.exit(
            f"No PostgreSQL of version {OLDEST} or later below {SERVERS}: apt-get install"
            " postgresql"
        )
    return SERVERS / str(supported[0]) / "bin"


def main(command: list[str]) -> int:
    programs = binaries()
    with tempfile.TemporaryDirectory(prefix="steelyard-oldest-") as name:
        directory = Path(name)
        data = directory / "data"
        prefix = run_as(directory, data, programs)
        give(directory, prefix)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [*prefix, str(programs / program), *arguments],
                check=True,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=os.environ | {"LC_ALL": "C"},
            )

        run("initdb", "-D", str(data), "-U", "steelyard", "-A", "trust", "-E", "UTF8", "--no-sync")
        unsafe_but_fast = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        settings = f"-k {directory} -c listen_addresses='' {unsafe_but_fast}"
        log = str(directory / "log")
        run("pg_ctl", "start", "-w", "-D", str(data), "-l", log, "-o", settings)
        try:
            url = f"postgresql://steelyard@/postgres?host={directory}&port=5432"
            environment = os.environ | {"STEELYARD_TEST_DATABASE_URL": url}
            return subprocess.run(command, check=False, env=environment).returncode
        finally:
            run("pg_ctl", "stop", "-D", str(data), "-m", "immediate", "-w")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
