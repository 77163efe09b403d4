"""Who is offered what, and what is said about waiting: the pure rules, one at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bot.desk.routing import Offer, Routing, Seat, Waiting, able, assign, in_order, with_one_more
from bot.desk.waiting import Live, Place, places

NOW = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
RULES = Routing()


def waiting(name: str, *, minutes: float = 1, **more: Any) -> Waiting:
    values: dict[str, Any] = {
        "priority": 40,
        "anger": 0.0,
        "language": "en",
        "team_id": None,
        "wanted_agent_id": None,
        "queued_at": NOW - timedelta(minutes=minutes),
    } | more
    return Waiting(name, f"conversation of {name}", **values)


def seat(name: str, *languages: str, capacity: int = 4, teams: tuple[str, ...] = (), **more: Any) -> Seat:
    return Seat(name, frozenset(languages or ("en",)), frozenset(teams), capacity, **more)


def offers(queue: list[Waiting], seats: list[Seat], moment: datetime = NOW) -> dict[str, str]:
    return {offer.handoff_id: offer.agent_id for offer in assign(queue, seats, moment, RULES)}


def test_the_order_is_of_reason_and_time_and_what_was_promised() -> None:
    queue = [
        waiting("asked", minutes=1),
        waiting("long ago", minutes=12),
        waiting("safety", priority=90),
        waiting("told too little", minutes=2, told_until=NOW - timedelta(seconds=1)),
        waiting("later", minutes=12, later=True),
    ]
    names = [item.handoff_id for item in in_order(queue, NOW, RULES)]
    assert names == ["safety", "told too little", "long ago", "asked", "later"]


def test_waiting_beats_every_reason_in_the_end() -> None:
    calm = waiting("calm", minutes=60, priority=30)
    assert in_order([waiting("self harm", minutes=0, priority=120), calm], NOW, RULES)[0] is calm


def test_one_agent_is_asked_and_one_offer_at_a_time() -> None:
    queue = [waiting("first", minutes=3), waiting("second", minutes=2)]
    assert offers(queue, [seat("ann")]) == {"first": "ann"}
    assert offers(queue, [seat("ann", offered=True)]) == {}
    assert offers(
        [replace(queue[0], offered_to="ann"), queue[1]], [seat("ann", offered=True), seat("bob")]
    ) == {"second": "bob"}


def test_nobody_gets_more_than_their_capacity() -> None:
    assert offers([waiting("one")], [seat("ann", busy=4), seat("bob", busy=5)]) == {}
    assert offers([waiting("one")], [seat("ann", capacity=0)]) == {}


def test_language_is_waited_for_while_somebody_with_it_is_there() -> None:
    seats = [seat("ann", "en", busy=0), seat("eleni", "el", busy=4)]
    greek = waiting("greek", language="el", minutes=1)
    assert offers([greek], seats) == {}
    assert offers([greek], [seats[0], replace(seats[1], busy=3)]) == {"greek": "eleni"}
    assert offers([greek], [seats[0]]) == {"greek": "ann"}
    assert offers([replace(greek, queued_at=NOW - timedelta(seconds=901))], seats) == {"greek": "ann"}
    assert offers([replace(greek, language=None)], seats) == {"greek": "ann"}


def test_who_speaks_a_rare_language_is_kept_for_those_who_need_it() -> None:
    seats = [seat("ann", "en", busy=3), seat("eleni", "el", "en", busy=0)]
    queue = [waiting("english", minutes=5), waiting("greek", language="el")]
    assert offers(queue, seats) == {"english": "ann", "greek": "eleni"}
    assert offers(queue[:1], seats) == {"english": "eleni"}


def test_the_team_of_the_wish_comes_first() -> None:
    seats = [seat("ann"), seat("bob", teams=("billing",), busy=3)]
    assert offers([waiting("one", team_id="billing")], seats) == {"one": "bob"}
    full = [seats[0], replace(seats[1], busy=4)]
    assert offers([waiting("one", team_id="billing")], full) == {}
    assert offers([waiting("one", team_id="billing", minutes=6)], full) == {"one": "ann"}


def test_a_transfer_goes_to_the_wanted_agent_as_long_as_that_one_is_there() -> None:
    seats = [seat("ann"), seat("bob", "pl", busy=2)]
    wanted = waiting("one", wanted_agent_id="bob")
    assert offers([wanted], seats) == {"one": "bob"}
    assert offers([wanted], [seats[0], replace(seats[1], busy=4)]) == {}
    assert offers([wanted], seats[:1]) == {"one": "ann"}
    assert offers([replace(wanted, passed_by=frozenset({"bob"}))], seats) == {"one": "ann"}


def test_what_one_lets_pass_goes_to_the_next_and_round_again_after_a_pause() -> None:
    seats = [seat("ann"), seat("bob")]
    item = waiting("one", passed_by=frozenset({"ann"}), offered_until=NOW + timedelta(seconds=20))
    assert assign([item], seats, NOW, RULES) == [Offer("one", "bob")]
    everybody = replace(item, passed_by=frozenset({"ann", "bob"}))
    assert assign([everybody], seats, NOW, RULES) == []
    later = NOW + timedelta(seconds=20)
    assert assign([everybody], seats, later, RULES) == [Offer("one", "ann", again=True)]


def test_the_least_busy_and_then_the_one_with_the_smaller_share_is_chosen() -> None:
    assert offers([waiting("one")], [seat("ann", busy=2), seat("bob", busy=3, capacity=8)]) == {"one": "bob"}
    assert offers([waiting("one")], [seat("ann", taken=9), seat("bob", taken=8)]) == {"one": "bob"}
    assert offers([waiting("one")], [seat("ann", taken=8, anger=3), seat("bob", taken=9)]) == {"one": "bob"}


def test_who_begins_a_shift_is_not_filled_up_before_all_others() -> None:
    """A newcomer's share is nothing: still no more than their places decide at last."""
    fresh, others = seat("newcomer", busy=4, capacity=5), seat("ann", busy=0, capacity=5, taken=30)
    assert offers([waiting("one")], [fresh, others]) == {"one": "ann"}


