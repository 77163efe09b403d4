"""The console in a real Chromium, against a small server of its API on loopback."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import BrowserContext, expect

from tests.console_browser import Console, arrive, sign_in, signed_in
from tests.console_desk import ADMIN, CODE, ELENI, INVITATION, MARIA, PASSWORD, item
from tests.console_double import ConsoleDouble

pytest_plugins = ["tests.widget_browser", "tests.console_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_signing_in_needs_the_right_password_and_the_second_factor(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    double.second_factor = True
    console = await arrive(console_context, double)
    page = console.page
    await page.get_by_label("E-mail").fill(ELENI["email"])
    await page.get_by_label("Password").fill("wrong")
    await console.button("Sign in").click()
    await expect(page.get_by_role("alert")).to_have_text("E-mail, password or code is wrong.")
    await page.get_by_label("Password").fill(PASSWORD)
    await console.button("Sign in").click()
    await page.get_by_label("Code").fill("123 456")
    await console.button("Confirm").click()
    await expect(console.items).to_have_count(4)
    assert double.asked[-1] == (
        "POST",
        "/session",
        {"email": ELENI["email"], "password": PASSWORD, "code": CODE},
    )
    await page.reload()
    await expect(console.items).to_have_count(4)
    await page.get_by_role("button", name="Eleni Papadaki: Online").click()
    await console.button("Sign out").click()
    await expect(console.button("Sign in")).to_be_visible()
    assert console.trouble == []


async def test_an_invitation_sets_a_password_and_leads_to_the_account(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await arrive(console_context, double, query=f"#/invitation/{INVITATION}")
    await expect(console.page.get_by_text(f"You are invited as {ADMIN['email']}")).to_be_visible()
    await console.page.get_by_label("Name").fill("Ada")
    await console.page.get_by_label("New password").fill("a few random words")
    await console.button("Begin").click()
    await expect(console.page.get_by_role("heading", name="My account")).to_be_visible()
    double.signed_in = None
    bad = await arrive(console_context, double, query="#/invitation/other")
    await expect(bad.page.get_by_role("alert")).to_contain_text("This link is not valid any more.")


async def test_the_lists_show_who_waits_and_why(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await expect(console.tab("Waiting")).to_have_text("Waiting4")
    first = console.items.first
    for text in ("Katerina Nikolaou", "Complaint", "angry", "EL", "9 min"):
        await expect(first).to_contain_text(text)
    await expect(console.tab("Others")).to_have_count(0)
    await console.tab("Mine").click()
    await expect(console.row("Jan Nowak")).to_contain_text("Not delivered")
    double.items.append(item("c20", "Somebody New", "Hello?"))
    await double.push({"type": "queue"})
    await expect(console.tab("Waiting")).to_have_text("Waiting5")


async def test_supervisors_see_what_others_have_and_can_take_it(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double, MARIA["email"])
    await console.open("Jan Nowak", "Others")
    await console.button("Take from Eleni Papadaki").click()
    await expect(console.page.locator(".head")).to_contain_text("Yours")
    assert double.item("c5")["owner"]["id"] == MARIA["id"]


async def test_the_timeline_shows_everything_that_was_said_and_done(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    page = console.page
    await expect(console.said).to_have_count(7)
    await expect(page.locator(".offered [data-pressed=true]")).to_have_text("10024")
    await expect(page.get_by_role("link", name="https://shop.example/refunds")).to_have_attribute(
        "rel", "noopener noreferrer nofollow"
    )
    await expect(page.locator(".happening")).to_contain_text("Waiting for a person: Complaint")
    await expect(console.notes).to_contain_text("She had the same in May.")
    await expect(page.get_by_role("link", name="invoice 10024.pdf")).to_be_visible()
    await page.get_by_role("button", name="Open picture: lamp.jpg").click()
    await expect(console.dialog.get_by_role("img", name="lamp.jpg")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(console.dialog).to_have_count(0)


async def test_a_line_of_the_brief_leads_to_its_messages(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    await console.brief.get_by_role("button", name="May: parcel late").click()
    marked = console.page.locator(".row[data-marked=true]")
    await expect(marked).to_contain_text("the lamp inside is broken")
    await expect(marked).to_be_focused()
    await expect(marked).to_be_in_viewport()


async def test_a_reply_is_held_sent_and_shown_once(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    await expect(console.page.get_by_text("Sending makes the conversation yours")).to_be_visible()
    await console.reply("I am here now.")
    held = console.page.locator(".said.held")
    await expect(held).to_contain_text("Goes out in")
    await expect(console.composer).to_have_value("")
    await expect(held).to_have_count(0)
    await expect(console.said.filter(has_text="I am here now.")).to_have_count(1)
    await expect(console.page.locator(".head")).to_contain_text("Yours")
    body = await double.is_asked("POST", "/conversations/c1/replies")
    assert body["text"] == "I am here now."
    assert len(body["client_id"]) == 32


async def test_a_reply_can_be_taken_back_while_it_is_held(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    double.hold_seconds = 30
    console = await signed_in(console_context, double)
    await console.open("Sofia Rossi", "Mine")
    await console.reply("You are a fool.")
    await console.button("Undo").click()
    await expect(console.composer).to_have_value("You are a fool.")
    await expect(console.page.locator(".said.held")).to_have_count(0)
    assert double.held == {}
    # Also after a reload, when the page knows of it from the timeline only.
    await console.composer.press("Enter")
    await expect(console.button("Undo")).to_be_visible()
    await console.page.reload()
    await console.button("Undo").click()
    await expect(console.composer).to_have_value("You are a fool.")


async def test_a_reply_that_the_owner_changed_under_comes_back_as_a_draft(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Sofia Rossi", "Mine")
    await console.reply("Too late")
    await expect(console.page.locator(".said.held")).to_contain_text("Goes out")
    double.held.clear()
    double.own("c6", MARIA)
    await double.push({"type": "conversation", "id": "c6"})
    await expect(console.toasts).to_contain_text("Your reply did not go out")
    assert "Too late" in (await console.page.evaluate("sessionStorage.getItem('grija-drafts')"))


COUNT_COPIES = """text => {
  const copies = () => [...document.querySelectorAll("article.said")].filter((one) => one.textContent.includes(text));
  window.most = 0;
  const count = () => { window.most = Math.max(window.most, copies().length); };
  new MutationObserver(count).observe(document.body, { subtree: true, childList: true });
}"""


async def test_a_reply_stands_there_once_also_in_the_moment_in_which_it_goes_out(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Sofia Rossi", "Mine")
    await console.page.evaluate(COUNT_COPIES, "Only once")
    await console.reply("Only once")
    await expect(console.page.locator(".said.held")).to_have_count(1)
    await expect(console.page.locator("article.said:not(.held)").filter(has_text="Only once")).to_have_count(
        1
    )
    await expect(console.page.locator(".said.held")).to_have_count(0)
    assert await console.page.evaluate("window.most") == 1


async def test_a_refused_reply_and_a_lost_answer_lose_no_text(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Sofia Rossi", "Mine")
    path = ("POST", "/conversations/c6/replies")
    double.refusals[path] = (409, "stale_owner")
    await console.reply("First try")
    await expect(console.toasts).to_contain_text("Somebody else was quicker")
    await expect(console.composer).to_have_value("First try")
    double.refusals[path] = (503, "unavailable")
    await console.composer.press("Enter")
    await expect(console.page.locator(".said.held")).to_contain_text("Not sent.")
    double.refusals.clear()
    await console.button("Try again").click()
    await expect(console.said.filter(has_text="First try").filter(has_not_text="Goes out")).to_have_count(1)
    bodies = [body for method, where, body in double.asked if (method, where) == path]
    assert bodies[-1]["client_id"] == bodies[-2]["client_id"]


async def test_notes_mention_colleagues_and_never_go_to_the_customer(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    await console.button("Private note").click()
    await console.composer.press_sequentially("Please look, @mar")
    await expect(console.page.get_by_role("option")).to_have_count(1)
    await console.composer.press("Enter")
    await expect(console.composer).to_have_value("Please look, @Maria Kowalska ")
    await console.composer.press("Enter")
    await expect(console.notes.last).to_contain_text("Please look, @Maria Kowalska")
    body = await double.is_asked("POST", "/conversations/c1/notes")
    assert body == {"text": "Please look, @Maria Kowalska", "mentions": [MARIA["id"]]}
    assert not any(path.endswith("/replies") for _, path, _ in double.asked)


async def test_canned_and_suggested_answers_come_filled_in_and_wait_for_the_agent(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    await console.composer.press_sequentially("/so")
    await expect(console.page.get_by_role("option")).to_have_count(1)
    await expect(console.page.get_by_role("option")).to_contain_text("I am sorry for the trouble")
    await console.composer.press("Tab")
    await expect(console.composer).to_have_value(
        "Αγαπητή Katerina, ζητώ συγγνώμη για την ταλαιπωρία. Το ελέγχω αμέσως."
    )
    await console.composer.fill("Your parcel {order} is here")
    await expect(console.page.get_by_text("Fill in {order} first.")).to_be_visible()
    await expect(console.button("Send")).to_be_disabled()
    await console.composer.fill("")
    await console.page.locator(".suggestions button").first.click()
    await expect(console.composer).to_have_value("I have arranged the refund of 129 € for order 10024. The money is "
                                                 "with you in two to five days.")  # fmt: skip
    await expect(console.composer).to_be_focused()
    assert not any(path.endswith("/replies") for _, path, _ in double.asked)


async def test_an_offer_is_accepted_or_passed_on(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await double.offer("c2")
    await expect(console.offers).to_contain_text("Ion Popescu needs you")
    await console.offers.get_by_role("button", name="Pass").click()
    await expect(console.offers.locator("article")).to_have_count(0)
    await double.offer("c1", seconds=20)
    await expect(console.offers).to_contain_text("Katerina Nikolaou needs you")
    await expect(console.offers.locator(".left")).to_have_text("19")
    await console.offers.get_by_role("button", name="Accept").click()
    await expect(console.page.locator(".head h1")).to_have_text("Katerina Nikolaou")
    await expect(console.page.locator(".head")).to_contain_text("Yours")
    await double.is_asked("POST", "/offers/handoff-c2/pass")


async def test_an_offer_stays_while_the_lists_change(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await double.hears(lambda frame: frame["type"] == "lists")
    await double.offer("c2")
    await expect(console.offers.locator("article")).to_have_count(1)
    # Read by the page, and sent by the server: also lists that were read before the offer was made.
    for offered_to in (double.me["id"], None):
        double.item("c2")["offered_to"] = offered_to
        double.items.append(item(f"new-{offered_to}", f"Customer of {offered_to}", "Hello?"))
        if offered_to is None:
            await double.lists_changed()
        else:
            await double.push({"type": "queue"})
        await expect(console.row(f"Customer of {offered_to}")).to_have_count(1)
        await expect(console.offers.locator("article")).to_have_count(1)
    await double.push({"type": "offer_ended", "handoff": "handoff-c2"})
    await expect(console.offers.locator("article")).to_have_count(0)


async def test_an_offer_is_there_again_after_a_reload_and_goes_when_it_ends(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await double.offer("c2")
    await console.page.reload()
    await expect(console.offers).to_contain_text("Ion Popescu needs you")
    await double.push({"type": "offer_ended", "handoff": "handoff-c2"})
    await expect(console.offers.locator("article")).to_have_count(0)


async def test_a_conversation_is_closed_with_its_outcome(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Sofia Rossi", "Mine")
    await console.page.locator(".head").get_by_role("button", name="Close", exact=True).click()
    await console.dialog.get_by_text("Not solved").click()
    await console.dialog.get_by_label("Note (optional)").fill("She calls again.")
    await console.dialog.get_by_role("button", name="Close", exact=True).last.click()
    await expect(console.page.locator(".head")).to_contain_text("Closed: Not solved")
    assert await double.is_asked("POST", "/conversations/c6/close") == {
        "outcome": "unsolved",
        "note": "She calls again.",
    }
    await expect(console.button("Reply")).to_be_disabled()


async def test_a_conversation_is_transferred_snoozed_and_given_back(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Sofia Rossi", "Mine")
    await console.button("More").click()
    await console.button("Snooze").click()
    await console.dialog.get_by_role("button", name="In an hour").click()
    await expect(console.page.locator(".head")).to_contain_text("until")
    await console.open("Jan Nowak", "Mine")
    await console.button("More").click()
    await console.button("Back to the bot").click()
    await console.dialog.get_by_label("What did you do?").fill("Sent the label again.")
    await console.dialog.get_by_role("button", name="Back to the bot").click()
    assert await double.is_asked("POST", "/conversations/c5/release") == {"note": "Sent the label again."}
    await expect(console.page.locator(".happening").last).to_contain_text("Sent the label again.")
    await console.open("Katerina Nikolaou", "Waiting")
    await console.button("Take").click()
    await console.button("Transfer").click()
    await console.dialog.get_by_text("Maria Kowalska").click()
    await console.dialog.get_by_role("button", name="Transfer", exact=True).click()
    body = await double.is_asked("POST", "/conversations/c1/transfer")
    assert body == {"agent": MARIA["id"], "note": ""}


async def test_who_is_slower_is_told_and_shown_the_new_owner(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    double.own("c1", MARIA)
    await console.button("Take").click()
    await expect(console.toasts).to_contain_text("Somebody else was quicker")
    await expect(console.page.locator(".head")).to_contain_text("With Maria Kowalska")
    await expect(console.button("Reply")).to_be_disabled()


async def test_the_agent_sees_who_looks_and_writes_and_is_seen_writing(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    assert (await double.hears(lambda frame: frame["type"] == "watch"))["conversation"] == "c1"
    others = [{"id": MARIA["id"], "name": MARIA["name"], "typing": True}]
    await double.push({"type": "viewers", "conversation": "c1", "agents": others})
    await expect(console.page.get_by_text("Maria Kowalska is writing a reply right now")).to_be_visible()
    author = {"kind": "customer", "name": "Katerina"}
    await double.push({"type": "typing", "conversation": "c1", "author": author, "on": True})
    await expect(console.page.get_by_text("Katerina Nikolaou is writing", exact=True)).to_be_visible()
    await console.composer.press_sequentially("H")
    assert (await double.hears(lambda frame: frame["type"] == "typing"))["on"] is True
    await console.composer.blur()
    await double.hears(lambda frame: frame == {"type": "typing", "conversation": "c1", "on": False})


async def test_what_was_not_delivered_stands_out_and_is_sent_again(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    dead = {"status": "dead", "error": "the customer has blocked the bot"}
    console = await signed_in(console_context, double)
    await console.open("Jan Nowak", "Mine")
    await double.say("c5", "Your parcel is there.", "agent", delivery=dead)
    lost = console.said.filter(has_text="Not delivered.")
    await expect(lost).to_contain_text("the customer has blocked the bot")
    await lost.get_by_role("button", name="Send again").click()
    await expect(lost).to_have_count(0)
    await expect(console.said.last).to_contain_text("On its way")


async def test_a_lost_connection_is_said_and_what_was_missed_is_fetched(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    await double.stop()
    await expect(console.page.get_by_text("The connection is lost.")).to_be_visible()
    await double.say("c1", "Said in the meantime")
    await double.start()
    await console.button("Try now").click()
    await expect(console.page.get_by_text("The connection is lost.")).to_have_count(0, timeout=20_000)
    await expect(console.said.filter(has_text="Said in the meantime")).to_be_visible()


async def test_a_session_that_is_ended_from_outside_ends_the_page(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    double.signed_in = None
    await double.hang_up(4401)
    await expect(console.page.get_by_text("Your session has ended.")).to_be_visible()
    await expect(console.items).to_have_count(0)


async def test_search_looks_through_all_history_and_opens_at_the_message(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.page.get_by_role("link", name="Search").click()
    await console.page.get_by_label("Search all conversations").fill("lamp")
    hits = console.page.locator(".hits li")
    await expect(hits).to_have_count(2)
    await expect(hits.first.locator("mark")).to_have_text("lamp")
    await hits.first.get_by_role("link").click()
    await expect(console.page.locator(".row[data-marked=true]")).to_contain_text("lamp")
    await expect(console.page.get_by_label("Search all conversations")).to_have_value("lamp")


async def test_drafts_stay_with_their_conversation(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    await console.composer.fill("half a sen")
    await console.open("Ion Popescu")
    await expect(console.composer).to_have_value("")
    await console.open("Katerina Nikolaou")
    await expect(console.composer).to_have_value("half a sen")
    await console.page.reload()
    await expect(console.composer).to_have_value("half a sen")


async def test_presence_is_switched_and_a_mention_is_told(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.page.get_by_role("button", name="Eleni Papadaki: Online").click()
    await console.page.get_by_role("button", name="Away").click()
    await expect(console.page.get_by_role("button", name="Eleni Papadaki: Away")).to_be_visible()
    assert await double.is_asked("PUT", "/me") == {"presence": "away"}
    await double.push({"type": "mention", "conversation": "c1", "by": "Maria"})
    await expect(console.toasts).to_contain_text("Maria mentioned you")


async def test_the_page_speaks_the_language_that_is_chosen(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console: Console = await arrive(console_context, double)
    await console.page.get_by_role("button", name="polski").click()
    await expect(console.page.get_by_role("heading")).to_have_text("Logowanie do pulpitu")
    assert await console.page.evaluate("document.documentElement.lang") == "pl"
    await console.page.get_by_role("button", name="English").click()
    await sign_in(console, ELENI["email"])


async def test_each_message_of_the_customer_shows_how_it_reads(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    await console.open("Katerina Nikolaou")
    moods = console.page.locator(".reads")
    # By a name and a number, not by colour alone; a doubtful one says so in words too.
    await expect(moods).to_have_text(
        [
            "How it reads: disappointment −0.5",
            "How it reads: anger −0.7",
            "How it reads: frustration −0.6uncertain",
        ]
    )
    await expect(moods.nth(1)).to_have_attribute("title", "anger, −0.7 on a scale from −1 to 1")
    await expect(moods.nth(2)).to_have_attribute("title", re.compile("nothing is decided by it"))
    sure, doubtful = [
        await moods.nth(place).locator("i").evaluate("dot => getComputedStyle(dot).backgroundColor")
        for place in (1, 2)
    ]
    assert sure != "rgba(0, 0, 0, 0)" == doubtful
    # The reading comes a moment after the message: the page shows it when it is told of news.
    said = double.entries["c1"][4]
    said["mood"] = {"valence": 0.8, "emotion": "gratitude_joy", "weak": False}
    await double.push({"type": "conversation", "id": "c1"})
    await expect(moods.nth(1)).to_have_text("How it reads: gratitude, joy +0.8")
    assert await console.violations() == []
    assert console.trouble == []
