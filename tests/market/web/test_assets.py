"""Browser libraries: locked without an address, and a failed fetch harms nobody."""

import json
from pathlib import Path

import pytest

from market.web import assets


def test_the_lock_file_names_one_exact_version_and_no_address() -> None:
    lock = json.loads((assets.ROOT / "package-lock.json").read_text("utf-8"))
    package = lock["packages"]["node_modules/htmx.org"]
    assert package["version"] == "2.0.11"
    assert package["integrity"].startswith("sha512-")
    assert "resolved" not in json.dumps(lock)


def test_a_failing_npm_is_reported_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "npm_command", lambda: ["false"])
    problem = assets.fetch(vendor=tmp_path / "vendor")
    assert "could not fetch" in problem
    assert not (tmp_path / "vendor").exists()


def test_without_npm_and_uv_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "npm_command", lambda: None)
    assert "Install Node.js" in assets.fetch(vendor=tmp_path / "vendor")


def test_up_to_date_files_are_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "npm_command", lambda: None)
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    for name in assets.FILES.values():
        (vendor / name).write_text("x", "utf-8")
    (vendor / ".lock-hash").write_text(assets._wanted(assets.ROOT), "utf-8")
    assert assets.fetch(vendor=vendor) == ""
