"""Customers, bot turns, agents, retries, crashes and releases in random order: who owns speaks, nobody is forgotten."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bot.settings import Settings
from bot.store import open_store
from tests.ownership_laws import accounts, check
from tests.ownership_machine import AGENTS, CUSTOMERS, AtOnce, Counted, World, begin

EXAMPLES = {"sqlite": 80, "postgres": 32}
STEPS = 60
LEAST = {"sqlite": 3600, "postgres": 1400}
"""Steps on each database, 5,000 in all."""
PASSAGES = ("queued", "taken", "transferred", "returned", "taken_back", "closed")
REASONS = ("asked", "missed", "failed", "protected", "mood")
HAPPENS = {
    "sqlite": (*PASSAGES, *REASONS, "rated", "blocked", "sent", "undone", "refused"),
    "postgres": (*PASSAGES, "asked", "sent"),
}
TEXTS = (
    "hello",
    "person",
    "complain",
    "late",
    "miss",
    "break",
    "fail",
    "silent",
    "my lawyer will hear of this",
    "buttons",
    "calm",
    "furious",
)
NEEDS = ("person", "complain", "late", "miss", "break", "fail", "I call my lawyer", "furious")
CRASHES = ("work.answered", "work.before_commit", "work.after_commit")

customers = st.sampled_from(CUSTOMERS)
agents = st.sampled_from(tuple(AGENTS))
numbers = st.integers(0, 4)


def machine(
    engine: AtOnce | Counted, loop: asyncio.AbstractEventLoop, server: Settings, seen: Counter[str]
) -> Any:
    """A machine over this store; what has happened in it is counted in `seen`."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.world = World(engine, loop, replace(server, turn_tries=2))

        @rule(who=customers, text=st.sampled_from(TEXTS))
        def says(self, who: str, text: str) -> None:
            self.world.customer_says(who, text)

        @rule(who=customers)
        def is_delivered_again(self, who: str) -> None:
            self.world.customer_says(who, "hello", again=True)

        @rule(who=customers, text=st.sampled_from(TEXTS))
        def talks(self, who: str, text: str) -> None:
            self.world.customer_says(who, text)
            self.world.work_off(who)

        @rule(who=customers, text=st.sampled_from(NEEDS), changes_mind=st.booleans())
        def needs_somebody(self, who: str, text: str, changes_mind: bool) -> None:
            for _ in range(2 if text in ("miss", "break") else 1):
                self.world.customer_says(who, text)
            self.world.work_off(who)
            if changes_mind:
                self.world.customer_presses(who, 0)
                self.world.work_off(who)

        @rule(who=customers)
        def loses_patience(self, who: str) -> None:
            for text in ("calm", "furious"):
                self.world.customer_says(who, text)
                self.world.work_off(who)

        @rule(who=customers, place=st.sampled_from((0, 0, 0, 1, 2, 3, 4)), at_once=st.booleans())
        def presses(self, who: str, place: int, at_once: bool) -> None:
            self.world.customer_presses(who, place)
            if at_once:
                self.world.work_off(who)

        @rule(who=customers)
        def begins_a_turn(self, who: str) -> None:
            self.world.begin_turn(who)

        @rule(which=numbers)
        def answers(self, which: int) -> None:
            self.world.go_on(which)

        @rule(who=customers)
        def works(self, who: str) -> None:
            self.world.work_off(who)

        @rule(which=numbers, point=st.sampled_from(CRASHES))
        def crashes(self, which: int, point: str) -> None:
            self.world.go_on(which, crash=point)

        @rule()
        def dies(self) -> None:
            self.world.die()

        @rule(who=customers, name=agents, behind=st.booleans())
        def takes(self, who: str, name: str, behind: bool) -> None:
            world = self.world
            world.on(who, lambda found: world.desk.take(name, found.id, epoch=found.epoch - behind))

        @rule(who=customers)
        def both_take(self, who: str) -> None:
            found = self.world.conversation(who)
            winners = self.world.race(who, "ada", "bea")
            owned = found is not None and found.owner is not None
            assert winners <= 1, "two agents have taken one conversation"
            assert winners == 1 or owned or found is None or found.status.value in ("closed", "queued")

        @rule(who=customers, name=agents)
        def is_offered(self, who: str, name: str) -> None:
            self.world.offer(who, name)

        @rule(who=customers, name=agents, held=st.booleans(), number=numbers)
        def replies(self, who: str, name: str, held: bool, number: int) -> None:
            self._reply(who, name, held, number)

        def _reply(self, who: str, name: str, held: bool, number: int) -> None:
            world, seconds = self.world, 60.0 if held else 0.0
            client_id = f"{who}-{number}-{len(world.held(who)) // 2}"
            world.on(
                who,
                lambda found: world.desk.reply(
                    name, found.id, f"I am {name}", client_id=client_id, hold_seconds=seconds
                ),
            )

        @rule(who=customers, name=agents, which=numbers)
        def undoes(self, who: str, name: str, which: int) -> None:
            held = self.world.held(who)
            if held:
                self.world.tried(self.world.desk.undo(name, held[-1 - which % len(held)]))

        @rule(who=customers, name=agents, ends=st.sampled_from(("undone", "taken by sue", "sent")))
        def replies_and_then(self, who: str, name: str, ends: str) -> None:
            world = self.world
            self._reply(who, name, True, 5)
            if ends == "undone" and world.held(who):
                world.tried(world.desk.undo(name, world.held(who)[-1]))
            elif ends == "taken by sue":
                world.on(who, lambda found: world.desk.take("sue", found.id, epoch=found.epoch))
            world.time_passes()

        @rule()
        def time_passes(self) -> None:
            self.world.time_passes()

        @rule(who=customers, name=agents)
        def gives_back(self, who: str, name: str) -> None:
            self.world.on(who, lambda found: self.world.desk.release(name, found.id, note="done"))

        @rule(who=customers, text=st.sampled_from(("hello", *NEEDS)))
        def comes_back_after_people(self, who: str, text: str) -> None:
            world = self.world
            world.on(who, lambda found: world.desk.block("sue", found.customer_id, False))
            world.work_off(who)
            world.on(who, lambda found: world.desk.take("sue", found.id, epoch=found.epoch))
            world.on(who, lambda found: world.desk.release("sue", found.id, note="done"))
            for _ in range(3):
                world.customer_says(who, text)
                world.work_off(who)

        @rule(who=customers, name=agents, text=st.sampled_from(TEXTS))
        def is_taken_while_the_bot_thinks(self, who: str, name: str, text: str) -> None:
            world = self.world
            world.customer_says(who, text)
            world.begin_turn(who)
            world.on(who, lambda found: world.desk.take(name, found.id, epoch=found.epoch))
            world.go_on(0)

        @rule(who=customers, name=agents)
        def closes(self, who: str, name: str) -> None:
            self.world.on(who, lambda found: self.world.desk.close(name, found.id, outcome="solved"))

        @rule(who=customers, name=agents, to=st.sampled_from((None, *AGENTS)))
        def transfers(self, who: str, name: str, to: str | None) -> None:
            self.world.on(who, lambda found: self.world.desk.transfer(name, found.id, to_agent=to))

        @rule(who=customers, name=agents, blocked=st.sampled_from((False, False, True)))
        def blocks(self, who: str, name: str, blocked: bool) -> None:
            self.world.on(who, lambda found: self.world.desk.block(name, found.customer_id, blocked))

        @invariant()
        def the_laws_hold(self) -> None:
            assert not self.world.wrong, self.world.wrong
            seen["steps"] += 1
            if self.world.changed():
                check(self.world.read(accounts))

        def teardown(self) -> None:
            for account in self.world.read(accounts):
                seen.update(item.kind for item in account.happenings)
                seen.update(item.reason.value for item in account.handoffs)
                seen.update(reply.status for reply in account.replies)
            self.world.close()

    return Machine


def test_nobody_speaks_who_does_not_own_and_nobody_is_forgotten(
    settings: Settings, database_url: str
) -> None:
    kind = "postgres" if database_url else "sqlite"
    loop, seen = asyncio.new_event_loop(), Counter[str]()
    store = loop.run_until_complete(open_store(settings.database))
    loop.run_until_complete(store.write(begin))
    loop.run_until_complete(store.close())
    engine = Counted(settings.database) if database_url else AtOnce(settings.database)
    try:
        walk: Any = run_state_machine_as_test
        walk(machine(engine, loop, settings, seen), settings=_settings(EXAMPLES[kind]))
    finally:
        loop.run_until_complete(engine.close())
        loop.close()
    assert seen["steps"] >= LEAST[kind]
    # A machine in which these do not happen shows nothing.
    assert [needed for needed in HAPPENS[kind] if not seen[needed]] == []


def _settings(examples: int) -> Any:
    return hypothesis_settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        phases=(Phase.generate,),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
