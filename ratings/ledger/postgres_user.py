"""As whom PostgreSQL runs, and whose its files are: it refuses to run as root."""

import os
import subprocess
from pathlib import Path
from typing import Final

from ratings.ledger.errors import Unavailable

NOBODY: Final = 65534


def run_as(directory: Path, data: Path, binaries: Path) -> list[str]:
    """What stands before a command so that PostgreSQL, which refuses root, agrees to run.

    Files that an ordinary user made are served as that user. Otherwise root becomes user 1000
    of a namespace of its own, which needs no change of ownership; where namespaces are
    forbidden (most containers), the user `nobody`, to whom the files are given. That user keeps
    one privilege, to pass through directories: the clone may lie in /root, closed to others.
    """
    if os.geteuid() != 0:
        return []
    owner = data.stat().st_uid if data.exists() else 0
    if owner == 0:
        namespace = ["unshare", "--map-user=1000", "--map-group=1000", "--"]
        if works([*namespace, str(binaries / "postgres"), "--version"]):
            return namespace
        owner = NOBODY
    user = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"]
    passing = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    for prefix in ([*user, *passing, "--"], [*user, "--"]):
        if works([*prefix, str(binaries / "postgres"), "--version"]):
            give(directory, prefix)
            if data.exists():
                give(data, prefix)
            return prefix
    raise Unavailable(
        "database-as-root",
        "PostgreSQL does not run as root, and this machine allows neither namespaces nor another"
        " user. Run steelyard as an ordinary user, or set DATABASE_URL to a server.",
    )


def works(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0
    except OSError:
        return False


def _changes_to(prefix: list[str]) -> int | None:
    return next((int(word[8:]) for word in prefix if word.startswith("--reuid=")), None)


def give(path: Path, prefix: list[str]) -> None:
    """Hand `path` and all below it to the user that `prefix` changes to, if it does."""
    user = _changes_to(prefix)
    if user is None or path.stat().st_uid == user:
        return
    os.chown(path, user, user)
    if path.is_dir():
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(Path(folder) / name, user, user, follow_symlinks=False)


def own_private_directory(path: Path, prefix: list[str]) -> None:
    """Whoever reaches the socket is the owner of the database: nobody else may."""
    path.mkdir(mode=0o700, exist_ok=True)
    facts = path.lstat()
    owned = facts.st_uid in (os.geteuid(), _changes_to(prefix))
    if path.is_symlink() or not owned or facts.st_mode & 0o077:
        raise Unavailable(
            "database-socket-directory",
            "The directory {path} is not private to this user, so the database's socket cannot"
            " be put there. Remove it and start again.",
            path=path,
        )
    give(path, prefix)
