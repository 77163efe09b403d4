"""Nobody gets another's data: who the customer is must be proved, and a proof is hard to steal, guess or use again."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest

from actions import proof
from tests.customer import Customer
from tests.shopping import Counter

EMMAS, ANIAS = "10025", "10007"
PRIVATE = ("utter_track", "utter_invoice", "utter_refund_is", "utter_confirm", "utter_account_edited")

ASKING_FOR_PRIVATE_THINGS = [
    "track_order", "cancel_order", "change_order", "get_invoice", "check_invoice", "get_refund", "track_refund",
    "payment_issue", "change_shipping_address", "set_up_shipping_address", "edit_account", "switch_account",
    "delete_account",
]  # fmt: skip


async def enter(customer: Customer, counter: Counter, email: str = "emma@example.com") -> list[str]:
    """Go through the proof by code, as asked for by the bot."""
    said = await customer.say("nlu_fallback", email, email=email)
    assert said[-1] == "utter_ask_code"
    return await customer.say("nlu_fallback", counter.code(email))


@pytest.mark.parametrize("intent", ASKING_FOR_PRIVATE_THINGS)
async def test_a_stranger_is_asked_who_they_are_first(counter: Counter, intent: str) -> None:
    stranger = Customer()
    assert await stranger.say(intent, order_number=EMMAS) == ["utter_ask_email"]
    assert EMMAS not in stranger.text


async def test_a_code_from_the_mail_opens_what_belongs_to_the_customer(counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    assert (await enter(customer, counter))[0] == "utter_track_shipped"
    assert EMMAS in customer.text


async def test_a_proved_customer_is_not_asked_again(counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await enter(customer, counter)
    assert await customer.say("get_invoice", order_number=EMMAS) == ["utter_invoice_sent"]


@pytest.mark.parametrize("intent", ["track_order", "cancel_order", "change_order", "get_refund"])
async def test_another_customers_order_is_as_unknown_as_none(counter: Counter, intent: str) -> None:
    answers = []
    for number in (ANIAS, "10999"):
        customer = Customer(user_id="emma")
        said = await customer.say(intent, order_number=number)
        answers.append((said, customer.text.replace(number, "NUMBER")))
    assert answers[0] == answers[1]
    assert answers[0][0][0] == "utter_order_not_found"


async def test_another_customers_invoice_and_refund_are_unknown(counter: Counter) -> None:
    customer = Customer(user_id="emma")
    assert (await customer.say("get_invoice", invoice_number="INV-10007"))[0] == "utter_invoice_not_found"
    other = Customer(user_id="emma")
    assert (await other.say("track_refund", refund_number="R-10036"))[0] == "utter_refund_not_found"
    assert "10036" not in other.text.replace("R-10036", "")


async def test_another_customers_order_in_a_complaint_is_not_attached(counter: Counter) -> None:
    customer = Customer(user_id="emma")
    words = "this parcel of mine came late and nobody ever answered my mails"
    said = await customer.say("complaint", words, order_number=ANIAS)
    assert said == ["utter_order_not_found", "utter_complaint_filed"]
    assert counter.rows("SELECT purchase FROM matter") == [(None,)]


async def test_guessed_codes_are_refused_after_three_tries(counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await customer.say("nlu_fallback", "emma@example.com", email="emma@example.com")
    right = counter.code("emma@example.com")
    wrong = [code for code in ("000000", "111111", "222222", "333333") if code != right][:3]
    assert (await customer.say("nlu_fallback", wrong[0]))[0] == "utter_code_wrong"
    assert (await customer.say("nlu_fallback", wrong[1]))[0] == "utter_code_wrong"
    assert (await customer.say("nlu_fallback", wrong[2]))[0] == "utter_code_refused"
    assert not [
        said for said in await customer.say("track_order", order_number=EMMAS) if said.startswith(PRIVATE)
    ]
    assert not [said for said in await customer.say("nlu_fallback", right) if said.startswith(PRIVATE)]


async def test_a_used_code_does_not_work_again(counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await enter(customer, counter)
    used = counter.code("emma@example.com")
    customer.slots["memory"]["proof"] = None
    assert await customer.say("track_order", order_number=EMMAS) == ["utter_ask_email"]
    await customer.say("nlu_fallback", "ania@example.com", email="ania@example.com")
    assert (await customer.say("nlu_fallback", used))[0] == "utter_code_wrong"


async def test_a_code_works_only_where_it_was_asked_for(counter: Counter) -> None:
    emma, thief = Customer(), Customer()
    await emma.say("track_order", order_number=EMMAS)
    await emma.say("nlu_fallback", "emma@example.com", email="emma@example.com")
    stolen = counter.code("emma@example.com")
    await thief.say("track_order", order_number=EMMAS)
    await thief.say("nlu_fallback", "thief@example.com", email="thief@example.com")
    assert not [said for said in await thief.say("nlu_fallback", stolen) if said.startswith(PRIVATE)]
    assert (await emma.say("nlu_fallback", stolen))[0] == "utter_track_shipped"


async def test_an_unknown_address_is_told_the_same_as_a_known_one(counter: Counter) -> None:
    known, unknown = Customer(), Customer()
    for customer, email in ((known, "emma@example.com"), (unknown, "erna@example.com")):
        await customer.say("track_order")
        await customer.say("nlu_fallback", email, email=email)
    assert known.text == unknown.text
    assert [recipient for recipient, _, _ in counter.mails()] == ["emma@example.com"]


async def test_codes_cannot_be_asked_for_without_end(counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order")
    await customer.say("nlu_fallback", "emma@example.com", email="emma@example.com")
    for _ in range(2):
        assert (await customer.press("again"))[0] == "utter_code_sent"
    assert (await customer.press("again"))[0] == "utter_code_refused"
    assert len(counter.mails()) == 3


async def test_a_new_code_makes_the_old_one_worthless(counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await customer.say("nlu_fallback", "emma@example.com", email="emma@example.com")
    first = counter.code("emma@example.com")
    await customer.press("again")
    newest = counter.code("emma@example.com")
    if first != newest:
        assert (await customer.say("nlu_fallback", first))[0] == "utter_code_wrong"
    assert (await customer.say("nlu_fallback", newest))[0] == "utter_track_shipped"


async def test_a_proof_ends_after_a_while(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await enter(customer, counter)
    later = time.time() + proof.PROOF_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert await customer.say("track_order", order_number=EMMAS) == ["utter_ask_email"]


async def test_an_identity_that_the_site_has_not_signed_counts_for_nothing(counter: Counter) -> None:
    customer = Customer()
    assert customer.user_id is None
    forged = {"user_id": "emma", "verified": False}
    assert await customer.say("track_order", order_number=EMMAS, metadata=forged) == ["utter_ask_email"]


async def test_a_signed_identity_is_heard_even_after_another_proof(counter: Counter) -> None:
    """Two people use one browser: what one has proved does not serve the other, whom the site has signed."""
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await enter(customer, counter)
    customer.user_id = "ania"
    assert (await customer.say("track_order", order_number=EMMAS))[0] == "utter_order_not_found"


async def test_a_wrong_email_can_be_corrected_and_gets_a_code_of_its_own(counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await customer.say("nlu_fallback", "ema@example.com", email="ema@example.com")
    said = await customer.say("correction", "sorry, emma@example.com", email="emma@example.com")
    assert said == ["utter_code_sent", "utter_ask_code"]
    assert (await customer.say("nlu_fallback", counter.code("emma@example.com")))[0] == "utter_track_shipped"


async def test_the_code_may_be_written_with_a_space_among_words(counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await customer.say("nlu_fallback", "emma@example.com", email="emma@example.com")
    code = counter.code("emma@example.com")
    said = await customer.say("nlu_fallback", f"it says {code[:3]} {code[3:]}, thanks")
    assert said[0] == "utter_track_shipped"


async def test_a_retried_turn_takes_the_same_code_again(counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await customer.say("nlu_fallback", "emma@example.com", email="emma@example.com")
    before = dict(customer.slots)
    code = counter.code("emma@example.com")
    first = await customer.say("nlu_fallback", code, message_id="m1")
    customer.slots = before
    assert await customer.say("nlu_fallback", code, message_id="m1") == first


# One conversation, several people or addresses


async def test_a_code_for_one_address_proves_no_other(counter: Counter) -> None:
    """The code of the thief's own mailbox must not count for the address that was asked about before."""
    thief = Customer()
    await thief.say("newsletter_subscription", "unsubscribe me from the newsletter")
    await thief.say("nlu_fallback", "new@victim.example", email="new@victim.example")
    await thief.say("create_account", "an account please")
    await thief.say("nlu_fallback", "thief@shop.example", email="thief@shop.example")
    assert await thief.say("deny", "never mind") == ["utter_task_stopped", "utter_back_to", "utter_ask_code"]
    said = await thief.say("nlu_fallback", counter.code("thief@shop.example"))
    assert said == ["utter_code_expired", "utter_code_sent_anyway", "utter_ask_code"]
    assert counter.rows("SELECT * FROM newsletter WHERE email = 'new@victim.example'") == []


