"""What a newcomer relies on: commands that exist, links that lead somewhere, clean locks."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARKDOWN = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    if not path.name.startswith(".")
)
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def tracked() -> list[Path]:
    """What is or would be committed, wherever the copy of the tree came from."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    outer = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"}
    return subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        env={key: text for key, text in os.environ.items() if key not in outer},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "lock", "clean"])
def test_the_makefile_knows_its_targets(target: str) -> None:
    planned = make("--dry-run", target)
    assert planned.returncode == 0, planned.stderr
    assert target in make("help").stdout


def test_a_python_that_is_too_old_is_named_before_anything_else() -> None:
    refused = make("--always-make", "PYTHON=", ".venv/.made")
    assert refused.returncode != 0
    assert "3.11 or later" in refused.stderr


def test_ci_does_what_anybody_does() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.search(r"^make test$", script.read_text(), re.M)
    subprocess.run(["bash", "-n", str(script)], check=True)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_and_hashes_everything_and_names_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=sha256:[0-9a-f]{64})", text, re.M)
    packages = [line for line in text.splitlines() if not line.startswith(" ")]
    assert packages
    for line in packages:
        assert re.match(r"[a-z0-9.\-]+==[\w.]+( ; [^\\]+)? \\$", line), line


def test_browser_locks_name_no_address() -> None:
    for lock in tracked():
        if lock.name in ("package-lock.json", "pnpm-lock.yaml", "yarn.lock"):
            assert "resolved" not in lock.read_text(), lock


def test_the_locks_agree_with_each_other_and_hold_every_requirement() -> None:
    def pins(name: str) -> dict[str, str]:
        text = (ROOT / name).read_text()
        return dict(re.findall(r"^([a-z0-9.\-]+)==([\w.]+)", text, re.M))

    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert runtime.items() <= development.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {
        re.split(r"[\[<>=,; ]", requirement, maxsplit=1)[0].lower()
        for requirement in project["project"]["dependencies"]
    }
    assert names <= runtime.keys()
    assert "uv" in pins("requirements-build.lock")
    # Spark comes on top of the same versions of everything else.
    spark = pins("requirements-spark.lock")
    assert runtime.items() <= spark.items()
    assert spark.keys() - development.keys() == {"py4j", "pyspark"}


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        assert goal.exists(), f"{page.name} links to {target}"
        if heading and goal.suffix == ".md":
            titles = re.findall(r"^#+ (.+)$", goal.read_text(), re.M)
            slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert heading in slugs, f"{page.name} links to {target}"


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_targets_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text()
    for path in re.findall(r"`((?:market|ratings|migrations|tests|docs|docker)/[\w./\-]+)`", text):
        assert (ROOT / path).exists(), f"{page.name} names {path}"
    targets = set(re.findall(r"^([a-z\-]+):", (ROOT / "Makefile").read_text(), re.M))
    for target in re.findall(r"`make ([a-z\-]+)", text):
        assert target in targets, f"{page.name} names make {target}"


def test_every_decision_says_what_enforces_it() -> None:
    records = sorted(ROOT.glob("docs/decisions/[0-9]*.md"))
    assert [path.name[:4] for path in records] == [f"{n:04}" for n in range(1, len(records) + 1)]
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()
    for record in records:
        assert "## Enforced by" in record.read_text(), record.name
        assert record.name in index


def test_nothing_points_at_one_persons_machine() -> None:
    """A path below somebody's home, or the folder this very copy lies in, works for nobody else."""
    home = re.compile(r"(?<![\w.:~/\-])/(?:home|Users|root)/\w")
    for path in tracked():
        if path.suffix in (".lock", ".png", ".woff2", ".xlsx", ".pdf") or path == Path(__file__):
            continue
        text = path.read_text(errors="replace")
        assert not home.search(text), path
        assert f"{ROOT}/" not in text, path


def test_no_source_file_outgrows_a_reader() -> None:
    for folder in ("market", "ratings"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 400, path
