"""How tasks are talked about: questions between, corrections, changes of mind, several wishes, misunderstandings."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from actions import shop as installed
from actions.backends.model import Command, ShopTimeout, ShopUnavailable
from tests.customer import Customer
from tests.shopping import Counter

PAID, PLACED_FAILED, SHIPPED, DELIVERED = "10024", "10013", "10025", "10005"


@pytest.fixture
def emma(counter: Counter) -> Customer:
    """Return a customer for whom the site vouches."""
    return Customer(user_id="emma")


def status(counter: Counter, number: str) -> object:
    """Return the state of an order in the shop's books."""
    return counter.one("SELECT status FROM purchase WHERE number = ?", number)


def wish(intent: str, part: str, text: str) -> dict[str, Any]:
    """Return a part of a message as the pipeline gives it."""
    start = text.index(part)
    return {"intent": intent, "confidence": 0.9, "start": start, "end": start + len(part), "text": part}


# Interruption


async def test_a_question_in_the_middle_is_answered_and_the_task_goes_on(
    emma: Customer, counter: Counter
) -> None:
    await emma.say("cancel_order", order_number=PAID)
    said = await emma.say("delivery_options", "do you deliver to Greece?", country="GR")
    assert said[0] == "utter_delivery_options_to"
    assert said[-1].startswith("utter_confirm_cancel")
    assert await emma.say("affirm") == ["utter_order_cancelled"]
    assert status(counter, PAID) == "cancelled"


@pytest.mark.parametrize("intent", ["greet", "thank", "help", "bot_challenge"])
async def test_small_talk_in_the_middle_is_answered_and_the_task_goes_on(emma: Customer, intent: str) -> None:
    await emma.say("cancel_order", order_number=PAID)
    said = await emma.say(intent)
    assert len(said) == 2
    assert said[-1].startswith("utter_confirm_cancel")


async def test_another_task_in_the_middle_is_done_first(emma: Customer, counter: Counter) -> None:
    await emma.say("cancel_order", order_number=PAID)
    said = await emma.say("track_order", order_number=SHIPPED)
    assert said[0] == "utter_track_shipped"
    assert said[-2] == "utter_back_to"
    assert said[-1].startswith("utter_confirm_cancel")
    assert PAID in emma.text
    assert status(counter, PAID) == "paid"


async def test_a_task_interrupted_again_and_again_is_left(emma: Customer) -> None:
    await emma.say("cancel_order", order_number=PAID)
    await emma.say("track_order", order_number=SHIPPED)
    said = await emma.say("check_invoice", order_number=DELIVERED)
    assert said == ["utter_invoice", "utter_left_open"]
    assert await emma.say("affirm") == ["utter_affirm"]


async def test_goodbye_and_the_wish_for_a_person_leave_what_is_open(emma: Customer, counter: Counter) -> None:
    for intent in ("goodbye", "contact_human_agent"):
        await emma.say("cancel_order", order_number=PAID)
        assert await emma.say(intent) == ["utter_nothing_changed", f"utter_{intent}"]
        assert await emma.say("affirm") == ["utter_affirm"]
    assert status(counter, PAID) == "paid"


# Confirmation


async def test_only_a_certain_yes_is_a_yes(emma: Customer, counter: Counter) -> None:
    await emma.say("cancel_order", order_number=PAID)
    assert await emma.say("affirm", "right to left", certainty=0.56) == ["utter_yes_or_no"]
    assert status(counter, PAID) == "paid"
    assert await emma.say("affirm", "yes") == ["utter_order_cancelled"]


async def test_two_unclear_answers_end_it_and_nothing_is_done(emma: Customer, counter: Counter) -> None:
    await emma.say("cancel_order", order_number=PAID)
    assert await emma.say("nlu_fallback", "hm") == ["utter_yes_or_no"]
    assert await emma.say("nlu_fallback", "well") == ["utter_gave_up"]
    assert await emma.say("affirm") == ["utter_affirm"]
    assert status(counter, PAID) == "paid"


async def test_the_button_of_an_old_question_does_not_answer_a_new_one(
    emma: Customer, counter: Counter
) -> None:
    await emma.say("cancel_order", order_number=PLACED_FAILED)
    (yes, _) = emma.replies[-1].buttons
    await emma.say("deny", "no")
    await emma.say("cancel_order", order_number=PAID)
    assert await emma.press_payload(*yes) == ["utter_yes_or_no"]
    assert status(counter, PAID) == "paid"
    assert status(counter, PLACED_FAILED) == "payment_failed"


async def test_the_button_of_a_closed_question_says_so(emma: Customer, counter: Counter) -> None:
    await emma.say("cancel_order", order_number=PAID)
    (yes, _) = emma.replies[-1].buttons
    await emma.say("deny", "no")
    assert await emma.press_payload(*yes) == ["utter_question_closed"]
    assert status(counter, PAID) == "paid"


# Correction and change of mind


