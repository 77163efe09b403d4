"""Mails: written to a file that mail programs read, or handed to a real SMTP server on loopback; never logged."""

from __future__ import annotations

import asyncio
import logging
import mailbox
import multiprocessing
import socket
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from types import TracebackType

import pytest

from actions import mail as module
from actions.mail import (
    FileMailer,
    Mail,
    MailMisconfigured,
    MailUnavailable,
    SmtpMailer,
    compose,
    open_mailer,
)

SENDER = "Sklep żółw <shop@grija.example>"
MAIL = Mail("ania@example.com", "Κωδικός: ваш код", "Twój kod: 123456\nΓεια σας, здравейте\n")


@dataclass
class SmtpServer:
    """A small SMTP server on loopback. It answers a command that begins with a key of `says` with its value."""

    says: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)

    async def __aenter__(self) -> SmtpServer:
        self._talks: list[asyncio.Task[None] | None] = []
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await asyncio.gather(*(talk for talk in self._talks if talk))
        await self._server.wait_closed()

    @property
    def address(self) -> str:
        """Host and port."""
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks.append(asyncio.current_task())
        try:
            await self._talk(reader, writer)
        except ConnectionError:
            return
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").strip()
            self.commands.append(command)
            said = next((says for key, says in self.says.items() if command.startswith(key)), None)
            if said == "":
                break
            if said is None and command == "DATA":
                writer.write(b"354 go\r\n")
                self.mails.append((await reader.readuntil(b"\r\n.\r\n"))[:-3])
            default = "250-here\r\n250 HELP" if command.startswith("EHLO") else "250 ok"
            writer.write(f"{said or default}\r\n".encode())
            await writer.drain()
            if command == "QUIT":
                break


def read(raw: Message) -> tuple[str, str, str]:
    """Return to, subject and text of a mail."""
    payload = raw.get_payload(decode=True)
    assert isinstance(payload, bytes)
    text = payload.decode("utf-8").replace("\r\n", "\n")
    return str(raw["To"]), str(make_header(decode_header(raw["Subject"]))), text


async def test_a_mail_goes_out_by_smtp() -> None:
    async with SmtpServer() as server:
        await open_mailer(f"smtp://{server.address}", SENDER, Path()).send(MAIL)
    assert "MAIL FROM:<shop@grija.example>" in [command.partition(" SIZE")[0] for command in server.commands]
    assert "RCPT TO:<ania@example.com>" in server.commands
    (raw,) = server.mails
    assert raw.isascii()
    message = message_from_bytes(raw)
    assert read(message) == (MAIL.to, MAIL.subject, MAIL.text)
    assert str(make_header(decode_header(message["From"]))) == SENDER
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@grija.example>")
    assert message["Date"]


async def test_a_password_is_not_sent_without_tls() -> None:
    async with SmtpServer() as server:
        with pytest.raises(MailUnavailable):
            await open_mailer(f"smtp://user:pass%40word@{server.address}", SENDER, Path()).send(MAIL)
    assert not [command for command in server.commands if command.startswith(("AUTH", "MAIL"))]


