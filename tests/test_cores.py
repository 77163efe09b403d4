"""The choice of OpenBLAS's kernels by what the processor says it can do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.cores import choose_core, core_for

AVX512 = "avx512f avx512bw avx512cd avx512dq avx512vl"


@pytest.mark.parametrize(
    ("flags", "core"),
    [
        (f"sse avx2 fma {AVX512}", "SkylakeX"),
        ("sse avx2 fma avx512f", "Haswell"),
        ("sse avx2", None),
        ("", None),
    ],
)
def test_the_core_is_the_best_that_the_flags_allow(flags: str, core: str | None) -> None:
    assert core_for(frozenset(flags.split())) == core


@pytest.fixture
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "")
    monkeypatch.delenv("OPENBLAS_CORETYPE")


@pytest.mark.usefixtures("nothing_chosen")
def test_the_processor_is_asked_once_and_the_user_has_the_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu avx2 fma\nprocessor\t: 1\n", encoding="ascii")
    choose_core(cpuinfo)
    assert os.environ["OPENBLAS_CORETYPE"] == "Haswell"
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")
    choose_core(cpuinfo)
    assert os.environ["OPENBLAS_CORETYPE"] == "Zen"


@pytest.mark.usefixtures("nothing_chosen")
@pytest.mark.parametrize("content", [None, "model name : ARM\n"])
def test_where_flags_cannot_be_read_openblas_chooses_itself(tmp_path: Path, content: str | None) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if content is not None:
        cpuinfo.write_text(content, encoding="ascii")
    choose_core(cpuinfo)
    assert "OPENBLAS_CORETYPE" not in os.environ
