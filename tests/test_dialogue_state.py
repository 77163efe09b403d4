"""The dialogue state: however long a conversation, its state is short and says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.dialogue_state import compact, last_heard

Event = Mapping[str, Any]

LISTEN: Event = {"event": "action", "name": "action_listen"}
SLOTS = ["language", "order_number", "requested_slot"]
VALUES = st.sampled_from([None, "pl", "10024", True])

EVENTS = st.one_of(
    st.builds(
        lambda name, value: {"event": "slot", "name": name, "value": value}, st.sampled_from(SLOTS), VALUES
    ),
    st.builds(lambda name: {"event": "active_loop", "name": name}, st.sampled_from([None, "order_form"])),
    st.builds(lambda name: {"event": "action", "name": name}, st.sampled_from(["utter_greet", "order_form"])),
    st.just({"event": "bot", "text": "said"}),
    st.sampled_from(
        [{"event": name} for name in ("reset_slots", "restart", "undo", "session_started", "followup")]
    ),
)
USERS = st.builds(
    lambda moment, parse: {"event": "user", "text": "said", "timestamp": moment, "parse_data": parse},
    st.floats(1, 2e9),
    st.sampled_from(
        [None, {}, {"intent": {"name": "greet"}, "intent_ranking": [1] * 50, "text_tokens": [[0, 1]]}]
    ),
)


def _turn(before: list[Event], user: Event, after: list[Event], reverted: bool) -> list[Event]:
    return [LISTEN, *before, user, *after, *([{"event": "rewind"}] if reverted else [])]


# As Rasa writes them: the bot listens, slots are set, the customer speaks, actions follow.
TURNS = st.lists(
    st.builds(
        _turn,
        st.lists(st.just({"event": "slot", "name": "language", "value": "bg"}), max_size=1),
        USERS,
        st.lists(EVENTS.filter(lambda event: event["event"] != "undo"), max_size=4),
        st.booleans(),
    ),
    max_size=12,
).map(lambda turns: [event for turn in turns for event in turn])
ANYHOW = st.lists(EVENTS | USERS | st.just(LISTEN) | st.just({"event": "rewind"}), max_size=60)


def replay(events: Sequence[Event]) -> tuple[dict[str, Any], str | None]:
    """What slots and active loop are after these events, as Rasa's tracker computes it."""
    applied: list[Event] = []
    for event in events:
        if event["event"] in ("restart", "session_started"):
            applied.clear()
        elif event["event"] in ("undo", "rewind"):
            for kind in {"undo": ["action"], "rewind": ["user", "action"]}[event["event"]]:
                while applied and applied.pop()["event"] != kind:
                    pass
        else:
            applied.append(event)
    slots: dict[str, Any] = dict.fromkeys(SLOTS)
    loop = None
    for event in applied:
        if event["event"] == "slot":
            slots[event["name"]] = event["value"]
        elif event["event"] == "reset_slots":
            slots = dict.fromkeys(SLOTS)
        elif event["event"] == "active_loop":
            loop = event["name"]
    return slots, loop


def said(events: Sequence[Event]) -> int:
    return sum(event["event"] == "user" for event in events)


@examples(deadline=None, max_examples=200)
@given(TURNS, st.integers(1, 5))
def test_slots_and_active_loop_are_those_of_the_whole(events: list[Event], turns: int) -> None:
    assert replay(compact(events, turns=turns)) == replay(events)


@examples(deadline=None, max_examples=200)
@given(TURNS | ANYHOW, st.integers(1, 5))
def test_a_compact_state_compacts_to_itself(events: list[Event], turns: int) -> None:
    once = compact(events, turns=turns)
    assert compact(once, turns=turns) == once


@examples(deadline=None, max_examples=200)
@given(TURNS | ANYHOW, st.integers(1, 5))
def test_a_state_is_bounded_by_its_last_turns(events: list[Event], turns: int) -> None:
    state = compact(events, turns=turns)
    assert said(state) <= turns
    places = [place for place, event in enumerate(events) if event["event"] == "user"]
    last = len(events) - places[-turns - 1] if len(places) > turns else len(events)
    assert len(state) <= last + len(SLOTS) + 2
    assert last_heard(state) == last_heard(events)


@examples(deadline=None)
@given(TURNS | ANYHOW, st.integers(1, 5))
def test_what_is_cut_begins_with_the_bot_listening(events: list[Event], turns: int) -> None:
    state = compact(events, turns=turns)
    if said(events) > turns:
        begun = [event for event in state if event["event"] not in ("slot", "active_loop")]
        first_said = next(place for place, event in enumerate(state) if event["event"] == "user")
        assert begun[0] == LISTEN
        assert LISTEN in state[:first_said]


@examples(deadline=None)
@given(TURNS)
def test_built_turn_by_turn_or_at_once_it_says_the_same(events: list[Event]) -> None:
    state: list[Event] = []
    for place, event in enumerate(events):
        state.append(event)
        if place + 1 == len(events) or events[place + 1] == LISTEN:
            state = compact(state, turns=3)
    assert replay(state) == replay(events)
    assert said(state) <= 3


def test_what_is_given_is_not_changed() -> None:
    parse = {"intent": {}, "intent_ranking": [1], "sentiment": {"valence": 0.1}}
    user = {"event": "user", "text": "x", "parse_data": parse}
    state = compact([LISTEN, user], turns=1)
    assert user["parse_data"] == {"intent": {}, "intent_ranking": [1], "sentiment": {"valence": 0.1}}
    assert state[1]["parse_data"] == {"intent": {}}


def test_nothing_was_heard_in_an_empty_state() -> None:
    assert compact([], turns=3) == []
    assert last_heard([]) is None
    assert last_heard([{"event": "user", "timestamp": None}]) is None


@pytest.mark.parametrize("turns", [10, 1000])
def test_a_long_conversation_has_the_state_of_a_short_one(turns: int) -> None:
    turn: list[Event] = [
        LISTEN,
        {"event": "user", "timestamp": 1.0},
        {"event": "action", "name": "utter_greet"},
    ]
    assert compact(turn * turns, turns=10) == compact(turn * 10, turns=10)
