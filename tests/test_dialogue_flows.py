"""Journeys of customers through the dialogue: real domain, real rules, real actions, the demo shop.

Longer than other files because all journeys share one trained model, which takes long to make.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from actions import wording
from actions.backends.demo import DemoShop
from actions.backends.model import Asker, OrderStatus, ShopTimeout, ShopUnavailable
from actions.shop import use_shop
from actions.wording import LANGUAGES
from tests.talking import INTENTS, Talk, said, train_and_load

two_languages = pytest.mark.parametrize("language", ["en", "pl"])
two_other_languages = pytest.mark.parametrize("language", ["el", "bg"])
two_more_languages = pytest.mark.parametrize("language", ["ro", "en"])
five_languages = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a Rasa agent with the real domain and rules and the actions in this process."""
    folder = tmp_path_factory.mktemp("model")
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("RASA_TELEMETRY_ENABLED", "false")
        # Rasa says this of every domain with slots.
        warnings.filterwarnings("ignore", ".*Slot auto-fill has been removed.*")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", ".*Deprecated API features detected.*")
        yield train_and_load(folder, patch)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[DemoShop]:
    """Return the demo shop, fresh, and let the actions use it."""
    demo = DemoShop(tmp_path / "shop.sqlite")
    use_shop(demo)
    yield demo
    use_shop(None)


@pytest.fixture
def language() -> str:
    """Return the language of tests that do not choose one."""
    return "en"


@pytest.fixture
def talk(agent: Any, shop: DemoShop, language: str, request: pytest.FixtureRequest) -> Talk:
    """Return a new customer of this test."""
    return Talk(agent, language, f"{request.node.name}")


async def status_of(shop: DemoShop, number: str) -> OrderStatus:
    """Return what the shop says of the order."""
    return (await shop.find_order(number, Asker("web", "c1", False))).status


# The two main flows


@five_languages
async def test_track_with_the_number_in_the_first_message(talk: Talk) -> None:
    replies = await talk.say("track_order", "10025")
    assert said(replies) == ["utter_track_shipped", "utter_expected_on", "utter_follow_parcel"]
    assert "10025" in replies[0].text
    assert (await talk.slots())["form"] is None
    assert (await talk.slots())["order_number"] is None


@five_languages
async def test_track_asks_for_the_number(talk: Talk) -> None:
    assert said(await talk.say("track_order")) == ["utter_ask_number_to_track"]
    assert said(await talk.say("nlu_fallback", "10024")) == ["utter_track_paid", "utter_expected_on"]


@five_languages
async def test_cancel_asks_for_number_and_confirmation(talk: Talk, shop: DemoShop, language: str) -> None:
    assert said(await talk.say("cancel_order")) == ["utter_ask_number_to_cancel"]
    (question,) = await talk.say("nlu_fallback", "10024")
    assert question.response == "utter_confirm_cancel"
    assert question.payloads == ("/affirm", "/deny")
    order = await shop.find_order("10024", Asker("web", "c1", False, language))
    assert "10024" in question.text
    assert wording.items(order.items) in question.text
    assert order.status is OrderStatus.PAID
    assert said(await talk.press("/affirm")) == ["utter_order_cancelled"]
    assert await status_of(shop, "10024") is OrderStatus.CANCELLED


@five_languages
async def test_cancel_with_the_number_in_the_first_message(talk: Talk, shop: DemoShop) -> None:
    assert said(await talk.say("cancel_order", "10024")) == ["utter_confirm_cancel"]
    assert said(await talk.say("deny")) == ["utter_order_kept"]
    assert await status_of(shop, "10024") is OrderStatus.PAID
    assert (await talk.slots())["form"] is None


@pytest.mark.parametrize("intent", [i for i in INTENTS if i not in ("goodbye", "contact_human_agent")])
@two_languages
async def test_number_is_taken_whatever_the_intent(talk: Talk, intent: str) -> None:
    await talk.say("track_order")
    replies = await talk.say(intent, "10024")
    if intent == "cancel_order":
        assert said(replies) == ["utter_confirm_cancel"]
    else:
        assert said(replies) == ["utter_track_paid", "utter_expected_on"]


# Corrections and changes of mind


@two_other_languages
async def test_another_number_at_the_confirmation_switches(talk: Talk, shop: DemoShop) -> None:
    await talk.say("cancel_order", "10021")
    (question,) = await talk.say("deny", "10024")
    assert question.response == "utter_confirm_cancel"
    assert "10024" in question.text
    assert said(await talk.say("affirm")) == ["utter_order_cancelled"]
    assert await status_of(shop, "10021") is OrderStatus.PAID
    assert await status_of(shop, "10024") is OrderStatus.CANCELLED