@pytest.mark.parametrize(
    "says",
    [
        {"EHLO": "554 no", "HELO": "554 no"},
        {"MAIL": "451 later"},
        {"RCPT": "550 ania@example.com is unknown"},
        {"DATA": "554 no"},
        {"EHLO": ""},
        {"RCPT": ""},
        {"EHLO": "nonsense"},
    ],
    ids=str,
)
async def test_a_server_that_does_not_take_it(says: dict[str, str]) -> None:
    async with SmtpServer(says) as server:
        with pytest.raises(MailUnavailable) as error:
            await open_mailer(f"smtp://{server.address}", SENDER, Path()).send(MAIL)
    assert MAIL.to not in str(error.value)
    assert server.mails == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_nobody_listens(scheme: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(MailUnavailable):
            await open_mailer(f"{scheme}://127.0.0.1:{taken.getsockname()[1]}", SENDER, Path()).send(MAIL)


async def test_smtps_speaks_tls_at_once() -> None:
    async with SmtpServer() as server:
        with pytest.raises(MailUnavailable):
            await open_mailer(f"smtps://{server.address}", SENDER, Path()).send(MAIL)
    assert not [command for command in server.commands if "HELO" in command or "EHLO" in command]


@pytest.mark.parametrize(
    "bad", [Mail("a@example.com\r\nBcc: all@example.com", "s", "t"), Mail("a@b.c", "s\nX: y", "t")]
)
def test_headers_cannot_be_smuggled_in(bad: Mail) -> None:
    with pytest.raises(MailUnavailable):
        compose(bad, SENDER)


def test_the_text_is_only_text() -> None:
    message = compose(Mail("a@example.com", "s", "From x\n.\r\nBcc: all@example.com\n"), SENDER)
    assert message["Bcc"] is None
    assert message.get_content_type() == "text/plain"


# The file


async def test_the_file_is_a_mailbox(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "actions")
    mailer = open_mailer("mbox:", SENDER, tmp_path / "new")
    await asyncio.gather(*(mailer.send(MAIL) for _ in range(10)))
    path = tmp_path / "new" / "outbox.mbox"
    with_box = mailbox.mbox(path)
    try:
        assert [read(message) for message in with_box] == [(MAIL.to, MAIL.subject, MAIL.text)] * 10
    finally:
        with_box.close()
    # People copy codes and links out of it.
    assert "Twój kod: 123456" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o077 == 0
    assert str(path) in caplog.text
    assert "123456" not in caplog.text
    assert MAIL.to not in caplog.text


async def test_a_long_link_stands_in_one_line(tmp_path: Path) -> None:
    link = "https://support.example/shop/invoices/INV-10025?key=" + "ab" * 200
    await FileMailer(tmp_path / "outbox.mbox", SENDER).send(Mail("a@example.com", "s", f"See:\n{link}\n"))
    assert link in (tmp_path / "outbox.mbox").read_text()


def _send_many(path: Path) -> None:
    async def run() -> None:
        mailer = FileMailer(path, SENDER)
        for _ in range(20):
            await mailer.send(MAIL)

    asyncio.run(run())


def test_two_processes_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "outbox.mbox"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(_send_many, [path, path])
        pool.close()
        pool.join()
    box = mailbox.mbox(path)
    try:
        assert len(box) == 40
    finally:
        box.close()


async def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MailUnavailable):
        await FileMailer(tmp_path / "file" / "outbox.mbox", SENDER).send(MAIL)


# Which mailer


def test_open_mailer_by_its_address(tmp_path: Path) -> None:
    for url in ("", "mbox:"):
        assert isinstance(open_mailer(url, "", tmp_path), FileMailer)
    for url in ("smtp://mail.example", "smtps://u:p@mail.example:465", "smtp://[::1]:25"):
        assert isinstance(open_mailer(url, SENDER, tmp_path), SmtpMailer)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url", ["mail.example", "smtp://", "smtp://h:x", "smtp://h:0", "http://h", "smtp://[h"]
)
def test_open_mailer_refuses_other_addresses(url: str) -> None:
    with pytest.raises(MailMisconfigured):
        open_mailer(url, SENDER, Path())


def test_a_wrong_address_with_a_password_is_not_repeated() -> None:
    with pytest.raises(MailMisconfigured) as error:
        open_mailer("https://user:hidden@mail.example", SENDER, Path())
    assert "hidden" not in str(error.value)


@pytest.mark.parametrize("sender", ["the shop", "a@b.example\nBcc: x@y.example"])
def test_open_mailer_refuses_a_wrong_sender(sender: str) -> None:
    with pytest.raises(MailMisconfigured):
        open_mailer("", sender, Path())


async def test_mailer_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIJA_DATA", str(tmp_path))
    monkeypatch.setenv("GRIJA_MAIL_FROM", "me@shop.example")
    monkeypatch.delenv("GRIJA_SMTP_URL", raising=False)
    module.use_mailer(None)
    try:
        mailer = module.current_mailer()
        assert module.current_mailer() is mailer
        await mailer.send(MAIL)
        assert "From: me@shop.example" in (tmp_path / "outbox.mbox").read_text(encoding="utf-8")
        other = FileMailer(tmp_path / "x", SENDER)
        module.use_mailer(other)
        assert module.current_mailer() is other
    finally:
        module.use_mailer(None)
