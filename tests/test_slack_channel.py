"""The Slack channel against a Slack of our own: every kind of event, once, where it belongs."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import datetime, timezone
from typing import Any

import pytest

from bot.errors import AttachmentUnavailable, DeliveryDelayed, StoreUnavailable
from bot.models import Address, IncomingFile, now
from bot.settings import Settings
from bot.store import addresses, inbox, installations, updates
from bot.store.installations import Installed
from bot.store.tables import address, revision
from channels.slack_texts import texts_in
from tests.platforms.slack import BOT_TOKEN, SlackDouble, Workspace, refused
from tests.platforms.slack_checks import shown
from tests.platforms.slack_deliveries import callback, command, press, sign
from tests.platforms.slack_server import ANNA, BORIS, Desk, OpenDesk, open_desk

pytest_plugins = ["tests.platforms.slack_fixtures"]


# -- What comes in --------------------------------------------------------------------------------------


async def test_a_direct_message_is_answered_there(desk: Desk) -> None:
    await desk.say(ANNA, "hello &amp; &lt;b&gt;")
    assert await desk.answered("DANNA", 1) == ["echo: hello & <b>"]


async def test_a_mention_is_answered_once_in_its_thread(desk: Desk) -> None:
    event = desk.slack.write(ANNA, "C1", "<@UBOT> hello")
    both = [callback(event), callback({**event, "type": "app_mention"})]
    assert [await desk.http.event(payload) for payload in both] == [200, 200]
    assert await desk.answered("C1", 1) == ["echo: hello"]
    (post,) = desk.slack.posts
    assert post.thread_ts == event["ts"]


async def test_a_thread_goes_on_without_mentions_for_who_asked_in_it(desk: Desk) -> None:
    root = await desk.say(ANNA, "<@UBOT> first", channel="C1")
    await desk.answered("C1", 1)
    await desk.say(ANNA, "second", channel="C1", thread_ts=root)
    await desk.say(BORIS, "among ourselves", channel="C1", thread_ts=root)
    await desk.say(ANNA, "<@UBORIS> to Boris", channel="C1", thread_ts=root)
    await desk.say(ANNA, "not in the thread", channel="C1")
    assert await desk.answered("C1", 2) == ["echo: first", "echo: second"]
    assert {post.thread_ts for post in desk.slack.posts} == {root}
    assert await desk.history(BORIS) == []


async def test_one_customer_has_one_conversation_and_each_answer_its_place(desk: Desk) -> None:
    root = await desk.say(ANNA, "<@UBOT> in the channel", channel="C1")
    await desk.say(ANNA, "directly")
    thread = await desk.say(ANNA, "a beginning")
    await desk.say(ANNA, "in its thread", thread_ts=thread)
    await desk.answered("DANNA", 3)
    places = {post.text: (post.channel, post.thread_ts) for post in desk.slack.posts}
    assert places == {
        "echo: in the channel": ("C1", root),
        "echo: directly": ("DANNA", None),
        "echo: a beginning": ("DANNA", None),
        "echo: in its thread": ("DANNA", thread),
    }
    assert len({said.conversation_id for said in await desk.history(ANNA)}) == 1


async def test_ourselves_and_other_bots_are_not_answered(desk: Desk) -> None:
    await desk.say("UBOT", "from us", channel="C1")
    await desk.say(ANNA, "<@UBOT> from a bot", channel="C1", bot_id="B9")
    await desk.settle()
    assert desk.slack.posts == []


async def test_an_edit_is_shown_and_not_answered_again(desk: Desk) -> None:
    ts = await desk.say(ANNA, "helo")
    await desk.answered("DANNA", 1)
    event = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "DANNA",
        "channel_type": "im",
        "ts": desk.slack.next_ts(),
        "message": {
            "user": ANNA,
            "text": "hello",
            "ts": ts,
            "edited": {"user": ANNA, "ts": desk.slack.next_ts()},
        },
        "previous_message": {"user": ANNA, "text": "helo", "ts": ts},
    }
    assert await desk.http.event(callback(event)) == 200
    await desk.settle()
    asked, _ = await desk.history(ANNA)
    assert (asked.text, asked.edited_at is not None) == ("hello", True)
    assert desk.slack.texts("DANNA") == ["echo: helo"]


async def test_a_deletion_empties_the_message(desk: Desk) -> None:
    ts = await desk.say(ANNA, "secret")
    await desk.answered("DANNA", 1)
    event = {"type": "message", "subtype": "message_deleted", "channel": "DANNA", "channel_type": "im",
             "ts": desk.slack.next_ts(), "deleted_ts": ts}  # fmt: skip
    assert await desk.http.event(callback(event)) == 200
    await desk.settle()
    asked, _ = await desk.history(ANNA)
    assert (asked.text, asked.deleted_at is not None) == ("", True)


async def test_changes_of_what_others_say_in_a_channel_are_not_kept(desk: Desk) -> None:
    event = {"type": "message", "subtype": "message_deleted", "channel": "C1", "channel_type": "channel",
             "ts": desk.slack.next_ts(), "deleted_ts": "99.9"}  # fmt: skip
    assert await desk.http.event(callback(event)) == 200
    await desk.settle()
    assert await desk.grija.store.read(lambda tx: tx.execute(revision.select()).all()) == []


async def test_a_button_is_pressed_by_who_it_was_offered_to(desk: Desk) -> None:
    root = await desk.say(ANNA, "<@UBOT> buttons", channel="C1")
    await desk.answered("C1", 1)
    (offer,) = desk.slack.posts
    assert [button["text"]["text"] for button in offer.buttons] == ["Yes", "No"]
    assert await desk.http.interact(press(BORIS, offer)) == 200
    assert await desk.http.interact(press(ANNA, offer, team="T9")) == 200
    assert await desk.answered("C1", 2) == ["echo: buttons", "echo: /affirm"]
    assert desk.slack.posts[-1].thread_ts == root
    assert await desk.asked(BORIS) == []


async def test_a_press_delivered_again_is_one_press(desk: Desk) -> None:
    await desk.say(ANNA, "buttons")
    await desk.answered("DANNA", 1)
    pressed = press(ANNA, desk.slack.posts[0])
    assert {await desk.http.interact(pressed) for _ in range(3)} == {200}
    await desk.settle()
    assert desk.slack.texts("DANNA") == ["echo: buttons", "echo: /affirm"]


async def test_a_command_is_answered_in_the_direct_message(desk: Desk) -> None:
    assert await desk.http.command(command(ANNA, "where is it?")) == 200
    assert json.loads(desk.http.answers[-1][1]) == {
        "response_type": "ephemeral",
        "text": texts_in("en")["coming"],
    }
    assert await desk.answered("DANNA", 1) == ["echo: where is it?"]


async def test_a_command_without_words_tells_how_to_use_it(desk: Desk) -> None:
    assert await desk.http.command(command(ANNA, "  ")) == 200
    assert json.loads(desk.http.answers[-1][1])["text"] == texts_in("en")["usage"]
    await desk.settle()
    assert await desk.history(ANNA) == []


async def test_the_app_home_shows_the_open_conversation(desk: Desk) -> None:
    await desk.say(ANNA, "hello &lt;!channel&gt;")
    await desk.answered("DANNA", 1)
    opened = {"type": "app_home_opened", "user": ANNA, "channel": "DANNA", "tab": "home", "event_ts": "1.0"}
    assert await desk.http.event(callback(opened)) == 200
    await asyncio.gather(*desk.channel._courtesies._tasks)
    sections = [block["text"]["text"] for block in desk.slack.homes[ANNA] if block["type"] == "section"]
    assert [shown(text) for text in sections] == ["hello <!channel>", "echo: hello <!channel>"]
    assert await desk.http.event(callback({**opened, "user": BORIS})) == 200
    await asyncio.gather(*desk.channel._courtesies._tasks)
    assert texts_in("en")["empty"] in str(desk.slack.homes[BORIS])


async def test_name_and_locale_come_from_slack_and_their_lack_delays_nothing(desk: Desk) -> None:
    desk.slack.faults["users.info"] = [refused("missing_scope")]
    await desk.say(BORIS, "hello")
    await desk.answered("DBORIS", 1)
    await desk.say(ANNA, "hello")
    await desk.answered("DANNA", 1)
    await desk.say(ANNA, "again")
    await desk.answered("DANNA", 2)
    asked = [given["user"] for given in desk.slack.called("users.info") if "include_locale" in given]
    assert asked == [BORIS, ANNA], "asked once for each customer"
    assert [said.author.name for said in await desk.history(ANNA)][:1] == ["Anna"]
    locales = await desk.grija.store.read(
        lambda tx: dict(
            tx.execute(address.select().with_only_columns(address.c.external_id, address.c.locale)).all()
        )
    )
    assert locales == {ANNA: "pl-PL", BORIS: None}


# -- Again, mixed up, broken ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
async def test_deliveries_repeated_and_shuffled_are_one_turn_each(
    in_haste: None, settings: Settings, slack: SlackDouble, seed: int
) -> None:
    chance = random.Random(seed)
    users = [ANNA, BORIS, "UCORA"]
    async with open_desk(settings, slack, socket_mode=True) as desk:
        await slack.sockets.connected(2)
        payloads = [
            callback(slack.write(user, slack.direct(user), f"{user} {number}"))
            for number in range(5)
            for user in users
        ]
        deliveries = [payload for payload in payloads for _ in range(chance.randint(1, 5))]
        chance.shuffle(deliveries)
        await asyncio.gather(
            *(
                desk.http.event(payload)
                if chance.random() < 0.5
                else slack.sockets.deliver("events_api", payload)
                for payload in deliveries
            )
        )
        for user in users:
            wanted = {f"{user} {number}" for number in range(5)}
            answers = await desk.answered(slack.direct(user), 5)
            assert sorted(answers) == sorted(f"echo: {text}" for text in wanted)
            assert [f"echo: {text}" for text in await desk.asked(user)] == answers, (
                "answered in the order of arrival"
            )


async def test_a_poison_delivery_among_a_hundred_is_set_aside_alone(desk: Desk) -> None:
    for number in range(100):
        await desk.say(ANNA, str(number))
        if number == 50:
            broken = callback({"type": "message", "channel_type": "im", "user": ANNA, "text": "no ts"})
            assert await desk.http.event(broken) == 200
    answers = await desk.answered("DANNA", 100)
    assert answers == [f"echo: {number}" for number in range(100)]
    (poison,) = await desk.grija.store.read(updates.quarantined)
    assert "no ts" in poison.raw


async def test_a_body_that_is_no_json_is_kept_and_set_aside(desk: Desk) -> None:
    assert await desk.http.raw(b"{broken", sign(b"{broken")) == 200
    await desk.settle()
    (poison,) = await desk.grija.store.read(updates.quarantined)
    assert poison.raw == "{broken"


async def test_without_the_store_slack_is_not_told_yes_and_delivers_again(
    sqlite_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sqlite_desk() as desk:
        keep, failures = desk.grija.hub.updates.keep, [1, 2]

        async def failing(*given: Any, **named: Any) -> int:
            if failures:
                failures.pop()
                raise StoreUnavailable("told to fail")
            return await keep(*given, **named)

        monkeypatch.setattr(desk.grija.hub.updates, "keep", failing)
        await desk.say(ANNA, "hello")
        assert [status for status, _ in desk.http.answers] == [503, 503, 200]
        assert await desk.answered("DANNA", 1) == ["echo: hello"]


async def test_slow_answers_are_delivered_again_and_are_one_turn(
    sqlite_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sqlite_desk() as desk:
        keep, held = desk.grija.hub.updates.keep, [asyncio.Event()]

        async def slow(*given: Any, **named: Any) -> int:
            kept = await keep(*given, **named)
            if held:
                await held.pop().wait()
            return kept

        monkeypatch.setattr(desk.grija.hub.updates, "keep", slow)
        desk.http.patience = 0.2
        await desk.say(ANNA, "hello")
        assert await desk.answered("DANNA", 1) == ["echo: hello"]


async def test_slack_checks_the_address_of_the_webhook(desk: Desk) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc<script>"}).encode()
    assert await desk.http.raw(body, sign(body)) == 200
    assert desk.http.answers[-1][1] == "abc<script>"
    assert await desk.http.raw(body, {}) == 401


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "/restart", '/deny{"a": 1}', "EXTERNAL: x", "\x00\ud800"]
)
async def test_text_is_text(sqlite_desk: OpenDesk, text: str) -> None:
    async with sqlite_desk() as desk:
        await desk.say(ANNA, text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") + " x")
        (answer,) = await desk.answered("DANNA", 1)
        assert answer.startswith("echo: ")
        assert "\x00" not in answer
        assert (await desk.grija.store.read(inbox.depth)) == {"waiting": 0, "dead": 0}


# -- Files ----------------------------------------------------------------------------------------------


async def bytes_of(desk: Desk, file_id: str) -> bytes:
    pieces = await desk.channel.fetch(IncomingFile("photo", f"T1/{file_id}"))
    return b"".join([piece async for piece in pieces])


async def test_a_file_is_read_with_the_token_of_its_workspace(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        described = desk.slack.add_file("box.png", "image/png", b"x" * 200_000)
        assert await bytes_of(desk, described["id"]) == b"x" * 200_000


async def test_a_file_that_slack_does_not_give_out_is_unavailable(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        with pytest.raises(AttachmentUnavailable):
            await bytes_of(desk, "F999")
        elsewhere = desk.slack.add_file(
            "a.png", "image/png", b"x", url_private_download="https://evil.example/a.png"
        )
        with pytest.raises(AttachmentUnavailable):
            await bytes_of(desk, elsewhere["id"])


async def test_a_file_waits_while_slack_refuses_the_token(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        described = desk.slack.add_file("box.png", "image/png", b"x" * 9)
        team = desk.slack.workspaces.pop(BOT_TOKEN)
        with pytest.raises(DeliveryDelayed, match="invalid_auth"):
            await bytes_of(desk, described["id"])
        desk.slack.workspaces[BOT_TOKEN] = team
        assert await bytes_of(desk, described["id"]) == b"x" * 9


async def test_the_page_to_sign_in_is_no_picture(
    sqlite_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sqlite_desk() as desk:
        described = desk.slack.add_file("box.png", "image/png", b"x")
        # Between the question and the download the token is revoked.
        pieces = await desk.channel.fetch(IncomingFile("photo", f"T1/{described['id']}"))
        del desk.slack.workspaces[BOT_TOKEN]
        with pytest.raises(AttachmentUnavailable):
            await pieces.__anext__()


async def test_that_slack_holds_events_back_is_told(
    sqlite_desk: OpenDesk, caplog: pytest.LogCaptureFixture
) -> None:
    async with sqlite_desk() as desk:
        assert await desk.http.event({"type": "app_rate_limited", "team_id": "T1", "api_app_id": "A1"}) == 200
        await desk.settle()
        assert "slack.too_many_events" in caplog.text
        assert desk.slack.posts == []


# -- Several workspaces ---------------------------------------------------------------------------------


async def test_each_workspace_is_answered_with_its_own_token(sqlite_desk: OpenDesk) -> None:
    async with sqlite_desk() as desk:
        desk.slack.workspaces["xoxb-2"] = Workspace("T2", "xoxb-2", "UBOT2")
        moment = datetime.fromtimestamp(1_700_000_000, timezone.utc)
        await desk.grija.store.write(installations.save, Installed("slack", "T2", "xoxb-2", {}, moment))
        event = desk.slack.write(ANNA, desk.slack.direct(ANNA), "hello")
        assert await desk.http.event(callback(event, team="T2", bot="UBOT2")) == 200
        await desk.answered("DANNA", 1)
        assert desk.slack.places["DANNA"].messages[-1]["user"] == "UBOT2"
        assert await desk.asked(ANNA, "T2") == ["hello"]
        assert await desk.history(ANNA, "T1") == []
        assert "xoxb-2" not in repr(await desk.grija.store.read(installations.find, "slack", "T2"))


@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["UBOT2"]}}]
)
async def test_an_uninstalled_workspace_is_forgotten(sqlite_desk: OpenDesk, event: dict[str, Any]) -> None:
    async with sqlite_desk(slack_bot_token="", slack_client_id="1", slack_client_secret="2") as desk:
        # Delivered late: the workspace has been installed again since.
        await desk.grija.store.write(installations.save, Installed("slack", "T2", "xoxb-2", {}, now()))
        late = callback(event, team="T2")
        assert await desk.http.event(late) == 200
        assert await desk.grija.store.read(installations.find, "slack", "T2") is not None
        assert await desk.http.event({**late, "event_id": "Ev2", "event_time": now().timestamp() + 1}) == 200
        assert await desk.grija.store.read(installations.find, "slack", "T2") is None
        said = desk.slack.write(ANNA, desk.slack.direct(ANNA), "hello")
        assert await desk.http.event(callback(said, team="T2")) == 200
        await desk.settle()
        known = await desk.grija.store.read(addresses.find, "slack", "T2", ANNA)
        assert isinstance(known, Address)
        assert desk.slack.posts == []
