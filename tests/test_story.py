"""A day at the desk on the real thing: two agents at the console and three customers, each on a channel of their own.

Agents do everything through the page. `--pictures FOLDER` keeps pictures of it on both screens and in both lights.
"""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Browser, Keyboard, Page, Route, expect

from tests.conftest import until
from tests.console_browser import violations
from tests.samples import PDF, picture
from tests.shopping import PEOPLE
from tests.signing import PASSWORD
from tests.story_stage import (
    SECONDS,
    Album,
    Customer,
    Desk,
    SlackCustomer,
    Stage,
    TelegramCustomer,
    WebCustomer,
    desk_of,
    slack_customer,
    tab_to,
    telegram_customer,
    web_customer,
)
from tests.test_journeys import ORDERS, WISHES

pytest_plugins = ["tests.widget_browser", "tests.console_browser", "tests.story_stage"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

EMMA = "Unknown customer"
"""She has not told her name; who she is stands in the brief, for she has proved it."""
KEYS = ("Tab", "Enter", "Escape")
JAN, SOFIA = "Jan Kowalski", "Sofia Dimou"
ANGRY = {
    "en": "This is outrageous! I am furious. Let me talk to a real person, now!",
    "pl": "Mam tego dość! Chcę natychmiast porozmawiać z człowiekiem!",
    "el": "Ντροπή σας! Είμαι έξαλλη. Θέλω να μιλήσω με άνθρωπο τώρα!",
}
REFUSED = re.compile("belongs to somebody else|Somebody else was quicker")
PHOTO = picture(size=(640, 480))


async def test_two_agents_and_three_customers_play_the_whole_story(
    browser: Browser, stage: Stage, album: Album
) -> None:
    marta = await desk_of(browser, stage, await stage.agent("Marta Nowak", "en", "pl"))
    nikos = await desk_of(browser, stage, await stage.agent("Nikos Pappas", "en", "el"))
    await album.take(marta.page, "1-sign-in")
    await asyncio.gather(marta.sign_in(), nikos.sign_in())
    emma = await web_customer(browser, stage)
    jan = telegram_customer(stage, 42, JAN, "pl")
    sofia = slack_customer(stage, "USOFIA", SOFIA, "el", "el-GR")

    await _the_bot_answers(stage, emma, jan, sofia)
    await _anger_brings_a_person(emma, marta, nikos, album)
    first, second = await _two_press_take_and_one_has_it(marta, nikos)
    await _a_colleague_is_asked_and_answers(first, second, emma, album)
    await _telegram_is_answered(jan, marta, album)
    await _slack_is_answered(stage, sofia, nikos)
    await _the_bot_is_back(sofia, nikos)
    await _closed_and_rated(second, EMMA, emma, 5)
    await _closed_and_rated(marta, JAN, jan, 4)
    await _taken_from_the_bot(sofia, nikos)
    await _closed_and_rated(nikos, SOFIA, sofia, 2)
    await album.take(nikos.page, "6-rated")
    await album.take(emma.chat.page, "7-widget")

    assert (marta.trouble, nikos.trouble) == ([], [])
    for page in (marta.page, nikos.page, emma.chat.page):
        await page.context.close()


async def test_the_same_day_works_by_keyboard_alone_and_axe_finds_nothing(
    browser: Browser, stage: Stage
) -> None:
    ioana = await desk_of(browser, stage, await stage.agent("Ioana Pop", "ro"), reduced_motion="reduce")
    keys = ioana.page.keyboard
    await _passes_axe(ioana.page)
    await expect(ioana.page.get_by_label("E-mail")).to_be_focused()
    await _types(keys, ioana.agent.email, "Tab", PASSWORD, "Enter")
    await tab_to(ioana.page, ioana.page.get_by_role("button", name="Ioana Pop: Offline"))
    await keys.press("Enter")
    await expect(ioana.page.get_by_role("button", name="Online")).to_be_focused()
    await keys.press("Enter")
    await expect(ioana.page.get_by_role("button", name="Ioana Pop: Online")).to_be_visible()

    customer = await web_customer(browser, stage, "ro")
    await customer.chat.page.emulate_media(reduced_motion="reduce")
    await customer.ask(WISHES["check_payment_methods"]["ro"], "utter_payment_methods")
    await customer.ask(WISHES["contact_human_agent"]["ro"], "utter_handoff_asked")
    await expect(ioana.offers).to_contain_text(f"{EMMA} needs you")
    await _passes_axe(ioana.page)
    await keys.press("a")
    await ioana.owns(EMMA)
    await keys.press("n")
    await expect(ioana.composer).to_be_focused()
    await _types(keys, "A calm one.", "Enter", "Escape")
    await expect(ioana.notes).to_contain_text("A calm one.")
    await keys.press("r")
    await expect(ioana.composer).to_be_focused()
    await _types(keys, "Bună ziua!", "Enter")
    await expect(ioana.page.locator(".said.held")).to_contain_text("Bună ziua!")
    await keys.press("Alt+z")
    await expect(ioana.composer).to_have_value("Bună ziua!")
    await keys.press("Enter")
    await customer.reads("Bună ziua!", by=ioana.name)
    await _passes_axe(ioana.page)
    await _passes_axe(customer.chat.page)

    await _types(keys, "Escape", "b")
    await expect(ioana.dialog.get_by_label("What did you do?")).to_be_focused()
    await keys.type("Said good morning.")
    await tab_to(ioana.page, ioana.dialog.get_by_role("button", name="Back to the bot"))
    await keys.press("Enter")
    await expect(ioana.head).to_contain_text("With the bot")
    await customer.ask(WISHES["check_payment_methods"]["ro"], "utter_payment_methods")
    await _types(keys, "Escape", "3", "j")
    await expect(ioana.head).to_contain_text("With the bot")
    await keys.press("t")
    await ioana.owns(EMMA)
    await keys.press("e")
    await expect(ioana.dialog.get_by_role("radio", name="Solved", exact=True)).to_be_focused()
    await keys.press("Enter")
    await expect(ioana.head).to_contain_text("Closed: Solved")
    await customer.hears("utter_ask_rating")
    best = customer.chat.page.locator("grija-chat .choices").last.get_by_role("button").first
    await tab_to(customer.chat.page, best)
    await customer.chat.page.keyboard.press("Enter")
    await customer.hears("utter_rating_thanks")
    await ioana.learns("The customer gave 5 of 5")
    await _passes_axe(ioana.page)
    await _passes_axe(customer.chat.page)
    assert ioana.trouble == []
    for page in (ioana.page, customer.chat.page):
        await page.context.close()


async def _types(keys: Keyboard, *pressed: str) -> None:
    """Press these keys one after the other; what is no key is a text that is written."""
    for one in pressed:
        await (keys.press(one) if one in KEYS or len(one) == 1 else keys.type(one))


async def _passes_axe(page: Page) -> None:
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert await violations(page) == [], scheme


async def _the_bot_answers(
    stage: Stage, emma: WebCustomer, jan: TelegramCustomer, sofia: SlackCustomer
) -> None:
    for customer in (emma, jan, sofia):
        await customer.ask(WISHES["check_payment_methods"][customer.language], "utter_payment_methods")
    await emma.ask(WISHES["track_order"]["en"].format(**ORDERS["en"]), "utter_ask_email")
    email = f"{PEOPLE['en']}@example.com"
    await emma.ask(email, "utter_ask_code")
    await emma.ask(stage.counter.code(email), "utter_track_shipped")


async def _anger_brings_a_person(emma: WebCustomer, marta: Desk, nikos: Desk, album: Album) -> None:
    """What is announced is there: on the customer's page, in both lists, and on offer to one agent."""
    await emma.send_file("crack.jpg", "image/jpeg", PHOTO)
    await emma.hears("utter_attachment_photo")
    await emma.ask(ANGRY["en"], "utter_handoff_asked")
    await expect(emma.chat.panel).to_contain_text("place 1")
    for desk in (marta, nikos):
        await expect(desk.tab("Waiting")).to_have_text("Waiting1")
        await expect(desk.row(EMMA)).to_contain_text("Asked for a person")
    await marta.page.reload()
    await nikos.page.reload()
    offers = [desk.offers.get_by_text(f"{EMMA} needs you") for desk in (marta, nikos)]

    async def one_is_asked() -> bool:
        return [await offer.count() for offer in offers] in ([1, 0], [0, 1])

    await until(one_is_asked, seconds=SECONDS)
    await album.take(marta.page, "2-waiting")


async def _two_press_take_and_one_has_it(marta: Desk, nikos: Desk) -> tuple[Desk, Desk]:
    """Both look, one begins to write, both take at the same time: who has it then, and who has not."""
    await asyncio.gather(marta.open(EMMA), nikos.open(EMMA))
    await nikos.composer.press_sequentially("D")
    await expect(marta.page.get_by_text(f"{nikos.name} is writing a reply right now")).to_be_visible()
    await _hold_until_both_have_pressed(marta, nikos)
    await asyncio.gather(marta.button("Take").click(), nikos.button("Take").click())
    for desk in (marta, nikos):
        await expect(desk.button("Take")).to_have_count(0)
    first, second = (marta, nikos) if "Yours" in await marta.head.inner_text() else (nikos, marta)
    await first.owns(EMMA)
    await expect(second.head).to_contain_text(f"With {first.name}")
    await expect(second.toasts).to_contain_text(REFUSED)
    await expect(second.button("Reply")).to_be_disabled()
    await expect(second.happenings.filter(has_text="took over")).to_have_count(1)
    return first, second


async def _hold_until_both_have_pressed(*desks: Desk) -> None:
    """Let nothing of what they press reach the server before all of them have pressed."""
    pressed, everybody = 0, asyncio.Event()

    async def together(route: Route) -> None:
        nonlocal pressed
        pressed += 1
        if pressed == len(desks):
            everybody.set()
        await everybody.wait()
        await route.continue_()

    for desk in desks:
        await desk.page.route("**/take", together)


async def _a_colleague_is_asked_and_answers(
    first: Desk, second: Desk, emma: WebCustomer, album: Album
) -> None:
    """The photo is looked at, a note asks the other, a transfer brings them, and the customer reads their words."""
    await second.page.get_by_role("link", name="Back to the list").or_(second.tab("Waiting")).last.click()
    await first.page.get_by_role("button", name="Open picture: crack.jpg").click()
    shown = first.dialog.get_by_role("img", name="crack.jpg")
    await expect(shown).to_have_js_property("complete", True)
    assert await shown.evaluate("picture => picture.naturalWidth") > 0
    await first.page.keyboard.press("Escape")
    await first.note("Do you know this lamp?", mention=second.name)
    await expect(second.toasts).to_contain_text(f"{first.name} mentioned you")
    await album.take(first.page, "3-conversation")
    await first.transfer(second.name, "You know the lamps.")
    await expect(first.head).to_contain_text("Waiting")
    await second.accept(EMMA)
    await second.learns(f"{first.name} transferred to {second.name}")
    await expect(second.happenings.filter(has_text="transferred")).to_contain_text("You know the lamps.")
    await expect(second.notes).to_contain_text(f"Do you know this lamp? @{second.name}")
    await second.composer.fill("")
    await second.composer.press_sequentially("I am sorry")
    await expect(emma.chat.panel).to_contain_text(f"{second.name} is typing")
    await second.reply("I am sorry for this. A new lamp leaves today.")
    await emma.reads("I am sorry for this. A new lamp leaves today.", by=second.name)
    await expect(emma.chat.status).to_contain_text(second.name)
    await emma.write("Thank you, that is kind.")
    await second.sees("Thank you, that is kind.")
    await album.take(second.page, "4-answered")


async def _telegram_is_answered(jan: TelegramCustomer, marta: Desk, album: Album) -> None:
    """Who speaks the language is asked; the photo and the answer go through Telegram."""
    await jan.ask(ANGRY["pl"], "utter_handoff_asked")
    await expect(marta.offers.locator("article")).to_contain_text(f"{JAN} needs you")
    await album.take(marta.page, "5-offer")
    await marta.accept(JAN)
    jan.person.photo(PHOTO, caption="Tak wygląda.")
    await marta.sees("Tak wygląda.")
    await expect(marta.page.get_by_role("button", name="Open picture")).to_be_visible()
    await marta.reply("Dzień dobry, już się tym zajmuję.")
    await jan.reads("Dzień dobry, już się tym zajmuję.", by=marta.name)


async def _slack_is_answered(stage: Stage, sofia: SlackCustomer, nikos: Desk) -> None:
    await sofia.ask(ANGRY["el"], "utter_handoff_asked")
    await nikos.accept(SOFIA)
    file = stage.slack.add_file("τιμολόγιο.pdf", "application/pdf", PDF)
    await sofia.write("Ορίστε το τιμολόγιο.", files=[file], subtype="file_share")
    await nikos.sees("Ορίστε το τιμολόγιο.")
    async with nikos.page.expect_download() as saved:
        await nikos.page.get_by_role("link", name="τιμολόγιο.pdf").click()
    path = await (await saved.value).path()
    assert await asyncio.to_thread(path.read_bytes) == PDF
    await nikos.reply("Καλημέρα! Το βλέπω τώρα.")
    await sofia.reads("Καλημέρα! Το βλέπω τώρα.", by=nikos.name)


async def _the_bot_is_back(sofia: SlackCustomer, nikos: Desk) -> None:
    """Given back, the bot answers the next message, also when it is as angry as the one that went to people."""
    await nikos.give_back("The invoice is corrected.")
    await sofia.ask(WISHES["check_payment_methods"]["el"], "utter_payment_methods")
    await nikos.learns("gave it back to the bot")


async def _taken_from_the_bot(sofia: SlackCustomer, nikos: Desk) -> None:
    await nikos.open(SOFIA, "Bot")
    await nikos.button("Take from the bot").click()
    await nikos.owns(SOFIA)
    await nikos.reply("Όλα καλά τώρα;")
    await sofia.reads("Όλα καλά τώρα;", by=nikos.name)


async def _closed_and_rated(desk: Desk, name: str, customer: Customer, value: int) -> None:
    """The customer is asked on their own channel; the agent sees the answer where the conversation stands open."""
    if name not in await desk.head.inner_text():
        await desk.open(name, "Mine")
    await desk.close("Solved")
    await customer.hears("utter_ask_rating")
    await customer.press("★" * value + " ")
    await customer.hears("utter_rating_thanks")
    await desk.learns(f"The customer gave {value} of 5")
