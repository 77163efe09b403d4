"""How tasks are talked about: questions between, corrections, changes of mind, several wishes, misunderstandings."""

from __future__ import annotations

import copy
import json
import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from actions import shop as installed
from actions.backends.model import Command, ShopTimeout, ShopUnavailable
from actions.hints import joins, leaves
from actions.talk import RESERVED
from tests.customer import Customer, domain
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
        said = await emma.say(intent)
        assert said == ["utter_nothing_changed", *(["utter_goodbye"] if intent == "goodbye" else [])]
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
    assert emma.wants == "missed"
    assert await emma.say("affirm") == ["utter_affirm"]
    assert emma.wants is None
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
    await emma.say("goodbye")
    english = emma.text
    emma.language = "pl"
    assert await emma.say("repeat") == ["utter_goodbye"]
    assert emma.text != english


# Misunderstanding


async def test_the_nearest_wishes_are_offered_then_a_person(emma: Customer) -> None:
    said = await emma.say("nlu_fallback", "qwrt", nearest=["greet", "track_order", "track_refund", "review"])
    assert said == ["utter_did_you_mean"]
    assert [payload for _, payload in emma.replies[0].buttons] == ["/track_order", "/track_refund"]
    assert emma.wants is None
    assert await emma.say("nlu_fallback", "zxcv", nearest=["review"]) == ["utter_offer_person"]
    assert emma.wants == "missed"
    assert await emma.press("/contact_human_agent") == []
    assert emma.wants == "asked"


async def test_an_understood_message_between_makes_patient_again(emma: Customer) -> None:
    await emma.say("nlu_fallback", "qwrt", nearest=["track_order"])
    await emma.say("contact_customer_service")
    assert await emma.say("nlu_fallback", "zxcv", nearest=["review"]) == ["utter_did_you_mean"]


async def test_out_of_scope_twice_offers_a_person(emma: Customer) -> None:
    assert await emma.say("out_of_scope", "weather?") == ["utter_out_of_scope"]
    assert await emma.say("out_of_scope", "football?") == ["utter_offer_person"]
    assert emma.slots["person"] == {"reason": "missed", "because": {}, "misses": 2, "failures": 0}


# Free text


async def test_any_words_are_taken_where_a_text_was_asked_for(emma: Customer, counter: Counter) -> None:
    await emma.say("complaint", "complaint")
    said = await emma.say("cancel_order", "you did cancel my order without asking", certainty=0.97)
    assert said == ["utter_complaint_filed"]


async def test_a_person_is_heard_even_where_a_text_was_asked_for(emma: Customer) -> None:
    await emma.say("complaint", "complaint")
    assert await emma.say("contact_human_agent", "give me a person", certainty=0.97) == []
    assert emma.wants == "asked"


async def test_what_customers_write_is_never_a_placeholder(emma: Customer, counter: Counter) -> None:
    await emma.say("get_refund", order_number=DELIVERED)
    await emma.say("nlu_fallback", "{contact} {0} %s /restart")
    assert "{contact} {0} %s /restart" in emma.replies[0].text


# People


async def test_after_people_nothing_that_was_open_is_asked_again(emma: Customer, counter: Counter) -> None:
    await emma.say("cancel_order", order_number=PAID)
    await emma.say("nlu_fallback", "hm")
    emma.slots["people"] = {"note": f"Spoke with her; {DELIVERED} goes back, label sent."}
    assert await emma.say("affirm") == ["utter_affirm"]
    assert emma.slots["people"] is None
    assert status(counter, PAID) == "paid"
    said = await emma.say("get_refund")
    assert said == ["utter_ask_refund_reason"]
    assert emma.slots["memory"]["tasks"][-1]["answers"]["order_number"] == DELIVERED


async def test_a_broken_promise_and_a_filed_complaint_are_matters_for_people(
    emma: Customer, counter: Counter
) -> None:
    assert await emma.say("track_order", order_number=SHIPPED) != []
    assert emma.wants is None
    with closing(sqlite3.connect(counter.folder / "shop.sqlite")) as books, books:
        books.execute("UPDATE purchase SET expected_on = '2020-01-01' WHERE number = ?", [SHIPPED])
    await emma.say("track_order", order_number=SHIPPED)
    assert emma.wants == "promise"
    assert emma.slots["person"]["because"]["order"] == SHIPPED
    said = await emma.say(
        "complaint", "nobody answers me and this is the third parcel that comes much too late"
    )
    assert said == ["utter_complaint_filed"]
    assert emma.wants == "complaint"


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
    assert emma.slots["person"] == {"reason": None, "because": {}, "misses": 0, "failures": 1}
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
    assert emma.wants == "failed"
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
    # A link says until when it opens: that is a second later perhaps.
    assert re.sub(r"\?\S+", "", emma.text) == re.sub(r"\?\S+", "", text)
    assert _books(counter) == books


