"""Markdown of articles: parsed without HTML, shown as a page or as plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

BULLET = "• "

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_ASKED = re.compile(r"\s*asked:(.*)", re.DOTALL)

_BLANKS = re.compile(r"[ \t\u00a0]+")
# Links that a page may have: to the web, to a mailbox, to a phone, to a neighbouring article or a heading.
_LINK = re.compile(r"(https?://|mailto:|tel:)[^\s]+|(?!//)[\w./-]*(#[\w-]*)?", re.IGNORECASE)


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Allow only links that are sure to lead to a page, a mailbox or a phone."""
        return _LINK.fullmatch(url) is not None


@cache
def parser() -> MarkdownIt:
    """Return the parser of articles: CommonMark with tables, HTML is text."""
    return _Parser("commonmark", {"html": False, "typographer": False}).enable("table")


def rendered(text: str) -> str:
    """Return an article as HTML: only what Markdown makes, whatever stands in the text."""
    return str(parser().render(_COMMENT.sub("", text)))


def asked(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return the questions of comments such as `<!-- asked: Is it free? | What does it cost? -->`."""
    found = []
    for token in tokens:
        for comment in _COMMENT.findall(token.content) if token.type == "inline" else ():
            said = _ASKED.fullmatch(comment)
            found += [part.strip() for part in said.group(1).split("|") if part.strip()] if said else []
    return tuple(found)


def heading_text(tokens: Sequence[Token], tag: str) -> str:
    """Return the words of a heading, given its first two tokens; empty if they are no heading of this rank."""
    if len(tokens) < 2 or (tokens[0].type, tokens[0].tag) != ("heading_open", tag):
        return ""
    return _inline(tokens[1])


def plain_text(tokens: Sequence[Token]) -> str:
    """Return what the tokens say without any marks: a line for each paragraph, list item or row of a table."""
    lines: list[str] = []
    prefix, cells = "", 0
    for token in tokens:
        if token.type == "list_item_open":
            prefix = BULLET
        elif token.type == "tr_open":
            cells = 1
        elif token.type == "tr_close":
            cells = 0
        elif token.type in ("fence", "code_block"):
            lines.append(_BLANKS.sub(" ", token.content.replace("\n", " ")).strip())
        elif token.type == "inline":
            words = _COMMENT.sub("", _inline(token)).strip()
            if cells > 1 and lines:
                lines[-1] += f", {words}"
            elif words:
                lines.append(prefix + words)
            prefix, cells = "", cells + 1 if cells else 0
    return "\n".join(line for line in lines if line)


def _inline(token: Token) -> str:
    words = []
    for child in token.children or ():
        if child.type in ("text", "code_inline", "image"):
            words.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            words.append(" ")
    return _BLANKS.sub(" ", "".join(words)).strip()
