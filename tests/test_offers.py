"""Offers over the real store: one agent at a time, in time, and what sends a conversation back to the queue."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from bot.broker import Subscription, agent_topic
from bot.broker.memory import MemoryBroker
from bot.desk import Desk
from bot.desk.hours import Block, Hours, Week
from bot.desk.offers import Offers
from bot.desk.situation import InQueue
from bot.errors import NotYours, StaleOwner
from bot.hub import Hub
from bot.metrics import Metrics
from bot.models import AuthorKind, Conversation, Handoff, Inbound, Presence, Status, now
from bot.settings import Settings
from bot.store import Store, conversations, handoffs, happenings, inbox, places, situation
from bot.store.tables import agent, conversation, customer, site_setting
from tests.doubles import EchoDialogue, PlatformChannel
from tests.staff import add_agent, add_team, let_wait


@dataclass(frozen=True)
class House:
    """A desk over a store, with nobody and nothing in it."""

    store: Store
    broker: MemoryBroker
    desk: Desk
    offers: Offers
    platform: PlatformChannel

    async def agent(self, name: str, **more: Any) -> str:
        return await self.store.write(add_agent, name, **more)

    async def waits(self, name: str, **more: Any) -> tuple[Conversation, Handoff]:
        return await self.store.write(let_wait, name, **more)

    async def handoff(self, handoff_id: str) -> Handoff:
        return await self.store.read(handoffs.find, handoff_id)

    async def conversation(self, conversation_id: str) -> Conversation:
        return await self.store.read(conversations.find, conversation_id)

    async def told(self, seen: Conversation) -> list[str]:
        """What the system has said to a customer."""
        said = await self.store.read(conversations.messages_after, seen.customer_id, 0)
        return [message.text for message in said if message.author.kind is AuthorKind.SYSTEM]

    async def kinds(self, seen: Conversation) -> list[str]:
        return [item.kind for item in await self.store.read(happenings.of_conversation, seen.id)]

    async def change(self, table: sa.Table, row_id: str, **values: Any) -> None:
        statement = sa.update(table).where(table.c.id == row_id).values(**values)
        await self.store.write(lambda tx: tx.execute(statement))

    async def setting(self, name: str, value: dict[str, Any]) -> None:
        row = {"name": name, "value": json.dumps(value), "version": 1, "changed_by": "", "changed_at": now()}
        await self.store.write(lambda tx: tx.execute(sa.insert(site_setting).values(**row)))


@pytest.fixture
def house(store: Store, settings: Settings) -> House:
    broker, dialogue, platform = MemoryBroker(), EchoDialogue(), PlatformChannel()
    hub = Hub(
        store=store,
        broker=broker,
        dialogue=dialogue,
        channels={"platform": platform},
        settings=settings,
        metrics=Metrics(),
    )
    parts: dict[str, Any] = {"store": store, "broker": broker, "dialogue": dialogue, "hub": hub}
    return House(store, broker, Desk(**parts), Offers(**parts), platform)


def news_of(house: House, agent_id: str, subscription: Subscription) -> Subscription:
    house.broker.add_topic(subscription, agent_topic(agent_id))
    return subscription


async def test_what_waits_is_offered_to_one_and_accepted(house: House) -> None:
    ann, _ = await house.agent("Ann"), await house.agent("Bob", languages=("pl",))
    seen, waits = await house.waits("Maria")
    with house.broker.subscribe() as subscription:
        news_of(house, ann, subscription)
        await house.offers.look()
        assert await subscription.next() == [f"offer/{waits.id}"]
    offered = await house.handoff(waits.id)
    assert offered.offered_to == ann
    assert offered.offered_until is not None
    taken = await house.desk.accept_offer(ann, waits.id)
    assert (taken.status, taken.owner) == (Status.HUMAN, ann)
    assert await house.kinds(seen) == ["queued", "offered", "taken"]


async def test_two_servers_that_look_at_once_ask_one_agent(house: House) -> None:
    """Both have read the same, so both would ask; in another order they would ask two different agents."""
    ann, bob = await house.agent("Ann"), await house.agent("Bob")
    seen, waits = await house.waits("Maria")
    first = await house.store.read(situation.read, now())
    others = tuple(seat for seat in first.seats if seat.agent_id == bob)
    await asyncio.gather(
        house.offers._offer(
            replace(first, seats=tuple(seat for seat in first.seats if seat.agent_id == ann))
        ),
        house.offers._offer(replace(first, seats=others)),
    )
    assert (await house.kinds(seen)).count("offered") == 1
    assert (await house.handoff(waits.id)).offered_to in (ann, bob)


async def test_who_is_taken_by_hand_is_not_offered_after_all(house: House) -> None:
    ann = await house.agent("Ann")
    seen, waits = await house.waits("Maria")
    before = await house.store.read(situation.read, now())
    await house.desk.take(ann, seen.id, epoch=seen.epoch)
    await house.offers._offer(before)
    assert (await house.handoff(waits.id)).offered_to is None
    assert "offered" not in await house.kinds(seen)


async def test_an_offer_that_is_not_accepted_goes_to_the_next_and_comes_back(house: House) -> None:
    agents = {await house.agent("Ann"), await house.agent("Bob")}
    seen, waits = await house.waits("Maria")
    first, moment = await asked(house, waits, now())
    second, moment = await asked(house, waits, moment + timedelta(seconds=31))
    assert {first, second} == agents
    with pytest.raises(StaleOwner):
        await house.desk.accept_offer(first, waits.id)
    # Both have let it pass: a new round, after a pause.
    nobody, moment = await asked(house, waits, moment + timedelta(seconds=31))
    assert nobody is None
    again, _ = await asked(house, waits, moment + timedelta(seconds=31))
    assert again in agents
    assert (await house.kinds(seen)).count("passed") == 2


async def asked(house: House, waits: Handoff, moment: datetime) -> tuple[Any, datetime]:
    await there(house, moment)
    await house.offers.look(moment)
    return (await house.handoff(waits.id)).offered_to, moment


async def there(house: House, moment: datetime) -> None:
    """All consoles are open at this moment."""
    await house.store.write(lambda tx: tx.execute(sa.update(agent).values(present_at=moment)))


async def test_an_agent_can_let_it_pass_and_only_their_own(house: House) -> None:
    ann, bob = await house.agent("Ann"), await house.agent("Bob")
    _, waits = await house.waits("Maria")
    first, _ = await asked(house, waits, now())
    other = bob if first == ann else ann
    with pytest.raises(NotYours):
        await house.offers.pass_on(other, waits.id)
    await house.offers.pass_on(first, waits.id)
    assert (await house.handoff(waits.id)).passed_by == (first,)
    assert (await asked(house, waits, now()))[0] == other


async def test_who_goes_gives_the_offer_up_at_once(house: House) -> None:
    ann = await house.agent("Ann")
    _, waits = await house.waits("Maria")
    assert (await asked(house, waits, now()))[0] == ann
    bob = await house.agent("Bob")
    await house.change(agent, ann, presence=Presence.OFFLINE.value)
    await house.offers.look()
    assert (await house.handoff(waits.id)).offered_to == bob


async def test_away_offline_closed_and_other_roles_are_not_asked(house: House) -> None:
    moment = now()
    await house.agent("Away", presence=Presence.AWAY)
    await house.agent("Offline", presence=Presence.OFFLINE)
    await house.agent("Gone", present_at=moment - timedelta(seconds=61))
    disabled = await house.agent("Disabled")
    await house.change(agent, disabled, disabled_at=moment)
    trainer = await house.agent("Trainer")
    await house.change(agent, trainer, role="trainer")
    _, waits = await house.waits("Maria")
    await house.offers.look(moment)
    assert (await house.handoff(waits.id)).offered_to is None


async def test_who_lets_three_offers_pass_without_a_word_becomes_away(house: House) -> None:
    ann = await house.agent("Ann")
    _, waits = await house.waits("Maria")
    moment = now()
    for _ in range(3):
        assert (await asked(house, waits, moment))[0] == ann
        moment += timedelta(seconds=31)
        await asked(house, waits, moment)
        moment += timedelta(seconds=31)
    presence = await house.store.read(lambda tx: tx.execute(sa.select(agent.c.presence)).scalar())
    assert presence == Presence.AWAY.value


async def test_capacity_counts_what_is_open_and_not_what_is_snoozed(house: House) -> None:
    ann = await house.agent("Ann", capacity=1)
    first, waits = await house.waits("Maria")
    await asked(house, waits, now())
    await house.desk.accept_offer(ann, waits.id)
    _, second = await house.waits("Jan")
    assert (await asked(house, second, now()))[0] is None
    await house.change(conversation, first.id, snoozed_until=now() + timedelta(hours=1))
    assert (await asked(house, second, now()))[0] == ann


async def test_a_transfer_waits_for_the_wanted_agent_and_then_for_anybody(house: House) -> None:
    ann, bob = await house.agent("Ann"), await house.agent("Bob")
    moment = now()
    _, waits = await house.waits("Maria", wanted_agent_id=bob)
    assert (await asked(house, waits, moment))[0] == bob
    await house.offers.pass_on(bob, waits.id)
    assert (await asked(house, waits, moment))[0] == ann
    # Ann may take it now, though it was meant for Bob.
    assert (await house.desk.accept_offer(ann, waits.id)).owner == ann


async def test_a_team_comes_first(house: House) -> None:
    billing = await house.store.write(add_team, "Billing")
    await house.agent("Ann")
    bob = await house.agent("Bob", teams=(billing,), capacity=2)
    for number in range(2):
        _, waits = await house.waits(f"customer {number}", team_id=billing)
        assert (await asked(house, waits, now()))[0] == bob
        await house.desk.accept_offer(bob, waits.id)


async def test_a_blocked_customer_and_a_snoozed_one_are_not_offered(house: House) -> None:
    await house.agent("Ann")
    blocked, first = await house.waits("Blocked")
    await house.change(customer, blocked.customer_id, blocked_at=now())
    snoozed, second = await house.waits("Snoozed")
    until = now() + timedelta(minutes=5)
    await house.change(conversation, snoozed.id, snoozed_until=until)
    assert (await asked(house, first, now()))[0] is None
    assert (await house.handoff(second.id)).offered_to is None
    # The time is over: it comes back by itself.
    assert (await asked(house, second, until))[0] is not None
    assert "woken" in await house.kinds(snoozed)


# -- Reassigning ------------------------------------------------------------------------------------------


async def owned(house: House, name: str = "Maria") -> tuple[str, Conversation, Handoff]:
    ann = await house.agent("Ann")
    _, waits = await house.waits(name, channel="platform")
    await asked(house, waits, now())
    return ann, await house.desk.accept_offer(ann, waits.id), waits


async def test_the_customers_of_an_agent_who_is_gone_go_to_another(house: House) -> None:
    ann, seen, waits = await owned(house)
    moment = now() + timedelta(seconds=181)
    bob = await house.agent("Bob", present_at=moment)
    await house.offers.look(moment)
    back = await house.conversation(seen.id)
    assert (back.status, back.owner, back.epoch) == (Status.QUEUED, None, seen.epoch + 1)
    again = await house.store.read(handoffs.current, seen.id)
    assert again is not None
    assert (again.offered_to, again.passed_by) == (bob, (ann,))
    assert again.priority > waits.priority
    assert "utter_queue_colleague" in (await house.told(seen))[0]


async def test_who_is_there_and_silent_has_longer(house: House) -> None:
    _, seen, _ = await owned(house)
    moment = now() + timedelta(minutes=19)
    await there(house, moment)
    await house.offers.look(moment)
    assert (await house.conversation(seen.id)).status is Status.HUMAN
    await there(house, moment + timedelta(minutes=2))
    await house.offers.look(moment + timedelta(minutes=2))
    assert (await house.conversation(seen.id)).status is Status.QUEUED


async def test_an_answered_customer_stays_with_the_agent_until_they_write_again(house: House) -> None:
    ann, seen, _ = await owned(house)
    await house.desk.reply(ann, seen.id, "I look into it", client_id="1", hold_seconds=0)
    await house.desk.replies.drain(seen.id)
    moment = now() + timedelta(hours=2)
    await house.offers.look(moment)
    assert (await house.conversation(seen.id)).owner == ann
    said = Inbound("platform", "demo", "event 2", "Maria", "And now?", raw="{}")
    await house.store.write(inbox.accept, said)
    await house.offers.look(moment + timedelta(seconds=5))
    assert (await house.conversation(seen.id)).status is Status.QUEUED


# -- Telling ----------------------------------------------------------------------------------------------


async def full_agent(house: House) -> str:
    """An agent who has no place free."""
    ann = await house.agent("Ann", capacity=1)
    seen, _ = await house.waits("somebody before")
    await house.desk.take(ann, seen.id, epoch=seen.epoch)
    return ann


async def test_nobody_there_is_told_once_and_a_range_as_soon_as_somebody_comes(house: House) -> None:
    seen, waits = await house.waits("Maria", channel="platform")
    moment = now()
    await house.offers.look(moment)
    await house.offers.look(moment + timedelta(minutes=3))
    assert [text.split()[0] for text in await house.told(seen)] == ["utter_queue_nobody"]
    assert await house.store.read(places.shown, seen.id) is None
    await full_agent(house)
    await there(house, moment + timedelta(minutes=5))
    await house.offers.look(moment + timedelta(minutes=5))
    assert [text.split()[0] for text in await house.told(seen)][1:] == ["utter_queue_within"]
    shown = await house.store.read(places.shown, seen.id)
    assert shown is not None
    assert shown["position"] == 1
    assert shown["wait_low_s"] < shown["wait_high_s"]
    told = await house.handoff(waits.id)
    assert told.told_low is not None
    assert told.told_high is not None
    assert 300 <= told.told_low < told.told_high


async def test_closed_hours_name_the_next_opening(house: House) -> None:
    monday = Hours(always=False, time_zone="Europe/Bucharest", week=Week(monday=(Block("09:00", "17:00"),)))
    await house.setting("hours", msgspec.to_builtins(monday))
    seen, _ = await house.waits("Maria", channel="platform")
    await house.offers.look(datetime.fromisoformat("2026-03-01T12:00+00:00"))
    (told,) = await house.told(seen)
    assert told.startswith("utter_closed_hours en")
    assert "Monday, 2 March" in told
    assert "09:00 (EET)" in told


async def test_while_an_agent_is_asked_nothing_is_said_and_later_the_truth(house: House) -> None:
    await house.agent("Ann")
    seen, _ = await house.waits("Maria")
    await house.offers.look()
    assert await house.told(seen) == []


async def test_a_broken_promise_is_admitted_once_with_a_new_range(house: House) -> None:
    await full_agent(house)
    seen, waits = await house.waits("Maria")
    moment = now()
    await there(house, moment)
    await house.offers.look(moment)
    first = await house.handoff(waits.id)
    assert first.told_high is not None
    late = moment + timedelta(seconds=first.told_high + 1)
    await there(house, late)
    await house.offers.look(late)
    await house.offers.look(late + timedelta(seconds=1))
    told = await house.told(seen)
    assert len(told) == 2
    assert told[1].startswith("utter_queue_longer")
    # What is measured is the first promise.
    assert (await house.handoff(waits.id)).told_high == first.told_high


async def test_who_wants_to_be_written_to_later_hears_no_more_and_lets_others_go_first(house: House) -> None:
    await full_agent(house)
    patient, first = await house.waits("Patient")
    assert await house.store.write(places.write_later, patient)
    assert not await house.store.write(places.write_later, patient)
    await house.waits("Here")
    moment = now() + timedelta(minutes=5)
    await there(house, moment)
    await house.offers.look(moment)
    assert await house.told(patient) == []
    assert (await house.handoff(first.id)).later_at is not None
    shown = await house.store.read(places.shown, patient.id)
    assert shown is not None
    assert shown["position"] == 2
    assert "later" in await house.kinds(patient)


async def test_what_is_told_has_a_button_and_goes_to_the_customers_channel(house: House) -> None:
    seen, _ = await house.waits("Maria", channel="platform", language="pl")
    await house.offers.look()
    (said,) = [
        message
        for message in await house.store.read(conversations.messages_after, seen.customer_id, 0)
        if message.author.kind is AuthorKind.SYSTEM
    ]
    assert [button.payload for button in said.buttons] == ["/write_later"]
    assert said.text.startswith("utter_queue_nobody pl")
    waiting = await house.store.read(lambda tx: tx.execute(sa.text("SELECT count(*) FROM outbox")).scalar())
    assert waiting == 1


@pytest.mark.parametrize("back", [False, True])
async def test_nothing_is_said_after_somebody_has_taken_it(
    house: House, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    """The telling was decided on before the take: it is refused in its own transaction, also if it waits again."""
    ann = await full_agent(house)
    seen, first = await house.waits("Maria")
    real = house.offers._tell
    told = []

    async def late(item: InQueue, *rest: Any) -> None:
        if item.waiting.handoff_id == first.id:
            await house.desk.take(ann, seen.id, epoch=seen.epoch)
            if back:
                await house.desk.transfer(ann, seen.id)
            told.append(item)
        await real(item, *rest)

    monkeypatch.setattr(house.offers, "_tell", late)
    await house.offers.look()
    assert len(told) == 1
    assert await house.told(seen) == []


async def test_places_change_when_the_queue_moves(house: House) -> None:
    ann = await full_agent(house)
    first, _ = await house.waits("First")
    second, _ = await house.waits("Second")
    await house.offers.look()
    assert await positions(house, first, second) == [1, 2]
    await house.desk.take(ann, first.id, epoch=first.epoch)
    await house.offers.look(now() + timedelta(seconds=2))
    assert await positions(house, first, second) == [None, 1]


async def positions(house: House, *seen: Conversation) -> list[int | None]:
    found = [await house.store.read(places.shown, item.id) for item in seen]
    return [item and item["position"] for item in found]