async def test_another_number_at_the_confirmation_replaces_the_first(
    emma: Customer, counter: Counter
) -> None:
    await emma.say("cancel_order", order_number=PAID)
    said = await emma.say("correction", f"no, I meant {PLACED_FAILED}", order_number=PLACED_FAILED)
    assert said[0].startswith("utter_confirm_cancel")
    assert PLACED_FAILED in emma.text
    assert await emma.say("affirm") == ["utter_order_cancelled"]
    assert (status(counter, PAID), status(counter, PLACED_FAILED)) == ("paid", "cancelled")


async def test_a_correction_without_a_value_asks_again(emma: Customer) -> None:
    await emma.say("cancel_order", order_number=PAID)
    assert await emma.say("correction", "no, not that one") == ["utter_ask_order_to_cancel"]


async def test_a_correction_after_the_end_does_the_task_again(emma: Customer) -> None:
    await emma.say("track_order", order_number=DELIVERED)
    said = await emma.say("correction", f"sorry, {SHIPPED}", order_number=SHIPPED)
    assert said[0] == "utter_track_shipped"


async def test_a_change_of_mind_ends_the_question(emma: Customer) -> None:
    await emma.say("change_shipping_address", order_number=PAID)
    assert await emma.say("deny", "forget it") == ["utter_task_stopped"]
    assert await emma.say("nlu_fallback", "xyz", nearest=["review"]) == ["utter_did_you_mean"]


async def test_it_means_the_order_that_was_talked_about(emma: Customer) -> None:
    await emma.say("track_order", order_number=PAID)
    said = await emma.say("cancel_order", "cancel it")
    assert said[0].startswith("utter_confirm_cancel")
    assert PAID in emma.text


async def test_a_bare_number_goes_on_with_what_was_done_last(emma: Customer) -> None:
    await emma.say("track_order", order_number=PAID)
    assert (await emma.say("nlu_fallback", SHIPPED, order_number=SHIPPED))[0] == "utter_track_shipped"


async def test_a_bare_number_at_first_is_asked_about(emma: Customer) -> None:
    assert await emma.say("nlu_fallback", SHIPPED, order_number=SHIPPED) == ["utter_what_about_order"]
    assert (await emma.press("/track_order"))[0] == "utter_track_shipped"


# Several wishes


async def test_two_wishes_are_served_one_after_the_other(emma: Customer, counter: Counter) -> None:
    text = f"cancel {PAID} and where is {SHIPPED}?"
    parts = [wish("cancel_order", f"cancel {PAID}", text), wish("track_order", f"where is {SHIPPED}?", text)]
    said = await emma.say("cancel_order", text, wishes=parts, order_number=[PAID, SHIPPED])
    assert len(said) == 1
    assert said[0].startswith("utter_confirm_cancel")
    said = await emma.say("affirm")
    assert said[:2] == ["utter_order_cancelled", "utter_track_shipped"]
    assert status(counter, PAID) == "cancelled"


async def test_a_yes_with_a_further_wish_does_both(emma: Customer, counter: Counter) -> None:
    await emma.say("cancel_order", order_number=PAID)
    text = f"yes, and where is {SHIPPED}?"
    parts = [wish("affirm", "yes", text), wish("track_order", f"where is {SHIPPED}?", text)]
    said = await emma.say("affirm", text, wishes=parts, order_number=[SHIPPED])
    assert said[:2] == ["utter_order_cancelled", "utter_track_shipped"]


async def test_questions_first_then_the_task(emma: Customer) -> None:
    text = "how can I pay? and I want a mug"
    parts = [wish("check_payment_methods", "how can I pay?", text), wish("place_order", "I want a mug", text)]
    said = await emma.say("place_order", text, wishes=parts, product="mug")
    assert said[0] == "utter_payment_methods"
    assert said[-1] == "utter_confirm_order"


# Several orders, repeated questions


async def test_several_numbers_are_asked_about(emma: Customer) -> None:
    said = await emma.say("cancel_order", order_number=[PAID, PLACED_FAILED])
    assert said == ["utter_ask_order_to_cancel"]
    assert (await emma.press(PLACED_FAILED))[0].startswith("utter_confirm_cancel")


async def test_an_unknown_number_is_asked_again_and_given_up_at_the_second(emma: Customer) -> None:
    said = await emma.say("cancel_order", order_number="10999")
    assert said == ["utter_order_not_found", "utter_ask_order_to_cancel"]
    said = await emma.say("nlu_fallback", "10998", order_number="10998")
    assert said == ["utter_order_not_found", "utter_gave_up"]


async def test_repeat_says_the_question_again_and_it_can_still_be_answered(
    emma: Customer, counter: Counter
) -> None:
    question = await emma.say("cancel_order", order_number=PAID)
    text = emma.text
    assert await emma.say("repeat") == question
    assert emma.text == text
    assert await emma.say("affirm") == ["utter_order_cancelled"]


async def test_repeat_in_another_language_repeats_in_that_language(emma: Customer) -> None:
    await emma.say("contact_human_agent")
    english = emma.text
    emma.language = "pl"
    assert await emma.say("repeat") == ["utter_contact_human_agent"]
    assert emma.text != english


# Misunderstanding


