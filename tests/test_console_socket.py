"""The console's socket: who may open it, what it tells, who types and who looks, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from bot.broker import QUEUE, customer_topic, desk_topic
from bot.broker.typing import read_typing, typing_news
from bot.console import frames
from bot.console.board import Board
from bot.console.rounds import Rounds, View
from bot.console.viewers import Viewers, Window
from bot.errors import FrameInvalid, StoreUnavailable
from bot.models import Agent, Author, AuthorKind, Presence, Role, Status, new_id, now
from bot.store import Connection, api_tokens, desk
from bot.store.sessions import digest_of
from bot.store.shown import QUEUES, Counts, Lists
from bot.store.tables import agent, conversation
from tests.conftest import Server, StartServer, until
from tests.desk_client import PROTOCOL, ConsoleSocket, signed_in
from tests.desk_seeds import add_agents, an_agent, talk
from tests.statements import statements
from tests.widget_client import open_widget

EMPTY = Lists([], [], [], [], [], Counts(0, 0, 0, 0, 0))


@pytest.fixture
async def server(start_sqlite_server: StartServer) -> AsyncIterator[Server]:
    async with start_sqlite_server() as running:
        yield running


async def owned(server: Server, who: Agent) -> tuple[str, str]:
    """A conversation that an agent has, and its customer."""
    key = await server.grija.store.write(lambda tx: talk(tx, status=Status.HUMAN, owner=who.id, epoch=1))
    query = sa.select(conversation.c.customer_id).where(conversation.c.id == key)
    return key, await server.grija.store.read(lambda tx: tx.execute(query).scalar())


# Who may come in


async def test_only_our_own_page_with_a_session_opens_a_socket(server: Server) -> None:
    trainer = an_agent("T", Role.TRAINER)
    url = f"{server.url}/console/ws"
    program = an_agent("P")
    await add_agents(server.grija.store, [program])
    scopes = ["desk:read", "desk:write"]
    await server.grija.store.write(
        api_tokens.add, program, digest=digest_of("grija_good"), name="x", scopes=scopes, days=None
    )
    token = {"Authorization": "Bearer grija_good"}
    async with signed_in(server.grija, server.url, trainer) as refused, aiohttp.ClientSession() as nobody:
        async with nobody.get(f"{server.url}/api/v1/queue", headers=token) as answer:
            assert answer.status == 200
        for session, headers, status in (
            (nobody, {"Origin": server.url}, 401),
            (nobody, {"Origin": server.url} | token, 401),
            (refused.session, {"Origin": server.url}, 403),
            (refused.session, {"Origin": "https://elsewhere.example"}, 403),
            (refused.session, {}, 403),
        ):
            with pytest.raises(aiohttp.WSServerHandshakeError) as kept_out:
                await session.ws_connect(url, protocols=(PROTOCOL,), headers=headers)
            assert kept_out.value.status == status


async def test_another_sites_page_opens_no_socket_with_the_agents_cookie(server: Server) -> None:
    async with signed_in(server.grija, server.url, an_agent()) as anna:
        with pytest.raises(aiohttp.WSServerHandshakeError) as answer:
            await anna.session.ws_connect(
                f"{server.url}/console/ws", headers={"Origin": "https://elsewhere.example"}
            )
        assert answer.value.status == 403


@pytest.mark.parametrize("how", ["sign out", "disable", "change role"])
async def test_a_lost_right_ends_the_socket(server: Server, how: str) -> None:
    people, who = server.grija.people, an_agent()
    async with signed_in(server.grija, server.url, who) as anna, anna.socket() as socket:
        if how == "sign out":
            status, _ = await anna.ask("DELETE", "/session")
            assert status == 204
        else:
            # Behind our back, by another process: noticed with the next frame.
            values: dict[str, Any] = {"disabled_at": now()} if how == "disable" else {"role": "trainer"}
            await server.grija.store.write(lambda tx: tx.execute(sa.update(agent).values(**values)))
            await socket.send(type="ping")
        await socket.expect("signed_out")
        with pytest.raises(ConnectionError, match="4401"):
            await socket.receive()

        async def gone() -> bool:
            return people.live.count == 0

        await until(gone)


async def test_an_open_console_makes_its_agent_present(server: Server) -> None:
    who = an_agent()

    async def seen() -> bool:
        query = sa.select(agent.c.present_at).where(agent.c.id == who.id)
        return await server.grija.store.read(lambda tx: tx.execute(query).scalar()) is not None

    async with signed_in(server.grija, server.url, who, known=False) as anna:
        assert not await seen()
        async with anna.socket():
            await until(seen)


# What it tells


async def test_a_wish_for_a_person_reaches_every_console_as_news_of_the_queue(server: Server) -> None:
    async with (
        signed_in(server.grija, server.url, an_agent("Anna")) as anna,
        signed_in(server.grija, server.url, an_agent("Maria", Role.SUPERVISOR)) as maria,
        anna.socket() as one,
        maria.socket() as other,
    ):
        await server.grija.store.write(lambda tx: talk(tx))
        server.grija.broker.publish(desk_topic(), QUEUE)
        await one.expect("queue")
        await other.expect("queue")
        assert (await anna.get("/queue"))["counts"]["waiting"] == 1


async def test_many_changes_are_few_announcements_and_the_last_is_not_lost(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rounds, "gap", 0.5)
    loop, sent = asyncio.get_running_loop(), 0
    async with signed_in(server.grija, server.url, an_agent()) as anna, anna.socket() as socket:
        began = loop.time()
        for _ in range(6):
            server.grija.broker.publish(desk_topic(), QUEUE)
            # Each news is announced, at once or later.
            await socket.expect("queue")
            sent += 1
        for _ in range(20):
            server.grija.broker.publish(desk_topic(), QUEUE)
            await socket.pong()
        server.grija.broker.publish(desk_topic(), QUEUE)
        await socket.expect("queue")
        sent += 1 + [frame["type"] for frame in socket.others].count("queue")
        # Four at once, and then one for each gap, whatever the machine does meanwhile.
        assert sent <= 4 + 1 + (loop.time() - began) / 0.5


async def test_the_longer_lists_take_the_seldomer_they_are_announced() -> None:
    async def read(wanted: Mapping[str, bool], began: float) -> Mapping[str, View]:
        clock.append(clock[-1] + 0.2)
        return {}

    clock = [0.0]
    rounds = Rounds(read, clock=lambda: clock[-1])
    assert rounds.gap == 0.05
    heard = Heard("anna")
    rounds.ask(heard)
    assert await heard.next() is None
    assert rounds.gap == pytest.approx(0.8)
    await rounds.close()


class Heard:
    """A console that notes what it hears."""

    def __init__(self, session: str, *, wants_lists: bool = False) -> None:
        self.session, self.wants_lists = session, wants_lists
        self.views: asyncio.Queue[View | Exception | None] = asyncio.Queue()

    def hear(self, view: View | Exception | None) -> None:
        self.views.put_nowait(view)

    async def next(self) -> View | Exception | None:
        return await asyncio.wait_for(self.views.get(), 20)


async def test_one_reading_serves_all_consoles_that_ask_before_it_begins() -> None:
    rounds_read: list[dict[str, bool]] = []
    reads, goes_on = asyncio.Event(), asyncio.Event()

    async def read(wanted: Mapping[str, bool], began: float) -> Mapping[str, View]:
        rounds_read.append(dict(wanted))
        reads.set()
        await goes_on.wait()
        return {session: View(began) for session in wanted if session != "gone"}

    rounds = Rounds(read)
    anna, window, piotr, gone, left = (
        Heard("anna"), Heard("anna", wants_lists=True), Heard("piotr"), Heard("gone"), Heard("left"),
    )  # fmt: skip
    for one in (anna, window, gone, left):
        rounds.ask(one)
    rounds.forget(left)
    await reads.wait()
    # These may have missed what has changed since the reading began.
    for _ in range(3):
        rounds.ask(piotr)
        rounds.ask(anna)
    goes_on.set()
    first = await anna.next()
    second = await anna.next()
    assert isinstance(first, View)
    assert isinstance(second, View)
    assert first.began < second.began
    assert await piotr.next() == second
    assert await window.next() == first
    assert await gone.next() is None
    assert rounds_read == [{"anna": True, "gone": False}, {"piotr": False, "anna": False}]
    await rounds.close()
    assert left.views.empty()


async def test_a_reading_that_fails_is_told_and_the_next_one_is_made() -> None:
    failures = [StoreUnavailable("gone")]

    async def read(wanted: Mapping[str, bool], began: float) -> Mapping[str, View]:
        if failures:
            raise failures.pop()
        return {"anna": View(began)}

    rounds, anna = Rounds(read), Heard("anna")
    rounds.ask(anna)
    assert isinstance(await anna.next(), StoreUnavailable)
    rounds.ask(anna)
    assert isinstance(await anna.next(), View)
    await rounds.close()


async def test_a_console_that_asks_for_the_lists_is_sent_what_it_would_read(server: Server) -> None:
    anna, maria = an_agent("Anna"), an_agent("Maria", Role.SUPERVISOR)
    async with (
        signed_in(server.grija, server.url, anna) as annas,
        signed_in(server.grija, server.url, maria) as marias,
        annas.socket() as one,
        annas.socket() as other,
        marias.socket() as supervising,
    ):
        for socket in (one, supervising):
            await socket.send(type="lists", on=True)
            assert (await socket.expect("lists"))["queue"]["counts"]["waiting"] == 0

        def seed(tx: Connection) -> None:
            # Nobody waits: those who do are told something meanwhile.
            talk(tx, status=Status.HUMAN, owner=anna.id)
            talk(tx, status=Status.BOT)

        await server.grija.store.write(seed)
        server.grija.broker.publish(desk_topic(), QUEUE)
        for socket, client, counts in ((one, annas, (1, 0)), (supervising, marias, (0, 1))):
            shown = (await socket.expect("lists"))["queue"]
            assert (shown["counts"]["mine"], shown["counts"]["others"]) == counts
            assert without_times(shown) == without_times(await client.get("/queue"))
        # The other window of the same browser reads by itself.
        await other.expect("queue")
        assert "lists" not in [frame["type"] for frame in other.others]
        await one.send(type="lists", on=False)
        await one.pong()
        server.grija.broker.publish(desk_topic(), QUEUE)
        await one.expect("queue")


def without_times(queue: dict[str, Any]) -> dict[str, Any]:
    """Lists that were read at another moment are the same but for the seconds that somebody waits."""
    lists: dict[str, Any] = {name: [item | {"waited_s": None} for item in queue[name]] for name in QUEUES}
    return {**lists, "counts": queue["counts"]}


@pytest.mark.parametrize(
    "change",
    [{"role": "trainer"}, {"disabled_at": now()}, {"generation": 7}],
    ids=["role", "disabled", "ended"],
)
async def test_who_has_lost_the_right_is_sent_no_lists_but_signed_out(
    server: Server, change: dict[str, Any]
) -> None:
    async with signed_in(server.grija, server.url, an_agent()) as anna, anna.socket() as socket:
        await socket.send(type="lists", on=True)
        await socket.expect("lists")
        # By another process, which tells us nothing; and the page says nothing either.
        await server.grija.store.write(lambda tx: tx.execute(sa.update(agent).values(**change)))
        server.grija.broker.publish(desk_topic(), QUEUE)
        assert (await socket.receive())["type"] == "signed_out"
        with pytest.raises(ConnectionError, match="4401"):
            await socket.receive()


async def test_a_change_costs_the_same_queries_however_many_consoles_there_are(server: Server) -> None:
    async def cost(sockets: list[ConsoleSocket]) -> int:
        with statements() as seen:
            server.grija.broker.publish(desk_topic(), QUEUE)
            for socket in sockets:
                await socket.expect("lists")
        return sum("last_message" in text for text, _ in seen)

    async with AsyncExitStack() as stack:
        sockets = []
        for _ in range(5):
            client = await stack.enter_async_context(signed_in(server.grija, server.url, an_agent()))
            socket = await stack.enter_async_context(client.socket())
            await socket.send(type="lists", on=True)
            await socket.expect("lists")
            sockets.append(socket)
        await server.grija.store.write(lambda tx: [talk(tx) for _ in range(3)])
        assert await cost(sockets) == 1


async def test_the_watched_conversation_and_ones_own_are_told_of(server: Server) -> None:
    who = an_agent()
    async with signed_in(server.grija, server.url, who) as anna:
        watched, watched_customer = await owned(server, an_agent("Piotr"))
        own, _ = await owned(server, who)
        async with anna.socket() as socket:
            await socket.send(type="watch", conversation=watched)
            # What has changed while the page was reading.
            await socket.expect("conversation", id=watched)
            server.grija.broker.publish(customer_topic(watched_customer), "changed")
            await socket.expect("conversation", id=watched)
            change = sa.update(conversation).where(conversation.c.id == own).values(last_seq=3)
            await server.grija.store.write(lambda tx: tx.execute(change))
            server.grija.broker.publish(desk_topic(), QUEUE)
            await socket.expect("conversation", id=own)
            await socket.send(type="watch", conversation=None)
            await socket.pong()
            server.grija.broker.publish(customer_topic(watched_customer), "changed")
            assert await socket.pong() == []


async def test_an_offer_comes_and_ends_when_somebody_else_takes_it(server: Server) -> None:
    who, maria = (
        an_agent("Anna", presence=Presence.ONLINE, languages=("en",)),
        an_agent("Maria", Role.SUPERVISOR),
    )
    await add_agents(server.grija.store, [maria])
    key = await server.grija.store.write(lambda tx: talk(tx))
    async with signed_in(server.grija, server.url, who) as anna, anna.socket() as socket:
        shown = await socket.expect("offer")
        assert shown["item"]["conversation"] == key
        assert shown["item"]["offered_to"] == who.id
        assert shown["until"] == shown["item"]["offered_until"]
        await server.grija.desk.take(maria.id, key, epoch=0)
        assert (await socket.expect("offer_ended"))["handoff"] == shown["item"]["handoff"]


async def test_a_mention_is_told_until_it_is_read(server: Server) -> None:
    who, piotr = an_agent("Anna"), an_agent("Piotr")
    await add_agents(server.grija.store, [piotr])
    async with signed_in(server.grija, server.url, who) as anna:
        key = await server.grija.store.write(lambda tx: talk(tx))
        await server.grija.desk.note(piotr.id, key, "look at this, <b>please</b>", [who.id])
        told = {"type": "mention", "conversation": key, "by": "Piotr"}
        async with anna.socket() as socket:
            assert await socket.expect("mention") == told
            await server.grija.desk.note(piotr.id, key, "and at that", [who.id])
            assert await socket.expect("mention") == told
            await anna.get(f"/conversations/{key}/timeline")
            assert [frame for frame in await socket.pong() if frame["type"] == "mention"] == []
        async with anna.socket() as again:
            assert [frame for frame in await again.pong() if frame["type"] == "mention"] == []


async def test_lists_that_cannot_be_read_are_told_to_who_asked_and_not_kept() -> None:
    rounds: list[list[str]] = []

    async def read(people: list[Agent]) -> dict[str, Lists]:
        rounds.append([who.name for who in people])
        if len(rounds) == 1:
            raise StoreUnavailable("gone")
        return {who.id: EMPTY for who in people}

    board, who = Board(read), an_agent()
    with pytest.raises(StoreUnavailable):
        await board.lists(who)
    assert await board.lists(who) is EMPTY


async def test_those_who_ask_together_share_a_reading_that_began_after_they_asked() -> None:
    rounds: list[set[str]] = []
    began, gate = asyncio.Event(), asyncio.Event()

    async def read(people: list[Agent]) -> dict[str, Lists]:
        rounds.append({who.name for who in people})
        began.set()
        await gate.wait()
        return {who.id: EMPTY for who in people}

    board = Board(read)
    first = asyncio.create_task(board.lists(an_agent("first")))
    await began.wait()
    late = [asyncio.create_task(board.lists(an_agent(f"late {number}"))) for number in range(5)]
    await asyncio.sleep(0)
    late[0].cancel()
    gate.set()
    await asyncio.gather(first, *late[1:])
    assert rounds == [{"first"}, {f"late {number}" for number in range(5)}]


# Typing and viewers


async def test_agents_see_who_else_looks_and_types(server: Server) -> None:
    anna, piotr = an_agent("Anna"), an_agent("Piotr")
    key = await server.grija.store.write(lambda tx: talk(tx))
    async with (
        signed_in(server.grija, server.url, anna) as annas,
        signed_in(server.grija, server.url, piotr) as piotrs,
        annas.socket() as one,
    ):
        await one.send(type="watch", conversation=key)
        await one.expect("viewers", agents=[{"id": anna.id, "name": "Anna", "typing": False}])
        async with piotrs.socket() as other:
            await other.send(type="watch", conversation=key)
            both = [viewer(anna), viewer(piotr)]
            await one.expect("viewers", agents=both)
            await other.expect("viewers", agents=both)
            await other.send(type="typing", conversation=key, on=True)
            await one.expect("viewers", agents=[viewer(anna), viewer(piotr, typing=True)])
            assert (await annas.get(f"/conversations/{key}"))["viewers"][1]["typing"] is True
            await other.send(type="typing", conversation=key, on=False)
            await one.expect("viewers", agents=both)
        await one.expect("viewers", agents=[viewer(anna)])


def viewer(who: Agent, *, typing: bool = False) -> dict[str, Any]:
    return {"id": who.id, "name": who.name, "typing": typing}


def test_an_agent_with_two_windows_is_one_viewer() -> None:
    told: list[str] = []
    viewers = Viewers()
    windows = [
        Window("a", "Anna", lambda: told.append("one")),
        Window("a", "Anna", lambda: told.append("two")),
    ]
    for window in windows:
        viewers.watch(window, "c")
    viewers.type(windows[0], True)
    (seen,) = viewers.of("c")
    assert seen.typing
    viewers.watch(windows[0], None)
    (seen,) = viewers.of("c")
    assert not seen.typing
    viewers.watch(windows[1], "other")
    assert viewers.of("c") == []
    assert told == ["one", "one", "two", "one", "two", "two", "two"]


async def test_customer_and_agent_see_each_other_type(server: Server) -> None:
    who = an_agent("Anna")
    async with signed_in(server.grija, server.url, who) as anna, open_widget(server.url) as customer:
        await customer.hello()
        said = await customer.say("hello", "1")
        await customer.expect("typing")
        key = await conversation_of(server, said["id"])
        async with anna.socket() as socket:
            await socket.send(type="watch", conversation=key)
            await socket.expect("viewers")
            await customer.send({"type": "typing", "on": True})
            await socket.expect("typing", conversation=key, on=True, author={"kind": "customer", "name": ""})
            await customer.send({"type": "typing", "on": False})
            await socket.expect("typing", on=False)
            # Not yet hers: the customer is not told of somebody who may never answer.
            await socket.send(type="typing", conversation=key, on=True)
            await socket.pong()
            await server.grija.desk.take(who.id, key, epoch=0)
            await customer.expect("status")
            assert not any(frame["author"]["kind"] == "agent" for frame in typing_of(customer.others))
            await socket.send(type="typing", conversation=key, on=True)
            shown = await customer.expect("typing")
            assert shown == {"type": "typing", "author": {"kind": "agent", "name": "Anna"}, "on": True}
        # The socket has gone, and with it the typing.
        assert (await customer.expect("typing"))["on"] is False


def typing_of(seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [frame for frame in seen if frame["type"] == "typing"]


async def conversation_of(server: Server, message_id: str) -> str:
    from bot.store.tables import message

    query = sa.select(message.c.conversation_id).where(message.c.id == message_id)
    return str(await server.grija.store.read(lambda tx: tx.execute(query).scalar()))


@pytest.mark.parametrize("name", ["Anna", "", "a/b/1", "typing/agent/1/x"])
def test_news_of_typing_come_back_as_they_were(name: str) -> None:
    for on in (True, False):
        author = Author(AuthorKind.AGENT, name)
        found = read_typing(typing_news(author, on))
        assert found is not None
        assert (found.author, found.on) == (author, on)
    assert read_typing("typing") is None


# Bad frames


@pytest.mark.parametrize(
    "data",
    [
        "", "x", "[]", "null", "{}", '{"type": "take"}', '{"type": "watch"}', '{"type": "watch", "conversation": 5}',
        '{"type": "typing", "conversation": "c", "on": "yes"}', '{"type": "watch", "conversation": "\\u0000"}',
        '{"type": "ping"', "[" * 3000, '{"type": "watch", "conversation": "\ud800"}',
    ],
)  # fmt: skip
def test_what_is_no_frame_is_refused_with_a_reason(data: str) -> None:
    with pytest.raises(FrameInvalid):
        frames.parse_frame(data)


async def test_bad_frames_get_errors_and_many_of_them_end_the_socket(server: Server) -> None:
    async with signed_in(server.grija, server.url, an_agent()) as anna, anna.socket() as socket:
        await socket.send(type="watch", conversation=new_id())
        assert (await socket.expect("error"))["code"] == "unknown"
        await socket.send(type="typing", conversation=new_id(), on=True)
        assert (await socket.expect("error"))["code"] == "bad_frame"
        await socket.socket.send_bytes(b"{}")
        assert (await socket.expect("error"))["code"] == "bad_frame"
        await socket.pong()
        for _ in range(20):
            await socket.socket.send_str("x")
        with pytest.raises(ConnectionError, match="1008"):
            await socket.expect("nothing more")


async def test_an_overlong_frame_ends_the_socket(server: Server) -> None:
    async with signed_in(server.grija, server.url, an_agent()) as anna, anna.socket() as socket:
        await socket.socket.send_str(json.dumps({"type": "ping", "x": "y" * 5000}))
        with pytest.raises(ConnectionError, match="1009"):
            await socket.expect("nothing more")


async def test_a_store_that_does_not_answer_ends_the_socket_to_come_back(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(tx: object, agent_id: str) -> None:
        raise StoreUnavailable("gone")

    async with signed_in(server.grija, server.url, an_agent()) as anna, anna.socket() as socket:
        await socket.pong()
        monkeypatch.setattr(desk, "own_ends", gone)
        server.grija.broker.publish(desk_topic(), QUEUE)
        with pytest.raises(ConnectionError, match="1013"):
            await socket.expect("nothing more")


# The page


async def test_the_page_may_run_nothing_but_its_own_files(server: Server, tmp_path: Any) -> None:
    (tmp_path / "console.html").write_text("<!doctype html><title>Grija</title>")
    object.__setattr__(server.grija.console, "_dist", tmp_path)
    async with aiohttp.ClientSession() as session:
        for path in ("/console", "/console/"):
            async with session.get(server.url + path) as response:
                assert response.status == 200
                policy = response.headers["Content-Security-Policy"]
                assert "unsafe" not in policy
                for part in ("default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"):
                    assert part in policy.split("; ")
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["X-Frame-Options"] == "DENY"
