"""Redaction: what is masked in logs and exports, what stays, and how much our own file of examples finds."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.redaction import KINDS, Mark, Redactor, measure, redact, redact_event

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "tests" / "nlu" / "redaction.tsv"


def test_most_of_our_own_file_is_masked() -> None:
    result = measure(FILE)
    assert result.lines >= 150
    assert set(result.kinds) == set(KINDS)
    assert all(count.masked >= 15 for count in result.kinds.values()), "every kind is really measured"
    assert result.recall >= 0.98
    assert result.false_positives <= 2


def test_the_file_has_five_languages_and_lines_where_nothing_is_masked() -> None:
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()[1:]]
    assert {row[0] for row in rows} == {"en", "pl", "el", "bg", "ro"}
    assert sum(text == expected for _, text, expected in rows) >= 30


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail ania@example.com.", "mail [email]."),
        ("ania at gmail dot com", "[email]"),
        ("+48 600 100 200 ania@example.com", "[phone] [email]"),
        ("GB29 NWBK 6016 1331 9268 19 please", "[iban] please"),
        ("IBAN:PL61109010140000071219812874", "IBAN:[iban]"),
        ("4111 1111 1111 1111 12/27", "[card] 12/27"),
        ("card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "card [card]"),
        ("4111 1111 1111 1111 600100200", "[card] [phone]"),
        ("GR-10024 600100200", "GR-10024 [phone]"),
        ("10024 600 100 200", "10024 [phone]"),
        ("2026-05-20 600100200", "2026-05-20 [phone]"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert redact(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10024 10025, GR-10024, #10026",
        "INV-10005 R-10003 K-000001",
        "2026-05-20 10:00:00 from 192.168.100.20",
        "20261122-125010.tar.gz",
        "PL61 1090 1014 0000 0712 1981 2875",
        "4111 1111 1111 1112",
        "1 234 567,89 zł",
        "look at shop.example.com",
        "a@b",
        "NIP 5260001246",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redact(text) == text


def test_one_wrong_digit_is_no_card_and_no_account() -> None:
    for digit in "023456789":
        assert "[card]" not in redact(f"411111111111111{digit}")
    for digit in "012356789":
        assert "[iban]" not in redact(f"GB29NWBK6016133192681{digit}") or digit == "9"


def test_the_places_are_in_the_text() -> None:
    assert Redactor().find("x ania@example.com") == [Mark("email", 2, 18)]


def test_a_shop_with_order_numbers_of_nine_digits() -> None:
    assert Redactor((9, 9)).redact("100200300 100200301") == "100200300 100200301"
    assert redact("100200300 100200301") == "[phone] [phone]"


@given(st.uuids(version=4))
@settings(deadline=None)
def test_ids_are_never_masked(value: uuid.UUID) -> None:
    assert redact(f"conversation {value} worked") == f"conversation {value} worked"


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 12, 31)))
@settings(deadline=None)
def test_times_are_never_masked(value: datetime) -> None:
    for text in (value.isoformat() + "Z", f"{value:%Y-%m-%d %H:%M}", f"{value + timedelta(1):%d.%m.%Y}"):
        assert redact(text) == text


@given(st.text(st.characters(), max_size=120))
@settings(deadline=None)
def test_any_text_gives_ordered_marks_inside_it(text: str) -> None:
    end = 0
    for mark in Redactor().find(text):
        assert end <= mark.start < mark.end <= len(text)
        end = mark.end


PARTS = st.sampled_from(
    ["ania@example.com", "+48 600 100 200", "4111111111111111", " ", "\n", "tel ", "10024", "-", "a"]
)


@given(st.lists(PARTS))
@settings(deadline=None)
def test_what_was_masked_stays_masked(parts: list[str]) -> None:
    once = redact(" ".join(parts))
    assert redact(once) == once
    assert "ania@" not in once


@pytest.mark.parametrize(
    "unit", ["1 ", "4", "41111 ", "a@", "PL61 ", "a at ", "+1-", "a.", "4111 1111 1111 111 "]
)
def test_hostile_length_gives_an_answer(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    assert len(redact(text)) <= len(text) + 100_000


def test_events_are_masked_at_every_depth() -> None:
    event: dict[str, Any] = {
        "event": "mail to ania@example.com failed",
        "timestamp": "2026-05-20T10:00:00.123456Z",
        "level": "info",
        "count": 600100200,
        "nested": {"phone": ["+48 600 100 200", {"iban": "GB29NWBK60161331926819"}], "ok": None},
        "error": ValueError("card 4111111111111111"),
        "number": "10024",
        "_record": object(),
    }
    record = event["_record"]
    masked = redact_event(None, "info", event)
    assert masked["event"] == "mail to [email] failed"
    assert masked["nested"] == {"phone": ["[phone]", {"iban": "[iban]"}], "ok": None}
    assert masked["error"] == "ValueError('card [card]')"
    assert (masked["count"], masked["number"], masked["_record"]) == (600100200, "10024", record)
    assert masked["timestamp"] == "2026-05-20T10:00:00.123456Z"


LOGS = """
import logging, sys
import structlog
from bot import logs
from bot.settings import Settings

logs.set_up(Settings(log_text=sys.argv[1] == "yes", log_format=sys.argv[2]))
log = structlog.get_logger("ours")
try:
    raise ValueError("no mail to ania@example.com")
except ValueError as error:
    log.error("failed +48 600 100 200", exc_info=True, error=error, who={"card": "4111 1111 1111 1111"})
    logging.getLogger("theirs").exception("mail to %s for order %s", "ania@example.com", 10024)
logging.getLogger("theirs").warning("iban %s", "GB29 NWBK 6016 1331 9268 19")
"""


@pytest.mark.parametrize("words", ["yes", "no"])
@pytest.mark.parametrize("form", ["json", "console"])
def test_no_line_of_the_log_carries_personal_data(words: str, form: str) -> None:
    command = [sys.executable, "-W", "error", "-c", LOGS, words, form]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    # A trace quotes the line of the program that raised; the data below is what was logged.
    written = done.stderr.replace('raise ValueError("no mail to [email]")', "")
    for secret in ("ania@example.com", "600 100 200", "4111", "NWBK"):
        assert secret not in written
    for kept in ("10024", "[email]", "[phone]", "[card]", "[iban]"):
        assert kept in written
    if form == "json":
        assert all("timestamp" in json.loads(line) for line in done.stderr.splitlines())


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "redaction.tsv"
    file.write_text("lang\ttext\texpected\nen\tonly two\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        measure(file)
    file.write_text("lang\ttext\texpected\nen\tone text\tanother [email]\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        measure(file)


def test_leaks_and_false_alarms_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "redaction.tsv"
    lines = [
        "lang\ttext\texpected",
        "en\tmail at my place now\tmail at [email] now",
        "en\tcall 600100200\tcall 600100200",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    result = measure(file)
    assert (result.kinds["email"].leaked, result.kinds["phone"].wrong) == (1, 1)
    assert (result.recall, result.lines_right) == (0.0, 0)
