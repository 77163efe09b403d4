"""One-time codes: bound to who asked, few tries, used once, the same answer to a retried turn, limits that hold."""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from actions import codes as module
from actions.codes import (
    CODES_PER_EMAIL,
    CODES_PER_HOLDER,
    TRIES,
    VALID,
    WINDOW,
    CodeExpired,
    Codes,
    CodesUnavailable,
    CodeUsedUp,
    CodeWrong,
    TooManyCodes,
)
from tests.shops import Clock

ADDRESS = "ania@example.com"


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def codes(tmp_path: Path, clock: Clock) -> Codes:
    """Return codes in a new file."""
    return Codes(tmp_path / "new" / "codes.sqlite", clock=clock)


async def started(codes: Codes, *, email: str = ADDRESS, holder: str = "h1", key: str = "s1") -> str:
    """Start a code for C1001 and return it."""
    code = (await codes.start(email, holder, "C1001", key)).code
    assert code is not None
    return code


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_the_code_proves_the_customer(codes: Codes) -> None:
    code = await started(codes)
    assert len(code) == 6
    assert code.isdecimal()
    assert await codes.check("h1", code, "c1") == "C1001"


@pytest.mark.parametrize("form", ["{0} {1}", "code: {0}-{1}.", " {0}{1} "])
async def test_the_code_is_read_as_people_write_it(codes: Codes, form: str) -> None:
    code = await started(codes)
    assert await codes.check("h1", form.format(code[:3], code[3:]), "c1") == "C1001"


async def test_a_code_is_used_once(codes: Codes) -> None:
    code = await started(codes)
    await codes.check("h1", code, "c1")
    with pytest.raises(CodeExpired):
        await codes.check("h1", code, "c2")


async def test_a_retried_turn_hears_the_same(codes: Codes) -> None:
    code = await started(codes)
    for _ in range(5):
        with pytest.raises(CodeWrong) as error:
            await codes.check("h1", wrong(code), "c1")
        assert error.value.tries_left == 2
    assert await codes.check("h1", code, "c2") == "C1001"
    assert await codes.check("h1", code, "c2") == "C1001"
    with pytest.raises(CodeWrong):
        await codes.check("h1", code, "c1")


async def test_nobody_else_can_use_a_code_or_a_key(codes: Codes) -> None:
    code = await started(codes)
    with pytest.raises(CodeExpired):
        await codes.check("h2", code, "c1")
    await codes.start("other@example.com", "h2", "C1002", "s1")
    with pytest.raises(CodeWrong):
        await codes.check("h2", code if code != "000000" else "000001", "c2")
    assert await codes.check("h1", code, "c1") == "C1001"
    with pytest.raises((CodeWrong, CodeExpired)):
        await codes.check("h2", code, "c1")


async def test_three_wrong_tries_end_a_code(codes: Codes) -> None:
    code = await started(codes)
    for left in (2, 1):
        with pytest.raises(CodeWrong) as error:
            await codes.check("h1", wrong(code), f"c{left}")
        assert error.value.tries_left == left
    for key in ("last", "one more"):
        with pytest.raises(CodeUsedUp):
            await codes.check("h1", wrong(code), key)
    with pytest.raises(CodeUsedUp):
        await codes.check("h1", code, "the right one, too late")


async def test_guesses_at_the_same_time_count_each(codes: Codes) -> None:
    code = await started(codes)
    guesses = (codes.check("h1", wrong(code), f"c{index}") for index in range(20))
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(outcome, CodeWrong) for outcome in outcomes) == TRIES - 1
    assert sum(isinstance(outcome, CodeUsedUp) for outcome in outcomes) == 20 - TRIES + 1


async def test_a_code_ages(codes: Codes, clock: Clock) -> None:
    code = await started(codes)
    clock.now += VALID
    assert await codes.check("h1", code, "c1") == "C1001"
    code = await started(codes, key="s2")
    clock.now += VALID + timedelta(seconds=1)
    with pytest.raises(CodeExpired):
        await codes.check("h1", code, "c2")


async def test_a_new_code_ends_the_old_one(codes: Codes) -> None:
    old = await started(codes)
    new = await started(codes, key="s2")
    if old != new:
        with pytest.raises(CodeWrong):
            await codes.check("h1", old, "c1")
    assert await codes.check("h1", new, "c2") == "C1001"


async def test_an_unknown_address_looks_the_same_and_no_code_is_right(codes: Codes) -> None:
    known = await codes.start(ADDRESS, "h1", "C1001", "s1")
    unknown = await codes.start("nobody@example.com", "h2", None, "s1")
    assert unknown.code is None
    assert unknown.valid == known.valid
    for left in (2, 1):
        with pytest.raises(CodeWrong) as error:
            await codes.check("h2", "123456", f"c{left}")
        assert error.value.tries_left == left
    with pytest.raises(CodeUsedUp):
        await codes.check("h2", "", "c3")


