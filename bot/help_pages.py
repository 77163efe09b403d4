"""The help pages: articles of the knowledge folder as web pages, in the languages that they exist in."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape

from aiohttp import hdrs, web

from actions.knowledge import forget_knowledge, use_knowledge
from bot.help_style import STYLE
from bot.nlu.articles import Article, Library, Shelf
from bot.nlu.knowledge import Knowledge, open_knowledge
from bot.nlu.markdown import rendered
from bot.settings import Settings
from bot.texts import LANGUAGE_NAMES

FIRST = "en"
"""The language of a page whose own has no words."""


@dataclass(frozen=True)
class Labels:
    """What the pages themselves say in one language."""

    help: str
    shop: str
    all: str
    languages: str
    missing: str
    elsewhere: str


LABELS = {
    "en": Labels(
        "Help", "To the shop", "All articles", "Languages", "This article is not there. These are:",
        "Only in another language",
    ),
    "pl": Labels(
        "Pomoc", "Do sklepu", "Wszystkie artykuły", "Języki", "Nie ma takiego artykułu. Są te:",
        "Tylko w innym języku",
    ),
    "el": Labels(
        "Βοήθεια", "Στο κατάστημα", "Όλα τα άρθρα", "Γλώσσες", "Αυτό το άρθρο δεν υπάρχει. Υπάρχουν αυτά:",
        "Μόνο σε άλλη γλώσσα",
    ),
    "bg": Labels(
        "Помощ", "Към магазина", "Всички статии", "Езици", "Няма такава статия. Има тези:",
        "Само на друг език",
    ),
    "ro": Labels(
        "Ajutor", "La magazin", "Toate articolele", "Limbi", "Acest articol nu există. Există acestea:",
        "Doar în altă limbă",
    ),
}  # fmt: skip


def install(settings: Settings) -> Knowledge:
    """Let the actions of this process answer from the articles that the settings name, and link to our pages."""
    knowledge = open_knowledge(settings.knowledge, settings.data / "cache")
    use_knowledge(knowledge)
    # The actions are a package of their own that reads the environment; what .env says must reach them too.
    os.environ["GRIJA_PUBLIC_URL"] = settings.public_url
    return knowledge


def remove(knowledge: Knowledge) -> None:
    """Close what `install` returned; the actions of this process search it no longer."""
    knowledge.close()
    forget_knowledge(knowledge)


@dataclass(frozen=True)
class HelpPages:
    """Serves `/help/<language>` and `/help/<language>/<id>`."""

    library: Library

    def routes(self) -> list[web.RouteDef]:
        """All routes of this module."""
        return [
            web.get("/help", self.first),
            web.get("/help/{language}", self.index),
            web.get("/help/{language}/{id}", self.article),
        ]

    async def first(self, request: web.Request) -> web.Response:
        """Lead to the articles in English."""
        return web.Response(status=302, headers={hdrs.LOCATION: f"/help/{FIRST}"})

    async def index(self, request: web.Request) -> web.Response:
        """The list of all articles; 404 with a list in English if there is none in the language."""
        language = request.match_info["language"]
        shelf = await asyncio.to_thread(self.library.shelf)
        if not shelf.in_language(language):
            return _answer(list_page(shelf, FIRST, missing=True), status=404)
        return _answer(list_page(shelf, language))

    async def article(self, request: web.Request) -> web.Response:
        """One article; 404 with the list of those that are there if it is not."""
        # The names of the address are only looked up, never made into a path.
        language, id = request.match_info["language"], request.match_info["id"]
        shelf = await asyncio.to_thread(self.library.shelf)
        article = shelf.articles.get((language, id))
        if article is None:
            known = language if shelf.in_language(language) else FIRST
            return _answer(list_page(shelf, known, missing=True), status=404)
        return _answer(article_page(shelf, article))


def article_page(shelf: Shelf, article: Article) -> str:
    """Return the page of an article."""
    labels = _labels(article.language)
    others = {code: f"/help/{code}/{article.id}" for code in shelf.languages(article.id)}
    more = f'<p class="more"><a href="/help/{article.language}">{escape(labels.all)}</a></p>'
    body = f"<article>{rendered(article.markdown)}</article>{more}"
    return _page(article.language, article.title, others, body)


def list_page(shelf: Shelf, language: str, *, missing: bool = False) -> str:
    """Return the page that lists all articles, those that the language lacks apart."""
    labels = _labels(language)
    own = shelf.in_language(language)
    mine = {article.id for article in own}
    foreign = {
        article.id: article
        for code in reversed(_ordered({code for code, _ in shelf.articles}))
        for article in shelf.in_language(code)
        if article.id not in mine
    }
    body = f"<h1>{escape(labels.help)}</h1>"
    body += f"<p>{escape(labels.missing)}</p>" if missing else ""
    body += _links(own)
    if foreign:
        body += f"<h2>{escape(labels.elsewhere)}</h2>{_links(foreign.values())}"
    others = {code: f"/help/{code}" for code, _ in shelf.articles}
    return _page(language, labels.help, others, body)


def _links(articles: Iterable[Article]) -> str:
    items = [
        f'<li><a href="/help/{article.language}/{article.id}" hreflang="{article.language}" '
        f'lang="{article.language}">{escape(article.title)}</a></li>'
        for article in sorted(articles, key=lambda article: article.title)
    ]
    return f'<ul class="articles">{"".join(items)}</ul>'


def _page(language: str, title: str, others: Mapping[str, str], body: str) -> str:
    labels = _labels(language)
    switch = "".join(
        f'<a href="{others[code]}" hreflang="{code}" lang="{code}"{_current(code == language)}>'
        f"{escape(LANGUAGE_NAMES.get(code, code))}</a>"
        for code in _ordered(others)
    )
    heading = title if title == labels.help else f"{title} – {labels.help}"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<link rel="icon" href="/assets/mark.svg" type="image/svg+xml">\n'
        f"<title>{escape(heading)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<header><a class="brand" href="/help/{language}">Grija <small>{escape(labels.help)}</small></a>'
        f'<nav aria-label="{escape(labels.languages)}">{switch}</nav></header>\n'
        f"<main>{body}</main>\n"
        f'<footer><p><a href="/">{escape(labels.shop)}</a></p></footer>\n</body>\n</html>\n'
    )


def _current(is_current: bool) -> str:
    return ' aria-current="true"' if is_current else ""


def _ordered(codes: Iterable[str]) -> list[str]:
    """Languages as the demo page lists them, others after."""
    known = list(LANGUAGE_NAMES)
    return sorted(codes, key=lambda code: (known.index(code) if code in known else len(known), code))


def _labels(language: str) -> Labels:
    return LABELS.get(language, LABELS[FIRST])


def _answer(text: str, *, status: int = 200) -> web.Response:
    headers = {
        "Content-Security-Policy": policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        hdrs.CACHE_CONTROL: "no-cache",
    }
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)


@cache
def policy() -> str:
    """Return the content security policy of the pages: their own style, pictures of ours, nothing else."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; frame-ancestors 'self'; "
        "base-uri 'none'; form-action 'none'"
    )
