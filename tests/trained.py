"""The trained model for tests: trained once for each state of the training files and of the code behind them.

`python -m tests.trained` trains it with progress on the terminal; `make test` does that before pytest.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
_SOURCES = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules.yml",
    "bot/nlu",
    "bot/components",
    "requirements.lock",
)


def models() -> Path:
    """The folder of models with the present model in service, training it if there is none yet."""
    folder = PROJECT / "var" / "test-models" / _digest()
    if not (folder / "current").is_file():
        environment = {**os.environ, "GRIJA_MODELS": str(folder), "GRIJA_DATA": str(PROJECT / "var")}
        environment.setdefault("GRIJA_LOG_FORMAT", "console")
        subprocess.run([sys.executable, "-m", "bot", "train"], cwd=PROJECT, env=environment, check=True)
    return folder


def _digest() -> str:
    digest = hashlib.sha256()
    for source in _SOURCES:
        path = PROJECT / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and file.suffix != ".pyc":
                digest.update(f"{file.relative_to(PROJECT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    print(f"The tests' model is in {models().relative_to(PROJECT)}")
