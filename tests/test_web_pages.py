"""Pages, health, readiness, metrics, and the one form of every HTTP error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.dialogue_protocol import Readiness
from bot.errors import RateLimited, SettingsError, StoreUnavailable
from bot.loop_lag import LoopLag
from bot.metrics import Metrics
from bot.store import Store
from bot.web import Pages, errors_as_json
from tests.conftest import StartServer, until
from tests.doubles import EchoDialogue
from tests.widget_client import open_widget

SECRET_PLACE = "postgresql://grija:hunter2@db.internal"


async def no_orders() -> list[dict[str, object]]:
    return []


@asynccontextmanager
async def pages(dist: Path, store: Store) -> AsyncIterator[str]:
    """The pages of a folder on a server of their own: its address."""
    app = web.Application(middlewares=[errors_as_json])
    shown = Pages(store, Metrics(), LoopLag(), Readiness(), no_orders, dist=dist)
    app.add_routes(shown.routes())
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


@pytest.fixture
async def closed_store() -> Store:
    """A store that is never asked."""
    return Store(None)  # type: ignore[arg-type]


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "web" / "dist"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / "web" / "secret.txt").write_text("secret")
    for name in ("index.html", "widget.js", "demo-1.css", ".env", "inner/file.js", "inner.map"):
        (folder / name).write_text(f"content of {name}")
    return folder


async def get(
    url: str, path: str, *, method: str = "GET", **headers: str
) -> tuple[aiohttp.ClientResponse, str]:
    # The path goes out exactly as it is written here.
    address = URL(url + path, encoded=True)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, address, headers=headers) as response,
    ):
        return response, await response.text()


def error_of(response: aiohttp.ClientResponse, text: str) -> tuple[int, str]:
    assert response.content_type == "application/json"
    body = json.loads(text)["error"]
    assert set(body) == {"code", "message"}
    assert body["message"]
    assert "Traceback" not in text
    assert ".py" not in text
    return response.status, body["code"]


async def test_the_built_pages_are_served(dist: Path, closed_store: Store) -> None:
    async with pages(dist, closed_store) as url:
        for path, name in (
            ("/", "index.html"),
            ("/widget.js", "widget.js"),
            ("/assets/demo-1.css", "demo-1.css"),
        ):
            response, text = await get(url, path)
            assert (response.status, text) == (200, f"content of {name}")
            assert response.headers["X-Content-Type-Options"] == "nosniff"
        index, _ = await get(url, "/")
        widget, _ = await get(url, "/widget.js")
    assert "default-src 'self'" in index.headers["Content-Security-Policy"]
    assert "unsafe" not in index.headers["Content-Security-Policy"]
    assert widget.headers["Access-Control-Allow-Origin"] == "*", "any site may embed the widget"
    assert "javascript" in widget.content_type


@pytest.mark.parametrize(
    "name",
    [
        "nothing.js",
        ".env",
        "%2eenv",
        "inner",
        "inner%2Ffile.js",
        "..%2Fsecret.txt",
        "%2e%2e%2fsecret.txt",
        "inner%2F..%2F..%2Fsecret.txt",
        "%2Fetc%2Fpasswd",
        "%2fetc%2fpasswd",
        "%252Fetc%252Fpasswd",
        "..%5Csecret.txt",
        "../secret.txt",
        "/etc/passwd",
        "index.html%00.js",
        "%00",
        "%ff",
        "%C4%85.js",
        "x" * 5000,
    ],
)
async def test_nothing_but_built_files_is_served(dist: Path, closed_store: Store, name: str) -> None:
    async with pages(dist, closed_store) as url:
        assert error_of(*await get(url, f"/assets/{name}")) == (404, "not_found")


async def test_unbuilt_pages_say_what_to_do(tmp_path: Path, closed_store: Store) -> None:
    async with pages(tmp_path, closed_store) as url:
        for path in ("/", "/widget.js"):
            response, text = await get(url, path)
            assert error_of(response, text) == (503, "unavailable")
            assert "make run" in text


async def test_errors_of_http_have_the_same_form(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server:
        assert error_of(*await get(server.url, "/nowhere")) == (404, "not_found")
        assert error_of(*await get(server.url, "/wp-admin/%ff/%00")) == (404, "not_found")
        response, text = await get(server.url, "/health", method="POST")
        assert error_of(response, text) == (405, "method_not_allowed")
        assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD"}
        assert error_of(*await get(server.url, "/widget/ws")) == (400, "bad_request")


@pytest.mark.parametrize(
    ("error", "expected", "shown"),
    [
        (RateLimited("too many messages", retry_after=3), (429, "rate_limited"), True),
        (StoreUnavailable(SECRET_PLACE), (503, "store_unavailable"), False),
        (SettingsError(SECRET_PLACE), (500, "settings_invalid"), False),
        (RuntimeError(SECRET_PLACE), (500, "internal"), False),
    ],
)
async def test_what_goes_wrong_inside_is_not_told(
    error: Exception, expected: tuple[int, str], shown: bool
) -> None:
    async def fail(request: web.Request) -> web.Response:
        raise error

    app = web.Application(middlewares=[errors_as_json])
    app.router.add_get("/fail", fail)
    async with TestServer(app) as server:
        response, text = await get(str(server.make_url("")).rstrip("/"), "/fail")
    assert error_of(response, text) == expected
    assert (str(error) in text) is shown
    assert SECRET_PLACE not in text


async def test_headers_that_are_no_text_are_no_trouble(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server:
        address = URL(server.url)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(
            b"GET /widget/ws HTTP/1.1\r\nHost: x\r\nOrigin: http://\xff\xfe\r\nConnection: close\r\n\r\n"
        )
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 403 ")
    assert json.loads(body)["error"]["code"] == "origin_refused"


async def test_health_answers_and_ready_names_its_parts(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server:
        response, text = await get(server.url, "/health")
        assert (response.status, json.loads(text)) == (200, {"status": "ok"})
        await until(_ready(server.url))
        response, text = await get(server.url, "/ready")
    parts = {"database": "ok", "model": "ok", "lanes": "ok", "channels": {"web": "ok"}}
    assert json.loads(text) == {"ready": True, **parts}


def _ready(url: str, *, status: int = 200) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        response, _ = await get(url, "/ready")
        return response.status == status

    return look


class LateDialogue(EchoDialogue):
    """Loads when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_load = asyncio.Event()

    async def load(self) -> None:
        await self.may_load.wait()
        await super().load()


