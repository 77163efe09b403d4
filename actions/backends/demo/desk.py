"""One transaction of the demo shop: its database, for whom it works, and when."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from actions.backends.catalogue import LANGUAGES
from actions.backends.demo import mails
from actions.backends.demo.links import Links
from actions.backends.faults import NotFound


@dataclass(frozen=True)
class Desk:
    """What questions and commands work with. `customer` is who has proved to be one, or None."""

    database: sqlite3.Connection
    customer: str | None
    language: str
    now: datetime
    links: Links

    @property
    def today(self) -> date:
        """The day it is."""
        return self.now.date()

    def rows(self, query: str, *values: object) -> Sequence[sqlite3.Row]:
        """Return all rows."""
        return self.database.execute(query, values).fetchall()

    def row(self, what: str, query: str, *values: object) -> sqlite3.Row:
        """Return the first row. NotFound, naming `what`, if there is none."""
        row: sqlite3.Row | None = self.database.execute(query, values).fetchone()
        if row is None:
            raise NotFound(what)
        return row

    def run(self, statement: str, *values: object) -> sqlite3.Cursor:
        """Run a statement that changes something."""
        return self.database.execute(statement, values)

    def owner(self) -> str:
        """Return the proved customer. NotFound if there is none, or no more."""
        row = self.row("customer", "SELECT id FROM customer WHERE id = ? AND closed = 0", self.customer)
        return str(row["id"])

    def link(self, page: str, name: str) -> str:
        """Return a link to a page of the shop."""
        return self.links.make(page, name, self.language, self.now)

    def mail(self, address: str, text: str, **values: Any) -> None:
        """Lay a mail (`text`: which of mails.py) into the outbox: it goes out once the transaction is done."""
        language = self.language if self.language in LANGUAGES else "en"
        subject, body = mails.render(text, language, **values)
        self.run("INSERT INTO mail (address, subject, body) VALUES (?, ?, ?)", address, subject, body)
