"""How the customer feels, and how that went: from what was read in their messages, and from plain signs. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bot.desk.attempts import NOT_UNDERSTOOD, PERSON, TALK
from bot.desk.facts import Facts
from bot.desk.lines import Line, rests_on
from bot.desk.wording import Wording
from bot.models import Message

LOOKED_AT = 10
"""Latest messages in which signs are looked for."""
ANGRY = 0.5
"""From this anger on (0..1) a handoff was made in anger."""
EVEN = 0.25
"""Valences (-1..1) so near to zero are neither good nor bad, and changes so small are none."""
AGAIN = 3
"""So many tries at the same thing are a sign."""
SHOUTED = 12
"""Letters from which on capitals are no abbreviation."""

_MARKS = re.compile(r"!{3,}|(?:!.*?){4,}", re.DOTALL)


def lines(facts: Facts, words: Wording) -> list[Line]:
    """Mood and course as read, then what shows anger, then ratings; that there is no sign, if there is none."""
    signs = [*_course(facts, words), *_anger(facts, words)]
    latest = facts.said[-LOOKED_AT:]
    if not signs and latest:
        signs = [Line(words.line("no_sign"), tuple(message.id for message in latest))]
    return [*signs, *_ratings(facts, words)]


def _course(facts: Facts, words: Wording) -> list[Line]:
    """The mood of the last messages against that of the first ones, as far as it was read and is not weak."""
    read = [(message, value) for message in facts.said if (value := _valence(facts, message)) is not None]
    if not read:
        return []
    third = max(1, len(read) // 3)
    first, last = _mean(read[:third]), _mean(read[-third:])
    mood = words.line("mood_even" if abs(last) < EVEN else "mood_good" if last > 0 else "mood_bad")
    change = last - first
    name = (
        "course_even"
        if abs(change) < EVEN or len(read) == 1
        else "course_up"
        if change > 0
        else "course_down"
    )
    text = mood if len(read) == 1 else words.line(name, mood=mood)
    shown = [*read[:third], *read[-third:]]
    return [Line(text, tuple(dict.fromkeys(message.id for message, _ in shown)), read[-1][0].sent_at)]


def _valence(facts: Facts, message: Message) -> float | None:
    turn = facts.turns.get(message.id)
    read = (turn.sentiment or {}) if turn is not None else {}
    value = None if read.get("weak") else read.get("valence")
    return float(value) if isinstance(value, (int, float)) else None


def _mean(read: Sequence[tuple[Message, float]]) -> float:
    return sum(value for _, value in read) / len(read)


def _anger(facts: Facts, words: Wording) -> list[Line]:
    signs = []
    for passage in facts.handoffs[-1:]:
        if passage.anger >= ANGRY:
            text = words.line("angry_at_handoff")
            signs.append(Line(text, rests_on(facts, passage), passage.queued_at))
    complained = [message for message in facts.said if "complaint" in _wishes(facts, message)]
    if complained:
        last = complained[-1]
        signs.append(Line(words.line("complained"), tuple(item.id for item in complained), last.sent_at))
    latest = facts.said[-LOOKED_AT:]
    for name, shows in (("shouted", _shouts), ("exclaimed", lambda text: bool(_MARKS.search(text)))):
        said = [message for message in latest if shows(message.text)]
        if said:
            text = words.line(name, quote=words.quote(said[-1].text))
            signs.append(Line(text, tuple(message.id for message in said), said[-1].sent_at))
    return signs + _again(facts, words)


def _again(facts: Facts, words: Wording) -> list[Line]:
    asked = [
        (intent, message)
        for message in facts.said
        for intent in _wishes(facts, message)
        if intent not in TALK and intent not in (PERSON, NOT_UNDERSTOOD)
        # Only words that ask for it count: no answers to questions about it, and no buttons, which we offer again.
        if message.payload is None and facts.turns[message.id].intent == intent
    ]
    counts = Counter(intent for intent, _ in asked)
    signs = []
    for intent, count in counts.items():
        if count >= AGAIN:
            own = [message for name, message in asked if name == intent]
            text = words.line("again", wish=words.wish(intent))
            signs.append(Line(text, tuple(message.id for message in own), own[-1].sent_at))
    return signs


def _ratings(facts: Facts, words: Wording) -> list[Line]:
    rated = []
    for former in facts.former:
        if former.rating is not None and former.message_id is not None:
            values = {"date": words.day(former.opened_at), "value": former.rating}
            comment = former.rating_comment.strip()
            text = (
                words.line("rated_words", quote=words.quote(comment), **values)
                if comment
                else words.line("rated", **values)
            )
            rated.append(Line(text, (former.message_id,), former.closed_at))
    return rated[:2]


def _wishes(facts: Facts, message: Message) -> tuple[str, ...]:
    turn = facts.turns.get(message.id)
    return turn.wishes if turn is not None else ()


def _shouts(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha() and letter.lower() != letter.upper()]
    return len(letters) >= SHOUTED and sum(letter.isupper() for letter in letters) >= 0.8 * len(letters)
