"""Mails to customers: codes, invoices, links. Sent by SMTP, or kept in a file for those who try Grija."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import mailbox
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, make_msgid
from pathlib import Path
from threading import Lock
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from actions.files import make_once

logger = logging.getLogger(__name__)

DEFAULT_SENDER = "Grija <shop@grija.example>"
SMTP_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Mail:
    """A mail of plain text to one address."""

    to: str
    subject: str
    text: str


class MailUnavailable(Exception):
    """The mail was not taken; it may be tried again. The message holds no address and no text of the mail."""


class MailMisconfigured(Exception):
    """The settings of mail are wrong; the message says which."""


class Mailer(Protocol):
    """Something that delivers mails. Usable from any event loop."""

    async def send(self, mail: Mail) -> None:
        """Return once the mail is taken. Raises MailUnavailable."""
        ...


class FileMailer:
    """Appends mails to an mbox file, which any mail program reads. Safe with several processes."""

    def __init__(self, path: Path, sender: str) -> None:
        self._path = path
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """See Mailer."""
        message = compose(mail, self._sender, "8bit")
        try:
            await asyncio.to_thread(self._append, message)
        except (OSError, mailbox.Error) as error:
            raise MailUnavailable(f"{self._path} cannot be written: {type(error).__name__}") from error
        # Neither the address nor the text: a mail may hold a code.
        logger.info("a mail was written to %s", self._path)

    def _append(self, message: EmailMessage) -> None:
        # Codes stand in it: only for its owner's eyes.
        make_once(self._path)
        with _locked(self._path.with_name(f"{self._path.name}.wait")):
            box = mailbox.mbox(self._path, create=False)
            box.lock()
            try:
                box.add(message)
                box.flush()
            finally:
                box.unlock()
                box.close()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # The lock of mailbox does not wait its turn; this one does, for threads as well as for processes.
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class SmtpMailer:
    """Hands mails to an SMTP server: smtps:// speaks TLS at once, smtp:// by STARTTLS where it is offered."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._port = parts.port or (465 if self._tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender

    async def send(self, mail: Mail) -> None:
        """See Mailer. A password is never sent in the clear: without TLS there is no sign-in."""
        try:
            await aiosmtplib.send(
                compose(mail, self._sender),
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                start_tls=None if self._user is None and not self._tls else not self._tls,
                timeout=SMTP_TIMEOUT_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # Servers quote addresses in their refusals: the kind of error is enough.
            raise MailUnavailable(f"{self._host}:{self._port}: {type(error).__name__}") from error


def compose(mail: Mail, sender: str, encoding: str | None = None) -> EmailMessage:
    """Return the mail as a message. MailUnavailable if its address or subject cannot be a header.

    `encoding` "8bit" leaves the text as it is, for people to read in a file; None is safe for every server.
    """
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit") if encoding is None else SMTP)
    try:
        message["From"] = sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
    except (ValueError, IndexError) as error:
        raise MailUnavailable("a header of the mail is not valid") from error
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> ") or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte=encoding)
    return message


def open_mailer(url: str, sender: str, data: Path) -> Mailer:
    """Return the mailer that `url` names; nothing is connected or made before its first mail.

    `mbox:` (or empty) writes to `data`/outbox.mbox; `smtp://user:password@host:587`, `smtps://…`.
    Raises MailMisconfigured.
    """
    sender = sender or DEFAULT_SENDER
    if "@" not in sender or not sender.isprintable():
        raise MailMisconfigured(f"the sender of mails must be an e-mail address, not {sender!r}")
    if url in ("", "mbox:"):
        return FileMailer(data / "outbox.mbox", sender)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise MailMisconfigured("the mail server must be mbox:, smtp://… or smtps://…")
    return SmtpMailer(url, sender)


_lock = Lock()
_mailer: Mailer | None = None


def use_mailer(mailer: Mailer | None) -> None:
    """Let this process send its mails through `mailer`; None goes back to the environment."""
    global _mailer
    with _lock:
        _mailer = mailer


def current_mailer() -> Mailer:
    """Return the installed mailer, or else open and keep the environment's. Raises MailMisconfigured."""
    global _mailer
    with _lock:
        if _mailer is None:
            _mailer = mailer_from_environment()
        return _mailer


def mailer_from_environment() -> Mailer:
    """Open the mailer of GRIJA_SMTP_URL, GRIJA_MAIL_FROM and GRIJA_DATA. Raises MailMisconfigured."""
    return open_mailer(
        os.environ.get("GRIJA_SMTP_URL") or "",
        os.environ.get("GRIJA_MAIL_FROM") or "",
        Path(os.environ.get("GRIJA_DATA") or "var"),
    )