def _books(counter: Counter) -> list[object]:
    tables = ("purchase", "line", "refund", "matter", "payment", "customer", "address")
    return [counter.rows(f"SELECT * FROM {table}") for table in tables]


# Absent minds: what is an answer, and what is not

CONFIRM = ["utter_confirm_cancel_with_fee"]


@pytest.mark.parametrize("intent", ["track_order", "check_refund_policy", "delivery_period", "thank"])
async def test_a_message_that_is_nothing_but_the_answer_is_the_answer(emma: Customer, intent: str) -> None:
    """However sure the reading is that it is another wish: a number alone says little."""
    await emma.say("cancel_order", "cancel an order")
    assert await emma.say(intent, PAID, order_number=PAID, certainty=0.95) == CONFIRM


async def test_a_number_with_another_wish_is_another_wish(emma: Customer) -> None:
    await emma.say("cancel_order", "cancel an order")
    said = await emma.say("track_order", f"where is {SHIPPED}", order_number=SHIPPED)
    assert said[0] == "utter_track_shipped"
    assert said[-1] == "utter_ask_order_to_cancel"


async def test_an_answer_with_thanks_is_an_answer(emma: Customer) -> None:
    await emma.say("change_order", order_number=PAID)
    assert await emma.say("thank", "teapot, thanks", product="teapot") == ["utter_ask_quantity"]


@pytest.mark.parametrize("text", ["3", "three", "make it 3", "3 please"])
async def test_a_quantity_in_digits_or_in_words(emma: Customer, text: str) -> None:
    await emma.say("change_order", order_number=PAID, product="teapot")
    assert await emma.say("nlu_fallback", text) == ["utter_confirm_change"]
    assert "3 × Teapot" in emma.text


@pytest.mark.parametrize("text", ["-1", "51", "1000000", "10024"])
async def test_an_absurd_quantity_is_refused(emma: Customer, text: str) -> None:
    await emma.say("change_order", order_number=PAID, product="teapot")
    assert await emma.say("nlu_fallback", text) == ["utter_number_out_of_range", "utter_ask_quantity"]


@pytest.mark.parametrize("text", ["4", "4/5", "four", "★★★★", "4 stars"])
async def test_stars_as_people_give_them(emma: Customer, counter: Counter, text: str) -> None:
    await emma.say("review", "a review", product="mug")
    assert await emma.say("nlu_fallback", text) == ["utter_ask_review"]
    await emma.say("thank", "lovely thing, thanks")
    assert counter.one("SELECT stars FROM review") == 4


async def test_a_correction_that_holds_the_answer_is_the_answer(emma: Customer) -> None:
    await emma.say("change_order", order_number=PAID, product="teapot")
    assert await emma.say("correction", "no wait, 3") == ["utter_confirm_change"]


async def test_a_number_in_a_story_is_no_other_order(emma: Customer, counter: Counter) -> None:
    await emma.say("get_refund", "a refund", order_number=DELIVERED)
    words = f"it looks just like the one of {SHIPPED}"
    assert await emma.say("nlu_fallback", words, order_number=SHIPPED) == ["utter_confirm_refund"]
    await emma.say("affirm", "yes")
    assert counter.rows("SELECT purchase FROM refund WHERE reason = ?", words) == [(DELIVERED,)]


async def test_a_postcode_is_no_other_order(emma: Customer, counter: Counter) -> None:
    await emma.say("change_shipping_address", order_number=PAID)
    await emma.say("nlu_fallback", "Hauptstraße 1")
    said = await emma.say("nlu_fallback", "10115 Berlin", order_number="10115", city="Berlin")
    assert said == ["utter_ask_country"]


@pytest.mark.parametrize("text", ["cancel", "Never mind.", "anuluj", "άκυρο", "забрави", "renunț"])
async def test_giving_up_is_no_answer_and_no_other_wish(emma: Customer, counter: Counter, text: str) -> None:
    for intent in ("complaint", "track_order", "set_up_shipping_address"):
        await emma.say(intent, "a wish")
        assert await emma.say("cancel_order", text) == ["utter_task_stopped"]
    assert counter.rows("SELECT * FROM matter") == []