@two_languages
async def test_yes_with_another_number_is_no_yes(talk: Talk, shop: DemoShop) -> None:
    await talk.say("cancel_order", "10021")
    (question,) = await talk.say("affirm", "10024")
    assert question.response == "utter_confirm_cancel"
    assert "10024" in question.text
    assert await status_of(shop, "10021") is OrderStatus.PAID
    assert await status_of(shop, "10024") is OrderStatus.PAID


@two_languages
async def test_not_this_one_but_that_one(talk: Talk) -> None:
    await talk.say("cancel_order", "10021")
    (question,) = await talk.say("deny", "10021", "10024")
    assert question.response == "utter_confirm_cancel"
    assert "10024" in question.text


@two_languages
async def test_yes_or_no_may_name_the_same_number(talk: Talk, shop: DemoShop) -> None:
    await talk.say("cancel_order", "10021")
    assert said(await talk.say("deny", "10021")) == ["utter_order_kept"]
    await talk.say("cancel_order", "10024")
    assert said(await talk.say("affirm", "10024")) == ["utter_order_cancelled"]


@pytest.mark.parametrize("task", ["track_order", "cancel_order"])
@two_more_languages
async def test_never_mind_ends_the_form(talk: Talk, task: str) -> None:
    await talk.say(task)
    assert said(await talk.say("deny")) == ["utter_task_stopped"]
    assert (await talk.slots())["form"] is None
    assert said(await talk.say("thank")) == ["utter_thank"]


@two_languages
async def test_switch_from_cancelling_to_tracking_while_asked_for_a_number(talk: Talk) -> None:
    await talk.say("cancel_order")
    assert said(await talk.say("track_order")) == ["utter_ask_number_to_track"]
    assert said(await talk.say("nlu_fallback", "10024"))[0] == "utter_track_paid"


@two_languages
async def test_switch_from_tracking_to_cancelling(talk: Talk) -> None:
    await talk.say("track_order")
    assert said(await talk.say("cancel_order")) == ["utter_ask_number_to_cancel"]
    assert said(await talk.say("nlu_fallback", "10024")) == ["utter_confirm_cancel"]


@two_other_languages
async def test_where_is_it_at_the_confirmation_shows_that_order(talk: Talk, shop: DemoShop) -> None:
    await talk.say("cancel_order", "10024")
    replies = await talk.say("track_order")
    assert said(replies) == ["utter_track_paid", "utter_expected_on"]
    assert said(await talk.say("affirm")) == ["utter_affirm"]
    assert await status_of(shop, "10024") is OrderStatus.PAID


@two_languages
async def test_track_another_order_at_the_confirmation(talk: Talk, shop: DemoShop) -> None:
    await talk.say("cancel_order", "10024")
    replies = await talk.say("track_order", "10025")
    assert said(replies)[0] == "utter_track_shipped"
    assert "10025" in replies[0].text
    assert (await talk.slots())["form"] is None


# Small talk and leaving while a form is open


SMALL_TALK = [
    ("thank", "utter_thank"),
    ("greet", "utter_hello_again"),
    ("help", "utter_help"),
    ("bot_challenge", "utter_bot_challenge"),
]


@pytest.mark.parametrize(("intent", "answer"), SMALL_TALK)
@pytest.mark.parametrize("task", ["track", "cancel"])
@two_languages
async def test_small_talk_is_answered_and_the_number_asked_again(
    talk: Talk, intent: str, answer: str, task: str
) -> None:
    await talk.say(f"{task}_order")
    assert said(await talk.say(intent)) == [answer, f"utter_ask_number_to_{task}"]
    assert said(await talk.say(intent)) == [answer, f"utter_ask_number_to_{task}"]
    assert (await talk.slots())["form"] == f"{task}_order_form"


@pytest.mark.parametrize(("intent", "answer"), SMALL_TALK)
@two_other_languages
async def test_small_talk_is_answered_and_the_confirmation_asked_again(
    talk: Talk, shop: DemoShop, intent: str, answer: str
) -> None:
    await talk.say("cancel_order", "10024")
    assert said(await talk.say(intent)) == [answer, "utter_confirm_cancel"]
    assert await status_of(shop, "10024") is OrderStatus.PAID
    assert said(await talk.say("affirm")) == ["utter_order_cancelled"]


LEAVING = [("goodbye", "utter_goodbye"), ("contact_human_agent", "utter_contact_human_agent")]