async def test_a_retried_start_mails_once(codes: Codes) -> None:
    first = await codes.start(ADDRESS, "h1", "C1001", "s1")
    await codes.mailed(first)
    again = await codes.start(ADDRESS, "h1", "C1001", "s1")
    assert again.id == first.id
    assert again.code is None
    assert first.code is not None
    assert await codes.check("h1", first.code, "c1") == "C1001"


async def test_a_retried_start_whose_mail_was_lost_mails_again(codes: Codes) -> None:
    first = await codes.start(ADDRESS, "h1", "C1001", "s1")
    again = await codes.start(ADDRESS, "h1", "C1001", "s1")
    assert again.id == first.id
    assert again.code is not None
    assert await codes.check("h1", again.code, "c1") == "C1001"
    assert (await codes.start(ADDRESS, "h1", "C1001", "s1")).code is None


async def test_too_many_codes_for_an_address(codes: Codes, clock: Clock) -> None:
    for index in range(CODES_PER_EMAIL):
        await codes.start(ADDRESS, f"h{index}", "C1001", "s")
        clock.now += timedelta(minutes=1)
    with pytest.raises(TooManyCodes) as error:
        await codes.start(ADDRESS.upper() + " ", "h9", "C1001", "s")
    assert error.value.wait == WINDOW - timedelta(minutes=CODES_PER_EMAIL)
    await codes.start("eleni@example.com", "h9", "C1002", "s")
    clock.now += error.value.wait
    await codes.start(ADDRESS, "h9", "C1001", "s2")


async def test_too_many_codes_for_a_holder(codes: Codes) -> None:
    for index in range(CODES_PER_HOLDER):
        await codes.start(f"{index}@example.com", "h1", None, f"s{index}")
    with pytest.raises(TooManyCodes):
        await codes.start(ADDRESS, "h1", "C1001", "s9")
    await codes.start(ADDRESS, "h2", "C1001", "s9")


async def test_neither_code_nor_address_is_kept(codes: Codes, tmp_path: Path) -> None:
    code = await started(codes)
    path = tmp_path / "new" / "codes.sqlite"
    with sqlite3.connect(path) as database:
        (row,) = database.execute("SELECT * FROM code").fetchall()
    database.close()
    assert not any(code in str(value) or ADDRESS in str(value) for value in row)
    assert path.stat().st_mode & 0o077 == 0


async def test_old_codes_are_forgotten(codes: Codes, clock: Clock, tmp_path: Path) -> None:
    code = await started(codes)
    await codes.check("h1", code, "c1")
    clock.now += timedelta(days=2)
    await started(codes, key="s2")
    with sqlite3.connect(tmp_path / "new" / "codes.sqlite") as database:
        assert database.execute("SELECT COUNT(*) FROM code").fetchone() == (1,)
        assert database.execute("SELECT COUNT(*) FROM attempt").fetchone() == (0,)
    database.close()


def _start_many(path: Path, name: str) -> int:
    async def run() -> int:
        codes = Codes(path)
        outcomes = await asyncio.gather(
            *(codes.start(ADDRESS, f"{name}{index}", "C1001", "s") for index in range(10)),
            return_exceptions=True,
        )
        assert all(isinstance(outcome, (module.Started, TooManyCodes)) for outcome in outcomes)
        return sum(isinstance(outcome, module.Started) for outcome in outcomes)

    return asyncio.run(run())


def test_two_processes_keep_one_limit(tmp_path: Path) -> None:
    path = tmp_path / "codes.sqlite"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        made = pool.starmap(_start_many, [(path, "a"), (path, "b")])
        pool.close()
        pool.join()
    assert sum(made) == CODES_PER_EMAIL


async def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "codes.sqlite").write_bytes(b"no database" * 100)
    for path in (tmp_path / "codes.sqlite", tmp_path / "codes.sqlite" / "below"):
        with pytest.raises(CodesUnavailable):
            await Codes(path).start(ADDRESS, "h1", "C1001", "s1")
        with pytest.raises(CodesUnavailable):
            await Codes(path).check("h1", "123456", "c1")


async def test_codes_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIJA_DATA", str(tmp_path))
    module.use_codes(None)
    try:
        assert module.current_codes() is module.current_codes()
        await module.current_codes().start(ADDRESS, "h1", None, "s1")
        assert (tmp_path / "codes.sqlite").exists()
    finally:
        module.use_codes(None)
