"""The demo shop as tests see it: its books, its post, its codes, all in a temporary folder."""

from __future__ import annotations

import mailbox
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from actions.backends.demo import DemoShop
from actions.codes import Codes, use_codes
from actions.mail import FileMailer, use_mailer
from actions.shop import use_shop

PEOPLE = {"pl": "ania", "el": "eleni", "bg": "boris", "ro": "ioana", "en": "emma"}
"""A customer of the demo shop for each language: user id, and e-mail at example.com."""


class Counter:
    """The shop's counter: looks into its books and its post."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, question: str, *values: object) -> list[tuple[object, ...]]:
        """Return the rows of the shop's database."""
        with closing(sqlite3.connect(self.folder / "shop.sqlite")) as database:
            return [tuple(row) for row in database.execute(question, values)]

    def one(self, question: str, *values: object) -> object:
        """Return the only value of the only row."""
        ((value,),) = self.rows(question, *values)
        return value

    def mails(self) -> list[tuple[str, str, str]]:
        """Return recipient, subject and text of all mails, the oldest first."""
        path = self.folder / "outbox.mbox"
        if not path.exists():
            return []
        with closing(mailbox.mbox(path)) as box:
            return [_mail(item) for item in box]

    def code(self, email: str) -> str:
        """Return the newest code that was sent to this address."""
        found = [
            match.group()
            for recipient, _, text in self.mails()
            if recipient == email and (match := re.search(r"\b\d{6}\b", text))
        ]
        return found[-1]


def _mail(item: mailbox.mboxMessage) -> tuple[str, str, str]:
    from email import policy
    from email.parser import BytesParser

    message = BytesParser(policy=policy.default).parsebytes(item.as_bytes())
    return str(message["To"]), str(message["Subject"]), str(message.get_content())


@contextmanager
def open_counter(tmp_path: Path) -> Iterator[Counter]:
    """Open a fresh demo shop for the actions of this process."""
    mailer = FileMailer(tmp_path / "outbox.mbox", "shop@grija.example")
    use_shop(DemoShop(tmp_path / "shop.sqlite", mailer=mailer))
    use_codes(Codes(tmp_path / "codes.sqlite"))
    use_mailer(mailer)
    yield Counter(tmp_path)
    use_shop(None)
    use_codes(None)
    use_mailer(None)
