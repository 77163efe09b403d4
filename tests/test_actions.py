"""Actions one by one: what they read of a turn, what they promise, and how they stand a shop in trouble."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor

from actions import wording
from actions.backends.demo import DemoShop
from actions.backends.http import HttpShop
from actions.backends.model import Asker, Item, OrderStatus
from actions.people import support_contact
from actions.shop import use_shop
from actions.turn import read_turn
from tests.shop_double import ShopDouble

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def executor() -> ActionExecutor:
    """Return what `rasa run actions` would serve."""
    executor = ActionExecutor()
    executor.register_package("actions")
    return executor


@pytest.fixture
async def double(tmp_path: Path) -> AsyncIterator[ShopDouble]:
    """Return a remote shop that the actions use."""
    async with ShopDouble(DemoShop(tmp_path / "shop.sqlite")) as running:
        use_shop(HttpShop(running.url, timeout=1))
        yield running
        use_shop(None)


def call(action: str, intent: str = "affirm", numbers: tuple[str, ...] = (), **slots: Any) -> dict[str, Any]:
    """Return the JSON with which Rasa calls an action."""
    entities = [
        {"entity": "order_number", "value": number, "start": 6 * index, "end": 6 * index + 5}
        for index, number in enumerate(numbers)
    ]
    return {
        "next_action": action,
        "sender_id": "s1",
        "tracker": {
            "sender_id": "s1",
            "slots": slots,
            "latest_message": {
                "text": " ".join(numbers),
                "intent": {"name": intent},
                "entities": entities,
                "metadata": {"message_id": "m1", "channel": "web", "customer_id": "c1", "verified": True},
            },
            "events": [{"event": "user"}],
        },
        "domain": {},
    }


def responses(answer: dict[str, Any]) -> list[str]:
    """Return the names of the responses in an action's answer."""
    return [message["response"] for message in answer["responses"]]


