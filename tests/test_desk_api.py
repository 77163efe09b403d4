"""The desk over /api/v1: lists, one conversation, its timeline, what people do, and files that cannot do anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.attachments import files_of
from bot.models import Role, Status, new_id, now
from bot.store.tables import agent, attachment, audit, conversation, message
from tests.conftest import Server, StartServer, until
from tests.desk_client import ConsoleClient, signed_in
from tests.desk_seeds import add_agents, an_agent, talk

HOSTILE = "<img src=x onerror=alert(1)>.html\r\nX-Evil: 1/../../\"'"


@pytest.fixture
async def server(start_sqlite_server: StartServer) -> AsyncIterator[Server]:
    async with start_sqlite_server() as running:
        yield running


@pytest.fixture
async def anna(server: Server) -> AsyncIterator[ConsoleClient]:
    async with signed_in(server.grija, server.url, an_agent("Anna")) as client:
        yield client


async def seed(server: Server, **about: Any) -> str:
    return await server.grija.store.write(lambda tx: talk(tx, **about))


async def epoch(server: Server, key: str) -> int:
    query = sa.select(conversation.c.epoch).where(conversation.c.id == key)
    return int(await server.grija.store.read(lambda tx: tx.execute(query).scalar()))


def texts(page: dict[str, Any]) -> list[str]:
    return [entry["text"] for entry in page["entries"] if entry["kind"] == "message"]


async def test_the_lists_and_their_pages_have_the_shape_of_the_contract(
    server: Server, anna: ConsoleClient
) -> None:
    key = await seed(server, name="<b>Ioana</b>", anger=0.5, priority=40)
    for _ in range(3):
        await seed(server, status=Status.BOT)
    queue = await anna.get("/queue")
    assert set(queue) == {"waiting", "mine", "others", "bot", "snoozed", "counts"}
    (item,) = queue["waiting"]
    assert item["conversation"] == key
    assert item["customer"]["name"] == "<b>Ioana</b>"
    assert (item["status"], item["reason"], item["anger"], item["epoch"]) == ("queued", "asked", 0.5, 0)
    assert item["last"]["author"] == "bot"
    first = await anna.get("/queue/bot?limit=2")
    second = await anna.get(f"/queue/bot?limit=2&after={first['next']}")
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    for path, status in (("/queue/bot?limit=x", 400), ("/queue/bot?after=x", 400), ("/queue/all", 404)):
        assert (await anna.ask("GET", path))[0] == status


async def test_opening_a_conversation_is_audited_once_in_a_while(server: Server, anna: ConsoleClient) -> None:
    key = await seed(server)
    for path in (f"/conversations/{key}", f"/conversations/{key}/timeline", f"/conversations/{key}"):
        await anna.get(path)
    query = sa.select(audit.c.actor, audit.c.subject).where(audit.c.action == "conversation_viewed")
    rows = await server.grija.store.read(lambda tx: tx.execute(query).all())
    assert [tuple(row) for row in rows] == [(anna.agent.id, key)]
    for path in (
        f"/conversations/{new_id()}",
        f"/conversations/{new_id()}/timeline",
        "/conversations/x/timeline",
    ):
        status, body = await anna.ask("GET", path)
        assert (status, body["error"]["code"]) == (404, "unknown")


async def test_the_timeline_pages_and_marks_what_was_read(server: Server, anna: ConsoleClient) -> None:
    words = [("customer", f"line {number}") for number in range(1, 8)]
    key = await seed(server, status=Status.HUMAN, owner=anna.agent.id, words=words)
    assert (await anna.get("/queue"))["mine"][0]["unread"] == 7
    older = await anna.get(f"/conversations/{key}/timeline?before=4&limit=2")
    assert (texts(older), older["more"]) == (["line 2", "line 3"], True)
    assert (await anna.get("/queue"))["mine"][0]["unread"] == 7
    newest = await anna.get(f"/conversations/{key}/timeline?limit=3")
    assert texts(newest) == ["line 5", "line 6", "line 7"]
    assert (await anna.get("/queue"))["mine"][0]["unread"] == 0
    assert texts(await anna.get(f"/conversations/{key}/timeline?after=6")) == ["line 7"]
    for query in ("before=-1", "after=x", "limit=9999999999", "before=٣"):
        assert (await anna.ask("GET", f"/conversations/{key}/timeline?{query}"))[0] == 400


async def test_only_one_of_two_agents_takes(server: Server, anna: ConsoleClient) -> None:
    key = await seed(server)
    async with signed_in(server.grija, server.url, an_agent("Piotr")) as piotr:
        status, taken = await anna.ask("POST", f"/conversations/{key}/take", {"epoch": 0})
        assert (status, taken["owner"], taken["status"]) == (200, anna.agent.id, "human")
        status, refused = await piotr.ask("POST", f"/conversations/{key}/take", {"epoch": 0})
        assert (status, refused["error"]["code"]) == (403, "not_yours")
        status, refused = await anna.ask("POST", f"/conversations/{key}/take", {"epoch": 7})
        assert (status, refused["error"]["code"]) == (409, "stale_owner")


async def test_a_reply_is_held_then_sent_or_undone(server: Server, anna: ConsoleClient) -> None:
    key = await seed(server)
    path = f"/conversations/{key}"
    status, held = await anna.ask("POST", f"{path}/replies", {"text": "One moment", "client_id": "1"})
    assert status == 200
    entries = (await anna.get(f"{path}/timeline"))["entries"]
    assert entries[-1]["kind"] == "held"
    assert (entries[-1]["id"], entries[-1]["text"]) == (held["id"], "One moment")
    assert (await anna.ask("DELETE", f"/replies/{held['id']}"))[0] == 204
    assert (await anna.get(f"{path}/timeline"))["entries"][-1]["kind"] != "held"
    # Releasing sends what is still held.
    await anna.ask("POST", f"{path}/replies", {"text": "Done", "client_id": "2"})
    status, stands = await anna.ask("POST", f"{path}/release", {"note": "sent a new one"})
    assert (status, stands["status"], stands["owner"]) == (200, "bot", None)
    page = await anna.get(f"{path}/timeline")
    assert texts(page)[-1] == "Done"
    (last,) = [entry for entry in page["entries"] if entry["kind"] == "message" and entry["text"] == "Done"]
    assert (last["author"]["kind"], last["author"]["agent_id"]) == ("agent", anna.agent.id)


async def test_notes_transfer_snooze_block_and_close(server: Server, anna: ConsoleClient) -> None:
    piotr = an_agent("Piotr")
    await add_agents(server.grija.store, [piotr])
    key = await seed(server, status=Status.HUMAN, owner=anna.agent.id, epoch=1)
    path = f"/conversations/{key}"
    assert (await anna.ask("POST", f"{path}/notes", {"text": "careful", "mentions": [piotr.id]}))[0] == 200
    soon = (now() + timedelta(hours=1)).isoformat()
    assert (await anna.ask("POST", f"{path}/snooze", {"until": soon}))[0] == 200
    assert (await anna.get("/queue"))["counts"]["snoozed"] == 1
    assert (await anna.ask("POST", f"{path}/snooze", {"until": None}))[0] == 200
    customer = (await anna.get(path))["customer"]["id"]
    assert (await anna.ask("POST", f"/customers/{customer}/block", {"blocked": True}))[0] == 204
    assert (await anna.get(path))["customer"]["blocked"] is True
    assert (await anna.ask("POST", f"{path}/transfer", {"agent": piotr.id, "note": "Polish"}))[0] == 200
    opened = await anna.get(path)
    assert opened["handoff"]["wanted"] == {"id": piotr.id, "name": "Piotr"}
    status, closed = await anna.ask("POST", f"{path}/close", {"outcome": "solved", "note": ""})
    assert (status, closed["status"]) == (200, "closed")
    whats = [
        one["what"] for one in (await anna.get(f"{path}/timeline"))["entries"] if one["kind"] == "happening"
    ]
    assert {"note", "snoozed", "woken", "blocked", "queued", "closed"} <= set(whats)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("take", {}), ("take", {"epoch": -1}), ("take", {"epoch": "0"}), ("take", {"epoch": 0, "x": 1}),
        ("replies", {"text": "x"}), ("replies", {"text": "x", "client_id": "a b"}),
        ("replies", {"text": "x" * 20_001, "client_id": "1"}), ("notes", {"text": 5}),
        ("notes", {"text": "x", "mentions": ["y"] * 21}), ("snooze", {"until": "2030-01-01T00:00:00"}),
        ("transfer", {"agent": "a", "team": "b"}), ("release", {"note": "x" * 4001}), ("close", {"outcome": 1}),
    ],
)  # fmt: skip
async def test_a_body_that_is_wrong_changes_nothing(
    server: Server, anna: ConsoleClient, path: str, body: dict[str, Any]
) -> None:
    key = await seed(server, status=Status.HUMAN, owner=anna.agent.id)
    status, answer = await anna.ask("POST", f"/conversations/{key}/{path}", body)
    assert (status, answer["error"]["code"]) == (400, "body_invalid")
    assert await epoch(server, key) == 0


async def test_a_change_needs_the_csrf_token_and_a_role_that_answers(
    server: Server, anna: ConsoleClient
) -> None:
    key = await seed(server)
    anna.csrf = "wrong"
    assert (await anna.ask("POST", f"/conversations/{key}/take", {"epoch": 0}))[0] == 403
    async with signed_in(server.grija, server.url, an_agent("T", Role.TRAINER)) as trainer:
        for path in ("/queue", f"/conversations/{key}", f"/conversations/{key}/timeline", "/colleagues"):
            assert (await trainer.ask("GET", path))[0] == 403
    assert await epoch(server, key) == 0


async def test_colleagues_with_an_open_console_are_there(server: Server, anna: ConsoleClient) -> None:
    change = sa.update(agent).values(presence="online")
    await server.grija.store.write(lambda tx: tx.execute(change))
    assert [one["presence"] for one in await anna.get("/colleagues")] == ["offline"]
    async with anna.socket():

        async def there() -> bool:
            return [one["presence"] for one in await anna.get("/colleagues")] == ["online"]

        await until(there)


# Files


async def a_file(server: Server, content: bytes, **about: Any) -> str:
    """A file of a customer's message, kept; its id."""
    files = files_of(server.grija.settings)
    kept = await files.write(content)
    key, file_id = await seed(server), new_id()

    def add(tx: Any) -> None:
        said = tx.execute(sa.select(message.c.id).where(message.c.conversation_id == key)).scalars().first()
        values = {
            "name": HOSTILE,
            "mime": "text/html",
            "state": "stored",
            "sha256": kept,
            "preview": kept,
        } | about
        tx.execute(
            sa.insert(attachment).values(
                id=file_id, message_id=said, position=0, kind="document", next_at=now(), **values
            )
        )

    await server.grija.store.write(add)
    return file_id


