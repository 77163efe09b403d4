"""The language of training lines that do not state it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.nlu.language import LanguageDetector, Settings
from bot.nlu.latin import LatinEvidence


def labelled(lines: Sequence[tuple[str, str | None]], languages: Sequence[str]) -> list[tuple[str, str]]:
    """Return the lines whose language is stated or can be told, each with its language.

    Two passes: lines in their own script teach how Greek and Bulgarian look in Latin letters; with that the
    lines in Latin letters are read, and those that are certain are kept.
    """
    settings = Settings(tuple(languages), certain_at=0.75)
    stated = [(text, code) for text, code in lines if code is not None and code in languages]
    open_lines = [text for text, code in lines if code not in languages]
    if not open_lines:
        return stated
    plain_detector = LanguageDetector(settings)
    first = [(text, plain_detector.detect(text)) for text in open_lines]
    sure = [(text, reading.language) for text, reading in first if reading.certain]
    by_script = [(text, code) for text, code in sure if any(ord(letter) > 0x36F for letter in text)]
    detector = LanguageDetector(settings, LatinEvidence.fit([*stated, *by_script], languages))
    second = [(text, detector.detect(text)) for text in open_lines]
    return [*stated, *((text, reading.language) for text, reading in second if reading.certain)]