async def test_a_mailbox_code_does_not_make_anybody_a_customer(counter: Counter) -> None:
    thief = Customer()
    await thief.say("track_order")
    await thief.say("nlu_fallback", "emma@example.com", email="emma@example.com")
    await thief.say("create_account", "an account please")
    await thief.say("nlu_fallback", "thief@shop.example", email="thief@shop.example")
    await thief.say("deny", "never mind")
    said = await thief.say("nlu_fallback", counter.code("thief@shop.example"))
    assert said == ["utter_code_expired", "utter_code_sent", "utter_ask_code"]


async def test_another_mailbox_does_not_change_who_is_proved(counter: Counter) -> None:
    emma = Customer()
    await emma.say("track_order", order_number=EMMAS)
    await enter(emma, counter)
    await emma.say("newsletter_subscription", "subscribe me please")
    assert (await enter(emma, counter, "ania@example.com"))[0].startswith("utter_subscription")
    assert (await emma.say("track_order", order_number=EMMAS))[0] == "utter_track_shipped"


async def test_the_signature_of_another_forgets_what_was_talked_about(counter: Counter) -> None:
    customer = Customer(user_id="emma")
    await customer.say("track_order", order_number=EMMAS)
    await customer.say("cancel_order", order_number="10024")
    customer.user_id = "ania"
    for intent in ("repeat", "affirm", "correction"):
        await customer.say(intent, "yes")
        assert "100" not in customer.text
    assert counter.one("SELECT status FROM purchase WHERE number = '10024'") == "paid"


