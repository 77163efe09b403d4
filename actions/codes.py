"""One-time codes: who can read a mail to the address that the shop knows is the customer.

CodeError
├── CodesUnavailable   the file of codes cannot be used
├── TooManyCodes       this address, or this holder, has asked too often; `wait` says how long to pause
├── CodeWrong          not the code; `tries_left` more may follow
├── CodeUsedUp         three wrong tries: this code is worth nothing any more
└── CodeExpired        there is no code to try: none was asked for, too old, or used already
"""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import scrypt, sha256
from pathlib import Path
from threading import Lock
from typing import TypeVar

from actions.files import make_once

VALID = timedelta(minutes=10)
TRIES = 3
WINDOW = timedelta(hours=1)
CODES_PER_EMAIL = 3
CODES_PER_HOLDER = 5
KEPT = timedelta(days=1)

_SCHEMA = """
CREATE TABLE code (
    id INTEGER PRIMARY KEY AUTOINCREMENT, holder TEXT NOT NULL, key TEXT NOT NULL, email TEXT NOT NULL, customer TEXT,
    salt BLOB NOT NULL, hash BLOB NOT NULL, started_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    used INTEGER NOT NULL DEFAULT 0, mailed INTEGER NOT NULL DEFAULT 0, UNIQUE (holder, key)
);
CREATE INDEX code_email ON code (email, started_at);
CREATE TABLE attempt (
    holder TEXT NOT NULL, key TEXT NOT NULL, outcome TEXT NOT NULL, tried_at REAL NOT NULL, PRIMARY KEY (holder, key)
);
PRAGMA user_version = 1
"""

Result = TypeVar("Result")


class CodeError(Exception):
    """Base of all that codes raise."""


class CodesUnavailable(CodeError):
    """The file of codes cannot be used now. Nothing was changed."""


class TooManyCodes(CodeError):
    """Too many codes in an hour. `wait` is the time after which one more is allowed."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many codes in an hour")
        self.wait = wait


class CodeWrong(CodeError):
    """This is not the code."""

    def __init__(self, tries_left: int) -> None:
        super().__init__("wrong code")
        self.tries_left = tries_left


class CodeUsedUp(CodeError):
    """The last try was wrong too."""

    def __init__(self) -> None:
        super().__init__("too many wrong tries")


class CodeExpired(CodeError):
    """There is no code that could be tried."""

    def __init__(self) -> None:
        super().__init__("no valid code")


@dataclass(frozen=True)
class Started:
    """A code was made. Mail `code` if it is not None, then call `Codes.mailed`; tell the customer the same either way.

    None: the address is unknown to the shop, or the mail with this code went out already.
    """

    id: int
    code: str | None
    valid: timedelta = VALID


class Codes:
    """The codes in the file `path`, made on first use. Safe with several processes; work is done in threads.

    Kept are salted, slow hashes of codes and fingerprints of addresses, for a day.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], datetime] | None = None, busy_seconds: float = 5.0
    ) -> None:
        self._path = path
        self._clock = clock or (lambda: datetime.now(timezone.utc))
        self._busy_seconds = busy_seconds

    async def start(self, email: str, holder: str, customer: str | None, key: str) -> Started:
        """Make a code of six digits for `customer`, to be entered by `holder` within ten minutes.

        Earlier codes of the holder are worth nothing any more. `customer` None (the shop knows nobody with this
        address): all is the same, but no code will ever be right. The same `key` of the same holder means the same
        code; only if its mail never went out are its digits made anew. Raises TooManyCodes, CodesUnavailable.
        """
        return await self._work(lambda database, now: _start(database, now, email, holder, customer, key))

    async def mailed(self, started: Started) -> None:
        """Note that the mail with this code went out. CodesUnavailable."""
        await self._work(
            lambda database, now: database.execute("UPDATE code SET mailed = 1 WHERE id = ?", (started.id,))
        )

    async def check(self, holder: str, code: str, key: str) -> str:
        """Return the customer whom the right code proves; it is used up by that.

        The same `key` of the same holder gets the same answer again, whatever the code. Raises CodeWrong, CodeUsedUp,
        CodeExpired, CodesUnavailable.
        """
        outcome = await self._work(lambda database, now: _check_once(database, now, holder, code, key))
        kind, _, value = outcome.partition(" ")
        if kind == "right":
            return value
        if kind == "wrong":
            raise CodeWrong(int(value))
        raise CodeUsedUp if kind == "used_up" else CodeExpired

    async def _work(self, work: Callable[[sqlite3.Connection, float], Result]) -> Result:
        def run() -> Result:
            with self._transaction() as database:
                return work(database, self._clock().timestamp())

        return await asyncio.to_thread(run)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            make_once(self._path)
            database = sqlite3.connect(self._path, timeout=self._busy_seconds, isolation_level=None)
            try:
                database.row_factory = sqlite3.Row
                database.execute("BEGIN IMMEDIATE")
                if database.execute("PRAGMA user_version").fetchone()[0] == 0:
                    for statement in _SCHEMA.split(";\n"):
                        database.execute(statement)
                yield database
                database.execute("COMMIT")
            finally:
                database.close()
        except (sqlite3.Error, OSError) as error:
            raise CodesUnavailable(f"{self._path} cannot be used: {error}") from error