@pytest.mark.parametrize(("intent", "answer"), LEAVING)
@pytest.mark.parametrize("task", ["track_order", "cancel_order"])
@two_more_languages
async def test_goodbye_and_people_end_a_form(talk: Talk, intent: str, answer: str, task: str) -> None:
    await talk.say(task)
    assert said(await talk.say(intent)) == [answer]
    assert (await talk.slots())["form"] is None
    assert said(await talk.say("nlu_fallback")) == ["utter_fallback"]


@pytest.mark.parametrize(("intent", "answer"), LEAVING)
@two_languages
async def test_leaving_an_open_cancellation_says_that_nothing_was_cancelled(
    talk: Talk, shop: DemoShop, intent: str, answer: str
) -> None:
    await talk.say("cancel_order", "10024")
    assert said(await talk.say(intent)) == ["utter_order_kept", answer]
    assert said(await talk.say("affirm")) == ["utter_affirm"]
    assert await status_of(shop, "10024") is OrderStatus.PAID


# Unclear answers


@two_other_languages
async def test_unclear_confirmation_is_asked_once_more_and_then_safe(talk: Talk, shop: DemoShop) -> None:
    await talk.say("cancel_order", "10024")
    (again,) = await talk.say("nlu_fallback")
    assert again.response == "utter_confirm_cancel_again"
    assert again.payloads == ("/affirm", "/deny")
    assert said(await talk.say("cancel_order")) == ["utter_order_kept_unclear"]
    assert said(await talk.say("affirm")) == ["utter_affirm"]
    assert await status_of(shop, "10024") is OrderStatus.PAID


@two_languages
async def test_message_without_a_number_is_hinted_at_once(talk: Talk) -> None:
    await talk.say("track_order")
    assert said(await talk.say("nlu_fallback")) == ["utter_order_number_unclear"]
    (stopped,) = await talk.say("nlu_fallback")
    assert stopped.response == "utter_order_number_unclear_again"
    assert "help@grija.example" in stopped.text
    assert (await talk.slots())["form"] is None


@two_languages
async def test_understood_message_without_a_number_is_asked_again(talk: Talk) -> None:
    await talk.say("track_order")
    assert said(await talk.say("affirm")) == ["utter_ask_number_to_track"]
    assert said(await talk.say("track_order")) == ["utter_ask_number_to_track"]


# Unknown orders and orders that cannot be cancelled


@two_languages
async def test_unknown_order_is_asked_again_and_then_left_to_people(talk: Talk) -> None:
    (miss,) = await talk.say("track_order", "99999")
    assert miss.response == "utter_order_not_found"
    assert "99999" in miss.text
    (stopped,) = await talk.say("nlu_fallback", "88888")
    assert stopped.response == "utter_order_not_found_again"
    assert "help@grija.example" in stopped.text
    assert (await talk.slots())["form"] is None
    assert said(await talk.say("track_order")) == ["utter_ask_number_to_track"]


@two_other_languages
async def test_unknown_order_to_cancel(talk: Talk) -> None:
    await talk.say("cancel_order")
    assert said(await talk.say("nlu_fallback", "99999")) == ["utter_order_not_found"]
    assert said(await talk.say("affirm")) == ["utter_ask_number_to_cancel"]
    assert said(await talk.say("nlu_fallback", "10024")) == ["utter_confirm_cancel"]
    assert said(await talk.say("deny", "99998")) == ["utter_order_not_found"]
    assert said(await talk.say("nlu_fallback", "99997")) == ["utter_order_not_found_again"]
    assert (await talk.slots())["form"] is None


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("10010", "packed"),
        ("10025", "shipped"),
        ("10006", "shipped"),
        ("10005", "delivered"),
        ("10014", "cancelled"),
        ("10003", "returned"),
    ],
)
@two_more_languages
async def test_order_past_cancelling_says_why(talk: Talk, number: str, reason: str) -> None:
    (refusal,) = await talk.say("cancel_order", number)
    assert refusal.response == f"utter_cancel_refused_{reason}"
    assert number in refusal.text
    assert (await talk.slots())["form"] is None
    assert said(await talk.say("affirm")) == ["utter_affirm"]


# Numbers outside forms


@two_languages
async def test_another_number_after_tracking_is_tracked(talk: Talk) -> None:
    await talk.say("track_order", "10024")
    assert said(await talk.say("nlu_fallback", "10025"))[0] == "utter_track_shipped"
    await talk.say("thank")
    assert said(await talk.say("affirm", "10012"))[0] == "utter_track_placed"


