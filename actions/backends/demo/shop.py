"""The embedded demo shop in one SQLite file."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from actions.backends.demo import accounts, feedback, ordering, pages, reading
from actions.backends.demo.desk import Desk
from actions.backends.demo.links import Links, read_or_make_secret
from actions.backends.demo.schema import prepare
from actions.backends.faults import ShopUnavailable
from actions.backends.requests import Answer, Command, Question, answer_type
from actions.backends.things import Customer
from actions.mail import Mail, Mailer, MailUnavailable

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

WRITERS = ordering.WRITERS | accounts.WRITERS | feedback.WRITERS

# A process that took a mail and ended before it was sent: another one takes it after this time.
MAIL_CLAIM_SECONDS = 60.0
MAILS_AT_ONCE = 5


def local_now() -> datetime:
    """Return the time of this machine, with its zone."""
    return datetime.now().astimezone()


class DemoShop:
    """A shop in the file `path`, its secret beside it. Each call works in a thread: no event loop waits for the disk.

    Mails are laid into the file with the change that causes them and go out through `mailer` after it; without a
    mailer, or while it is unavailable, they stay there.
    """

    def __init__(
        self,
        path: Path,
        *,
        mailer: Mailer | None = None,
        public_url: str = "http://localhost:8080",
        clock: Callable[[], datetime] = local_now,
        busy_seconds: float = 5.0,
    ) -> None:
        self._path = path
        self._mailer = mailer
        self._public_url = public_url.rstrip("/")
        self._clock = clock
        self._busy_seconds = busy_seconds

    async def find_customer(self, *, email: str | None = None, user_id: str | None = None) -> Customer:
        """See Shop."""
        return await asyncio.to_thread(
            self._work, None, "en", lambda desk: reading.find_customer(desk, email, user_id)
        )

    async def ask(self, question: Question[Answer], customer: str | None, language: str) -> Answer:
        """See Shop."""
        reader = reading.READERS[type(question)]
        return cast(
            Answer,
            await asyncio.to_thread(self._work, customer, language, lambda desk: reader(desk, question)),
        )

    async def do(self, command: Command[Answer], customer: str | None, key: str, language: str) -> Answer:
        """See Shop."""
        answer = await asyncio.to_thread(
            self._work, customer, language, lambda desk: do_once(desk, command, key)
        )
        await self.post()
        return answer

    async def check(self) -> None:
        """See Shop."""
        await asyncio.to_thread(
            self._work, None, "en", lambda desk: desk.rows("SELECT 1 FROM purchase LIMIT 1")
        )

    async def close(self) -> None:
        """See Shop. Nothing is held between two calls."""

    async def show(self, page: str, name: str, key: str) -> str:
        """Return the HTML page that a link of ours opens. NotFound if it is not ours, or too old; ShopUnavailable."""
        return await asyncio.to_thread(self._work, None, "en", lambda desk: pages.show(desk, page, name, key))

    async def press(self, page: str, name: str, key: str) -> None:
        """Do what the button on that page is for; twice is as good as once. NotFound, ShopUnavailable."""
        await asyncio.to_thread(self._work, None, "en", lambda desk: pages.press(desk, page, name, key))

    async def post(self) -> None:
        """Send the mails that wait. What cannot be sent now waits for the next time."""
        if self._mailer is None:
            return
        try:
            for id, mail in await asyncio.to_thread(self._work, None, "en", _claim_mails):
                await self._mailer.send(mail)
                await asyncio.to_thread(self._work, None, "en", lambda desk, id=id: _forget_mail(desk, id))
        except (MailUnavailable, ShopUnavailable) as error:
            # The change itself is done: a failure now must not tell the customer anything else.
            logger.warning("mails of the shop wait: %s", error)

    def _work(self, customer: str | None, language: str, work: Callable[[Desk], Result]) -> Result:
        with self._transaction(customer, language) as desk:
            return work(desk)

    @contextmanager
    def _transaction(self, customer: str | None, language: str) -> Iterator[Desk]:
        """One transaction that holds the write lock, so that two first users cannot both seed."""
        try:
            links = Links(read_or_make_secret(self._path.with_suffix(".secret")), self._public_url)
            database = sqlite3.connect(self._path, timeout=self._busy_seconds, isolation_level=None)
            try:
                database.row_factory = sqlite3.Row
                database.execute("BEGIN IMMEDIATE")
                now = self._clock()
                if prepare(database, now):
                    # What was made stays, whatever becomes of the first question.
                    database.execute("COMMIT")
                    database.execute("BEGIN IMMEDIATE")
                yield Desk(database, customer, language, now, links)
                database.execute("COMMIT")
            finally:
                # Closing without a commit rolls back.
                database.close()
        except (sqlite3.Error, OSError) as error:
            raise ShopUnavailable(f"the demo shop's file {self._path} cannot be used: {error}") from error


def do_once(desk: Desk, command: Command[Answer], key: str) -> Answer:
    """Do the command, or return the answer it has had already under this key."""
    kind = type(command)
    # Only a fingerprint: what customers write is not kept twice.
    body = msgspec.json.encode(command)
    request = (key, desk.customer or "", f"{kind.__name__} {sha256(body).hexdigest()}")
    rows = desk.rows("SELECT answer FROM request WHERE key = ? AND customer = ? AND command = ?", *request)
    if rows:
        return cast(Answer, msgspec.json.decode(rows[0]["answer"], type=answer_type(kind)))
    answer = WRITERS[kind](desk, command)
    desk.run("INSERT INTO request VALUES (?, ?, ?, ?)", *request, msgspec.json.encode(answer))
    return cast(Answer, answer)


def _claim_mails(desk: Desk) -> list[tuple[int, Mail]]:
    # Those that were never tried come first: one that no server takes must not hold up the others.
    now = time.time()
    rows = desk.rows(
        "SELECT * FROM mail WHERE claimed_at IS NULL OR claimed_at NOT BETWEEN ? AND ? "
        "ORDER BY claimed_at IS NOT NULL, claimed_at, id LIMIT ?",
        now - MAIL_CLAIM_SECONDS, now, MAILS_AT_ONCE,
    )  # fmt: skip
    for row in rows:
        desk.run("UPDATE mail SET claimed_at = ? WHERE id = ?", now, row["id"])
    return [(row["id"], Mail(row["address"], row["subject"], row["body"])) for row in rows]


def _forget_mail(desk: Desk, id: int) -> None:
    desk.run("DELETE FROM mail WHERE id = ?", id)
