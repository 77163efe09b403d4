"""People who type, as news: "typing/agent/1/Anna" on a customer's topic. The bot's own typing is TYPING and IDLE."""

from __future__ import annotations

from dataclasses import dataclass

from bot.models import Author, AuthorKind

_PREFIX = "typing/"


@dataclass(frozen=True)
class Typed:
    """Somebody has begun to type, or has stopped."""

    author: Author
    on: bool


def typing_news(author: Author, on: bool) -> str:
    """The news that a customer or an agent types or does not type any more."""
    return f"{_PREFIX}{author.kind.value}/{int(on)}/{author.name}"


def read_typing(news: str) -> Typed | None:
    """Who types, if the news says that; else None."""
    if not news.startswith(_PREFIX):
        return None
    kind, on, name = news.removeprefix(_PREFIX).split("/", 2)
    return Typed(Author(AuthorKind(kind), name), on == "1")