def test_no_third_hostile_talk_in_a_row_while_another_could() -> None:
    hostile = waiting("hostile", anger=0.9, priority=58)
    tired = seat("ann", hostile_row=2)
    assert offers([hostile], [tired, seat("bob", busy=3, taken=30)]) == {"hostile": "bob"}
    # Bob is full now, but a calm talk keeps Ann busy meanwhile.
    full = seat("bob", busy=4)
    assert offers([hostile, waiting("calm")], [tired, full]) == {"calm": "ann"}
    # Nobody sits idle for it, and if she is the only one there is no choice.
    assert offers([hostile], [tired, full]) == {"hostile": "ann"}
    assert offers([hostile, waiting("calm")], [tired]) == {"hostile": "ann"}


def test_hostile_talks_count_in_a_row() -> None:
    after = with_one_more(with_one_more(seat("ann"), 0.9, RULES), 0.7, RULES)
    assert (after.hostile_row, after.taken, after.busy) == (2, 2, 2)
    assert with_one_more(after, 0.1, RULES).hostile_row == 0


def test_able_names_somebody_as_long_as_anybody_is_there() -> None:
    item = waiting("one", language="el", team_id="billing", wanted_agent_id="gone")
    assert able(item, [seat("ann")], NOW, RULES) == [seat("ann")]
    assert able(item, [], NOW, RULES) == []


# -- Waiting ----------------------------------------------------------------------------------------------


def test_nobody_there_gives_a_place_and_no_range() -> None:
    queue = [waiting("second", minutes=1), waiting("first", minutes=9)]
    assert places(queue, [], Live(), NOW, RULES) == {
        "first": Place(1, None, None),
        "second": Place(2, None, None),
    }


def test_a_free_agent_means_a_minute_or_two() -> None:
    found = places([waiting("one")], [seat("ann")], Live(), NOW, RULES)["one"]
    assert (found.position, found.low) == (1, 0)
    assert found.high is not None
    assert found.high <= 120


@pytest.mark.parametrize("ahead", [1, 4, 12, 40])
def test_the_range_grows_with_those_ahead_and_holds_the_mean(ahead: int) -> None:
    """One full desk of eight places where a talk takes eight minutes: a place each minute."""
    seats = [seat("ann", busy=4), seat("bob", busy=4)]
    queue = [waiting(f"{number:02}", minutes=ahead - number + 1) for number in range(ahead)]
    live = Live(ended=(480.0,) * 50)
    last = places(queue, seats, live, NOW, RULES)[f"{ahead - 1:02}"]
    assert last.low is not None
    assert last.high is not None
    assert last.low < ahead * 60 < last.high
    assert last.low % 60 == last.high % 60 == 0
    assert last.high - last.low <= max(480, ahead * 60 * 1.5)


def test_those_of_another_language_do_not_count_as_ahead() -> None:
    seats = [seat("ann", "en", busy=4), seat("eleni", "el", busy=4)]
    queue = [waiting(f"greek {number}", language="el", minutes=10) for number in range(9)]
    found = places([*queue, waiting("english")], seats, Live(), NOW, RULES)
    alone = places([waiting("english")], seats, Live(), NOW, RULES)
    assert (found["english"].low, found["english"].high) == (alone["english"].low, alone["english"].high)
    assert found["english"].position == 10


def test_long_talks_that_still_run_make_the_wait_longer() -> None:
    seats = [seat("ann", busy=4)]
    usual = places([waiting("one")], seats, Live(ended=(300.0,) * 10), NOW, RULES)["one"]
    stuck = places([waiting("one")], seats, Live((300.0,) * 10, (7200.0,) * 4), NOW, RULES)["one"]
    assert usual.high is not None
    assert stuck.high is not None
    assert stuck.high > 2 * usual.high


def test_more_urgent_newcomers_make_the_wait_of_the_calm_longer() -> None:
    seats = [seat("ann", busy=4)]
    queue = [waiting(f"{number}", minutes=2) for number in range(5)]
    quiet = places(queue, seats, Live(ended=(300.0,) * 20), NOW, RULES)["4"]
    busy = places(queue, seats, Live((300.0,) * 20, (), (100.0,) * 20), NOW, RULES)["4"]
    assert quiet.high is not None
    assert busy.high is not None
    assert busy.high > quiet.high


def test_settings_say_what_is_wrong() -> None:
    assert RULES.problems() == []
    wrong = Routing(accept_seconds=1, points_per_minute=0.0, gone_seconds=600)
    assert [problem.split()[0] for problem in wrong.problems()] == [
        "accept_seconds",
        "points_per_minute",
        "reassign_gone_seconds",
    ]
