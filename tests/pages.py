"""Reads the project's Markdown pages: sections, tables, code, links, and the names in backticks."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from bot.errors import GrijaError, all_errors

ROOT = Path(__file__).resolve().parent.parent

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@cache
def tracked() -> tuple[str, ...]:
    """The files of the project: what git knows, and what it would take in."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    names = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    return tuple(sorted(names))


def pages() -> list[str]:
    """All Markdown files, by their path in the project."""
    return [name for name in tracked() if name.endswith(".md")]


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def section(page: str, *headings: str) -> str:
    """The text below a heading (`## one`, then `### two`), up to the next heading of its rank or above."""
    text = read(page)
    for rank, heading in enumerate(headings, start=2):
        found = re.search(rf"^{'#' * rank} {re.escape(heading)}\n", text, re.MULTILINE)
        assert found, f"{page} has no heading {'#' * rank} {heading}"
        following = re.compile(rf"^#{{1,{rank}}} ", re.MULTILINE).search(text, found.end())
        text = text[found.end() : following.start() if following else len(text)]
    return text


def headings(text: str, rank: int) -> list[str]:
    return re.findall(rf"^{'#' * rank} (.+)$", text, re.MULTILINE)


def table(text: str) -> list[list[str]]:
    """The cells of all tables of a text, without their heads."""
    rows = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        head = number + 1 < len(lines) and re.match(r"\|[-|]+\|$", lines[number + 1])
        if line.startswith("|") and not head and not re.match(r"\|[-|]+\|$", line):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def codes(text: str) -> list[str]:
    """What stands in single backticks, without code blocks."""
    return _CODE.findall(_FENCE.sub("", text))


def first_codes(text: str) -> list[str]:
    """What stands in backticks in the first cell of each row of a text's tables."""
    return [code for row in table(text) for code in codes(row[0])]


def block(text: str, language: str) -> str:
    """The first code block of a language."""
    found = [code for kind, code in _FENCE.findall(text) if kind == language]
    assert found, f"there is no block of {language} in: {text[:80]!r}"
    return str(found[0])


def shell_lines(text: str) -> list[str]:
    """The lines of all code blocks of a text."""
    return [line for _, code in _FENCE.findall(text) for line in code.splitlines()]


def links(page: str) -> list[str]:
    """Where a page's links lead, without those to other sites."""
    found: list[str] = _LINK.findall(_FENCE.sub("", read(page)))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings get on the web."""
    titles = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def is_defined(dotted: str) -> bool:
    """Whether `package.module.Class.function` is in the source, read without importing it."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        stem = ROOT.joinpath(*parts[:cut])
        for file in (stem.with_suffix(".py"), stem / "__init__.py"):
            if file.is_file():
                tree = ast.parse(file.read_text(encoding="utf-8"))
                return _has(tree.body, parts[cut:])
    return False


def _has(body: list[ast.stmt], names: list[str]) -> bool:
    if not names:
        return True
    for statement in body:
        if names[0] in _names_of(statement):
            inner = statement.body if isinstance(statement, ast.ClassDef) else []
            return _has(inner, names[1:])
    return False


def _names_of(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, ast.Assign):
        return {target.id for target in statement.targets if isinstance(target, ast.Name)}
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return {statement.target.id}
    return set()


def same(documented: Iterable[object], real: Iterable[object], page: str, what: str) -> None:
    """Fail with what is missing on a page and what is too much there."""
    missing = sorted(str(item) for item in set(real) - set(documented))
    stale = sorted(str(item) for item in set(documented) - set(real))
    assert not missing, f"{page}: write these {what} down: {', '.join(missing)}"
    assert not stale, f"{page}: take these {what} out, they do not exist: {', '.join(stale)}"


def documented_errors(root: type[GrijaError] = GrijaError) -> list[type[GrijaError]]:
    """A tree of error classes, without those that tests have made."""
    return [kind for kind in all_errors(root) if not kind.__module__.startswith("tests")]