async def test_until_the_model_is_loaded_messages_wait_and_ready_says_so(
    start_sqlite_server: StartServer,
) -> None:
    dialogue = LateDialogue()
    async with (
        start_sqlite_server(open_dialogue=lambda *_: dialogue) as server,
        open_widget(server.url) as widget,
    ):
        response, text = await get(server.url, "/ready")
        assert response.status == 503
        assert json.loads(text) == {
            "ready": False, "database": "ok", "model": "loading", "lanes": "not open yet", "channels": {"web": "ok"},
        }  # fmt: skip
        await widget.hello()
        assert (await widget.say("early", "1"))["seq"] == 1
        dialogue.may_load.set()
        assert (await widget.message(2))["text"] == "echo: early"
        await until(_ready(server.url))


async def test_without_its_database_the_server_lives_but_is_not_ready(
    start_sqlite_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise StoreUnavailable(SECRET_PLACE)

    async with start_sqlite_server() as server:
        await until(_ready(server.url))
        with monkeypatch.context() as patch:
            patch.setattr(server.grija.store, "read", gone)
            response, text = await get(server.url, "/ready")
            assert response.status == 503
            assert json.loads(text) == {
                "ready": False, "database": "does not answer", "model": "ok", "lanes": "ok", "channels": {"web": "ok"},
            }  # fmt: skip
            assert (await get(server.url, "/health"))[0].status == 200
            assert (await get(server.url, "/metrics"))[0].status == 200
        assert (await get(server.url, "/ready"))[0].status == 200


async def test_metrics_count_what_happened(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server, open_widget(server.url) as widget:
        await widget.hello()
        await widget.say("private words", "1")
        await widget.message(2)
        await widget.say("private words", "1")
        response, text = await get(server.url, "/metrics")
        names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
        documented = {metric.name for metric in Metrics().registry.collect()}
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4"
    assert documented <= {name.removesuffix("_total") for name in names}
    assert 'grija_accepted_total{channel="web",fresh="true"} 1.0' in text
    assert 'grija_accepted_total{channel="web",fresh="false"} 1.0' in text
    assert 'grija_turns_total{result="done"} 1.0' in text
    assert "grija_widget_sockets 1.0" in text
    assert "private" not in text


async def test_the_demo_page_gets_orders_to_try(start_sqlite_server: StartServer) -> None:
    async with start_sqlite_server() as server:
        _, text = await get(server.url, "/demo/orders.json")
    orders = json.loads(text)
    assert {"number", "status", "items", "total", "email"} == set(orders[0])
    assert "10024" in {order["number"] for order in orders}
