"""Who is offered what: the order of those who wait, and the agent who fits best. Pure.

The order comes from the handoff's priority (its reason, the customer's anger) and the time waited. The agent comes
from language, team, presence, capacity and a fair share of the work, of which angry talks weigh more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec


class Routing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Site setting "routing"."""

    accept_seconds: int = 30
    """An offer that is not accepted in this time goes to the next agent."""
    points_per_minute: float = 2.0
    """What a minute of waiting adds to a handoff's priority, which knows reason and anger (0 to 120)."""
    late_points: float = 40.0
    """What is added once the waiting time that we told is over."""
    later_points: float = 60.0
    """What is taken off for customers who want to be written to later: who sits there comes first."""
    hostile_anger: float = 0.6
    """From this anger (0 to 1) on a talk counts as hostile."""
    hostile_in_a_row: int = 2
    """So many hostile talks may come to an agent in a row; the next goes to somebody else who is free."""
    anger_weight: float = 1.0
    """How much more work the angriest talk is than a calm one, when shares are compared."""
    language_patience_seconds: int = 900
    """So long a customer waits for one who speaks their language, if such an agent is there at all."""
    team_patience_seconds: int = 300
    """So long a customer waits for the team of their wish, if anybody of it is there."""
    gone_seconds: int = 60
    """An agent whose console has not been heard of for so long is not there."""
    reassign_gone_seconds: int = 180
    """Who has been gone for so long gives up the conversations in which a customer waits for an answer."""
    reassign_silent_minutes: int = 20
    """So long a customer waits for an agent's answer before the conversation goes back to the queue."""
    away_after: int = 3
    """So many offers in a row that an agent has let pass without a word make the agent away."""
    shift_hours: int = 8
    """The work of so many hours is compared when shares are made equal."""
    handling_minutes: float = 8.0
    """How long a conversation takes, as long as there is little to measure."""

    def problems(self) -> list[str]:
        """What is wrong with these values, one clear sentence each; empty if they can be used."""
        found = [
            f"{name} must be {low} to {high}"
            for name, (low, high) in _LIMITS.items()
            if not low <= getattr(self, name) <= high
        ]
        if self.reassign_gone_seconds < self.gone_seconds:
            found.append("reassign_gone_seconds must not be below gone_seconds")
        return found


_LIMITS: dict[str, tuple[float, float]] = {
    "accept_seconds": (5, 3600),
    "points_per_minute": (0.01, 100),
    "late_points": (0, 1000),
    "later_points": (0, 1000),
    "hostile_anger": (0, 1),
    "hostile_in_a_row": (1, 100),
    "anger_weight": (0, 10),
    "language_patience_seconds": (0, 86_400),
    "team_patience_seconds": (0, 86_400),
    "gone_seconds": (20, 3600),
    "reassign_gone_seconds": (20, 86_400),
    "reassign_silent_minutes": (1, 1440),
    "away_after": (1, 100),
    "shift_hours": (1, 24),
    "handling_minutes": (0.5, 480),
}


# So much of a full desk at most does a greater share of the shift's work count for.
_MOST_HEAVIER = 0.75


@dataclass(frozen=True)
class Waiting:
    """A handoff that nobody has taken. `told_until`: up to when we said it would be, if we did.

    `offered_until` with `offered_to` is the end of the open offer; without, it is when a new round may begin.
    """

    handoff_id: str
    conversation_id: str
    priority: int
    anger: float
    language: str | None
    team_id: str | None
    wanted_agent_id: str | None
    queued_at: datetime
    offered_to: str | None = None
    offered_until: datetime | None = None
    passed_by: frozenset[str] = frozenset()
    later: bool = False
    told_until: datetime | None = None


@dataclass(frozen=True)
class Seat:
    """An agent who is there, with the work of this shift.

    `busy`: conversations now, open offers among them. `taken`, `anger`: how many came in the shift, and the sum of
    their anger. `hostile_row`: how many hostile ones came last, one after the other.
    """

    agent_id: str
    languages: frozenset[str]
    teams: frozenset[str]
    capacity: int
    busy: int = 0
    taken: int = 0
    anger: float = 0.0
    hostile_row: int = 0
    offered: bool = False
    """An offer waits for the agent's word: no second one at the same time."""


@dataclass(frozen=True)
class Offer:
    """This handoff to this agent. `again`: everybody who fits has let it pass, the round begins anew."""

    handoff_id: str
    agent_id: str
    again: bool = False


def urgency(waiting: Waiting, moment: datetime, rules: Routing) -> float:
    """The points by which a handoff stands in the queue; the highest is the first."""
    waited = max(0.0, (moment - waiting.queued_at).total_seconds()) / 60
    points = waiting.priority + rules.points_per_minute * waited
    if waiting.told_until is not None and moment > waiting.told_until:
        points += rules.late_points
    return points - rules.later_points * waiting.later


def in_order(queue: Iterable[Waiting], moment: datetime, rules: Routing) -> list[Waiting]:
    """Those who wait, the first to be served first; of equals, who came first."""
    return sorted(queue, key=lambda item: (-urgency(item, moment, rules), item.queued_at, item.handoff_id))