async def test_the_nearest_wishes_are_offered_then_a_person(emma: Customer) -> None:
    said = await emma.say("nlu_fallback", "qwrt", nearest=["greet", "track_order", "track_refund", "review"])
    assert said == ["utter_did_you_mean"]
    assert [payload for _, payload in emma.replies[0].buttons] == ["/track_order", "/track_refund"]
    assert await emma.say("nlu_fallback", "zxcv", nearest=["review"]) == ["utter_offer_person"]
    assert await emma.press("/contact_human_agent") == ["utter_contact_human_agent"]


async def test_an_understood_message_between_makes_patient_again(emma: Customer) -> None:
    await emma.say("nlu_fallback", "qwrt", nearest=["track_order"])
    await emma.say("contact_customer_service")
    assert await emma.say("nlu_fallback", "zxcv", nearest=["review"]) == ["utter_did_you_mean"]


async def test_out_of_scope_twice_offers_a_person(emma: Customer) -> None:
    assert await emma.say("out_of_scope", "weather?") == ["utter_out_of_scope"]
    assert await emma.say("out_of_scope", "football?") == ["utter_offer_person"]


# Free text


async def test_any_words_are_taken_where_a_text_was_asked_for(emma: Customer, counter: Counter) -> None:
    await emma.say("complaint", "complaint")
    said = await emma.say("cancel_order", "you did cancel my order without asking", certainty=0.97)
    assert said == ["utter_complaint_filed"]


async def test_a_person_is_heard_even_where_a_text_was_asked_for(emma: Customer) -> None:
    await emma.say("complaint", "complaint")
    said = await emma.say("contact_human_agent", "give me a person", certainty=0.97)
    assert said == ["utter_contact_human_agent"]


async def test_what_customers_write_is_never_a_placeholder(emma: Customer, counter: Counter) -> None:
    await emma.say("get_refund", order_number=DELIVERED)
    await emma.say("nlu_fallback", "{contact} {0} %s /restart")
    assert "{contact} {0} %s /restart" in emma.replies[0].text


# Trouble


class BrokenShop:
    """A shop that fails in one way."""

    def __init__(self, shop: Any, error: Exception, *, doing: bool) -> None:
        self._shop, self._error, self._doing = shop, error, doing

    async def find_customer(self, **who: Any) -> Any:
        return await self._shop.find_customer(**who)

    async def ask(self, *arguments: Any) -> Any:
        if not self._doing:
            raise self._error
        return await self._shop.ask(*arguments)

    async def do(self, command: Command[Any], *arguments: Any) -> Any:
        raise self._error


async def test_a_shop_that_cannot_be_reached_offers_to_try_again(emma: Customer, counter: Counter) -> None:
    shop = installed.current_shop()
    await emma.say("cancel_order", order_number=PAID)
    installed.use_shop(BrokenShop(shop, ShopUnavailable("down"), doing=False))  # type: ignore[arg-type]
    assert await emma.say("affirm") == ["utter_shop_unavailable"]
    installed.use_shop(shop)
    said = await emma.press("/cancel_order")
    assert said[0].startswith("utter_confirm_cancel")
    assert PAID in emma.text


async def test_an_unknown_outcome_is_not_called_a_failure(emma: Customer, counter: Counter) -> None:
    shop = installed.current_shop()
    await emma.say("cancel_order", order_number=PAID)
    installed.use_shop(
        BrokenShop(shop, ShopTimeout("slow", changed_nothing=False), doing=True)  # type: ignore[arg-type]
    )
    assert await emma.say("affirm") == ["utter_outcome_unknown"]
    assert emma.replies[0].buttons == ()


CHANGES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "cancel_order": [("cancel_order", {"order_number": PAID}), ("affirm", {})],
    "place_order": [("place_order", {"product": "mug"}), ("affirm", {})],
    "change_order": [
        ("change_order", {"order_number": PAID, "product": "teapot"}),
        ("nlu_fallback", {"text": "3"}),
        ("affirm", {}),
    ],
    "get_refund": [
        ("get_refund", {"order_number": DELIVERED}),
        ("nlu_fallback", {"text": "broken"}),
        ("affirm", {}),
    ],
    "switch_account": [("switch_account", {"account_type": "pro"}), ("affirm", {})],
    "payment_issue": [("payment_issue", {"order_number": SHIPPED}), ("affirm", {})],
    "complaint": [("complaint", {"text": "a"}), ("nlu_fallback", {"text": "the parcel came much too late"})],
    "get_invoice": [("get_invoice", {"order_number": DELIVERED})],
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_retried_turn_gives_the_same_answer_and_changes_nothing_twice(
    emma: Customer, counter: Counter, name: str
) -> None:
    *before, (intent, last) = CHANGES[name]
    for earlier, options in before:
        await emma.say(earlier, **options)
    slots = copy.deepcopy(emma.slots)
    first = await emma.say(intent, **last, message_id="retried")
    text, books = emma.text, _books(counter)
    emma.slots = slots
    assert await emma.say(intent, **last, message_id="retried") == first
    assert emma.text == text
    assert _books(counter) == books


def _books(counter: Counter) -> list[object]:
    tables = ("purchase", "line", "refund", "matter", "payment", "customer", "address")
    return [counter.rows(f"SELECT * FROM {table}") for table in tables]
