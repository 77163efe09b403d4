"""Work in a second process: the same result, also when that process cannot deliver it."""

from __future__ import annotations

import os
import signal
from typing import NoReturn

import numpy as np
import pytest

from bot.nlu.linear import Linear, fit_machine
from bot.nlu.meanwhile import Meanwhile

HERE = os.getpid()


def who() -> int:
    return os.getpid()


def dies_elsewhere(here: int) -> int:
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def fails() -> NoReturn:
    raise ValueError("no such thing")


def machine(seed: int) -> Linear:
    chance = np.random.default_rng(seed)
    rows = chance.normal(size=(300, 40))
    return fit_machine(rows, (rows[:, 0] + chance.normal(size=300) > 0).astype(int).tolist(), 2, 1.0)


def test_it_is_worked_in_another_process() -> None:
    assert Meanwhile(who).result() != HERE


def test_one_core_works_it_out_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0})
    assert Meanwhile(who).result() == HERE


def test_what_a_killed_process_owes_is_worked_out_here() -> None:
    assert Meanwhile(dies_elsewhere, HERE).result() == HERE


def test_an_error_is_raised_where_the_result_is_wanted(capfd: pytest.CaptureFixture[str]) -> None:
    begun = Meanwhile(fails)
    with pytest.raises(ValueError, match="no such thing"):
        begun.result()
    # A trace of the other process would tell it a second time.
    assert "no such thing" not in capfd.readouterr().err


def test_two_fits_at_once_give_what_one_after_the_other_gives() -> None:
    begun = Meanwhile(machine, 7)
    first = machine(3)
    second = begun.result()
    assert np.array_equal(first.weights, machine(3).weights)
    assert np.array_equal(second.weights, machine(7).weights)