@two_other_languages
async def test_bare_number_without_context_asks_what_to_do(talk: Talk) -> None:
    (question,) = await talk.say("nlu_fallback", "10024")
    assert question.response == "utter_track_or_cancel"
    assert question.payloads == (
        '/track_order{"order_number": "10024"}',
        '/cancel_order{"order_number": "10024"}',
    )
    assert said(await talk.press(question.payloads[1])) == ["utter_confirm_cancel"]


@two_languages
async def test_bare_number_then_typed_task(talk: Talk) -> None:
    await talk.say("nlu_fallback", "10024")
    assert said(await talk.say("track_order"))[0] == "utter_track_paid"
    assert said(await talk.say("track_order")) == ["utter_ask_number_to_track"]


@two_languages
async def test_several_numbers_without_context(talk: Talk) -> None:
    (question,) = await talk.say("greet", "10024", "10025")
    assert question.response == "utter_track_or_cancel_several"
    assert question.payloads == ("/track_order", "/cancel_order")
    (which,) = await talk.press("/track_order")
    assert which.response == "utter_which_order"
    assert which.payloads == (
        '/track_order{"order_number": "10024"}',
        '/track_order{"order_number": "10025"}',
    )


@pytest.mark.parametrize("task", ["track_order", "cancel_order"])
@two_more_languages
async def test_several_numbers_ask_which_one(talk: Talk, task: str) -> None:
    (which,) = await talk.say(task, "10021", "10024")
    assert which.response == "utter_which_order"
    assert said(await talk.say("thank")) == ["utter_thank", "utter_which_order"]
    replies = await talk.press(which.payloads[1])
    assert replies[0].response in ("utter_track_paid", "utter_confirm_cancel")
    assert "10024" in replies[0].text


@two_languages
async def test_cancel_it_after_tracking_confirms_by_name(talk: Talk, shop: DemoShop) -> None:
    await talk.say("track_order", "10024")
    (question,) = await talk.say("cancel_order")
    assert question.response == "utter_confirm_cancel"
    assert "10024" in question.text
    assert await status_of(shop, "10024") is OrderStatus.PAID


@two_languages
async def test_number_is_not_reused_silently(talk: Talk) -> None:
    await talk.say("track_order", "10024")
    assert said(await talk.say("track_order")) == ["utter_ask_number_to_track"]
    await talk.say("deny")
    await talk.say("cancel_order", "10024")
    await talk.say("deny")
    assert said(await talk.say("cancel_order")) == ["utter_ask_number_to_cancel"]


@two_other_languages
async def test_after_a_cancellation_a_number_asks_to_confirm(talk: Talk, shop: DemoShop) -> None:
    await talk.say("cancel_order", "10024")
    await talk.say("affirm")
    (question,) = await talk.say("nlu_fallback", "10021")
    assert question.response == "utter_confirm_cancel"
    assert await status_of(shop, "10021") is OrderStatus.PAID


# Outside forms


OUTSIDE = [
    ("greet", "utter_greet"),
    ("goodbye", "utter_goodbye"),
    ("thank", "utter_thank"),
    ("affirm", "utter_affirm"),
    ("deny", "utter_deny"),
    ("help", "utter_help"),
    ("bot_challenge", "utter_bot_challenge"),
    ("nlu_fallback", "utter_fallback"),
    ("contact_human_agent", "utter_contact_human_agent"),
]


@pytest.mark.parametrize(("intent", "answer"), OUTSIDE)
@five_languages
async def test_answers_outside_forms(talk: Talk, intent: str, answer: str) -> None:
    (reply,) = await talk.say(intent)
    assert reply.response == answer
    assert (await talk.slots())["form"] is None


async def test_language_may_change_within_a_form(talk: Talk) -> None:
    await talk.say("cancel_order")
    talk.language = "el"
    assert said(await talk.say("nlu_fallback", "10024")) == ["utter_confirm_cancel"]
    talk.language = "ro"
    assert said(await talk.say("deny")) == ["utter_order_kept"]


@pytest.mark.parametrize("number", [str(number) for number in range(10001, 10031)])
async def test_every_demo_order_can_be_tracked(talk: Talk, shop: DemoShop, number: str) -> None:
    replies = await talk.say("track_order", number)
    assert replies[0].response == f"utter_track_{(await status_of(shop, number)).value}"
    assert "{" not in "".join(reply.text for reply in replies)


# Every message in every state gets an answer, and only a yes to a question cancels