def slots_set(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the slots as an action's answer leaves them."""
    return {event["name"]: event["value"] for event in answer["events"] if event["event"] == "slot"}


# The package


def test_domain_and_package_name_the_same_actions(executor: ActionExecutor) -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert set(executor.actions) == set(domain["actions"])


def test_nothing_happens_at_import(tmp_path: Path) -> None:
    code = (
        "import sys, actions.cancellation, actions.tracking, actions.people, actions.shop;"
        "print([name for name in sys.modules if name in"
        " ('actions.backends.http', 'actions.backends.demo')])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "GRIJA_SHOP_URL": "nonsense"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "[]\n"
    assert list(tmp_path.iterdir()) == []


# Reading a turn


def test_turn_without_our_metadata_is_read(executor: ActionExecutor) -> None:
    state = call("x")["tracker"]
    state["latest_message"] = {"intent": {"name": None}, "entities": [], "message_id": "rasa-1"}
    turn = read_turn(Tracker.from_dict(state))
    assert turn.intent == "nlu_fallback"
    assert turn.message_id == "rasa-1"
    assert turn.asker == Asker("unknown", "s1", False, "en")


def test_turn_reads_who_asks() -> None:
    turn = read_turn(Tracker.from_dict(call("x", language="bg")["tracker"]))
    assert turn.asker == Asker("web", "c1", True, "bg")
    assert turn.message_id == "m1"


def test_turn_reads_numbers_in_order_without_repeats_and_not_endlessly() -> None:
    numbers = ("10024", "10021", "10024", "1", "2", "3", "4")
    turn = read_turn(Tracker.from_dict(call("x", numbers=numbers)["tracker"]))
    assert turn.order_numbers == ("10024", "10021", "1", "2", "3")


def test_form_begins_in_the_turn_that_opens_it() -> None:
    state = call("x")["tracker"]
    opened = {"event": "active_loop", "name": "track_order_form"}
    for events, began in [([{"event": "user"}, opened], True), ([opened, {"event": "user"}], False)]:
        state["events"] = events
        assert read_turn(Tracker.from_dict(state)).form_began is began


# A shop in trouble, over the real HTTP adapter


FAULTS = [
    ("silence", False),
    ("hang up", False),
    ((500, b"Internal Server Error"), False),
    ((200, b"<html>maintenance</html>"), False),
    ((200, b'{"number": "10024", "status": "dancing"}'), False),
    ((503, b""), True),
]


@pytest.mark.parametrize("fault", [fault for fault, _ in FAULTS])
async def test_tracking_with_a_shop_in_trouble(
    executor: ActionExecutor, double: ShopDouble, fault: Any
) -> None:
    double.fault = fault
    answer = await executor.run(call("action_track_order", order_number="10024"))
    assert responses(answer) == ["utter_shop_unavailable"]
    assert answer["responses"][0]["contact"] == "help@grija.example"
    assert {"event": "active_loop", "name": "track_order_form", "timestamp": None} in answer["events"]
    assert slots_set(answer)["requested_slot"] == "order_number"


@pytest.mark.parametrize(("fault", "changed_nothing"), FAULTS)
async def test_cancelling_with_a_shop_in_trouble(
    executor: ActionExecutor, double: ShopDouble, fault: Any, changed_nothing: bool
) -> None:
    double.fault = fault
    answer = await executor.run(call("action_cancel_order", order_number="10024", cancel_confirmed=True))
    wanted = "utter_shop_unavailable" if changed_nothing else "utter_cancel_outcome_unknown"
    assert responses(answer) == [wanted]
    assert slots_set(answer)["order_number"] is None
    assert slots_set(answer)["cancel_confirmed"] is None


@pytest.mark.parametrize("slots", [{}, {"order_number": "10024"}, {"cancel_confirmed": True}])
async def test_cancelling_without_number_or_answer_does_nothing(
    executor: ActionExecutor, double: ShopDouble, slots: dict[str, Any]
) -> None:
    answer = await executor.run(call("action_cancel_order", **slots))
    assert answer == {"events": [], "responses": []}
    assert double.requests == []


async def test_retried_turn_cancels_once_and_says_the_same(
    executor: ActionExecutor, double: ShopDouble
) -> None:
    body = call("action_cancel_order", order_number="10024", cancel_confirmed=True)
    first, second = await executor.run(body), await executor.run(body)
    assert first == second
    assert responses(first) == ["utter_order_cancelled"]
    assert [request.headers["Idempotency-Key"] for request in double.requests] == ["m1", "m1"]


async def test_customer_whom_the_shop_refuses_hears_of_no_such_order(
    executor: ActionExecutor, double: ShopDouble
) -> None:
    unknown = await executor.run(call("action_track_order", order_number="99999"))
    double.refused_customer = "c1"
    refused = await executor.run(call("action_track_order", order_number="10024"))
    assert responses(refused) == responses(unknown) == ["utter_order_not_found"]
    confirm = "action_ask_cancel_order_form_cancel_confirmed"
    assert responses(await executor.run(call(confirm, order_number="10024"))) == ["utter_order_not_found"]
    body = call("action_cancel_order", order_number="10024", cancel_confirmed=True)
    assert responses(await executor.run(body)) == ["utter_order_not_found"]
    assert (await double.demo.find_order("10024", Asker("web", "c1", True))).status is OrderStatus.PAID


async def test_wrong_settings_of_the_shop_are_no_crash(
    executor: ActionExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_shop(None)
    monkeypatch.setenv("GRIJA_SHOP_URL", "nonsense")
    answer = await executor.run(call("action_track_order", order_number="10024"))
    assert responses(answer) == ["utter_shop_unavailable"]


# People


async def test_contact_is_the_one_of_the_settings(
    executor: ActionExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIJA_SUPPORT_CONTACT", "care@shop.example")
    answer = await executor.run(call("action_contact_human_agent"))
    assert answer["responses"][0]["contact"] == support_contact() == "care@shop.example"
    assert answer["events"] == []


# Wording


@pytest.mark.parametrize(
    ("language", "near", "far", "money"),
    [
        ("en", "Thursday, 26 November", "2 January 2025", "€1,234.50"),
        ("pl", "czwartek, 26 listopada", "2 stycznia 2025", "1\xa0234,50\xa0€"),
        ("el", "Πέμπτη, 26 Νοεμβρίου", "2 Ιανουαρίου 2025", "1.234,50\xa0€"),
        ("bg", "четвъртък, 26 ноември", "2 януари 2025 г.", "1234,50\xa0€"),
        ("ro", "joi, 26 noiembrie", "2 ianuarie 2025", "1.234,50\xa0EUR"),
        ("xx", "Thursday, 26 November", "2 January 2025", "€1,234.50"),
    ],
)
def test_dates_and_money_in_each_language(language: str, near: str, far: str, money: str) -> None:
    today = date(2026, 11, 21)
    assert wording.day(date(2026, 11, 26), language, today=today) == near
    assert wording.day(date(2025, 1, 2), language, today=today) == far
    assert wording.money(Decimal("1234.50"), "EUR", language) == money


def test_items_are_listed() -> None:
    assert wording.items([Item("Mug", 2), Item("Teapot", 1)]) == "2 × Mug, 1 × Teapot"