async def test_a_file_is_saved_and_never_shown_in_place(server: Server, anna: ConsoleClient) -> None:
    page = b"<!doctype html><script>alert(1)</script>"
    file_id = await a_file(server, page)
    url = f"{server.url}/api/v1/attachments/{file_id}"
    async with anna.session.get(url) as answer:
        assert await answer.read() == page
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "no-store" in answer.headers["Cache-Control"]
        assert "X-Evil" not in answer.headers
        assert answer.content_disposition is not None
        assert not set('/\\<>"\r\n') & set(answer.content_disposition.filename or "/")
    async with anna.session.get(f"{url}/preview") as answer:
        assert answer.content_type == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == "inline"


@pytest.mark.parametrize(
    "about", [{"state": "infected"}, {"state": "waiting", "sha256": ""}, {"sha256": "0" * 64}]
)
async def test_a_file_that_is_not_kept_is_not_there(
    server: Server, anna: ConsoleClient, about: dict[str, Any]
) -> None:
    file_id = await a_file(server, b"x", preview="", **about)
    for path in ("", "/preview"):
        status, body = await anna.ask("GET", f"/attachments/{file_id}{path}")
        assert (status, body["error"]["code"]) == (404, "unknown")
    assert (await anna.ask("GET", f"/attachments/{new_id()}"))[0] == 404


async def test_files_are_for_people_who_are_signed_in(server: Server, anna: ConsoleClient) -> None:
    file_id = await a_file(server, b"x")
    anna.session.cookie_jar.clear()
    assert (await anna.ask("GET", f"/attachments/{file_id}"))[0] == 401
