"""What a fall of the mood does in a conversation: over the hub, into the store, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from actions.words import Words
from bot.models import AuthorKind, Conversation, Handoff, Message, Reason, Status, now
from bot.models import Step as TurnStep
from bot.passing import PERSON
from bot.settings import Settings
from bot.signals import says_sorry
from bot.store import alerts, handoffs
from bot.store.alerts import Alert
from bot.store.tables import site_setting
from tests.bench import Bench, opened
from tests.customer import domain
from tests.scripted import Line, ScriptedDialogue, felt
from tests.scripted_arcs import Script, scripts

FEELINGS = {
    "calm": felt(0.0),
    "cross": felt(-0.6, "frustration"),
    "angry": felt(-0.75, "anger"),
    "furious": felt(-0.8, "anger"),
    "pleased": felt(0.8, "gratitude_joy"),
    "furious, I think": felt(-0.95, "anger", weak=True),
}
OFFER = "If you would rather talk to a person, press the button."
LINES = {
    text: Line("track_order", sentiment=sentiment, replies=["It is on its way."])
    for text, sentiment in FEELINGS.items()
} | {
    "bye": Line("goodbye", replies=["Have a good day!"], sentiment=felt(-0.6, "frustration"),
                steps=[TurnStep("goodbye", "answered", said=("utter_goodbye",))]),
    "a person, you liars": Line("contact_human_agent", replies=[], sentiment=felt(-0.95, "anger")),
}  # fmt: skip


class SpokenDialogue(ScriptedDialogue):
    """Follows a script, and says the sentences of domain.yml."""

    def sentence(self, response: str, language: str | None, **values: object) -> str:
        return Words(domain()["responses"], language or "en").text(response, **values)


@asynccontextmanager
async def spoken(settings: Settings, lines: Mapping[str, Line], language: str = "en") -> AsyncIterator[Bench]:
    async with opened(settings) as bench:
        bench.dialogue = bench.hub._dialogue = SpokenDialogue(lines, language)
        yield bench


@pytest.fixture
async def bench(settings: Settings) -> AsyncIterator[Bench]:
    async with spoken(settings, LINES) as ready:
        yield ready


async def talk(bench: Bench, *texts: str, sender: str = "anna") -> Conversation:
    """A customer writes, each time after our answer; the conversation then."""
    for text in texts:
        accepted = await bench.say(text, sender=sender)
        await bench.settle()
    return await bench.conversation(accepted)


async def told(bench: Bench) -> list[Alert]:
    return await bench.store.read(alerts.listed)


async def handed_over(bench: Bench, current: Conversation) -> list[Handoff]:
    return await bench.store.read(handoffs.history, current.customer_id)


def sorries(said: list[Message]) -> int:
    """How often we have said that we are sorry."""
    return sum(says_sorry(item.text) for item in said if item.author.kind is not AuthorKind.CUSTOMER)


def offers(said: list[Message]) -> list[str]:
    return [item.text for item in said if any(button.payload == PERSON for button in item.buttons)]


# Step by step


async def test_a_small_fall_changes_the_tone_alone(bench: Bench) -> None:
    current = await talk(bench, "calm", "cross")
    said = await bench.history()
    assert current.status is Status.BOT
    answer = "It is on its way."
    assert [item.text for item in said] == ["calm", answer, "cross", "I'm sorry about the trouble.", answer]
    assert offers(said) == ["It is on its way."]
    assert await told(bench) == []


async def test_a_deeper_fall_offers_a_person_in_words_and_tells_who_supervises(bench: Bench) -> None:
    current = await talk(bench, "calm", "angry")
    said = await bench.history()
    assert current.status is Status.BOT
    assert said[-2].text == f"I'm sorry about the trouble. {OFFER}"
    (alert,) = await told(bench)
    assert (alert.kind, alert.conversation_id, alert.acknowledged_at) == ("fall", current.id, None)
    assert (alert.detail["step"], alert.detail["emotion"]) == ("suggest", "anger")
    assert alert.detail["messages"] == [said[2].id]
    assert alert.detail["after"] == said[1].id


async def test_who_falls_deep_at_once_is_passed_on_with_a_word_of_sorry(bench: Bench) -> None:
    rules = {
        "name": "feelings",
        "value": '{"handoff": 0.5, "suggest": 0.45}',
        "version": 1,
        "changed_by": "sue",
    }
    await bench.store.write(
        lambda tx: tx.execute(sa.insert(site_setting).values(rules | {"changed_at": now()}))
    )
    current = await talk(bench, "calm", "furious")
    said = await bench.history()
    assert current.status is Status.QUEUED
    assert said[-1].text.startswith("I can see that this is not going well, and I'm sorry.")
    assert sorries(said) == 1


async def test_the_deepest_fall_brings_a_person_with_what_it_rests_on(bench: Bench) -> None:
    current = await talk(bench, "calm", "furious", "furious")
    said = await bench.history()
    (passed,) = await handed_over(bench, current)
    assert (current.status, passed.reason) == (Status.QUEUED, Reason.MOOD)
    assert passed.detail["after"] == said[1].id
    assert passed.detail["fall"] > 0.6
    assert passed.detail["messages"] == [item.id for item in said[::-1] if item.text == "furious"]
    assert said[-1].text.startswith("I've passed our conversation on to my colleagues.")
    assert sorries(said) == 1
    # What the reason itself weighs, the anger, and the fall.
    assert passed.priority == 55 + 19 + passed.detail["urgency"]
    assert passed.detail["urgency"] > 10
    assert passed.anger == pytest.approx(0.94)
    (alert,) = await told(bench)
    assert alert.detail["step"] == "handoff"


async def test_a_person_who_is_asked_for_in_a_fall_is_more_urgent(bench: Bench) -> None:
    calm = await talk(bench, "person", sender="boris")
    current = await talk(bench, "calm", "angry", "person")
    (plain,) = await handed_over(bench, calm)
    (urgent,) = await handed_over(bench, current)
    assert plain.priority == 40
    assert urgent.reason is Reason.ASKED
    assert urgent.priority > plain.priority + 10


# Not


@pytest.mark.parametrize(
    "texts",
    [
        ("calm", "calm", "pleased"),
        # Lost joy is no harm, and a weak reading decides nothing.
        ("pleased", "calm"),
        ("calm", "furious, I think", "furious, I think"),
    ],
)
async def test_nothing_is_done_where_nobody_falls(bench: Bench, texts: tuple[str, ...]) -> None:
    current = await talk(bench, *texts)
    said = await bench.history()
    assert current.status is Status.BOT
    assert (sorries(said), offers(said), await told(bench)) == (0, [], [])


async def test_the_rules_of_the_site_are_obeyed(bench: Bench) -> None:
    row = {"name": "feelings", "value": '{"most": "priority"}', "version": 1, "changed_by": "sue"}
    await bench.store.write(
        lambda tx: tx.execute(sa.insert(site_setting).values(row | {"changed_at": now()}))
    )
    current = await talk(bench, "calm", "furious", "furious")
    assert current.status is Status.BOT
    assert await told(bench) == []


# Once


async def test_sorry_is_said_once_for_a_fall_and_again_for_the_next(bench: Bench) -> None:
    await talk(bench, "calm", "cross", "cross", "cross")
    assert sorries(await bench.history()) == 1
    await talk(bench, "pleased", "pleased", "pleased")
    assert sorries(await bench.history()) == 1
    await talk(bench, "cross", "cross")
    assert sorries(await bench.history()) == 2


async def test_a_person_is_offered_in_words_once_for_a_fall(bench: Bench) -> None:
    await talk(bench, "calm", "angry", "cross", "cross")
    said = await bench.history()
    assert sum(OFFER in item.text for item in said) == 1
    assert len(offers(said)) == 1
    assert len(await told(bench)) == 1


async def test_cheerful_words_are_not_said_to_who_is_unhappy(bench: Bench) -> None:
    await talk(bench, "calm", "cross", "bye")
    assert (await bench.history())[-1].text == "Goodbye. If anything is still open, just write here."


# People


async def test_while_people_answer_a_fall_makes_it_more_urgent_once_and_tells_who_supervises(
    bench: Bench,
) -> None:
    current = await talk(bench, "calm", "person")
    (before,) = await handed_over(bench, current)
    await talk(bench, "furious")
    (after,) = await handed_over(bench, current)
    assert after.priority > before.priority
    assert after.anger == pytest.approx(0.94)
    await talk(bench, "calm")
    (again,) = await handed_over(bench, current)
    assert again.priority == after.priority
    (alert,) = await told(bench)
    assert alert.conversation_id == current.id
    await bench.hub.take(await bench.conversation_of(current), "ada")
    await talk(bench, "furious", "furious")
    (deeper,) = await handed_over(bench, current)
    assert deeper.priority > again.priority
    assert deeper.priority - before.priority == deeper.detail["urgency"] <= 20
    (still,) = await told(bench)
    assert still.detail["fall"] > alert.detail["fall"]


async def test_after_people_have_gone_the_same_fall_brings_nobody_and_the_bot_answers(bench: Bench) -> None:
    current = await talk(bench, "calm", "furious", "furious")
    assert current.status is Status.QUEUED
    await bench.hub.take(current, "ada")
    await bench.hub.release(await bench.conversation_of(current))
    for _ in range(3):
        current = await talk(bench, "furious")
        assert current.status is Status.BOT
        assert (await bench.history())[-1].author.kind is AuthorKind.BOT
    assert len(await handed_over(bench, current)) == 1
    await talk(bench, "pleased", "pleased", "pleased")
    current = await talk(bench, "furious", "furious")
    assert current.status is Status.QUEUED
    assert len(await handed_over(bench, current)) == 2


async def test_who_takes_the_wish_back_is_not_passed_on_for_the_same_fall(bench: Bench) -> None:
    current = await talk(bench, "calm", "furious", "furious")
    await bench.press((await bench.history())[-1].buttons[0].id)
    assert (await bench.conversation_of(current)).status is Status.BOT
    assert (await talk(bench, "furious")).status is Status.BOT


async def test_a_turn_that_is_worked_again_tells_once(bench: Bench) -> None:
    await talk(bench, "calm")
    for _ in range(2):
        await bench.say("angry", event="one")
        await bench.settle()
    assert len(await told(bench)) == 1
    assert sorries(await bench.history()) == 1


# The scripted conversations


@pytest.mark.parametrize("script", scripts(), ids=lambda script: f"{script.language}-{script.name}")
async def test_scripts_are_answered_as_a_person_would_wish(sqlite_settings: Settings, script: Script) -> None:
    """Each conversation of tests/arcs over the hub: who does not fall is left in peace, who does hears sorry once."""
    lines = {
        f"{place} {text}": Line("track_order", replies=["Answered."], sentiment=read(reading))
        for place, (text, reading) in enumerate(zip(script.texts, script.readings, strict=True))
    }
    async with spoken(sqlite_settings, lines, script.language) as bench:
        current = await talk(bench, *lines)
        said = await bench.history()
        found, passed = await told(bench), await handed_over(bench, current)
    if not script.falls and not script.begins_low:
        # One customer jokes about going to court, which people see whatever the mood is.
        assert {item.reason for item in passed} <= {Reason.PROTECTED}
        assert (sorries(said), offers(said), found) == (0, [], [])
    else:
        assert sorries(said) <= len(script.falls) + script.begins_low
        assert len(found) <= len(script.falls)
    assert sum(item.reason is Reason.MOOD for item in passed) <= len(script.falls)


def read(reading: Any) -> dict[str, Any]:
    return {
        "valence": reading.valence, "emotion": reading.leading, "emotions": dict(reading.emotions),
        "weak": reading.weak, "model": "by hand",
    }  # fmt: skip