async def test_a_new_proof_forgets_what_was_talked_about(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await enter(customer, counter)
    later = time.time() + proof.PROOF_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    await customer.say("cancel_order", "cancel it")
    said = await enter(customer, counter, "ania@example.com")
    assert said == ["utter_ask_order_to_cancel"]
    assert EMMAS not in str(customer.slots["memory"])


async def test_what_was_private_is_not_repeated_after_the_proof(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await enter(customer, counter)
    later = time.time() + proof.PROOF_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert await customer.say("repeat") == ["utter_help"]


async def test_a_task_belongs_to_who_began_it(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next person at the same screen, with an own proof, does not close the account of the first."""
    customer = Customer()
    await customer.say("delete_account")
    assert await enter(customer, counter, "oliver@example.com") == ["utter_confirm_delete_account"]
    later = time.time() + proof.PROOF_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    said = await customer.say("affirm", "yes")
    assert said[-1] == "utter_ask_email"
    assert await enter(customer, counter, "nikos@example.com") == ["utter_confirm_delete_account"]
    assert "nikos@example.com" in customer.text
    assert counter.one("SELECT COUNT(*) FROM customer WHERE closed") == 0


async def test_a_proof_that_ends_in_the_middle_asks_for_a_new_code(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = Customer()
    await customer.say("cancel_order", order_number="10024")
    assert (await enter(customer, counter))[0].startswith("utter_confirm_cancel")
    later = time.time() + proof.PROOF_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert await customer.say("affirm", "yes") == ["utter_ask_email"]
    assert (await enter(customer, counter))[0].startswith("utter_confirm_cancel")
    assert counter.one("SELECT status FROM purchase WHERE number = '10024'") == "paid"
    assert await customer.say("affirm", "yes") == ["utter_order_cancelled"]


async def test_a_signed_customer_whom_the_shop_does_not_know_can_prove_by_code(counter: Counter) -> None:
    customer = Customer(user_id="somebody-new")
    await customer.say("cancel_order", order_number="10024")
    assert (await enter(customer, counter))[0].startswith("utter_confirm_cancel")
    assert await customer.say("affirm", "yes") == ["utter_order_cancelled"]


async def test_nothing_private_is_open_after_the_account_was_deleted(counter: Counter) -> None:
    customer = Customer(user_id="oliver")
    await customer.say("edit_account")
    assert (await customer.say("delete_account", "delete my account"))[-1] == "utter_confirm_delete_account"
    before = dict(customer.slots)
    said = await customer.say("affirm", "yes", message_id="last")
    assert said == ["utter_account_deleted"]
    customer.slots = before
    assert await customer.say("affirm", "yes", message_id="last") == said
    assert customer.slots["memory"]["tasks"] == []
    assert await customer.say("correction", "no, 10024", order_number="10024") == ["utter_what_about_order"]


async def test_a_given_address_is_the_new_one_not_the_proof(counter: Counter) -> None:
    customer = Customer()
    said = await customer.say(
        "edit_account", "change my address to new@shop.example", email="new@shop.example"
    )
    assert said == ["utter_ask_email"]
    assert (await enter(customer, counter))[-2:] == ["utter_code_sent_anyway", "utter_ask_code"]
    said = await customer.say("nlu_fallback", counter.code("new@shop.example"))
    assert said == ["utter_account_edited"]


async def test_a_yes_for_one_order_is_no_yes_for_another(counter: Counter) -> None:
    customer = Customer(user_id="emma")
    await customer.say("cancel_order", order_number="10024")
    (yes, _) = customer.replies[-1].buttons
    await customer.say("correction", "no, 10013", order_number="10013")
    assert (await customer.press_payload(*yes))[0] == "utter_yes_or_no"
    assert counter.one("SELECT status FROM purchase WHERE number = '10013'") == "payment_failed"


PROOFS: dict[str, list[tuple[str, str]]] = {
    "create_account": [("create_account", ""), ("", "new@shop.example"), ("", "CODE"), ("", "Nova Person")],
    "registration_problems": [("registration_problems", ""), ("", "emma@example.com"), ("", "CODE")],
    "newsletter_subscription": [
        ("newsletter_subscription", "sign me up"),
        ("", "new@shop.example"),
        ("", "CODE"),
    ],
    "track_order": [("track_order", ""), ("", "emma@example.com"), ("", "000000"), ("", "CODE")],
    "recover_password": [("recover_password", ""), ("", "emma@example.com")],
}


@pytest.mark.parametrize("name", PROOFS)
async def test_each_step_of_a_proof_may_be_retried(counter: Counter, name: str) -> None:
    customer, email = Customer(), ""
    for number, (intent, text) in enumerate(PROOFS[name]):
        email = text if "@" in text else email
        words = counter.code(email) if text == "CODE" else text
        options: dict[str, Any] = {"email": words} if "@" in words else {}
        before = copy.deepcopy(customer.slots)
        said = await customer.say(intent or "nlu_fallback", words, message_id=f"m{number}", **options)
        replies, mails, after = customer.text, counter.mails(), copy.deepcopy(customer.slots)
        customer.slots = before
        assert await customer.say(intent or "nlu_fallback", words, message_id=f"m{number}", **options) == said
        assert (customer.text, counter.mails()) == (replies, mails)
        customer.slots = after


async def test_nobodys_mailbox_is_filled_with_links(counter: Counter) -> None:
    answers = []
    for _ in range(5):
        stranger = Customer()
        answers += await stranger.say("recover_password", "link please", email="emma@example.com")
    assert answers == ["utter_password_link_sent"] * 3 + ["utter_mail_unavailable"] * 2
    assert len(counter.mails()) == 3


async def test_a_link_leaves_the_code_that_was_asked_for_worth_what_it_was(counter: Counter) -> None:
    customer = Customer()
    await customer.say("track_order", order_number=EMMAS)
    await customer.say("nlu_fallback", "emma@example.com", email="emma@example.com")
    await customer.say("recover_password", "and my password", email="emma@example.com")
    said = await customer.say("nlu_fallback", counter.code("emma@example.com"))
    assert said[0] == "utter_track_shipped"
