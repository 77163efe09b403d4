"""The set-up: what the lock files may hold, and how the Makefile's script looks for Python."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli
from packaging.requirements import Requirement
from packaging.version import Version

PROJECT = Path(__file__).resolve().parent.parent
SCRIPT = PROJECT / "tools" / "setup.sh"
LOCKS = ("requirements.lock", "requirements-dev.lock")
LOCK_LINE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*==[0-9][0-9a-z.+!]*")


def locked(name: str) -> dict[str, Version]:
    lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
    return {package: Version(version) for package, _, version in (line.partition("==") for line in lines)}


def declared(extra: str | None = None) -> list[Requirement]:
    project = tomli.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + (project["optional-dependencies"][extra] if extra else [])
    return [Requirement(line) for line in lines]


def overridden() -> dict[str, Requirement]:
    lines = (PROJECT / "requirements.overrides.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {requirement.name: requirement for requirement in wanted}


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_exact_versions_and_nothing_else(name: str) -> None:
    lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not LOCK_LINE.fullmatch(line)] == []
    packages = [line.partition("==")[0] for line in lines]
    assert packages == sorted(set(packages)), "every package once, in order"


@pytest.mark.parametrize(("name", "extra"), zip(LOCKS, (None, "dev"), strict=True))
def test_lock_satisfies_what_the_project_declares(name: str, extra: str | None) -> None:
    versions = locked(name)
    for requirement in declared(extra):
        package = requirement.name.lower().replace("_", "-")
        assert package in versions, f"{name} lacks {package}: run `make lock`"
        if package not in overridden():
            assert requirement.specifier.contains(versions[package]), (
                f"{name}: {requirement}: run `make lock`"
            )


@pytest.mark.parametrize("name", LOCKS)
def test_overrides_hold_in_the_lock(name: str) -> None:
    versions = locked(name)
    assert versions["aiohttp"] >= Version("3.14"), "older ones have holes that the internet knows"
    for package, requirement in overridden().items():
        assert requirement.specifier.contains(versions[package])


def test_tests_run_with_the_versions_that_are_served() -> None:
    development = locked("requirements-dev.lock")
    differing = {
        package: version
        for package, version in locked("requirements.lock").items()
        if development.get(package) != version
    }
    assert differing == {}


def test_node_packages_are_locked_without_addresses() -> None:
    lock = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {path: package for path, package in lock["packages"].items() if path}
    assert packages
    assert [path for path, package in packages.items() if "resolved" in package] == []
    assert [path for path, package in packages.items() if "integrity" not in package] == []


def test_python_and_node_versions_agree_everywhere() -> None:
    assert (PROJECT / ".python-version").read_text(encoding="utf-8").strip() == "3.10"
    node = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))["engines"]["node"]
    assert f"NODE_MAJOR={node.removeprefix('>=')} " in SCRIPT.read_text(encoding="utf-8")


def fake_program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def find_python(home: Path, path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the finder where only `path` is searched and no pyenv of this machine is seen."""
    environment: Mapping[str, str] = {"PATH": str(path), "HOME": str(home), **variables}
    command = [str(shutil.which("bash")), str(SCRIPT), "python"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def real_python() -> str:
    return f'exec "{os.path.realpath(sys.executable)}" "$@"'


def test_without_python_one_line_says_what_to_do(tmp_path: Path) -> None:
    found = find_python(tmp_path, tmp_path / "nothing")
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    for words in ("Python 3.10", "pyenv install 3.10", "apt install python3.10", "GRIJA_PYTHON="):
        assert words in found.stderr


def test_python_of_another_version_is_not_taken(tmp_path: Path) -> None:
    fake_program(tmp_path / "bin", "python3", "exit 1")
    assert find_python(tmp_path, tmp_path / "bin").returncode == 1


def test_python_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    fake_program(tmp_path / "bin", "python3.10", "echo 'pyenv: python3.10: command not found' >&2; exit 127")
    fake_program(tmp_path / "bin", "python3", real_python())
    found = find_python(tmp_path, tmp_path / "bin")
    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, "python3", "")


def test_python_of_pyenv_is_found_behind_its_shims(tmp_path: Path) -> None:
    (tmp_path / ".pyenv" / "versions" / "3.10.13").mkdir(parents=True)
    program = fake_program(tmp_path / ".pyenv" / "versions" / "3.10.13" / "bin", "python", real_python())
    found = find_python(tmp_path, tmp_path / "nothing")
    assert (found.returncode, found.stdout.strip()) == (0, str(program))


