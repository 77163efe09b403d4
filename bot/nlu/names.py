"""Finds names by their inflected forms: products, countries, cities, types of account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.nlu.inflection import phrase_forms
from bot.nlu.places import Name
from bot.nlu.restore import restored
from bot.nlu.tokens import Piece
from bot.nlu.vocabulary import folded, folded_words

_SHORTEST_FOREIGN = 5
_SHORT = 4
_GREEK = re.compile(r"[α-ω]")
_LATIN = re.compile(r"[a-z]")
# Spelled apart, heard alike: a message may have either.
_ALIKE = (("ει", "ι"), ("οι", "ι"), ("υι", "ι"), ("αι", "ε"), ("ου", "ȣ"), ("η", "ι"), ("υ", "ι"), ("ω", "ο"))
_SOUND = "~"
"""Begins a word written as it sounds, so that it never meets one written as it is spelled."""
_DOUBLE = re.compile(r"([βκλμνπρστ])\1")
# Forms that are mostly another word in their language.
_OTHER_WORDS = frozenset([("pl", "polski"), ("pl", "szalu"), ("ro", "sale"), ("ro", "sali"), ("ro", "salii")])
# Sounds like "βάζο" (vase), is "I put".
_NOT_HEARD = frozenset(["βαζω"])
_VERBS_AFTER = folded_words(
    "to i we you they he she it can could will would should dont not please cant cannot must let did"
)
_VERBS_BEFORE = folded_words("out away it this that me them")


@dataclass(frozen=True)
class Named:
    """A name found: pieces [start, end)."""

    name: Name
    start: int
    end: int


class NameFinder:
    """Built once from names; `find` may be called by one thread at a time."""

    def __init__(self, vocabulary: Any, names: Iterable[Name]) -> None:
        from spacy.matcher import PhraseMatcher
        from spacy.tokens import Doc

        self._vocabulary = vocabulary
        self._matcher = PhraseMatcher(vocabulary)
        self._names: dict[str, Name] = {}
        self._known: set[str] = set()
        for label, name, forms in _labelled(names):
            self._names[label] = name
            self._known.update(word for form in forms for word in form)
            self._matcher.add(label, [Doc(vocabulary, words=list(form)) for form in forms])

    def keys(self, pieces: Sequence[Piece], language: str | None) -> list[str]:
        """Return each piece's word in the form in which names are kept; "" for words that are in no name."""
        return [self._key(piece.word, language) for piece in pieces]

    def find(
        self, text: str, pieces: Sequence[Piece], keys: Sequence[str], language: str | None
    ) -> Iterator[Named]:
        """Yield what is named, also overlapping, names in `language` first; `keys` as `keys` returns them."""
        from spacy.tokens import Doc

        if not any(keys):
            return
        document = Doc(self._vocabulary, words=[key or "-" for key in keys])
        short = sum(piece.word[0].isalpha() for piece in pieces) <= _SHORT
        found = [
            Named(self._names[self._vocabulary.strings[label]], start, end)
            for label, start, end in self._matcher(document)
        ]
        for item in sorted(found, key=lambda item: item.name.language != language):
            written = text[pieces[item.start].start : pieces[item.end - 1].end]
            if _fits(item.name, written, language, short) and not _verb(item, pieces):
                yield item

    def _key(self, word: str, language: str | None) -> str:
        if language in ("el", "bg") and _LATIN.match(word) and len(word) > 2:
            native = _native(word, str(language))
            return next((key for key in (native, heard(native), word) if key in self._known), "")
        return next((key for key in (word, heard(word)) if key in self._known), "")


@lru_cache(maxsize=4096)
def _native(word: str, language: str) -> str:
    return folded(restored(word, language))


def heard(word: str) -> str:
    """Return a folded Greek word as it sounds, with one letter for all that sound alike; others unchanged."""
    if not _GREEK.match(word) or word in _NOT_HEARD:
        return word
    for written, sound in _ALIKE:
        word = word.replace(written, sound)
    return _SOUND + _DOUBLE.sub(r"\1", word)


def _labelled(names: Iterable[Name]) -> Iterator[tuple[str, Name, list[tuple[str, ...]]]]:
    """Group the forms of all names of one thing in one language under one label."""
    groups: dict[tuple[str, str, str], list[Name]] = {}
    for name in names:
        groups.setdefault((name.entity, name.language, name.value), []).append(name)
    for group in groups.values():
        place = group[0].entity in ("country", "city")
        forms = {
            form if place else tuple(heard(word) for word in form)
            for name in group
            for form in phrase_forms(name.name, name.language, place)
            if (name.language, *form) not in _OTHER_WORDS
        }
        yield "|".join((group[0].entity, group[0].language, group[0].value)), group[0], sorted(forms)


def _fits(name: Name, written: str, language: str | None, short: bool) -> bool:
    """Tell whether a name may be meant in a message of this language.

    Names in the message's own language are. Of others, English words, words in another script, and any words in a
    short message, whose language is hard to tell; all of them only from five letters on, acronyms only in capitals.
    """
    if language is None or name.language == language:
        return True
    if name.name.isupper():
        return written.isupper()
    if len(written) < _SHORTEST_FOREIGN:
        return False
    places = name.entity in ("country", "city")
    return places or short or name.language == "en" or " " in written or not _LATIN.match(folded(written))


def _verb(named: Named, pieces: Sequence[Piece]) -> bool:
    """Tell whether an English product is rather a verb here: "I throw it away", "to watch"."""
    if named.name.entity != "product" or named.end - named.start > 1:
        return False
    before = pieces[named.start - 1].word if named.start else ""
    after = pieces[named.end].word if named.end < len(pieces) else ""
    return before in _VERBS_AFTER or after in _VERBS_BEFORE
