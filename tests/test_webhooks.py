"""Outgoing webhooks: told with what they tell, signed, in order, at least once, never to the inside."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.errors import BodyInvalid
from bot.metrics import Metrics
from bot.models import Inbound, Role, now
from bot.settings import Settings
from bot.store import Connection, Store, inbox, open_store, webhooks
from bot.store.tables import webhook_delivery
from bot.webhook_addresses import OutsideResolver, check_url, is_outside
from bot.webhooks import Webhooks
from tests.conftest import StartServer, until
from tests.signing import add_person, browser

INSIDE = ("127.0.0.1", "localhost")
KEY = "k" * 32


@dataclass
class Receiver:
    """Somebody who is told: keeps what came, answers what the test says."""

    url: str = ""
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[], web.Response] = web.Response

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()

    async def take(request: web.Request) -> web.Response:
        made.came.append((dict(request.headers), await request.read()))
        return made.answer()

    app = web.Application()
    app.router.add_post("/hook", take)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/hook"))
        yield made


@pytest.fixture
async def sqlite_store(sqlite_settings: Settings) -> AsyncIterator[Store]:
    opened = await open_store(sqlite_settings.database)
    yield opened
    await opened.close()


@asynccontextmanager
async def sending(store: Store, settings: Settings, **changes: Any) -> AsyncIterator[Webhooks]:
    changed = replace(settings, **{"webhook_hosts": INSIDE} | changes)
    opened = Webhooks(store, settings=changed, secret=KEY, metrics=Metrics())
    try:
        yield opened
    finally:
        await opened.close()


def tell(tx: Connection, number: int = 0) -> None:
    webhooks.tell(tx, "conversation.closed", {"conversation": str(number)})


async def due(store: Store) -> None:
    """Let every rest be over."""
    moment = now() - timedelta(seconds=1)
    await store.write(lambda tx: tx.execute(sa.update(webhook_delivery).values(next_at=moment)))


async def test_what_is_told_is_signed(store: Store, settings: Settings, receiver: Receiver) -> None:
    async with sending(store, settings) as out:
        made, secret = await out.add(url=receiver.url, kinds=["conversation.closed"], by="admin")
        await store.write(tell, 7)
        await store.write(webhooks.tell, "conversation.taken", {"conversation": "8"})
        assert await out.deliver(made.id) is None
    (headers, body) = receiver.came[0]
    event = json.loads(body)
    assert (event["kind"], event["data"]) == ("conversation.closed", {"conversation": "7"})
    assert headers["Grija-Event"] == event["id"]
    moment, _, signed = headers["Grija-Signature"].partition(",")
    expected = hmac.new(secret.encode(), moment[2:].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert signed == f"v1={expected}"
    assert abs(int(moment[2:]) - now().timestamp()) < 60
    assert len(receiver.came) == 1
    assert secret not in str(await store.read(webhooks.everyone))


async def test_what_did_not_happen_is_not_told(
    sqlite_store: Store, sqlite_settings: Settings, receiver: Receiver
) -> None:
    def fail(tx: Connection) -> None:
        tell(tx)
        raise ValueError("no")

    async with sending(sqlite_store, sqlite_settings) as out:
        made, _ = await out.add(url=receiver.url, kinds=["conversation.closed"], by="admin")
        with pytest.raises(ValueError, match="no"):
            await sqlite_store.write(fail)
        await out.deliver(made.id)
    assert receiver.came == []


@pytest.mark.parametrize("status", [500, 302])
async def test_a_refusal_is_tried_again_in_order_under_the_same_id(
    store: Store, settings: Settings, receiver: Receiver, status: int
) -> None:
    receiver.answer = lambda: web.Response(status=status, headers={"Location": receiver.url})
    async with sending(store, settings) as out:
        made, _ = await out.add(url=receiver.url, kinds=["conversation.closed"], by="admin")
        for number in range(3):
            await store.write(tell, number)
        rests = []
        for _ in range(4):
            rests.append(await out.deliver(made.id))
            await due(store)
        assert [round(rest or 0) for rest in rests] == [1, 2, 4, 8]
        shown = (await store.read(webhooks.everyone))[0]
        assert (shown.waiting, shown.error) == (3, f"status {status}")
        receiver.answer = web.Response
        assert await out.deliver(made.id) is None
    events = receiver.events()
    assert [event["data"]["conversation"] for event in events] == ["0"] * 5 + ["1", "2"]
    assert len({event["id"] for event in events[:5]}) == 1
    assert len({event["id"] for event in events}) == 3
    assert (await store.read(webhooks.everyone))[0].error is None


async def test_a_receiver_that_is_gone_is_given_up_after_a_day(
    store: Store, settings: Settings, receiver: Receiver
) -> None:
    async with sending(store, settings) as out:
        made, _ = await out.add(url="http://127.0.0.1:9/", kinds=["conversation.closed"], by="admin")
        other, _ = await out.add(url=receiver.url, kinds=["conversation.closed"], by="admin")
        await store.write(tell)
        assert await out.deliver(made.id)
        # The others are not held by it.
        assert await out.deliver(other.id) is None
        assert len(receiver.came) == 1
        await due(store)
        yesterday = now() - timedelta(hours=25)
        await store.write(lambda tx: tx.execute(sa.update(webhook_delivery).values(created_at=yesterday)))
        assert await out.deliver(made.id) is None
        shown = (await store.read(webhooks.everyone))[0]
        assert (shown.waiting, shown.dead) == (0, 1)
        assert "ClientConnectorError" in (shown.error or "")


async def test_what_is_long_done_is_forgotten(store: Store, settings: Settings, receiver: Receiver) -> None:
    async with sending(store, settings) as out:
        made, _ = await out.add(url=receiver.url, kinds=["conversation.closed"], by="admin")
        await store.write(tell)
        await out.deliver(made.id)
        await store.write(tell)
        old = now() - timedelta(days=15)
        await store.write(lambda tx: tx.execute(sa.update(webhook_delivery).values(created_at=old)))
        await out.sweep()
        rows = await store.read(lambda tx: tx.execute(sa.select(webhook_delivery.c.status)).scalars().all())
        assert rows == ["waiting"]


async def test_a_message_is_told_without_its_words(
    sqlite_store: Store, sqlite_settings: Settings, receiver: Receiver
) -> None:
    async with sending(sqlite_store, sqlite_settings) as out:
        made, _ = await out.add(url=receiver.url, kinds=["message.created"], by="admin")
        said = Inbound(channel="web", account="demo", event_id="1", sender="v", text="my secret wish")
        accepted = await sqlite_store.write(inbox.accept, said)
        await out.deliver(made.id)
    (event,) = receiver.events()
    assert event["data"]["message"] == accepted.message_id
    assert event["data"]["conversation"] == accepted.conversation_id
    assert (event["data"]["author"], event["data"]["seq"]) == ("customer", 1)
    assert "wish" not in str(receiver.came)


async def test_over_the_api(start_sqlite_server: StartServer, receiver: Receiver) -> None:
    async with start_sqlite_server(webhook_hosts=INSIDE) as server:
        boss = await add_person(server, Role.ADMIN)
        async with browser(server, boss) as admin:
            made = await admin.json(
                "POST", "/webhooks", json={"url": receiver.url, "kinds": ["conversation.closed"]}
            )
            hook = f"/webhooks/{made['webhook']['id']}"
            assert made["secret"].startswith("whsec_")
            await admin.json("POST", f"{hook}/test", status=204)

            async def came() -> bool:
                return bool(receiver.came)

            await until(came)
            assert receiver.events()[0]["kind"] == "webhook.test"
            assert "secret" not in str(await admin.json("GET", "/webhooks"))
            await admin.json("DELETE", hook, status=204)
            assert await admin.refused("DELETE", hook) == (404, "unknown")
            assert await admin.refused("POST", f"{hook}/test") == (404, "unknown")
            bad = {"url": receiver.url, "kinds": ["everything"]}
            assert await admin.refused("POST", "/webhooks", json=bad) == (400, "body_invalid")


# -- Where they may go ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "https://",
        "https://[",
        "https://shop.example:99999/",
        "https://user:password@shop.example/",
        "https://shop.example/#part",
        "https://shop.example/a b",
        "https://shop.example/\r\nHost: x",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://" + "a" * 3000,
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(BodyInvalid):
        check_url(url, inside=())


def test_addresses_that_are_taken() -> None:
    check_url("https://shop.example/grija?key=1", inside=())
    check_url("https://93.184.216.34:8443/", inside=())
    check_url("http://hooks.intern:8080/", inside=("hooks.intern",))


def test_inside_and_outside() -> None:
    for address in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1%eth0", "fc00::1", "0.0.0.0",
                    "224.0.0.1", "::ffff:10.0.0.1", "2002:7f00:0001::", "64:ff9b::a9fe:a9fe"):  # fmt: skip
        assert not is_outside(address), address
    for address in ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"):
        assert is_outside(address), address


async def test_a_name_that_leads_to_the_inside_is_not_called(
    sqlite_store: Store, sqlite_settings: Settings, receiver: Receiver
) -> None:
    """A name is looked at when it is used: what it pointed to when it was added proves nothing."""
    async with sending(sqlite_store, sqlite_settings) as out:
        made, _ = await out.add(
            url=receiver.url.replace("127.0.0.1", "localhost"), kinds=["conversation.closed"], by="a"
        )
        await sqlite_store.write(tell)
    resolver = OutsideResolver(inside=())
    with pytest.raises(OSError, match="leads to the inside"):
        await resolver.resolve("localhost", 80)
    await resolver.close()
    async with sending(sqlite_store, sqlite_settings, webhook_hosts=()) as out:
        assert await out.deliver(made.id)
    assert receiver.came == []
    async with sending(sqlite_store, sqlite_settings) as out:
        await due(sqlite_store)
        assert await out.deliver(made.id) is None
    assert len(receiver.came) == 1


async def test_another_server_key_is_no_crash(
    sqlite_store: Store, sqlite_settings: Settings, receiver: Receiver
) -> None:
    async with sending(sqlite_store, sqlite_settings) as out:
        made, _ = await out.add(url=receiver.url, kinds=["conversation.closed"], by="admin")
        await sqlite_store.write(tell)
    other = Webhooks(
        sqlite_store,
        settings=replace(sqlite_settings, webhook_hosts=INSIDE),
        secret="l" * 32,
        metrics=Metrics(),
    )
    assert await other.deliver(made.id)
    await other.close()
    assert "SecretLost" in ((await sqlite_store.read(webhooks.everyone))[0].error or "")
