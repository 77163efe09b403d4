"""Policy questions: answered from the help articles, never guessed."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from threading import Lock

from babel import Locale  # type: ignore[import-untyped]

from actions.memory import WORDS
from actions.talk import Talk
from actions.wording import LOCALES
from bot.nlu.knowledge import Knowledge, open_knowledge
from bot.nlu.passages import Passage

DEFAULT_URL = "http://localhost:8080"
DEFAULT_FOLDER = Path("data") / "knowledge"

_lock = Lock()
_knowledge: Knowledge | None = None


def use_knowledge(knowledge: Knowledge | None) -> None:
    """Let the actions of this process search `knowledge`; None goes back to the environment."""
    global _knowledge
    with _lock:
        _knowledge = knowledge


def forget_knowledge(knowledge: Knowledge) -> None:
    """Let the actions of this process no longer search `knowledge`, for it is closed; another one stays."""
    global _knowledge
    with _lock:
        if _knowledge is knowledge:
            _knowledge = None


def current_knowledge() -> Knowledge:
    """Return the installed knowledge, or else that of the folder GRIJA_KNOWLEDGE (data/knowledge)."""
    global _knowledge
    with _lock:
        if _knowledge is None:
            _knowledge = open_knowledge(Path(os.environ.get("GRIJA_KNOWLEDGE") or DEFAULT_FOLDER))
        return _knowledge


async def passage_for(text: str, language: str) -> Passage | None:
    """Return the passage that answers these words, None if no article does."""
    # In a thread: a text that is not in the encoder's memory takes tens of milliseconds, a new article more.
    return await asyncio.to_thread(current_knowledge().find, text, language)


async def tell_policy(talk: Talk, otherwise: str | None, **values: object) -> bool:
    """Say the passage that answers the customer's words, with its link, and return True.

    If no article does: say the response `otherwise` with `values`, if one is given, and return False.
    """
    passage = await passage_for(_words(talk), talk.language)
    if passage is None:
        if otherwise is not None:
            talk.say(otherwise, **values)
        return False
    own = passage.language == talk.language
    talk.say(
        "utter_article" if own else "utter_article_other_language",
        answer=passage.text,
        title=passage.title,
        link=help_link(passage),
        language=_language_name(passage.language, talk.language),
    )
    return True


def help_link(passage: Passage) -> str:
    """Return the address of the page with the whole article."""
    base = (os.environ.get("GRIJA_PUBLIC_URL") or DEFAULT_URL).rstrip("/")
    return f"{base}/help/{passage.language}/{passage.id}"


def _words(talk: Talk) -> str:
    """The customer's words; the button's title where a button was pressed, for its payload says nothing."""
    if talk.turn.pressed:
        return talk.words.text(f"utter_wish_{talk.frame.task}")
    given = talk.frame.given.get(WORDS)
    return given[0] if given else talk.turn.text


def _language_name(code: str, language: str) -> str:
    """The name of a language in another: "angielski"."""
    locale = Locale.parse(LOCALES.get(language, LOCALES["en"]))
    return str(locale.languages.get(code, code))
