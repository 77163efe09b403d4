"""The settings of the console: who may see which, and that what is changed arrives at the server."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, expect

from tests.console_browser import Console, signed_in
from tests.console_desk import ADMIN, CODE, ELENI, MARIA, PASSWORD
from tests.console_double import ConsoleDouble

pytest_plugins = ["tests.widget_browser", "tests.console_browser"]
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def _page(console: Console, double: ConsoleDouble, name: str) -> None:
    await console.page.goto(f"{double.url}#/settings/{name}")
    await expect(console.page.locator("main.settings .bones")).to_have_count(0)


@pytest.mark.parametrize(
    ("email", "count"), [(ELENI["email"], 3), (MARIA["email"], 10), (ADMIN["email"], 12)]
)
async def test_each_role_sees_its_pages(
    console_context: BrowserContext, double: ConsoleDouble, email: str, count: int
) -> None:
    console = await signed_in(console_context, double, email)
    await _page(console, double, "audit")
    await expect(console.page.locator(".contents a")).to_have_count(count)
    heading = "Audit log" if email == ADMIN["email"] else "My account"
    await expect(console.page.locator("main h1")).to_have_text(heading)


async def test_trainers_have_an_account_and_no_desk(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    double.agents[ELENI["email"]]["role"] = "trainer"
    double.signed_in = ELENI["email"]
    await console_context.add_cookies([{"name": "grija", "value": ELENI["email"], "url": double.url}])
    console = Console(await console_context.new_page())
    await console.page.goto(f"{double.url}#/desk/waiting/c1")
    await expect(console.page.locator("main h1")).to_have_text("My account")
    await expect(console.page.get_by_role("link", name="Desk")).to_have_count(0)
    assert double.sockets == []
    assert not any(path.startswith(("/queue", "/conversations")) for path in double.reads)


async def test_the_own_account_its_password_and_its_second_factor(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double)
    page = console.page
    await _page(console, double, "profile")
    second = page.get_by_role("form", name="Second factor")
    await second.get_by_role("button", name="Set it up").click()
    await expect(page.get_by_role("img", name="Picture of the secret")).to_be_visible()
    assert await page.locator(".qr").evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 0
    await second.get_by_label("Code").fill("000000")
    await second.get_by_role("button", name="Confirm").click()
    await expect(second.get_by_role("alert")).to_have_text("E-mail, password or code is wrong.")
    await second.get_by_label("Code").fill(CODE)
    await second.get_by_role("button", name="Confirm").click()
    await expect(second).to_contain_text("It is on")
    secret = page.get_by_role("form", name="Password")
    await secret.get_by_label("Present password").fill(PASSWORD)
    await secret.get_by_label("New password").fill("another long password")
    await secret.get_by_role("button", name="Change password").click()
    await expect(secret.get_by_label("New password")).to_have_value("")
    await page.get_by_label("Language of the pages").select_option("el")
    await page.get_by_role("form", name="My account").get_by_role("button", name="Save").click()
    await expect(page.locator("main h1")).to_have_text("Ο λογαριασμός μου")
    assert console.trouble == []


async def test_opening_hours_are_changed_and_a_newer_version_is_not_overwritten(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double, MARIA["email"])
    await _page(console, double, "hours")
    saturday = console.page.get_by_role("group", name="Saturday")
    await expect(saturday).to_contain_text("closed")
    await saturday.get_by_role("button", name="Add hours").click()
    await saturday.get_by_label("to", exact=True).fill("00:00")
    await console.button("Save").click()
    await expect(console.toasts).to_contain_text("Saved.")
    assert double.settings["hours"]["week"]["saturday"] == [{"begin": "09:00", "end": "24:00"}]
    double.versions["hours"] = 7
    await console.page.get_by_label("Time zone").fill("Europe/Sofia")
    await console.button("Save").click()
    await expect(console.page.get_by_role("alert").filter(has_text="Somebody else")).to_be_visible()
    await expect(console.page.get_by_label("Time zone")).to_have_value("Europe/Sofia")
    assert double.settings["hours"]["time_zone"] == "Europe/Athens"


async def test_rules_of_handoff_routing_and_rating_are_changed(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double, MARIA["email"])
    await _page(console, double, "handoff")
    await console.page.get_by_label("Messages in a row that were not understood").fill("3")
    await console.page.get_by_label("Legal threats").uncheck()
    await console.button("Save").click()
    body = await double.is_asked("PUT", "/settings/handoff")
    assert (body["value"]["misses"], body["value"]["protected"]) == (
        3,
        ["self_harm", "safety", "data_protection"],
    )
    await _page(console, double, "routing")
    await console.page.get_by_label("Seconds to accept an offer").fill("45")
    await console.button("Save").click()
    assert (await double.is_asked("PUT", "/settings/routing"))["value"]["accept_seconds"] == 45
    await _page(console, double, "rating")
    await console.page.get_by_label("Talks that are asked about, in percent").fill("12.5")
    await console.page.get_by_label("Not from this hour on").fill("18")
    await console.button("Save").nth(1).click()
    asked = (await double.is_asked("PUT", "/settings/asking"))["value"]
    assert (asked["rated_share"], asked["to_hour"], asked["days"]) == (0.125, 18, 30)
    await console.page.get_by_label("Seconds in which a reply can be taken back").fill("2.5")
    await console.button("Save").last.click()
    assert (await double.is_asked("PUT", "/settings/replies"))["value"] == {"hold_seconds": 2.5}


async def test_agents_are_invited_and_changed_and_teams_made(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double, ADMIN["email"])
    page = console.page
    await _page(console, double, "agents")
    await console.button("Add an agent").click()
    await console.dialog.get_by_label("Name").fill("Ion")
    await console.dialog.get_by_label("E-mail").fill("ion@shop.example")
    await console.dialog.get_by_label("Romanian").check()
    await console.dialog.get_by_role("button", name="Invite").click()
    await expect(page.locator(".secret code")).to_contain_text("#/invitation/inv-1")
    body = await double.is_asked("POST", "/agents")
    assert body == {"name": "Ion", "email": "ion@shop.example", "role": "agent", "languages": ["en", "ro"],
                    "teams": [], "capacity": 4}  # fmt: skip
    await console.button("Edit: Eleni Papadaki").click()
    await console.dialog.get_by_label("Role").select_option("supervisor")
    await console.dialog.get_by_role("button", name="Save").click()
    await expect(page.locator(".cards li", has_text="Eleni Papadaki")).to_contain_text("Supervisor")
    await _page(console, double, "teams")
    await console.button("Add a team").click()
    await console.dialog.get_by_label("Name").fill("Refunds")
    await console.dialog.get_by_label("Intents").fill("get_refund\ntrack_refund")
    await console.dialog.get_by_role("button", name="Save").click()
    await expect(page.locator(".cards li", has_text="Refunds")).to_contain_text("get refund")


async def test_canned_answers_tokens_and_webhooks(
    console_context: BrowserContext, double: ConsoleDouble
) -> None:
    console = await signed_in(console_context, double, ADMIN["email"])
    page = console.page
    await _page(console, double, "canned")
    await console.button("Edit: /refund").click()
    await console.dialog.get_by_role("button", name="Polish").click()
    await console.dialog.get_by_label("Title").fill("Zwrot")
    await console.dialog.get_by_label("Text").fill("Pieniądze są w drodze.")
    await console.dialog.get_by_role("button", name="Save").click()
    body = await double.is_asked("PUT", "/canned/refund/pl")
    assert body == {"title": "Zwrot", "text": "Pieniądze są w drodze."}
    await page.keyboard.press("Escape")
    await _page(console, double, "tokens")
    await console.button("Make a token").click()
    await console.dialog.get_by_label("Name").fill("reports")
    await console.dialog.get_by_role("button", name="Make a token").click()
    await expect(page.locator(".secret code")).to_have_text("grija_secret_1")
    assert await double.is_asked("POST", "/tokens") == {
        "name": "reports",
        "scopes": ["desk:read"],
        "days": 90,
    }
    await _page(console, double, "webhooks")
    await console.button("Add a webhook").click()
    await console.dialog.get_by_label("Address").fill("https://crm.example/hook")
    await console.dialog.get_by_label("message.created").uncheck()
    await console.dialog.get_by_role("button", name="Save").click()
    await expect(page.locator(".secret code")).to_have_text("hook_secret_1")
    assert "message.created" not in (await double.is_asked("POST", "/webhooks"))["kinds"]
