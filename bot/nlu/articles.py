"""Help articles: Markdown files in `<folder>/<language>/<id>.md`, read again when they change."""

from __future__ import annotations

import itertools
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.nlu.markdown import asked, heading_text, parser, plain_text

logger = logging.getLogger(__name__)

CHECK_SECONDS = 3.0
"""Changes of the folder are looked for at most so often."""
LARGEST = 200_000
"""Bytes of an article; a larger file is no article."""

_LANGUAGE = re.compile(r"[a-z]{2}")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Section:
    """A part of an article: the words of its heading (empty before the first one) and its plain text.

    `asked` are questions that it answers, as customers put them; they are compared, never shown.
    """

    heading: str
    text: str
    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Article:
    """One article in one language. `markdown` is the whole file; `sections` are those that say something."""

    id: str
    language: str
    title: str
    sections: tuple[Section, ...]
    markdown: str


class ArticleBroken(ValueError):
    """A file is no article; `str` tells the file and what to do."""


Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Shelf:
    """All articles at one moment, by (language, id), and what is wrong with the files that are none."""

    articles: Mapping[tuple[str, str], Article]
    faults: tuple[str, ...]

    def languages(self, id: str) -> tuple[str, ...]:
        """Return the languages that have this article, in alphabetical order."""
        return tuple(sorted(language for language, other in self.articles if other == id))

    def in_language(self, language: str) -> tuple[Article, ...]:
        """Return the articles of a language, by id."""
        found = [article for key, article in self.articles.items() if key[0] == language]
        return tuple(sorted(found, key=lambda article: article.id))


def parse_article(text: str, *, id: str, language: str) -> Article:
    """Read an article. Its first line is `# Title`, `## ` begins a section. Raises ArticleBroken."""
    tokens = parser().parse(text)
    title = heading_text(tokens[:2], "h1")
    if not title or not text.startswith("# "):
        raise ArticleBroken("its first line must be `# Title`")
    starts = [place for place, token in enumerate(tokens) if _begins_section(token)]
    bounds = [3, *starts, len(tokens)]
    sections = []
    for start, end in itertools.pairwise(bounds):
        heading = heading_text(tokens[start : start + 2], "h2")
        body = plain_text(tokens[start + 3 if heading else start : end])
        if body:
            sections.append(Section(heading, body, asked(tokens[start:end])))
    if not sections:
        raise ArticleBroken("it says nothing below its title")
    return Article(id, language, title, tuple(sections), text)


def _begins_section(token: object) -> bool:
    return (token.type, token.tag, token.level) == ("heading_open", "h2", 0)  # type: ignore[attr-defined]


def read_shelf(folder: Path) -> Shelf:
    """Read all articles of the folder; a broken file is left out and named in `faults`."""
    articles: dict[tuple[str, str], Article] = {}
    faults: list[str] = []
    for file in _files(folder):
        language, id = file.parent.name, file.stem
        try:
            articles[language, id] = _read(file, id, language)
        except (ArticleBroken, OSError) as error:
            faults.append(f"{file.relative_to(folder).as_posix()}: {error}")
    return Shelf(articles, tuple(faults))


def _read(file: Path, id: str, language: str) -> Article:
    if not _ID.fullmatch(id):
        raise ArticleBroken(
            "its name must be lower-case letters, digits and single hyphens, such as gift-cards.md"
        )
    with file.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ArticleBroken(f"it is larger than {LARGEST} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ArticleBroken("it is not UTF-8") from None
    return parse_article(text.replace("\r\n", "\n"), id=id, language=language)


def _files(folder: Path) -> Iterator[Path]:
    """The files that want to be articles: `<two letters>/*.md`."""
    if not folder.is_dir():
        return
    for inner in sorted(folder.iterdir()):
        if _LANGUAGE.fullmatch(inner.name) and inner.is_dir():
            yield from sorted(path for path in inner.glob("*.md") if not path.name.startswith("."))


def _stamp(folder: Path) -> Stamp:
    """What changes whenever a file is added, changed or removed."""
    seen = []
    for file in _files(folder):
        try:
            status = file.stat()
        except OSError:
            continue
        seen.append((f"{file.parent.name}/{file.name}", status.st_mtime_ns, status.st_size))
    return tuple(seen)


class Library:
    """The articles of a folder as they are now. Any number of threads may ask."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._shelf: Shelf | None = None
        self._stamp: Stamp = ()
        self._looked = 0.0
        self._complained: tuple[str, ...] = ()

    def shelf(self) -> Shelf:
        """Return the articles; looks for changes if the last look was CHECK_SECONDS ago. The same object if none."""
        with self._lock:
            now = self._clock()
            if self._shelf is None or now - self._looked >= CHECK_SECONDS:
                self._looked = now
                self._look()
            assert self._shelf is not None
            return self._shelf

    def _look(self) -> None:
        stamp = _stamp(self.folder)
        if self._shelf is not None and stamp == self._stamp:
            return
        self._shelf, self._stamp = read_shelf(self.folder), stamp
        for fault in self._shelf.faults:
            if fault not in self._complained:
                logger.warning("article left out: %s", fault)
        self._complained = self._shelf.faults
