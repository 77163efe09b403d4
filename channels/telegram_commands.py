"""The commands of the bot on Telegram: what each stands for. Pure.

A command is one of ours, or it is text like any other: nothing that a customer writes is a command to Rasa.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from bot import commands

# "/start pl_order_10024": what a link https://t.me/<bot>?start=… says.
_COMMAND = re.compile(r"/(\w+)(?:\s+(.*))?", re.DOTALL)
_DEEP_LINK = re.compile(r"[A-Za-z0-9_-]{1,64}")

MENU: dict[str, dict[str, str]] = {
    "help": {
        "en": "What I can do", "pl": "Co potrafię", "el": "Τι μπορώ να κάνω", "bg": "Какво мога", "ro": "Ce pot face",
    },
    "agent": {
        "en": "Talk to a person", "pl": "Rozmowa z człowiekiem", "el": "Μιλήστε με άνθρωπο",
        "bg": "Разговор с човек", "ro": "Vorbiți cu un om",
    },
    "language": {
        "en": "Choose a language", "pl": "Wybór języka", "el": "Επιλογή γλώσσας", "bg": "Избор на език",
        "ro": "Alegeți limba",
    },
    "stop": {
        "en": "Stop and forget what we began", "pl": "Zakończ i zapomnij, co zaczęliśmy",
        "el": "Τέλος, ξεχάστε ό,τι αρχίσαμε", "bg": "Край, забравете започнатото", "ro": "Gata, uitați ce am început",
    },
}  # fmt: skip
"""The commands that Telegram shows in its menu, with what they do in each language. `/start` it knows by itself."""

_PAYLOADS = {
    "help": "/help",
    "agent": "/contact_human_agent",
    "stop": f"/{commands.STOP}",
}


@dataclass(frozen=True)
class Command:
    """What is said instead of a command: words, or the intent that it stands for; and the language that it tells."""

    text: str
    payload: str | None = None
    locale: str | None = None


def read_command(text: str) -> Command:
    """What a text means; itself if it is no command of ours."""
    match = _COMMAND.fullmatch(text)
    if match is None:
        return Command(text)
    name, words = match[1].lower(), (match[2] or "").strip()
    if name == "start":
        return _started(text, words)
    if name == "language":
        return Command(text, f"/{commands.LANGUAGE}{json.dumps({'language': words.lower()[:20]})}")
    return Command(text, _PAYLOADS.get(name))


def _started(text: str, link: str) -> Command:
    """A greeting, or the words of a deep link as if the customer had written them.

    They prove nothing: everybody can make such a link. A language may stand in front of them.
    """
    words = re.split("[_-]+", link) if _DEEP_LINK.fullmatch(link) else []
    words = [word for word in words if word]
    locale = words.pop(0).lower() if words and re.fullmatch("[A-Za-z]{2}", words[0]) else None
    if words:
        return Command(" ".join(words), None, locale)
    return Command(text, "/greet", locale)
