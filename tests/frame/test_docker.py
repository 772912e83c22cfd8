"""The production files: read as data, and by the container tools where there are any."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from market.cli import main
from market.settings import Settings

DOCKER = Path(__file__).parents[2] / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "app", "worker")
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
LAST_STAGE = DOCKERFILE.rsplit("\nFROM ", 1)[1]


def instruction(name: str) -> list[str]:
    joined = LAST_STAGE.replace("\\\n", " ")
    return [line.split(" ", 1)[1].strip() for line in joined.splitlines() if line.startswith(name)]


def parses(command: list[str]) -> click.Command:
    """The command line is understood: the command exists and so does every option of it."""
    assert isinstance(main, click.Group)
    name, *arguments = command
    found = main.commands[name]
    found.make_context(name, list(arguments), resilient_parsing=False)
    return found


@pytest.mark.parametrize("service", OURS)
def test_every_command_of_the_compose_file_is_understood(service: str) -> None:
    parses([str(word) for word in SERVICES[service]["command"]])


def test_the_images_own_command_is_understood_and_is_the_app() -> None:
    (command,) = instruction("CMD")
    words = re.findall(r'"([^"]+)"', command)
    parses(words)
    assert words == SERVICES["app"]["command"]


@pytest.mark.parametrize("service", OURS)
def test_our_services_are_not_root_and_cannot_become_it(service: str) -> None:
    facts = SERVICES[service]
    assert facts["user"].split(":")[0] not in ("0", "root")
    assert facts["cap_drop"] == ["ALL"]
    assert facts["read_only"] is True
    assert "no-new-privileges:true" in facts["security_opt"]


def test_the_image_does_not_run_as_root() -> None:
    (user,) = instruction("USER")
    assert user == SERVICES["app"]["user"]


def test_health_is_readiness() -> None:
    (health,) = instruction("HEALTHCHECK")
    assert "/healthz/ready" in health
    assert "healthcheck" not in SERVICES["app"], "the image's own check is used"
    assert SERVICES["postgres"]["healthcheck"]["test"]
    assert "/healthz/ready" in (DOCKER / "Caddyfile").read_text()


def test_nobody_serves_before_the_migrations_are_through() -> None:
    for service in ("app", "worker"):
        waits = SERVICES[service]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert SERVICES["migrate"]["restart"] == "no"


def test_only_the_proxy_is_reachable() -> None:
    assert [name for name, facts in SERVICES.items() if "ports" in facts] == ["proxy"]


def test_the_proxy_is_believed_and_the_name_is_the_domain() -> None:
    given = SERVICES["app"]["environment"]
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert given["STEELYARD_TRUSTED_PROXIES"] == network["subnet"]
    assert given["STEELYARD_ALLOWED_HOSTS"].startswith("${STEELYARD_DOMAIN:?")


def test_every_variable_is_explained_and_every_setting_exists() -> None:
    text = (DOCKER / "compose.yaml").read_text() + (DOCKER / "Caddyfile").read_text()
    used = set(re.findall(r"\$\{?\$?([A-Z_]+)", text))
    explained = set(re.findall(r"^([A-Z_]+)=", (DOCKER / ".env.example").read_text(), re.M))
    assert used == explained
    fields = {f"STEELYARD_{name.upper()}" for name in Settings.__struct_fields__}
    given = {key for key in SERVICES["app"]["environment"] if key.startswith("STEELYARD_")}
    assert given <= fields


def test_every_copied_path_exists_and_is_not_ignored() -> None:
    ignored = (DOCKER.parent / ".dockerignore").read_text().split()
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M):
        for path in shlex.split(line)[:-1]:
            assert (DOCKER.parent / path).exists(), path
            assert path not in ignored
    assert not {"market", "ratings", "migrations", "README.md", "LICENSE"} & set(ignored)


def test_versions_are_pinned_and_sudo_and_add_are_not_used() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    images = [facts["image"] for name, facts in SERVICES.items() if name not in OURS]
    for image in bases + images:
        assert re.search(r":\d", image), f"{image} names no version"
    assert not re.search(r"^(ADD|MAINTAINER)\b|\bsudo\b|apt-get upgrade", DOCKERFILE, re.M)


def test_the_container_tools_agree() -> None:
    """With an engine's client at hand it reads the files too; without one, they are just YAML."""
    docker = shutil.which("docker")
    has_compose = docker is not None and (
        subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
        == 0
    )
    names = re.findall(r"^([A-Z_]+)=", (DOCKER / ".env.example").read_text(), re.M)
    if docker is not None and has_compose:
        checked = subprocess.run(
            [docker, "compose", "-f", str(DOCKER / "compose.yaml"), "config", "--quiet"],
            env=os.environ | dict.fromkeys(names, "x"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr
    assert set(COMPOSE["volumes"]) == {
        mount.split(":")[0]
        for facts in SERVICES.values()
        for mount in facts.get("volumes", [])
        if not mount.startswith(".")
    }
