"""The help pages: what they show, in which languages, and that nothing else can be reached through them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.check import check
from bot.help_pages import LABELS, HelpPages, article_page
from bot.nlu.articles import Library, parse_article, read_shelf
from bot.settings import Settings
from bot.texts import LANGUAGE_NAMES as NAMES
from bot.web import errors_as_json
from tests.conftest import StartServer

ROOT = Path(__file__).parent.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    for name, text in {
        "en/a-b.md": "# A & B <i>\n\nHello **you**, see [the other](other).\n\n<!-- asked: Hidden? -->\n",
        "en/other.md": "# Other\n\nText.\n",
        "pl/a-b.md": "# Ą i B\n\nCześć.\n",
        "ro/only.md": "# Numai aici\n\nText.\n",
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "secret.md").write_text("# Secret\n\nsecret\n")
    return folder


@pytest.fixture
async def url(folder: Path) -> AsyncIterator[str]:
    app = web.Application(middlewares=[errors_as_json])
    app.add_routes(HelpPages(Library(folder)).routes())
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


async def get(url: str, path: str) -> tuple[aiohttp.ClientResponse, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(url + path, encoded=True), allow_redirects=False) as response,
    ):
        return response, await response.text()


def links(text: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', text)


async def test_an_article_is_a_page_with_links_to_its_other_languages(url: str) -> None:
    response, text = await get(url, "/help/en/a-b")
    assert (response.status, response.content_type, response.charset) == (200, "text/html", "utf-8")
    assert '<html lang="en">' in text
    assert "<title>A &amp; B &lt;i&gt; – Help</title>" in text
    assert "<h1>A &amp; B &lt;i&gt;</h1>" in text
    assert "Hello <strong>you</strong>" in text
    assert "Hidden" not in text
    assert {"/help/en/a-b", "/help/pl/a-b"} <= set(links(text))
    assert "/help/ro/a-b" not in links(text)
    assert str(URL(url + "/help/en/a-b").join(URL("other"))) == url + "/help/en/other"


async def test_the_list_names_every_article_once(url: str) -> None:
    response, text = await get(url, "/help/pl")
    assert response.status == 200
    listed = re.findall(r'<li><a href="([^"]*)"', text)
    assert listed == ["/help/pl/a-b", "/help/ro/only", "/help/en/other"], "its own first, then by title"
    assert text.index("Ą i B") < text.index(LABELS["pl"].elsewhere) < text.index("Other")


async def test_help_leads_to_the_list(url: str) -> None:
    response, _ = await get(url, "/help")
    assert (response.status, response.headers["Location"]) == (302, "/help/en")


@pytest.mark.parametrize(
    "path",
    [
        "/help/en/none", "/help/el/a-b", "/help/xx", "/help/xx/a-b", "/help/en/..%2f..%2fsecret", "/help/..%2f/secret",
        "/help/en/%2e%2e", "/help/en%2f..%2f../secret", "/help/en/a-b.md", "/help/en/%00", "/help/en/%ff",
        "/help/%3Cscript%3E/%3Cscript%3E", "/help/en/A-B",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_answered_with_the_list(url: str, path: str) -> None:
    response, text = await get(url, path)
    assert response.status == 404
    assert response.content_type == "text/html"
    assert "Content-Security-Policy" in response.headers
    assert "/help/en/a-b" in links(text)
    assert "<script" not in text
    assert "secret" not in text


async def test_a_page_runs_nothing_and_loads_nothing_of_others(url: str) -> None:
    response, text = await get(url, "/help/en/a-b")
    rules = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in rules
    assert " style=" not in text
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))", "[x](data:text/html;base64,AAAA)", "[x](vbscript:x)", "[x](//evil.example/)",
        "![x](https://a.example/x.png\" onload=\"alert(1))", "<javascript:alert(1)>", "[x](&#106;avascript:alert(1))",
        "[x](java\tscript:alert(1))", "[x](\\\\evil.example)", "[x]: javascript:alert(1)\n\n[x]",
        "<!-- --><script>alert(1)</script>", "[a](<javascript:alert(1)>)", "<!-- <!-- --> --> <script>",
    ],
)  # fmt: skip
def test_an_article_cannot_bring_code(folder: Path, text: str) -> None:
    article = parse_article(f"# T {text}\n\nText.\n\n{text}\n", id="x", language="en")
    page = article_page(read_shelf(folder), article)
    assert not re.search(r"<(script|img[^>]*onerror|[^>]*\son\w+=)", page, re.IGNORECASE)
    assert not [link for link in links(page) if re.match(r"(?i)\s*(javascript|data|vbscript):|//|\\\\", link)]


def test_links_to_the_web_mail_and_neighbours_stay(folder: Path) -> None:
    wanted = [
        "https://a.example/x?y=1",
        "mailto:help@grija.example",
        "tel:+40215550100",
        "returns",
        "returns#x",
        "/",
    ]
    text = " ".join(f"[x]({link})" for link in wanted)
    page = article_page(read_shelf(folder), parse_article(f"# T\n\n{text}\n", id="x", language="en"))
    assert set(wanted) <= set(links(page))


def test_every_language_has_all_words() -> None:
    assert set(LABELS) == set(NAMES)
    for labels in LABELS.values():
        assert all(vars(labels).values())
    assert len({labels.help for labels in LABELS.values()}) == len(LABELS)


async def test_the_server_shows_our_articles(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server(knowledge=ROOT / "data" / "knowledge") as server:
        for language in NAMES:
            response, text = await get(server.url, f"/help/{language}/refunds")
            assert response.status == 200
            assert "30" in text
            assert {f"/help/{code}/refunds" for code in NAMES} <= set(links(text))
        assert (await get(server.url, "/help/pl/loyalty"))[0].status == 404
        listed = links((await get(server.url, "/help/pl"))[1])
        assert "/help/en/loyalty" in listed


async def test_a_changed_article_is_shown(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.nlu.articles.CHECK_SECONDS", 0.0)
    assert (await get(url, "/help/en/new"))[0].status == 404
    (folder / "en" / "new.md").write_text("# New\n\nText.\n")
    assert (await get(url, "/help/en/new"))[0].status == 200


async def test_check_names_a_broken_article(tmp_path: Path, folder: Path) -> None:
    async def found() -> dict[str, tuple[bool, str]]:
        settings = Settings(data=tmp_path / "var", models=tmp_path / "models", knowledge=folder)
        return {finding.part: (finding.right, finding.text) async for finding in check(settings)}

    assert (await found())["knowledge"] == (True, "4 articles in en, pl, ro")
    (folder / "en" / "broken.md").write_bytes(b"# Caf\xe9\n\nText.")
    right, text = (await found())["knowledge"]
    assert not right
    assert "en/broken.md: it is not UTF-8" in text
    empty = tmp_path / "none"
    settings = Settings(data=tmp_path / "var", models=tmp_path / "models", knowledge=empty)
    findings = {finding.part: finding async for finding in check(settings)}
    assert not findings["knowledge"].right
