"""The widget's conversation in a real Chromium, against a small server of the protocol on loopback."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, expect

from tests.widget_browser import visit
from tests.widget_double import WidgetDouble

pytest_plugins = ["tests.widget_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

AGENT = {"kind": "agent", "name": "Maria"}


async def test_a_customer_writes_and_is_answered(context: BrowserContext, server: WidgetDouble) -> None:
    server.answers = lambda text: f"You said: {text}"
    chat = await (await visit(context, server)).open()
    await chat.write("Where is my order 10024?")
    await chat.shows("Where is my order 10024?", "You said: Where is my order 10024?")
    await expect(chat.messages.nth(0)).to_contain_text("You")
    await expect(chat.messages.nth(1)).to_contain_text("Grija")
    assert await chat.messages.nth(1).locator("time").get_attribute("title")
    await expect(chat.area).to_have_value("")
    hello = server.heard[0]
    assert (hello["token"], hello["last_seq"], hello["locale"]) == (None, 0, "en-GB")


async def test_nothing_connects_before_the_customer_wants_to_chat(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await visit(context, server)
    assert server.heard == []
    assert await chat.page.evaluate("Object.keys(localStorage)") == []
    await chat.open()
    assert [frame["type"] for frame in server.heard] == ["hello"]


HOSTILE = (
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    '"><svg onload=document.title="taken">',
    "{{7*7}} ${7*7} </textarea><b>",
    "javascript:document.title='taken'",
)


async def test_text_stays_text_wherever_it_comes_from(context: BrowserContext, server: WidgetDouble) -> None:
    chat = await (await visit(context, server)).open()
    title = await chat.page.title()
    for text in HOSTILE:
        await chat.write(text)
        await server.hears(lambda frame, text=text: frame.get("text") == text)  # type: ignore[misc]
        await server.say(text, author={"kind": "agent", "name": text}, buttons=(text,))
    await expect(chat.bubbles).to_have_count(2 * len(HOSTILE))
    await chat.shows(*(text for text in HOSTILE for _ in range(2)))
    await server.push({"type": "typing", "author": {"kind": "agent", "name": HOSTILE[0]}, "on": True})
    await expect(chat.panel.get_by_text("is typing")).to_contain_text(HOSTILE[0])
    await server.push({"type": "error", "code": "<b>new</b>", "message": HOSTILE[1]})
    await expect(chat.panel.get_by_role("alert")).to_have_text(HOSTILE[1])
    made = "grija-chat .log :is(script, img, b, a), grija-chat .log .bubble svg"
    assert await chat.page.locator(made).count() == 0
    assert await chat.page.title() == title


async def test_links_of_the_bot_are_links_and_those_of_customers_are_not(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await (await visit(context, server)).open()
    await server.say("Track it: https://example.com/t?a=1&b=2. Or javascript:alert(1)")
    await chat.write("https://example.com/mine")
    await expect(chat.bubbles).to_have_count(2)
    link = chat.panel.get_by_role("link")
    await expect(link).to_have_count(1)
    await expect(link).to_have_text("https://example.com/t?a=1&b=2")
    assert await link.get_attribute("href") == "https://example.com/t?a=1&b=2"
    assert await link.get_attribute("rel") == "noopener nofollow"
    assert await link.get_attribute("target") == "_blank"


async def test_what_is_written_without_a_server_is_sent_once_it_is_back(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await (await visit(context, server)).open()
    await chat.write("first")
    await chat.shows("first")
    await server.stop()
    await expect(chat.status).to_have_text("Reconnecting…")
    await chat.write("second")
    await chat.write("third")
    await expect(chat.panel.get_by_text("Not sent yet")).to_have_count(2)
    await expect(chat.panel.get_by_text("No connection.")).to_be_visible()
    await chat.page.evaluate("window.dispatchEvent(new Event('online'))")
    await server.start()
    await expect(chat.panel.get_by_text("Not sent yet")).to_have_count(0, timeout=30_000)
    await chat.shows("first", "second", "third")
    assert [message["text"] for message in server.history] == ["first", "second", "third"]


async def test_what_is_unsent_survives_a_reload(context: BrowserContext, server: WidgetDouble) -> None:
    server.acks = False
    chat = await (await visit(context, server)).open()
    await chat.write("kept")
    await server.hears_type("message")
    await chat.page.reload()
    await chat.open()
    await chat.shows("kept")
    server.acks = True
    await server.hang_up()
    await server.hears_type("message", 3)
    await expect(chat.page.locator("grija-chat .pending")).to_have_count(0)
    await chat.shows("kept")
    sent = [frame["client_msg_id"] for frame in server.heard if frame["type"] == "message"]
    assert len(set(sent)) == 1
    stored = await chat.page.evaluate("Object.keys(localStorage).filter((key) => key.includes('outbox'))")
    assert stored == []


async def test_history_comes_back_after_a_reload_and_unread_is_counted(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await (await visit(context, server)).open()
    await server.say("one")
    await chat.shows("one")
    await server.hears(lambda frame: frame == {"type": "seen", "seq": 1})
    await chat.page.keyboard.press("Escape")
    await server.say("two")
    badge = chat.page.locator("grija-chat .badge")
    await expect(badge).to_have_text("1")
    await expect(chat.launcher).to_have_accessible_name("Open the chat, unread messages: 1")
    await chat.page.reload()
    await expect(badge).to_have_text("1")
    assert server.heard[-1] == {"type": "hello", "token": "visitor-1", "last_seq": 0, "locale": "en-GB"}
    await chat.open()
    await chat.shows("one", "two")
    await expect(badge).to_be_hidden()
    await server.hears(lambda frame: frame == {"type": "seen", "seq": 2})


async def test_doubled_and_shuffled_frames_show_each_message_once_in_order(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await (await visit(context, server)).open()
    frames = [server.message(seq, f"message {seq}") for seq in range(1, 9)]
    server.history.extend(frames)
    for index in (1, 0, 1, 3, 2, 2, 7, 5, 6, 4, 0, 7, 3):
        await server.push(frames[index])
    await chat.shows(*(f"message {seq}" for seq in range(1, 9)))
    await server.push({"type": "message", "id": "broken"})
    await server.push({"type": "invented"})
    await server.say("message 9")
    await chat.shows(*(f"message {seq}" for seq in range(1, 10)))
    assert [frame["type"] for frame in server.heard].count("hello") == 1


async def test_a_gap_makes_it_say_hello_again_from_the_last_whole_seq(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await (await visit(context, server)).open()
    await server.say("one")
    server.history.append(server.message(2, "lost"))
    await server.say("three")
    hellos = await server.hears_type("hello", 2)
    assert hellos[1]["last_seq"] == 1
    await chat.shows("one", "lost", "three")


async def test_an_unknown_token_gets_a_new_visitor_and_keeps_what_is_unsent(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await (await visit(context, server)).open()
    await server.say("of the old visitor")
    await chat.shows("of the old visitor")
    server.acks = False
    await chat.write("unsent")
    await server.hears_type("message")
    server.token, server.acks = "visitor-2", True
    server.history.clear()
    await server.hang_up()
    await chat.shows("unsent")
    await expect(chat.page.locator("grija-chat .pending")).to_have_count(0)
    assert [message["text"] for message in server.history] == ["unsent"]
    assert (await server.hears_type("hello", 3))[2]["token"] == "visitor-2"


async def test_a_button_sends_its_id_and_goes_dead(context: BrowserContext, server: WidgetDouble) -> None:
    chat = await (await visit(context, server)).open()
    await server.say("Cancel order 10024?", buttons=("Yes, cancel", "No"))
    # Both clicks within one task: no drawing in between.
    await chat.choice("Yes, cancel").evaluate("(button) => { button.click(); button.click(); }")
    await chat.shows("Cancel order 10024?", "Yes, cancel")
    pressed = await server.hears_type("button")
    assert [frame["button_id"] for frame in pressed] == ["b1-0"]
    await expect(chat.choice("Yes, cancel")).to_be_disabled()
    await expect(chat.choice("No")).to_be_disabled()
    await server.say("Anything else?", buttons=("No, thanks",))
    await expect(chat.choice("No, thanks")).to_be_enabled()


async def test_the_status_line_tells_who_answers(context: BrowserContext, server: WidgetDouble) -> None:
    chat = await (await visit(context, server)).open()
    await expect(chat.status).to_have_text("Automated assistant")
    queue = {"position": 3, "wait_low_s": 240, "wait_high_s": 540}
    await server.push({"type": "status", "status": "queued", "queue": queue})
    await expect(chat.status).to_have_text("Waiting for a person · place 3 · about 4–9 min")
    await server.push({"type": "status", "status": "human"})
    await expect(chat.status).to_have_text("You are talking to a person")
    await server.say("Hi, this is Maria.", author=AGENT)
    await expect(chat.status).to_have_text("You are talking to Maria")
    await server.push({"type": "typing", "author": AGENT, "on": True})
    await expect(chat.panel.get_by_text("Maria is typing")).to_be_visible()
    await server.push({"type": "typing", "author": AGENT, "on": False})
    await expect(chat.panel.get_by_text("Maria is typing")).to_be_hidden()


async def test_after_the_end_only_the_server_asks_how_it_was(
    context: BrowserContext, server: WidgetDouble
) -> None:
    chat = await (await visit(context, server)).open()
    await server.say("Goodbye!")
    await server.push({"type": "status", "status": "closed"})
    await expect(chat.status).to_have_text("This conversation is closed")
    await expect(chat.panel.get_by_role("radio")).to_have_count(0)
    await server.say("How was our help?", buttons=("Good", "Bad"))
    await chat.choice("Good").click()
    assert (await server.hears_type("button"))[0]["button_id"] == "b2-0"
    await expect(chat.choice("Bad")).to_be_disabled()


async def test_errors_are_told_in_the_language_of_the_customer(
    context: BrowserContext, server: WidgetDouble
) -> None:
    server.acks, server.language = False, "ro"
    chat = await (await visit(context, server)).open()
    await chat.write("prea lung")
    await server.hears_type("message")
    await server.push(
        {"type": "error", "code": "text_too_long", "message": "a message has at most 4000 characters"}
    )
    await expect(chat.panel.get_by_role("alert")).to_have_text("Mesajul este prea lung.")
    await expect(chat.panel.get_by_text("Netrimis")).to_be_visible()
    await server.push({"type": "error", "code": "constructor", "message": "Something new"})
    await expect(chat.panel.get_by_role("alert")).to_have_text("Something new")


async def test_blocked_storage_costs_only_the_memory_of_the_visit(
    context: BrowserContext, server: WidgetDouble
) -> None:
    await context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    server.answers = lambda text: "Still here."
    chat = await (await visit(context, server)).open()
    await chat.write("hello")
    await chat.shows("hello", "Still here.")
    await server.hang_up()
    hellos = await server.hears_type("hello", 2)
    assert (hellos[1]["token"], hellos[1]["last_seq"]) == ("visitor-1", 2)
    await chat.page.reload()
    await chat.open()
    assert (await server.hears_type("hello", 3))[2]["token"] is None


async def test_two_tabs_show_the_same_conversation_once(
    context: BrowserContext, server: WidgetDouble
) -> None:
    left = await (await visit(context, server)).open()
    right = await (await visit(context, server)).open()
    for number in range(3):
        await left.write(f"left {number}")
        await right.write(f"right {number}")
    await expect(left.bubbles).to_have_count(6)
    await expect(right.bubbles).to_have_count(6)
    said = [message["text"] for message in server.history]
    await left.shows(*said)
    await right.shows(*said)
    assert sorted(said) == sorted(f"{side} {number}" for side in ("left", "right") for number in range(3))
