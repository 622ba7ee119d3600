"""What `deploy/` and docs/operations.md name is there: commands with their options, settings, files, metrics."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from prometheus_client import Metric
from typer.core import TyperGroup as Group

from api.cli import application
from api.settings import Settings
from composer import telemetry

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("penfriend")}
SERVICE_KEYS = {
    *("image", "build", "environment", "restart", "security_opt", "cap_drop", "command", "depends_on", "volumes"),
    *("shm_size", "healthcheck", "ports", "stop_grace_period", "deploy", "profiles"),
}
"""Those of the Compose Specification that we use: a slip in one of them is ignored by no version of Docker."""


@pytest.fixture(scope="module")
def commands() -> Group:
    """The whole command line."""
    group = typer.main.get_command(application())
    assert isinstance(group, Group)
    return group


def _parses(group: Group, line: list[str]) -> None:
    """Raises what the command line would say to `line`; runs nothing."""
    command = group.commands[line[0]]
    while isinstance(command, Group):
        line = line[1:]
        command = command.commands[line[0]]
    command.make_context(line[0], list(line[1:]), resilient_parsing=False)


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_command_that_there_is(commands: Group, name: str) -> None:
    _parses(commands, OURS[name]["command"])


def test_the_compose_file_is_sound() -> None:
    assert set(COMPOSE) == {"name", "x-penfriend", "services", "volumes"}
    for service in SERVICES.values():
        assert set(service) <= SERVICE_KEYS
        assert set(service.get("depends_on", {})) <= set(SERVICES)
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    named = {mount.partition(":")[0] for mount in mounts if ":" in mount and not mount.startswith(".")}
    assert named == set(COMPOSE["volumes"])


def test_whoever_works_waits_for_the_migration() -> None:
    for name in ("penfriend-api", "worker"):
        assert OURS[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_docker_waits_longer_for_a_worker_than_its_grace() -> None:
    grace = float(OURS["worker"]["stop_grace_period"].removesuffix("s"))
    assert grace > Settings().runs.grace_s + 5


def test_every_variable_is_a_setting_and_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    example = (DEPLOY / "example.env").read_text(encoding="utf-8")
    given = OURS["worker"]["environment"]
    for name, value in given.items():
        monkeypatch.setenv(name, "postgresql://x@y/z" if "URL" in name else "x")
        asked = re.match(r"\$\{(\w+)", value)
        assert asked is None or f"\n{asked[1]}=" in example
    # An unknown one is an error.
    Settings()


def test_the_example_settings_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "penfriend.toml").write_text((DEPLOY / "penfriend.toml").read_text(encoding="utf-8"), encoding="utf-8")
    settings = Settings(home=tmp_path)
    assert settings.runs.concurrency == 200
    assert settings.model.max_concurrency == 400


def test_the_image_is_built_from_files_that_there_are_and_runs_as_nobody_special() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for path in re.findall(r"requirements/[\w.]+", text):
        assert (ROOT / path).is_file()
    assert "--require-hashes" in text
    assert re.findall(r"^USER (\w+)$", text, re.MULTILINE) == ["penfriend"]
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    for name in re.findall(r"^!(\S+)$", kept, re.MULTILINE):
        assert (ROOT / name).exists()


def test_every_metric_that_is_watched_is_exposed() -> None:
    watched = OPERATIONS + (DEPLOY / "alerts.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"penfriend_[a-z_]+", watched))
    assert {name.removesuffix("_bucket") for name in named} <= _exposed()


def _exposed() -> set[str]:
    families: list[Metric] = list(telemetry.REGISTRY.collect())
    counted = {f"{family.name}_total" for family in families if family.type == "counter"}
    gauges = {telemetry.LLM_IN_FLIGHT, telemetry.LLM_WAITING, telemetry.LLM_RATE}
    gauges |= {telemetry.RUNS, telemetry.OPEN_CHUNKS, telemetry.WORKERS}
    return {family.name for family in families if family.type != "counter"} | counted | gauges


def test_every_command_of_the_operations_page_is_there(commands: Group) -> None:
    named = set(re.findall(r"penfriend ([a-z]+)", OPERATIONS))
    assert named
    assert named <= set(commands.commands)


def test_prometheus_scrapes_the_ports_that_are_served() -> None:
    jobs = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    [api, worker] = jobs
    assert api["static_configs"] == [{"targets": ["penfriend-api:8000"]}]
    [found] = worker["dns_sd_configs"]
    assert found["names"] == ["worker"]
    assert str(found["port"]) in OURS["worker"]["command"]
