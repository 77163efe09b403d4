"""What the customers of the benchmark write: conversations in five languages, no text twice."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.nlu.encoder import prepared

LANGUAGES = ("en", "pl", "el", "bg", "ro")

Script = list[str]

# Steps are intents of the training data; a + asks for an order number in the text, "number" is one alone.
_PLANS = (
    ("greet", "track_order", "number", "thank", "goodbye"),
    ("cancel_order+", "affirm", "thank"),
    ("track_order+", "track_order+", "cancel_order", "number", "deny", "contact_human_agent"),
    ("greet", "help", "bot_challenge", "contact_human_agent", "goodbye"),
    ("cancel_order", "number", "number", "affirm", "track_order+"),
    ("number", "track_order", "number", "affirm", "goodbye"),
)
# Of a long conversation: ten turns that are repeated, so that turns 10, 100 and 400 are of the same kinds.
_LONG_PLAN = ("greet", "track_order", "number", "thank", "cancel_order+", "deny", "help", "track_order+",
              "bot_challenge", "affirm")  # fmt: skip

_NUMBER = re.compile(r"\b1\d{4}\b")
_NUMBER_FORMS = ("{}", "#{}", "GR-{}", "GR{}", "nr {}", "no. {}")
_NAMES = {
    "en": ("Ann", "Tom", "Kate", "James", "Lucy", "Peter", "Ruth", "Max", "Grace", "Owen", "Ella", "Hugh"),
    "pl": ("Ania", "Tomek", "Kasia", "Marek", "Ola", "Piotr", "Zofia", "Jan", "Ewa", "Adam", "Hania", "Olek"),
    "el": ("Άννα", "Νίκος", "Μαρία", "Γιώργος", "Ελένη", "Κώστας", "Σοφία", "Τάσος", "Δήμητρα", "Πέτρος"),
    "bg": ("Ана", "Иван", "Мария", "Георги", "Елена", "Петър", "Рая", "Стоян", "Весела", "Борис", "Яна"),
    "ro": ("Ana", "Ion", "Maria", "Radu", "Elena", "Mihai", "Ioana", "Vlad", "Sorina", "Petru", "Irina"),
}
_ENDS = ("", "!", ".", "...", "!!", " :)", " 🙂", "?!", " !", ",,")


class Writer:
    """Writes conversations out of the training lines; the same seed writes the same ones."""

    def __init__(self, data: Path, seed: int) -> None:
        self._lines = {language: read_lines(data / language) for language in LANGUAGES}
        self._random = random.Random(seed)
        self._written: set[str] = set()

    def conversations(self, messages: int) -> list[Script]:
        """Conversations in all languages in turn, with this many messages in all."""
        scripts: list[Script] = []
        left = messages
        for place in self._places():
            if left <= 0:
                return scripts
            plan = _PLANS[place % len(_PLANS)][:left]
            language = LANGUAGES[place % len(LANGUAGES)]
            scripts.append([self._text(language, step) for step in plan])
            left -= len(plan)
        raise AssertionError("places never end")

    def long_conversation(self, turns: int, language: str = "en") -> Script:
        """One conversation of a customer who does not go; the same ten lines, told apart by number and name."""
        chosen = [self._line(language, step) for step in _LONG_PLAN]
        return [self._varied(language, chosen[turn % len(chosen)]) for turn in range(turns)]

    def _places(self) -> Iterator[int]:
        place = self._random.randrange(30)
        while True:
            yield place
            place += 1

    def _text(self, language: str, step: str) -> str:
        return self._varied(language, self._line(language, step))

    def _line(self, language: str, step: str) -> str:
        if step == "number":
            return "10000"
        numbered = step.endswith("+")
        lines = self._lines[language][step.rstrip("+")]
        return self._random.choice([line for line in lines if bool(_NUMBER.search(line)) is numbered])

    def _numbered(self, line: str) -> str:
        order = f"{self._random.randint(10001, 10030)}"
        number = order if line != "10000" else self._random.choice(_NUMBER_FORMS).format(order)
        return _NUMBER.sub(number, line, count=1)

    def _varied(self, language: str, line: str) -> str:
        """The line as nobody has written it yet, for the encoder remembers: order, punctuation, some names."""
        tail = ""
        while True:
            text = f"{self._numbered(line)}{tail}{self._random.choice(_ENDS)}"
            if prepared(text) not in self._written:
                self._written.add(prepared(text))
                return text
            names = self._random.sample(_NAMES[language], self._random.choice((1, 1, 2)))
            tail = f", {' '.join(names)}"


def read_lines(folder: Path) -> dict[str, list[str]]:
    """The training lines of a language by intent."""
    lines: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            if isinstance(block.get("examples"), str):
                texts = [line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- ")]
                lines.setdefault(block["intent"], []).extend(texts)
    return lines
