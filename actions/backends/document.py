"""Small HTML pages without scripts. Pure; everything that is not a tag of ours is escaped here."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from html import escape

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;color:#1d2430;max-width:44rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem}table{border-collapse:collapse;width:100%;margin:1.5rem 0}"
    "th,td{text-align:left;padding:.4rem .5rem;border-bottom:1px solid #d5dae2;vertical-align:top}"
    "td.number,th.number{text-align:right;white-space:nowrap}tfoot td{font-weight:600;border-bottom:0}"
    ".aside{color:#566072;font-size:.9rem}address{font-style:normal;white-space:pre-line}"
    "button{font:inherit;padding:.5rem 1.2rem;border:0;border-radius:.4rem;background:#1f5f4a;color:#fff}"
    "@media print{button{display:none}body{margin:0}}"
)

POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy under which these pages work: no scripts, no other addresses."""


@dataclass(frozen=True)
class Html:
    """A piece of HTML that is safe to show."""

    text: str


def element(tag: str, *content: str | Html, kind: str = "") -> Html:
    """Return `<tag class="kind">content</tag>`; strings are escaped. `tag` and `kind` are ours, never data."""
    inner = "".join(part.text if isinstance(part, Html) else escape(part) for part in content)
    attribute = f' class="{kind}"' if kind else ""
    return Html(f"<{tag}{attribute}>{inner}</{tag}>")


def row(cells: Iterable[str], tag: str = "td", numbers: int = 0) -> Html:
    """Return a row of a table whose last `numbers` cells are set to the right."""
    texts = list(cells)
    first = len(texts) - numbers
    return element(
        "tr",
        *(element(tag, text, kind="number" if index >= first else "") for index, text in enumerate(texts)),
    )


def button(title: str) -> Html:
    """Return a form with one button that posts to the page's own address."""
    return Html(f'<form method="post"><button>{escape(title)}</button></form>')


def page(language: str, title: str, *content: Html) -> str:
    """Return a whole page."""
    inner = "\n".join(part.text for part in (element("h1", title), *content))
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{inner}\n</body>\n</html>\n"
    )
