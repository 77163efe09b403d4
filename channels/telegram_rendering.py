"""What we say, as Telegram takes it: text with entities, in parts of 4096, with an inline keyboard. Pure.

Telegram counts in UTF-16 units, so an emoji counts two or more. Nothing is escaped, because nothing is markup:
what stands out is said by entities, which are places in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from bot.models import AuthorKind, Button, Message
from bot.text import clean

LONGEST_PART = 4096
"""Most UTF-16 units of one message."""

# More are refused. We never offer so many, and a message without some of its buttons is better than none.
_MOST_BUTTONS = 100
_ROW_LENGTH = 24
_MOST_IN_A_ROW = 4

# Where a text may be divided, the best first: between paragraphs, lines, sentences, words.
_BREAKS = tuple(regex.compile(pattern) for pattern in (r"\n\s*\n", r"\n", r"(?<=[.!?;…·])\s", r"\s"))
# A break so early would leave a part nearly empty: then a lesser break is better.
_EARLIEST_BREAK = 0.5


@dataclass(frozen=True)
class Part:
    """One Telegram message: all that `sendMessage` needs but the chat."""

    text: str
    entities: tuple[MessageEntity, ...] = ()
    keyboard: InlineKeyboardMarkup | None = None


@dataclass(frozen=True)
class Stress:
    """A stretch of a text that stands out, counted in characters."""

    kind: str
    start: int
    end: int


def render(message: Message) -> tuple[Part, ...]:
    """A message as the parts to send one after the other, the buttons under the last one; empty if it says nothing.

    A person who answers is named in bold above the text: else customers would not know who speaks.
    """
    text, stresses = clean(message.text), []
    name = clean(message.author.name).strip()
    if message.author.kind is AuthorKind.AGENT and name:
        text, stresses = f"{name}\n{text}", [Stress(MessageEntity.BOLD, 0, len(name))]
    spans = split(text)
    keyboard = keyboard_of(message.buttons)
    return tuple(
        Part(
            text[start:end],
            tuple(_entities(text, start, end, stresses)),
            keyboard if number == len(spans) else None,
        )
        for number, (start, end) in enumerate(spans, start=1)
    )


def keyboard_of(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Short buttons side by side, long ones below each other; None without buttons."""
    rows: list[list[InlineKeyboardButton]] = []
    length = 0
    for button in buttons[:_MOST_BUTTONS]:
        title = clean(button.title).strip() or "…"
        length += len(title)
        if not rows or length > _ROW_LENGTH or len(rows[-1]) == _MOST_IN_A_ROW:
            rows.append([])
            length = len(title)
        rows[-1].append(InlineKeyboardButton(title, callback_data=button.id))
    return InlineKeyboardMarkup(rows) if rows else None


def split(text: str, *, longest: int = LONGEST_PART) -> list[tuple[int, int]]:
    """Where the parts of a text begin and end, in characters: each has `longest` UTF-16 units or fewer.

    Nothing but white space lies between them. A part ends at the end of a paragraph, line, sentence or word if it
    can; else between two characters as people see them, never inside an emoji or between a letter and its accent.
    """
    spans = []
    start = _skip(text, 0)
    while start < len(text):
        reach = start + _fitting(text[start : start + longest], longest)
        end = reach if not text[reach:].strip() else _best_break(text, start, reach)
        visible = start + len(text[start:end].rstrip())
        spans.append((start, visible))
        start = _skip(text, end)
    return spans


def utf16(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def _skip(text: str, start: int) -> int:
    return len(text) - len(text[start:].lstrip())


def _fitting(text: str, longest: int) -> int:
    """How many characters from the beginning have `longest` units or fewer."""
    units = 0
    for place, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > longest:
            return place
    return len(text)


def _best_break(text: str, start: int, reach: int) -> int:
    earliest = start + int((reach - start) * _EARLIEST_BREAK)
    # One character further: a part may end just before the white space that follows it.
    window = text[: reach + 1]
    for pattern in _BREAKS:
        places: list[int] = [
            found.start() for found in pattern.finditer(window, earliest) if found.start() <= reach
        ]
        if places:
            return places[-1]
    return _seen_border(text, start, reach)


def _seen_border(text: str, start: int, reach: int) -> int:
    """The last border between two characters as people see them, at or before `reach`."""
    border = start
    for found in regex.finditer(r"\X", text[start : reach + 64]):
        if start + found.end() > reach:
            break
        border = start + found.end()
    # One "character" that is longer than a whole message is no character that anybody sees.
    return border if border > start else reach


def _entities(text: str, start: int, end: int, stresses: Sequence[Stress]) -> Iterator[MessageEntity]:
    for stress in stresses:
        first, last = max(stress.start, start), min(stress.end, end)
        if first < last:
            offset = utf16(text[start:first])
            yield MessageEntity(stress.kind, offset, utf16(text[first:last]))
