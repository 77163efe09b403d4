"""Promises in what we have said: the responses that make one, and people's sentences that sound like one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.nlu.text import without_diacritics
from bot.yaml_files import read_yaml

FILE = Path(__file__).resolve().parents[2] / "data" / "promises.yml"

RESPONSES = frozenset(
    {
        "utter_refund_requested", "utter_refund_is_requested", "utter_refund_is_approved", "utter_expected_on",
        "utter_order_expected_on", "utter_complaint_filed", "utter_payment_reported", "utter_double_reported",
        "utter_track_delayed", "utter_password_link_sent",
    }
)  # fmt: skip
"""Responses of the bot that tell a customer what will happen."""

_SENTENCE = re.compile(r"[^.!?;…\n]+[.!?;…]*")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class _Words:
    said: re.Pattern[str]
    unsaid: re.Pattern[str]


def promised(text: str, languages: Iterable[str]) -> list[str]:
    """The sentences of a person's text that promise something, in order; none for languages without words."""
    known = [words for language in dict.fromkeys(languages) if (words := _words().get(language))]
    return [said for found in _SENTENCE.finditer(text) if _promises(said := found.group().strip(), known)]


def _promises(sentence: str, known: Iterable[_Words]) -> bool:
    bare = _bare(sentence)
    # A Greek question ends in a semicolon.
    if not bare or bare.endswith("?") or (bare.endswith(";") and re.search("[α-ω]", bare)):
        return False
    return any(words.said.search(bare) and not words.unsaid.search(bare) for words in known)


@cache
def _words() -> Mapping[str, _Words]:
    read = read_yaml(FILE)
    return {
        language: _Words(_pattern(lists["words"]), _pattern(lists["not"])) for language, lists in read.items()
    }


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    parts = []
    for phrase in phrases:
        bare = re.escape(_bare(phrase).rstrip("*"))
        parts.append(bare + (r"\w*" if phrase.endswith("*") else ""))
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")


def _bare(text: str) -> str:
    return _SPACES.sub(" ", without_diacritics(text.lower()).replace("’", "'")).strip()
