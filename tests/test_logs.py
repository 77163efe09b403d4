"""Logs: one JSON object a line, with ids, and without the words of customers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent

# In a process of its own: logging is set up once for a whole process.
CONVERSATION = """
import asyncio, sys
from pathlib import Path
from bot import logs
from bot.settings import Settings
from tests.conftest import serving
from tests.widget_client import open_widget

async def talk(settings):
    async with serving(settings) as server, open_widget(server.url) as widget:
        await widget.hello(locale="pl-PL")
        for number, text in enumerate(["PRIVATE words", "PRIVATE again", "buttons"], start=1):
            await widget.say(text, f"message-{number}")
            await widget.message(2 * number)
        buttons = widget.messages[6]["buttons"]
        await widget.press(buttons[0]["id"], "press")
        await widget.message(8)
        # What is given up goes to people: the bot says nothing after it.
        await widget.say("fail", "message-4")
        await widget.send({"type": "message", "client_msg_id": "bad", "text": "PRIVATE " + "x" * 4000})
        await widget.send({"type": "rating", "value": 5, "comment": "PRIVATE comment"})
        await widget.send({"type": "PRIVATE"})
        await widget.send({"type": "ping"})
        await widget.expect("pong")
        await widget.message(10)

settings = Settings(data=Path(sys.argv[1]), turn_tries=1, log_level="debug", log_format=sys.argv[2])
logs.set_up(settings)
asyncio.run(talk(settings))
"""

TROUBLE = """
import logging, sys
import structlog
from bot import logs
from bot.settings import Settings

logs.set_up(Settings(log_text=sys.argv[1] == "yes", log_format=sys.argv[2]))
log = structlog.get_logger("ours")

def answer(customer):
    try:
        raise KeyError("PRIVATE inner " + customer)
    except KeyError as error:
        raise ValueError("PRIVATE outer") from error

try:
    answer("PRIVATE local")
except ValueError as error:
    log.error("failed", exc_info=True, text="PRIVATE text", raw="PRIVATE raw")
    log.error("failed", exc_info=error, message="id-1")
    logging.getLogger("theirs").exception("a library failed")
log.info("odd", path="\\udcff", value=object())
log.debug("below the level")
"""


def run(script: str, *arguments: str) -> str:
    """What a script writes to standard error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


def objects(written: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [json.loads(line) for line in written.splitlines()]
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    return lines


def test_a_whole_conversation_leaves_ids_and_no_words(tmp_path: Path) -> None:
    written = run(CONVERSATION, str(tmp_path), "json")
    lines = objects(written)
    events = [line["event"] for line in lines]
    assert events.count("message.accepted") == 5
    assert events.count("turn.done") == 4
    assert events.count("turn.given_up") == 1
    worked = {line["message"] for line in lines if line["event"] in ("turn.done", "turn.given_up")}
    assert worked == {line["message"] for line in lines if line["event"] == "message.accepted"}
    assert "PRIVATE" not in written
    assert "echo:" not in written, "what the bot says repeats what the customer said"


def test_the_console_form_has_no_words_either(tmp_path: Path) -> None:
    written = run(CONVERSATION, str(tmp_path), "console")
    assert "turn.done" in written
    assert "PRIVATE" not in written
    assert "\x1b" not in written, "colours are for terminals"


@pytest.mark.parametrize("form", ["json", "console"])
def test_trouble_is_found_by_its_place_not_by_its_words(form: str) -> None:
    written = run(TROUBLE, "no", form)
    assert "PRIVATE" not in written.replace('raise KeyError("PRIVATE inner', "").replace(
        'raise ValueError("PRIVATE outer', ""
    ), "neither messages nor local variables"
    for part in ("ValueError", "caused by", "KeyError", "in answer", "a library failed"):
        assert part in written
    assert "below the level" not in written


def test_the_trace_of_every_logger_is_in_its_line() -> None:
    lines = objects(run(TROUBLE, "no", "json"))
    assert [line["event"] for line in lines] == ["failed", "failed", "a library failed", "odd"]
    assert all("in answer" in line["exception"] for line in lines[:3])
    assert not [line for line in lines if "exc_info" in line]
    assert (lines[0]["text"], lines[0]["raw"], lines[1]["message"]) == (
        "(not logged)",
        "(not logged)",
        "id-1",
    )


def test_words_are_written_when_asked_for() -> None:
    lines = objects(run(TROUBLE, "yes", "json"))
    assert lines[0]["text"] == "PRIVATE text"
    assert "ValueError: PRIVATE outer" in lines[0]["exception"]