def able(waiting: Waiting, seats: Sequence[Seat], moment: datetime, rules: Routing) -> list[Seat]:
    """The agents who may serve a handoff now, free or not: never empty while anybody is there.

    A transfer goes to the wanted agent as long as that one is there and has not let it pass. Language and team are
    waited for while somebody with them is there, each up to its patience.
    """
    wanted = [seat for seat in seats if seat.agent_id == waiting.wanted_agent_id]
    if wanted and waiting.wanted_agent_id not in waiting.passed_by:
        return wanted
    waited = (moment - waiting.queued_at).total_seconds()
    found = list(seats)
    if waiting.language is not None:
        found = _preferred(
            found,
            [s for s in found if waiting.language in s.languages],
            waited,
            rules.language_patience_seconds,
        )
    if waiting.team_id is not None:
        found = _preferred(
            found, [s for s in found if waiting.team_id in s.teams], waited, rules.team_patience_seconds
        )
    return found


def assign(queue: Sequence[Waiting], seats: Sequence[Seat], moment: datetime, rules: Routing) -> list[Offer]:
    """The offers to make now: each handoff that nobody is being asked for, to one agent, the most urgent first.

    No agent gets more than one offer at a time, nor more conversations than their capacity.
    """
    open_seats = {seat.agent_id: seat for seat in seats if not seat.offered and seat.busy < seat.capacity}
    asked = [item for item in in_order(queue, moment, rules) if item.offered_to is None]
    fitting = [_to_ask(item, able(item, seats, moment, rules), moment) for item in asked]
    offers = []
    for place, item in enumerate(asked):
        if not open_seats:
            break
        behind = list(zip(asked[place + 1 :], fitting[place + 1 :], strict=True))
        chosen = _choose(item, fitting[place], open_seats, behind, rules)
        if chosen is not None:
            offers.append(chosen)
            del open_seats[chosen.agent_id]
    return offers


def weight(seat: Seat, rules: Routing) -> float:
    """The agent's share of the shift's work for each place of their capacity; anger makes it heavier."""
    return (seat.taken + rules.anger_weight * seat.anger) / max(1, seat.capacity)


def with_one_more(seat: Seat, anger: float, rules: Routing) -> Seat:
    """The agent's figures after one more conversation of this anger."""
    return replace(
        seat,
        busy=seat.busy + 1,
        taken=seat.taken + 1,
        anger=seat.anger + anger,
        hostile_row=seat.hostile_row + 1 if anger >= rules.hostile_anger else 0,
    )


def _preferred(everybody: list[Seat], some: list[Seat], waited: float, patience: float) -> list[Seat]:
    if not some:
        return everybody
    if waited < patience:
        return some
    # Patience is over: the others come into question too, but behind those who fit.
    return some + [seat for seat in everybody if seat not in some]


def _to_ask(item: Waiting, fitting: list[Seat], moment: datetime) -> list[Seat]:
    """Those who have not let it pass; all again, after a pause, once everybody has, those who are busy too."""
    not_asked = [seat for seat in fitting if seat.agent_id not in item.passed_by]
    if not_asked or (item.offered_until is not None and moment < item.offered_until):
        return not_asked
    return fitting


def _choose(
    item: Waiting, fitting: Sequence[Seat], open_seats: dict[str, Seat], behind: _Behind, rules: Routing
) -> Offer | None:
    """The best of the fitting agents that are free; None if none of them is, or if they are to be spared."""
    free = [seat for seat in fitting if seat.agent_id in open_seats]
    if item.anger >= rules.hostile_anger:
        free = _rested(free, fitting, behind, rules)
    if not free:
        return None
    lightest = min(weight(seat, rules) for seat in free)
    best = min(free, key=lambda seat: _rank(item, seat, open_seats, behind, weight(seat, rules) - lightest))
    return Offer(item.handoff_id, best.agent_id, again=best.agent_id in item.passed_by)


def _rested(free: list[Seat], fitting: Sequence[Seat], behind: _Behind, rules: Routing) -> list[Seat]:
    """Those of the free agents who may get one more hostile talk."""
    rested = [seat for seat in free if seat.hostile_row < rules.hostile_in_a_row]
    others = [seat for seat in fitting if seat.hostile_row < rules.hostile_in_a_row]
    if rested or not others:
        return rested or free
    # A calm talk waits for each of them, and a rested colleague will be free: none of them sits idle for it.
    return [seat for seat in free if not _has_calm(seat, behind, rules)]


def _has_calm(seat: Seat, behind: _Behind, rules: Routing) -> bool:
    return any(item.anger < rules.hostile_anger and seat in fitting for item, fitting in behind)


def _rank(
    item: Waiting, seat: Seat, open_seats: dict[str, Seat], behind: _Behind, heavier: float
) -> tuple[bool, bool, int, float, str]:
    """What makes an agent the better choice, the smallest first."""
    return (
        item.language is not None and item.language not in seat.languages,
        item.team_id is not None and item.team_id not in seat.teams,
        _needed(seat, open_seats, behind),
        # Shares are made equal slowly: who has just begun is not filled up to the brim for it.
        seat.busy / max(1, seat.capacity) + min(_MOST_HEAVIER, heavier),
        seat.agent_id,
    )


def _needed(seat: Seat, open_seats: dict[str, Seat], behind: _Behind) -> int:
    """How many of those behind speak a language that of the free agents only this one does."""
    spoken_by_others = {
        language
        for other in open_seats.values()
        if other.agent_id != seat.agent_id
        for language in other.languages
    }
    only_here = seat.languages - spoken_by_others
    return sum(item.language in only_here for item, _ in behind) if only_here else 0


_Behind = Sequence[tuple[Waiting, Sequence[Seat]]]