def _start(
    database: sqlite3.Connection, now: float, email: str, holder: str, customer: str | None, key: str
) -> Started:
    address = sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()
    row = database.execute("SELECT * FROM code WHERE holder = ? AND key = ?", (holder, key)).fetchone()
    if row is None:
        _forget_old(database, now)
        _limit(database, now, "email", address, CODES_PER_EMAIL)
        _limit(database, now, "holder", holder, CODES_PER_HOLDER)
        id = _insert(database, now, holder, key, address, customer)
    elif row["mailed"] or row["used"] or row["customer"] is None:
        return Started(row["id"], None)
    else:
        id = row["id"]
    code = f"{secrets.randbelow(1_000_000):06}"
    salt = secrets.token_bytes(16)
    database.execute("UPDATE code SET salt = ?, hash = ? WHERE id = ?", (salt, _hash(code, salt), id))
    return Started(id, None if customer is None else code)


def _insert(
    database: sqlite3.Connection, now: float, holder: str, key: str, address: str, customer: str | None
) -> int:
    row = database.execute(
        "INSERT INTO code (holder, key, email, customer, salt, hash, started_at) VALUES (?, ?, ?, ?, '', '', ?) "
        "RETURNING id",
        (holder, key, address, customer, now),
    ).fetchone()
    return int(row["id"])


def _forget_old(database: sqlite3.Connection, now: float) -> None:
    before = (now - KEPT.total_seconds(),)
    database.execute("DELETE FROM code WHERE started_at < ?", before)
    database.execute("DELETE FROM attempt WHERE tried_at < ?", before)


def _limit(database: sqlite3.Connection, now: float, column: str, value: str, most: int) -> None:
    since = now - WINDOW.total_seconds()
    query = f"SELECT started_at FROM code WHERE {column} = ? AND started_at > ? ORDER BY started_at DESC"
    times = [row["started_at"] for row in database.execute(query, (value, since))]
    if len(times) >= most:
        raise TooManyCodes(timedelta(seconds=max(times[most - 1] - since, 1.0)))


def _check_once(database: sqlite3.Connection, now: float, holder: str, code: str, key: str) -> str:
    known = database.execute(
        "SELECT outcome FROM attempt WHERE holder = ? AND key = ?", (holder, key)
    ).fetchone()
    if known is not None:
        return str(known["outcome"])
    outcome = _check(database, now, holder, code)
    database.execute("INSERT INTO attempt VALUES (?, ?, ?, ?)", (holder, key, outcome, now))
    return outcome


def _check(database: sqlite3.Connection, now: float, holder: str, code: str) -> str:
    query = "SELECT * FROM code WHERE holder = ? ORDER BY id DESC LIMIT 1"
    row = database.execute(query, (holder,)).fetchone()
    if row is None or row["used"] or now > row["started_at"] + VALID.total_seconds():
        return "expired"
    if row["tries"] >= TRIES:
        return "used_up"
    digits = "".join(letter for letter in code if letter in "0123456789")
    same = hmac.compare_digest(_hash(digits, row["salt"]), row["hash"])
    if same and row["customer"] is not None:
        database.execute("UPDATE code SET used = 1 WHERE id = ?", (row["id"],))
        return f"right {row['customer']}"
    database.execute("UPDATE code SET tries = tries + 1 WHERE id = ?", (row["id"],))
    left = TRIES - row["tries"] - 1
    return f"wrong {left}" if left else "used_up"


def _hash(code: str, salt: bytes) -> bytes:
    # Slow on purpose: six digits are few, and trying them all must take longer than a code is valid.
    return scrypt(code.encode(), salt=salt, n=2**13, r=8, p=1)


_lock = Lock()
_codes: Codes | None = None


def use_codes(codes: Codes | None) -> None:
    """Let this process work with `codes`; None goes back to the environment."""
    global _codes
    with _lock:
        _codes = codes


def current_codes() -> Codes:
    """Return the installed codes, or else those in codes.sqlite in the folder GRIJA_DATA."""
    global _codes
    with _lock:
        if _codes is None:
            _codes = Codes(Path(os.environ.get("GRIJA_DATA") or "var") / "codes.sqlite")
        return _codes