async def test_thanks_alone_are_no_complaint(emma: Customer, counter: Counter) -> None:
    await installed.current_shop().check()
    await emma.say("complaint", "complaint")
    assert await emma.say("thank", "ok thanks") == ["utter_thank", "utter_ask_complaint"]
    assert counter.rows("SELECT * FROM matter") == []


async def test_saying_the_wish_again_and_again_comes_to_an_end(emma: Customer) -> None:
    await emma.say("cancel_order", order_number=PAID)
    assert await emma.say("cancel_order", "cancel it") == CONFIRM
    assert await emma.say("cancel_order", "cancel it!!") == ["utter_gave_up"]


async def test_an_earlier_button_of_the_same_task_changes_the_answer(
    emma: Customer, counter: Counter
) -> None:
    await emma.say("cancel_order", "cancel an order")
    former = emma.replies
    await emma.press(PLACED_FAILED)
    emma.replies = former
    assert await emma.press(PAID) == CONFIRM
    assert PAID in emma.text


async def test_a_choice_is_understood_by_a_word_that_only_it_has(emma: Customer) -> None:
    await emma.say("edit_account")
    assert await emma.say("nlu_fallback", "the phone, please") == ["utter_ask_new_phone"]


ODD = [
    "",
    " ",
    "😀",
    "x" * 4000,
    "10024 10025",
    "INV-10005",
    "?!",
    "\u202e\u0000",
    "{order_number}",
    "0",
    "/cancel_order",
]
ASKING: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "order": [("cancel_order", {"text": "cancel"})],
    "yes or no": [("cancel_order", {"order_number": PAID})],
    "product": [("change_order", {"order_number": PAID})],
    "quantity": [("change_order", {"order_number": PAID, "product": "teapot"})],
    "items": [("place_order", {})],
    "street": [("set_up_shipping_address", {})],
    "place": [("set_up_shipping_address", {}), ("nlu_fallback", {"text": "12 High Street"})],
    "country": [
        ("set_up_shipping_address", {}),
        ("nlu_fallback", {"text": "12 High Street"}),
        ("nlu_fallback", {"text": "M1 1AE Manchester"}),
    ],
    "invoice": [("get_invoice", {})],
    "part": [("edit_account", {})],
    "phone": [("edit_account", {}), ("nlu_fallback", {"text": "phone number"})],
    "mailbox": [("newsletter_subscription", {"text": "subscribe"})],
    "stars": [("review", {})],
    "newsletter": [("newsletter_subscription", {"text": "newsletter"})],
    "kind": [("switch_account", {})],
    "target": [("change_shipping_address", {})],
}
OTHERS: list[tuple[str, str]] = [
    ("delivery_options", "how do you deliver?"),
    ("track_order", "and where is it?"),
    ("greet", "hello"),
    ("deny", "no"),
    ("deny", "never mind"),
    ("correction", "no, that is wrong"),
    ("repeat", "what?"),
    ("affirm", "yes"),
    ("bot_challenge", "are you a robot?"),
    ("contact_human_agent", "a person please"),
    *(("nlu_fallback", text) for text in ODD),
]


@pytest.mark.parametrize("field", ASKING)
async def test_no_field_breaks_or_does_anything_whatever_is_said(
    emma: Customer, counter: Counter, field: str
) -> None:
    """Each message is answered with whole sentences, what is remembered stays small, and no book is written."""
    await installed.current_shop().check()
    for intent, options in ASKING[field]:
        await emma.say(intent, **options)
    slots, books = copy.deepcopy(emma.slots), _books(counter)
    for intent, text in OTHERS:
        if field == "yes or no" and intent == "affirm":
            continue
        emma.slots = copy.deepcopy(slots)
        numbers = re.findall(r"\b\d{5}\b", text)
        for _ in range(4):
            await emma.say(intent, text, order_number=numbers)
            assert len(json.dumps(emma.slots)) < 20_000
        assert len(emma.slots["memory"]["tasks"]) <= (2 if intent == "track_order" else 1), (intent, text)
    assert _books(counter) == books


# What is remembered


