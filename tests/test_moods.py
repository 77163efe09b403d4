"""What a message shows beside those before it, and how the bot speaks then: pure, on small cases."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bot.models import Author, AuthorKind, Draft, Message, Outcome
from bot.models import Step as TurnStep
from bot.moods import Mood, Passage, Past, Said, mood, reading_of
from bot.passing import PERSON
from bot.signals import Ours, Rules, Step, says_sorry
from bot.tone import CAREFUL, sorry_first, spoken
from tests.customer import domain
from tests.scripted import felt

START = datetime(2024, 3, 4, 9, 0, tzinfo=timezone.utc)
FEELINGS = {-0.95: "anger", -0.75: "anger", -0.6: "frustration", 0.0: "neutral", 0.7: "gratitude_joy"}


def message(seq: int) -> Message:
    at = START + timedelta(minutes=seq)
    return Message(f"c{seq}", "talk", seq, Author(AuthorKind.CUSTOMER), "words", at)


def sentiment(valence: float, *, weak: bool = False) -> dict[str, Any]:
    return {"sentiment": felt(valence, FEELINGS[valence], weak=weak)}


def after(
    *valences: float,
    weak: bool = False,
    said: tuple[Said, ...] = (),
    passages: tuple[Passage, ...] = (),
    rules: Rules | None = None,
) -> Mood:
    """The mood after messages that read so, with an answer of ours after each; the last one may be weak."""
    *before, last = [(2 * place + 1, valence) for place, valence in enumerate(valences)]
    readings = [reading_of(message(seq), sentiment(valence)) for seq, valence in before]
    told = {one.ours.seq: one for one in said}
    between = tuple(told.get(seq + 1, words(seq + 1)) for seq, _ in before)
    past = Past(tuple(filter(None, readings)), between, passages, rules or Rules())
    return mood(past, message(last[0]), sentiment(last[1], weak=weak))


def words(seq: int, text: str = "It is on its way.", *, offers: bool = False) -> Said:
    at = START + timedelta(minutes=seq)
    return Said(Ours(f"o{seq}", seq, at, AuthorKind.BOT, sorry=says_sorry(text)), text, offers)


def sentence(response: str) -> str:
    return {"utter_sorry": "I'm sorry.", "utter_offer_colleague": "A person can come."}.get(
        response, f"<{response}>"
    )


def heard(outcome: Outcome) -> list[tuple[str, bool]]:
    """Each reply with whether a button below it asks for a person."""
    return [(reply.text, any(payload == PERSON for _, payload in reply.buttons)) for reply in outcome.replies]


ANSWER = Outcome((Draft("It is on its way."),), None, "en")


# What is due


@pytest.mark.parametrize(
    ("valences", "step", "calls"),
    [
        ((0.0, 0.0), None, False),
        ((0.0, -0.6), Step.PRIORITY, False),
        ((0.0, -0.75), Step.SUGGEST, False),
        ((0.0, -0.95, -0.95), Step.HANDOFF, True),
        # Who comes unhappy has not fallen.
        ((-0.95,), Step.PRIORITY, False),
    ],
)
def test_the_deeper_the_fall_the_more_is_due(
    valences: tuple[float, ...], step: Step | None, calls: bool
) -> None:
    found = after(*valences)
    assert (found.alarm and found.alarm.step) == step
    assert found.calls == calls
    assert found.suggests == (step in (Step.SUGGEST, Step.HANDOFF))
    assert (found.urgency > 0) == (step is not None)


def test_what_a_handoff_rests_on_is_told() -> None:
    found = after(0.0, -0.95, -0.95)
    told = found.rests_on()
    assert told["fall"] == pytest.approx(0.9, abs=0.1)
    assert (told["emotion"], told["after"], told["messages"]) == ("anger", "o2", ["c5", "c3"])
    assert found.anger == pytest.approx(0.94)


def test_a_weak_reading_does_nothing_by_itself() -> None:
    found = after(0.0, -0.95, weak=True)
    assert (found.acts, found.alarm, found.sorry, found.calls, found.anger) == (
        False,
        None,
        False,
        False,
        0.0,
    )
    assert spoken(ANSWER, found, sentence) == ANSWER


def test_a_button_after_a_fall_does_nothing_but_is_as_urgent_as_the_fall() -> None:
    past = Past(tuple(filter(None, (reading_of(message(seq), sentiment(value)) for seq, value in
                                    ((1, 0.0), (3, -0.95))))), (words(2), words(4)))  # fmt: skip
    found = mood(past, message(5), {"intent": {"name": "affirm"}})
    assert (found.acts, found.calls, found.sorry, found.suggests) == (False, False, False, False)
    assert found.urgency > 0
    assert found.careful


@pytest.mark.parametrize(
    "passage",
    [
        Passage(3, START + timedelta(minutes=4)),
        Passage(1, START + timedelta(minutes=10)),
        Passage(1, None),
    ],
)
def test_a_fall_that_people_have_had_calls_nobody_again(passage: Passage) -> None:
    assert after(0.0, -0.95, -0.95, passages=(passage,)).calls is False


def test_a_fall_after_people_have_gone_calls_them() -> None:
    gone = Passage(1, START + timedelta(minutes=2))
    assert after(0.0, -0.95, -0.95, passages=(gone,)).calls


def test_a_site_may_do_less() -> None:
    found = after(0.0, -0.95, -0.95, rules=Rules(most=Step.PRIORITY))
    assert (found.calls, found.suggests, found.urgency > 0) == (False, False, True)


@pytest.mark.parametrize(
    "sentiment_of_a_parse",
    [
        None,
        "angry",
        {},
        {"valence": "low", "emotions": {}},
        {"valence": 0.1},
        {"valence": float("nan"), "emotions": {}},
        {"valence": 0.1, "emotions": {"hunger": 1.0}},
        {"valence": 0.1, "emotions": None},
    ],
)
def test_what_cannot_be_a_reading_is_none(sentiment_of_a_parse: Any) -> None:
    assert reading_of(message(1), {"sentiment": sentiment_of_a_parse}) is None


# The tone


def test_who_is_not_unhappy_hears_what_the_dialogue_says() -> None:
    assert spoken(ANSWER, after(0.0, 0.7), sentence) == ANSWER


def test_who_falls_a_little_hears_sorry_and_can_have_a_person() -> None:
    assert heard(spoken(ANSWER, after(0.0, -0.6), sentence)) == [
        ("I'm sorry.", False),
        ("It is on its way.", True),
    ]


def test_who_falls_deep_is_offered_a_person_in_words() -> None:
    assert heard(spoken(ANSWER, after(0.0, -0.75), sentence)) == [
        ("I'm sorry. A person can come.", False),
        ("It is on its way.", True),
    ]


def test_sorry_is_not_said_twice_nor_a_person_offered_twice() -> None:
    said = (words(4, "I'm sorry. A person can come."), words(6, offers=True))
    found = after(0.0, -0.95, 0.0, -0.75, said=said)
    assert found.careful
    assert spoken(ANSWER, found, sentence) == ANSWER


def test_a_fall_that_deepens_is_offered_a_person_in_words_then() -> None:
    found = after(0.0, -0.6, -0.75, said=(words(4, "I'm sorry.", offers=True),))
    assert heard(spoken(ANSWER, found, sentence)) == [
        ("A person can come.", False),
        ("It is on its way.", True),
    ]


def test_an_answer_that_says_sorry_itself_is_enough() -> None:
    sorry = Outcome((Draft("Sorry, I did not understand."),), None, "en")
    assert heard(spoken(sorry, after(0.0, -0.6), sentence)) == [("Sorry, I did not understand.", True)]


def test_sorry_is_not_said_to_a_message_that_is_calm_itself() -> None:
    found = after(0.0, -0.95, 0.0)
    assert (found.careful, found.sorry) == (True, False)


def test_who_is_not_answered_hears_nothing() -> None:
    silent = Outcome((), None, "en")
    assert spoken(silent, after(0.0, -0.75), sentence) == silent


def test_a_button_that_asks_for_a_person_is_there_once() -> None:
    offering = Outcome((Draft("It is on its way.", (("A person", PERSON),)),), None, "en")
    (*_, last) = spoken(offering, after(0.0, -0.75), sentence).replies
    assert [payload for _, payload in last.buttons] == [PERSON]


def test_cheerful_words_are_careful_ones_if_it_is_known_which_they_are() -> None:
    cheerful = Outcome(
        (Draft("Have a good day!"),),
        None,
        "en",
        steps=(TurnStep("goodbye", "answered", said=("utter_goodbye",)),),
    )
    assert heard(spoken(cheerful, after(0.0, -0.6), sentence))[-1] == ("<utter_careful_goodbye>", True)
    unclear = Outcome((Draft("One."), Draft("Two.")), None, "en", steps=cheerful.steps)
    assert [text for text, _ in heard(spoken(unclear, after(0.0, -0.6), sentence))][-2:] == ["One.", "Two."]


def test_before_a_person_comes_sorry_is_said_once() -> None:
    found = after(0.0, -0.75)
    passage = Draft("I've passed it on.")
    assert [draft.text for draft in sorry_first((), found, sentence, passage=passage)] == ["I'm sorry."]
    assert sorry_first((), found, sentence, passage=Draft("Sorry; I've passed it on.")) == ()


def test_the_words_of_sorry_are_known_as_such_in_every_language() -> None:
    responses = domain()["responses"]
    for name in ("utter_sorry", "utter_handoff_mood", "utter_handoff_missed", "utter_offer_person"):
        for variation in responses[name]:
            assert says_sorry(variation["text"]), variation["text"]
    plain = [name for name in (*CAREFUL, *CAREFUL.values(), "utter_offer_colleague", "utter_handoff_asked")]
    for name in plain:
        for variation in responses[name]:
            assert not says_sorry(variation["text"]), variation["text"]


def test_careful_words_need_no_values_and_are_not_longer() -> None:
    responses = domain()["responses"]
    for cheerful, careful in CAREFUL.items():
        assert all("{" not in variation["text"] for variation in responses[careful])
        assert "!" not in "".join(variation["text"] for variation in responses[careful]), careful
        if cheerful in ("utter_greet", "utter_help"):
            longest = min(len(variation["text"]) for variation in responses[cheerful])
            assert max(len(variation["text"]) for variation in responses[careful]) <= longest