def test_chosen_python_comes_first_and_must_work(tmp_path: Path) -> None:
    fake_program(tmp_path / "bin", "python3.10", real_python())
    chosen = fake_program(tmp_path / "other", "python", real_python())
    assert find_python(tmp_path, tmp_path / "bin", GRIJA_PYTHON=str(chosen)).stdout.strip() == str(chosen)
    refused = find_python(tmp_path, tmp_path / "bin", GRIJA_PYTHON="/nowhere/python")
    assert refused.returncode == 1
    assert refused.stderr.startswith("grija: GRIJA_PYTHON=/nowhere/python ")
    assert refused.stderr.count("\n") == 1


def make(*arguments: str) -> str:
    # The variables of a make that runs these tests would change how this one works.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def test_help_is_the_default_and_names_every_target() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    phony = next(line for line in makefile.splitlines() if line.startswith(".PHONY:"))
    described = re.findall(r"^make ([a-z-]+) +\S", make(), flags=re.MULTILINE)
    assert described == phony.removeprefix(".PHONY:").split()


def test_run_sets_up_before_it_serves() -> None:
    setup, serve = make("-n", "run").splitlines()
    assert setup == "bash tools/setup.sh runtime pages model serve"
    assert serve == "exec .venv/bin/python -m bot serve"


def test_unknown_step_is_refused() -> None:
    refused = subprocess.run(["bash", str(SCRIPT), "nonsense"], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert refused.stderr == "grija: tools/setup.sh knows no step nonsense\n"


FAKE_PYTHON = """
case "$1 $2" in
  "-m venv") mkdir -p "$3/bin" "$3/lib/python3.10/site-packages" && cp "$0" "$3/bin/python" ;;
  "-m pip") echo "$@" >>"$PIP_CALLS"; [ -z "$PIP_FAILS" ] || {
    # A real installation takes longer than the ticks of the file system's clock; this one must say so.
    touch -d "1 minute" .venv/lib/python3.10/site-packages; exit 1; } ;;
esac
"""


@dataclass(frozen=True)
class Clone:
    """A folder with the real script, a small lock, and a Python that only notes what pip is asked."""

    folder: Path
    python: Path

    def set_up(self, *, pip_fails: str = "", free_mb: int = 9999) -> subprocess.CompletedProcess[str]:
        fake_program(self.folder / "programs", "df", f"echo head; echo '/dev/disk 10000 1 {free_mb} 1% /'")
        path = f"{self.folder / 'programs'}:{os.environ['PATH']}"
        calls = {"PIP_CALLS": str(self.folder / "calls"), "PIP_FAILS": pip_fails, "PATH": path}
        return subprocess.run(
            ["bash", str(self.folder / "tools" / "setup.sh"), "runtime"],
            env={**os.environ, **calls, "GRIJA_PYTHON": str(self.python)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text(encoding="utf-8").splitlines()

    @property
    def installations(self) -> int:
        return sum(" -r " in call for call in self.calls)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    (tmp_path / "tools").mkdir()
    shutil.copy(SCRIPT, tmp_path / "tools")
    (tmp_path / "requirements.lock").write_text("attrs==22.1.0\n", encoding="utf-8")
    return Clone(tmp_path, fake_program(tmp_path / "bin", "python", FAKE_PYTHON))


def test_second_run_installs_nothing(clone: Clone) -> None:
    assert clone.set_up().returncode == 0
    assert clone.set_up().returncode == 0
    assert clone.installations == 1


def test_the_command_is_installed_over_the_sources(clone: Clone) -> None:
    assert clone.set_up().returncode == 0
    assert clone.calls[-1].endswith("--editable .")


def test_changed_lock_is_installed_into_the_same_environment(clone: Clone) -> None:
    clone.set_up()
    kept = clone.folder / ".venv" / "kept"
    kept.touch()
    (clone.folder / "requirements.lock").write_text("attrs==23.1.0\n", encoding="utf-8")
    assert clone.set_up().returncode == 0
    assert clone.installations == 2
    assert kept.exists()


def test_interrupted_installation_begins_afresh_and_is_finished(clone: Clone) -> None:
    failed = clone.set_up(pip_fails="yes")
    assert failed.returncode == 1
    assert failed.stderr.startswith("grija: pip could not install")
    half = clone.folder / ".venv" / "half"
    half.touch()
    again = clone.set_up()
    assert (again.returncode, again.stderr) == (0, "")
    assert "interrupted" in again.stdout
    assert not half.exists()
    assert clone.installations == 2


def test_environment_without_working_python_is_made_anew(clone: Clone) -> None:
    clone.set_up()
    fake_program(clone.folder / ".venv" / "bin", "python", "exit 127")
    assert clone.set_up().returncode == 0
    assert clone.installations == 2


def test_little_disk_is_told_before_anything_is_made(clone: Clone) -> None:
    refused = clone.set_up(free_mb=1234)
    assert refused.returncode == 1
    assert (
        refused.stderr == "grija: not enough disk: the installation needs 5000 MB here and 1234 MB are free\n"
    )
    assert not (clone.folder / ".venv").exists()