@pytest.mark.parametrize("memory", [
    None, "x", {}, {"tasks": [{"task": "track_order"}]}, {"tasks": [1]},
    {"tasks": [{"task": "x", "number": 1, "answers": []}], "frames": 1, "misses": 0, "said": [], "at_hand": {},
     "last": None, "proof": None, "owner": None, "user_id": None},
])  # fmt: skip
async def test_a_memory_of_another_version_begins_anew(emma: Customer, memory: Any) -> None:
    emma.slots["memory"] = memory
    assert (await emma.say("track_order", order_number=SHIPPED))[0] == "utter_track_shipped"


async def test_an_open_task_of_another_version_is_left(emma: Customer) -> None:
    await emma.say("cancel_order", order_number=PAID)
    emma.slots["memory"]["tasks"][0]["task"] = "juggle"
    assert (await emma.say("track_order", order_number=SHIPPED))[0] == "utter_track_shipped"


async def test_what_is_remembered_stays_small(emma: Customer, counter: Counter) -> None:
    for _ in range(3):
        for intent in ("complaint", "get_refund", "payment_issue", "review"):
            await emma.say(intent, "words " * 700, order_number=DELIVERED)
            assert len(json.dumps(emma.slots)) < 40_000


async def test_two_orders_are_tracked_one_after_the_other(emma: Customer) -> None:
    said = await emma.say("track_order", f"where are {SHIPPED} and {PAID}", order_number=[SHIPPED, PAID])
    assert said[0] == "utter_track_shipped"
    assert "utter_track_paid" in said
    stranger = Customer()
    await stranger.say("track_order", f"where are {SHIPPED} and {PAID}", order_number=[SHIPPED, PAID])
    assert len(stranger.slots["memory"]["tasks"]) == 2