OPENINGS: dict[str, list[tuple[str, ...]]] = {
    "nothing": [],
    "asked for a number to track": [("track_order",)],
    "asked for a number to cancel": [("cancel_order",)],
    "asked to confirm": [("cancel_order", "10024")],
    "asked to confirm again": [("cancel_order", "10024"), ("nlu_fallback",)],
    "asked which": [("track_order", "10021", "10024")],
    "asked what to do": [("nlu_fallback", "10024")],
    "tracked": [("track_order", "10024")],
    "missed": [("track_order", "99999")],
}


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("numbers", [(), ("10024",), ("10022",), ("10021", "10022")])
async def test_every_message_is_answered_and_only_a_yes_cancels(
    talk: Talk, shop: DemoShop, opening: str, numbers: tuple[str, ...]
) -> None:
    before = {number: await status_of(shop, number) for number in ("10021", "10022", "10024")}
    base = talk.sender
    for intent in INTENTS:
        talk.sender = f"{base}-{intent}"
        for intent_before, *numbers_before in OPENINGS[opening]:
            await talk.say(intent_before, *numbers_before)
        if opening.startswith("asked to confirm") and intent == "affirm" and set(numbers) <= {"10024"}:
            continue
        assert await talk.say(intent, *numbers), (opening, intent, numbers)
    assert before == {number: await status_of(shop, number) for number in before}


# A shop in trouble


@dataclass
class BrokenShop:
    """A demo shop that fails with `find` or `cancel` as long as these are set."""

    shop: DemoShop
    find: Exception | None = None
    cancel: Exception | None = None

    async def find_order(self, number: str, asker: Asker) -> Any:
        if self.find:
            raise self.find
        return await self.shop.find_order(number, asker)

    async def cancel_order(self, number: str, request_id: str, asker: Asker) -> Any:
        if self.cancel:
            raise self.cancel
        return await self.shop.cancel_order(number, request_id, asker)

    async def check(self) -> None:
        await self.shop.check()

    async def close(self) -> None:
        await self.shop.close()


@pytest.fixture
def broken(shop: DemoShop) -> BrokenShop:
    """Return the shop of the actions, ready to be broken."""
    broken = BrokenShop(shop)
    use_shop(broken)
    return broken


@two_languages
async def test_tracking_in_a_broken_shop_can_be_tried_again(talk: Talk, broken: BrokenShop) -> None:
    broken.find = ShopTimeout("slow")
    (answer,) = await talk.say("track_order", "10024")
    assert answer.response == "utter_shop_unavailable"
    assert "help@grija.example" in answer.text
    assert (await talk.slots())["form"] == "track_order_form"
    broken.find = None
    assert said(await talk.say("nlu_fallback", "10024"))[0] == "utter_track_paid"


@two_other_languages
async def test_question_that_was_not_asked_cannot_be_confirmed(talk: Talk, broken: BrokenShop) -> None:
    broken.find = ShopUnavailable("gone")
    assert said(await talk.say("cancel_order", "10024")) == ["utter_shop_unavailable"]
    broken.find = None
    assert said(await talk.say("affirm")) == ["utter_ask_number_to_cancel"]
    assert await status_of(broken.shop, "10024") is OrderStatus.PAID
    assert said(await talk.say("nlu_fallback", "10024")) == ["utter_confirm_cancel"]


@two_more_languages
async def test_cancelling_in_a_shop_that_did_nothing(talk: Talk, broken: BrokenShop) -> None:
    broken.cancel = ShopUnavailable("refused connection")
    await talk.say("cancel_order", "10024")
    assert said(await talk.say("affirm")) == ["utter_shop_unavailable"]
    broken.cancel = None
    assert said(await talk.say("nlu_fallback", "10024")) == ["utter_confirm_cancel"]
    assert said(await talk.say("affirm")) == ["utter_order_cancelled"]


@two_languages
async def test_cancelling_with_unknown_outcome_is_said(talk: Talk, broken: BrokenShop) -> None:
    broken.cancel = ShopTimeout("slow", changed_nothing=False)
    await talk.say("cancel_order", "10024")
    (answer,) = await talk.say("affirm")
    assert answer.response == "utter_cancel_outcome_unknown"
    assert (await talk.slots())["form"] is None
    assert said(await talk.say("nlu_fallback", "10024"))[0] == "utter_track_paid"


@two_languages
async def test_retried_turn_gives_the_same_answer(talk: Talk, shop: DemoShop) -> None:
    await talk.say("cancel_order", "10024")
    await shop.cancel_order("10024", "crashed-turn", Asker("web", "c1", False))
    # The turn had cancelled and crashed before its commit; it comes again with the same message id.
    assert said(await talk.say("affirm", message_id="crashed-turn")) == ["utter_order_cancelled"]
