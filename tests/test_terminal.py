"""The terminal: lines in, messages out, through the same hub as every channel."""

from __future__ import annotations

import asyncio
import io
import queue
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.app import Grija, open_grija
from bot.chat import chat
from bot.errors import ModelMissing, TextEmpty, TextTooLong
from bot.model_files import promote
from bot.models import Author, AuthorKind, Button, Inbound, Message, now
from bot.settings import Settings
from channels import terminal
from channels.terminal import TerminalChannel, parse, render
from tests.conftest import until
from tests.doubles import open_echo

OFFERED = (Button("id-yes", "Yes", "/affirm"), Button("id-no", "No", "/deny"))


def said(text: str, *, name: str = "Grija", buttons: tuple[Button, ...] = ()) -> Message:
    return Message("m", "c", 1, Author(AuthorKind.BOT, name), text, now(), buttons)


def test_a_line_is_a_message_and_a_number_presses_its_button() -> None:
    spoken = parse(" where is 10024?\n", OFFERED, sender="ana")
    assert (spoken.text, spoken.button_id, spoken.sender) == ("where is 10024?", None, "ana")
    pressed = parse("2\n", OFFERED, sender="ana")
    assert (pressed.text, pressed.button_id) == ("", "id-no")
    assert spoken.event_id != pressed.event_id
    for line in ("3", "0", "-1", "1.", "²", "/affirm"):
        assert parse(line, OFFERED, sender="ana").text == line
    assert parse("1", (), sender="ana").text == "1"
    assert len(parse("x" * 4000 + "\r\n", (), sender="ana").text) == 4000


@examples(deadline=None)
@given(st.text(st.characters(), max_size=100))
def test_any_line_is_a_storable_message_or_refused(line: str) -> None:
    try:
        spoken: Inbound | None = parse(line, OFFERED, sender="ana")
    except (TextEmpty, TextTooLong):
        spoken = None
    if spoken is not None:
        assert (spoken.text + spoken.raw).encode("utf-8")
        assert "\x00" not in spoken.text + spoken.raw


def test_a_message_is_printed_with_numbered_buttons() -> None:
    assert render(said("Sure?", buttons=OFFERED)) == "Grija: Sure?\n  [1] Yes\n  [2] No"
    assert render(said("Hello", name="")) == "bot: Hello"


def test_nothing_is_printed_that_a_terminal_would_obey() -> None:
    evil = Button("b", "\x1b[2JYes\x07", "/affirm")
    assert render(said("a\x1b]0;title\x07b", name="\x9bGrija", buttons=(evil,))) == (
        "Grija: a]0;titleb\n  [1] [2JYes"
    )


class Keyboard(io.StringIO):
    """Lines that are typed while the chat runs."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: queue.Queue[str | None] = queue.Queue()

    def type(self, line: str | None) -> None:
        """One line; None is the end."""
        self._lines.put(line)

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(self._lines.get, None)


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Keyboard:
    typed = Keyboard()
    monkeypatch.setattr("sys.stdin", typed)
    return typed


def shown(grija: Grija) -> list[str]:
    """What the terminal prints from now on."""
    channel = grija.channels["terminal"]
    assert isinstance(channel, TerminalChannel)
    lines: list[str] = []
    channel._show = lines.append
    return lines


async def test_lines_are_answered_and_buttons_pressed(sqlite_settings: Settings, keyboard: Keyboard) -> None:
    async with open_grija(sqlite_settings, channels=["terminal"], open_dialogue=open_echo) as grija:
        lines = shown(grija)

        async def says(text: str, answer: str) -> None:
            keyboard.type(text)
            await until(lambda: _holds(answer in lines))

        await says("hello\n", "Grija: echo: hello")
        await says("buttons\n", "Grija: echo: buttons\n  [1] Yes\n  [2] No")
        await says("1\n", "Grija: echo: /affirm")
        await says("/restart\n", "Grija: echo: /restart")
        await says("a\x00\udcffb\n", "Grija: echo: a\ufffdb")
        await says("x" * 4001 + "\n", "! a message has at most 4000 characters, this one has 4001")
        keyboard.type("\n")
        await says("fail twice\n", "Grija: echo: fail twice")
        keyboard.type(None)
        channel = grija.channels["terminal"]
        assert isinstance(channel, TerminalChannel)
        await channel.ended.wait()
    assert len(lines) == 7


async def _holds(condition: bool) -> bool:
    return condition


async def test_an_old_button_is_refused_and_the_chat_goes_on(
    sqlite_settings: Settings, keyboard: Keyboard
) -> None:
    async with open_grija(sqlite_settings, channels=["terminal"], open_dialogue=open_echo) as grija:
        lines = shown(grija)
        channel = grija.channels["terminal"]
        assert isinstance(channel, TerminalChannel)
        channel._offered = OFFERED
        keyboard.type("1")
        keyboard.type("still here")
        await until(lambda: _holds("Grija: echo: still here" in lines))
        keyboard.type(None)
        await channel.ended.wait()
    assert lines[0] == "! this button is not on offer in the conversation"


@pytest.fixture
def trained(sqlite_settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "one.tar.gz").write_bytes(b"a model")
    promote(folder / "one.tar.gz", folder)
    return replace(sqlite_settings, models=folder)


async def test_a_chat_ends_with_its_input_when_all_is_answered(
    trained: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = io.TextIOWrapper(io.BytesIO("witaj\n\n\xff broken\nslow\n".encode("latin-1")), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", typed)
    await chat(trained, open_dialogue=open_echo)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("Grija:")] == [
        "Grija: echo: witaj",
        "Grija: echo: \ufffd broken",
        "Grija: echo: slow",
    ]


async def test_a_chat_without_a_model_says_so(sqlite_settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="make train"):
        await chat(replace(sqlite_settings, models=tmp_path), open_dialogue=open_echo)


async def test_a_chat_ends_also_when_reading_fails(trained: Settings, keyboard: Keyboard) -> None:
    async with open_grija(trained, channels=["terminal"], open_dialogue=open_echo) as grija:
        channel = grija.channels["terminal"]
        assert isinstance(channel, TerminalChannel)

        async def broken(inbound: Inbound) -> None:
            raise ZeroDivisionError

        grija.hub.accept = broken  # type: ignore[assignment,method-assign]
        keyboard.type("hello")
        await channel.ended.wait()
        keyboard.type(None)


async def test_the_keyboard_may_outlive_the_chat(sqlite_settings: Settings, keyboard: Keyboard) -> None:
    loop = asyncio.new_event_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop.close()
    keyboard.type("too late")
    terminal._feed(keyboard, lines, loop)
    assert lines.empty()


def test_a_user_without_a_name_can_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert terminal._user() == "me"