async def test_an_account_that_is_gone_is_no_crash(emma: Customer, counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order", "where")
    await customer.say("nlu_fallback", "oliver@example.com", email="oliver@example.com")
    await customer.say("nlu_fallback", counter.code("oliver@example.com"))
    with closing(sqlite3.connect(counter.folder / "shop.sqlite")) as database, database:
        database.execute("UPDATE customer SET closed = 1 WHERE email = 'oliver@example.com'")
    assert await customer.say("track_order", "where") == ["utter_gave_up"]
    assert await customer.say("track_order", "where") == ["utter_ask_email"]


# Said at once


@pytest.mark.parametrize(
    ("text", "given", "mugs", "teapots"),
    [
        ("remove the mug", {"product": "mug"}, 0, 0),
        ("remove one mug", {"product": "mug", "quantity": "1"}, 1, 0),
        ("usuń kubek", {"product": "mug"}, 0, 0),
        ("добави чайник", {"product": "teapot"}, 2, 1),
        ("add two teapots", {"product": "teapot", "quantity": "2"}, 2, 2),
        ("make it 5 mugs", {"product": "mug", "quantity": "5"}, 5, 0),
    ],
)
async def test_what_to_change_may_be_said_at_once(
    emma: Customer, counter: Counter, text: str, given: dict[str, Any], mugs: int, teapots: int
) -> None:
    assert await emma.say("change_order", text, order_number=PAID, **given) == ["utter_confirm_change"]
    assert await emma.say("affirm", "yes") == ["utter_order_changed"]
    found = counter.rows("SELECT product, quantity FROM line WHERE number = ?", PAID)
    rows = {product: quantity for product, quantity in found}
    assert (rows.get("mug", 0), rows.get("teapot", 0)) == (mugs, teapots)


async def test_a_number_alone_is_of_the_only_thing_in_the_order(emma: Customer) -> None:
    assert await emma.say("change_order", "make it 3", order_number=PLACED_FAILED) == ["utter_confirm_change"]
    assert "3 × Backpack" in emma.text


async def test_the_last_thing_is_not_taken_out_but_the_order_cancelled(
    emma: Customer, counter: Counter
) -> None:
    said = await emma.say(
        "change_order", "remove the backpack", order_number=PLACED_FAILED, product="backpack"
    )
    assert said == ["utter_refused_empty_order"]
    assert (await emma.press("/cancel_order"))[0].startswith("utter_confirm_cancel")


async def test_absurd_and_impossible_orders_are_not_asked_to_be_confirmed(emma: Customer) -> None:
    said = await emma.say("place_order", "500 mugs", product="mug", quantity="500")
    assert said == ["utter_number_out_of_range", "utter_ask_what_to_order"]
    said = await emma.say("nlu_fallback", "40 watches", product="watch", quantity="40")
    assert said == ["utter_refused_out_of_stock"]


async def test_a_yes_that_names_the_thing_again_is_a_yes(emma: Customer) -> None:
    await emma.say("place_order", "2 mugs", product="mug", quantity="2")
    said = await emma.say("affirm", "yes, the 2 mugs", product="mug", quantity="2")
    assert said == ["utter_order_placed", "utter_pay_here"]


@pytest.mark.parametrize(
    "text",
    [
        "10005 arrived broken, I want my money back", "przyszło uszkodzone, chcę zwrot pieniędzy",
        "ήρθε σπασμένο, θέλω τα λεφτά μου", "пристигна счупена, искам си парите", "a venit spart, vreau banii",
    ],
)  # fmt: skip
async def test_a_reason_that_was_given_is_not_asked_for(emma: Customer, text: str) -> None:
    assert await emma.say("get_refund", text, order_number=DELIVERED) == ["utter_confirm_refund"]
    assert text in emma.text


async def test_a_wish_for_money_without_a_reason_is_asked_for_it(emma: Customer) -> None:
    text = "I would like to get a refund for my order 10005 please"
    assert await emma.say("get_refund", text, order_number=DELIVERED) == ["utter_ask_refund_reason"]


async def test_an_order_that_is_not_found_is_told_of_once(emma: Customer) -> None:
    said = await emma.say("payment_issue", "a payment", order_number="10007")
    assert said == ["utter_order_not_found", "utter_ask_payment_problem"]
    assert await emma.say("complaint", "the bank shows another amount") == ["utter_payment_reported"]


LEAVING = [
    "unsubscribe me", "stop sending me spam", "I no longer want to receive your emails", "wypisz mnie",
    "nie chcę już newslettera", "nie chce newslettera", "απεγγραφή", "δεν θελω αλλα mail", "den thelo newsletter",
    "отпишете ме", "не искам бюлетин", "otpishete me", "dezabonare", "nu mai vreau mailuri",
]  # fmt: skip
JOINING = [
    "sign me up", "I want to receive the newsletter", "zapisz mnie", "chce dostawac newsletter", "εγγραφή",
    "θέλω να γραφτώ", "thelo na grafto", "абонирайте ме", "искам бюлетина", "abonirai me", "ma abonez",
    "vreau newsletter",
]  # fmt: skip


@pytest.mark.parametrize(
    "text", [*LEAVING, *JOINING, "newsletter", "sprawdź newsletter", "безплатен бюлетин"]
)
def test_which_way_with_the_newsletter(text: str) -> None:
    assert leaves(text) is (text in LEAVING)
    assert (joins(text) and not leaves(text)) is (text in JOINING)


async def test_a_number_is_no_name(counter: Counter) -> None:
    customer = Customer()
    await customer.say("create_account", "an account please", email="new@shop.example")
    code = counter.code("new@shop.example")
    assert await customer.say("nlu_fallback", code) == ["utter_ask_name"]
    assert await customer.say("nlu_fallback", code) == ["utter_text_too_short", "utter_ask_name"]


async def test_a_yes_is_for_the_fee_that_was_named(emma: Customer, counter: Counter) -> None:
    assert await emma.say("cancel_order", order_number=PLACED_FAILED) == ["utter_confirm_cancel"]
    with closing(sqlite3.connect(counter.folder / "shop.sqlite")) as database, database:
        old = "SELECT placed_at FROM purchase WHERE number = ?"
        database.execute(
            f"UPDATE purchase SET status = 'paid', placed_at = ({old}) WHERE number = ?",
            (PAID, PLACED_FAILED),
        )
    assert await emma.say("affirm", "yes") == ["utter_confirm_cancel_with_fee"]
    assert status(counter, PLACED_FAILED) == "paid"
    assert await emma.say("affirm", "yes") == ["utter_order_cancelled"]


def test_no_placeholder_has_a_name_that_rasa_needs_itself() -> None:
    """A value named `text` would silently take the place of the whole sentence."""
    texts = [item["text"] for found in domain()["responses"].values() for item in found]
    assert not [text for text in texts if set(re.findall(r"\{(\w+)\}", text)) & RESERVED]


async def test_the_same_wish_in_another_message_is_done_again(emma: Customer, counter: Counter) -> None:
    """Once for each message, not once for ever."""
    for _ in range(2):
        await emma.say("place_order", product="mug")
        assert (await emma.say("affirm", "yes"))[0] == "utter_order_placed"
    ordered = counter.one("SELECT COUNT(*) FROM line WHERE product = 'mug' AND number > '10047'")
    assert ordered == 2
