"""Which kernels OpenBLAS uses: those that the processor's flags allow.

The OpenBLAS inside numpy's wheel tells processors apart by model numbers. One that is newer than the wheel gets
kernels of the year 2004, which take four times as long; the flags tell more.
"""

from __future__ import annotations

import os
from pathlib import Path

_VARIABLE = "OPENBLAS_CORETYPE"
_CORES = (
    ("SkylakeX", frozenset(("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"))),
    ("Haswell", frozenset(("avx2", "fma"))),
)


def choose_core(cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """Set OPENBLAS_CORETYPE for this process unless it is set; without effect where the flags cannot be read.

    Must run before numpy is imported: OpenBLAS looks once, when it is loaded.
    """
    core = core_for(_flags(cpuinfo))
    if core is not None:
        os.environ.setdefault(_VARIABLE, core)


def core_for(flags: frozenset[str]) -> str | None:
    """Return the OpenBLAS core for the flags of an x86-64 processor, None for OpenBLAS's own choice."""
    return next((core for core, needed in _CORES if needed <= flags), None)


def _flags(cpuinfo: Path) -> frozenset[str]:
    try:
        lines = cpuinfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return next(
        (frozenset(line.split(":", 1)[1].split()) for line in lines if line.startswith("flags")), frozenset()
    )
