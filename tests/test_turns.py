"""What each turn understood and did is written down with it: by the tasks, through the hub, into the store."""

from __future__ import annotations

from typing import Any

import pytest

from actions.backends.model import ShopTimeout
from bot import steps
from bot.models import STEP_ENDS, Step
from bot.settings import Settings
from bot.store import turns
from tests.customer import Customer
from tests.scripted import Line, scripted
from tests.shopping import PEOPLE, Counter


async def opened_shop() -> None:
    from actions.shop import current_shop

    await current_shop().check()


def noted(customer: Customer) -> list[tuple[str, str, dict[str, str], list[str]]]:
    """What the last message's steps were: wish, end, about, did."""
    found = customer.slots["memory"]["steps"]
    assert [steps.step_of(item) for item in found] == list(steps.steps_of({"steps": found}))
    assert all(item["end"] in STEP_ENDS for item in found)
    return [(item["wish"], item["end"], item["about"], item["did"]) for item in found]


@pytest.mark.parametrize("language", PEOPLE)
async def test_a_refund_is_noted_from_question_to_end(counter: Counter, language: str) -> None:
    delivered = {"pl": "10002", "el": "10015", "bg": "10031", "ro": "10033", "en": "10005"}[language]
    await opened_shop()
    customer = Customer(language, PEOPLE[language])
    await customer.say("get_refund", "refund", order_number=delivered)
    about = {"order_number": delivered}
    assert noted(customer) == [("get_refund", "asked", about, [])]
    assert customer.slots["memory"]["steps"][0]["asked"] == "reason"
    await customer.say("nlu_fallback", "The mug broke on the way home")
    assert customer.slots["memory"]["steps"][0]["asked"] == "sure"
    await customer.say("affirm", "yes")
    ((wish, end, told, did),) = noted(customer)
    number = counter.one("SELECT number FROM refund WHERE purchase = ?", delivered)
    assert (wish, end, did) == ("get_refund", "done", ["RequestRefund"])
    assert told == {**about, "refund": number}
    assert customer.slots["memory"]["owner"]


async def test_refused_declined_stopped_left_missed_and_not_found_are_told_apart(counter: Counter) -> None:
    await opened_shop()
    customer = Customer("en", PEOPLE["en"])
    await customer.say("cancel_order", "cancel 10025", order_number="10025")
    assert noted(customer)[0][:2] == ("cancel_order", "refused")
    await customer.say("cancel_order", "cancel 10024", order_number="10024")
    await customer.say("deny", "no")
    assert noted(customer)[0][:2] == ("cancel_order", "declined")
    await customer.say("cancel_order", "cancel", order_number="10024")
    await customer.say("contact_human_agent", "a person please")
    assert [item[:2] for item in noted(customer)] == [
        ("cancel_order", "left"), ("contact_human_agent", "answered"),
    ]  # fmt: skip
    await customer.say("nlu_fallback", "blah", certainty=0.2)
    assert noted(customer)[0][:2] == ("nlu_fallback", "missed")
    await customer.say("track_refund", "refund of 10024", order_number="99999")
    assert noted(customer)[0][0] == "track_refund"
    await customer.say("get_refund", "refund", order_number="10005")
    await customer.say("nlu_fallback", "stop")
    assert noted(customer)[0][:2] == ("get_refund", "stopped")


async def test_a_shop_that_does_not_answer_is_noted(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actions.shop import current_shop

    await opened_shop()

    async def silent(*more: object) -> Any:
        raise ShopTimeout("no answer")

    monkeypatch.setattr(current_shop(), "ask", silent)
    customer = Customer("en", PEOPLE["en"])
    await customer.say("track_order", "where is 10024", order_number="10024")
    ((wish, end, about, _),) = noted(customer)
    assert (wish, about) == ("track_order", {"order_number": "10024"})
    assert end in ("unavailable", "unknown")


async def test_an_older_turns_steps_are_not_told_again() -> None:
    """A turn in which no task ran has none, though the slot still holds what the turn before did."""
    slot = {"event": "slot", "name": "memory", "value": {"steps": [{"wish": "greet", "end": "answered"}]}}
    events: list[dict[str, Any]] = [
        {"event": "user"},
        slot,
        {"event": "action", "name": "action_listen"},
        {"event": "user"},
    ]
    events.append({"event": "action", "name": "action_default_fallback"})
    turn = steps.latest(events)
    assert steps.steps_of(steps.memory_of(turn)) == ()
    assert steps.actions_of(turn) == ("action_default_fallback",)
    assert steps.steps_of(steps.memory_of(steps.latest(events[:3]))) == (Step("greet", "answered"),)


def test_what_is_no_step_is_left_out() -> None:
    wrong = [{"wish": "x"}, {"wish": "x", "end": "invented"}, 3, None, {"wish": 1, "end": "done"}]
    assert steps.steps_of({"steps": wrong}) == ()
    assert steps.steps_of({"steps": "no list"}) == () == steps.steps_of({})
    assert steps.owner_of({"owner": 3}) is None


async def test_the_hub_writes_each_turn_with_its_message(settings: Settings) -> None:
    step = Step("get_refund", "done", did=("RequestRefund",), about={"refund": "R1"})
    line = Line("get_refund", steps=[step], entities={"order_number": "10005"}, proved="C1001")
    async with scripted(settings, {"money back": line}, language="pl") as bench:
        first = await bench.say("money back")
        second = await bench.say("other")
        await bench.settle()
        found = await bench.store.read(turns.of_messages, [first.message_id, second.message_id, "no such"])
        assert set(found) == {first.message_id, second.message_id}
        turn = found[first.message_id]
        assert (turn.intent, turn.confidence, turn.language, turn.status) == ("get_refund", 0.9, "pl", "done")
        assert turn.steps == (step,)
        assert turn.actions == ("action_get_refund",)
        assert turn.proved == "C1001"
        assert turn.entities[0]["value"] == "10005"
        assert found[second.message_id].steps == ()


async def test_a_turn_that_was_given_up_is_written_as_dead_and_one_of_people_without_intent(
    settings: Settings,
) -> None:
    from dataclasses import replace

    async with scripted(replace(settings, turn_tries=1), {}) as bench:
        failed = await bench.say("fail")
        await bench.settle()
        await bench.hub.take(await bench.conversation(failed), "agent")
        read = await bench.say("to people")
        await bench.settle()
        found = await bench.store.read(turns.of_messages, [failed.message_id, read.message_id])
        assert found[failed.message_id].status == "dead"
        assert (found[read.message_id].status, found[read.message_id].intent) == ("done", None)
