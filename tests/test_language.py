"""Language: scripts, words, Latin spellings of Greek and Bulgarian, and when to keep what was spoken before."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.labels import labelled
from bot.nlu.language import DEFAULT_LANGUAGES, LanguageDetector, Reading, Settings
from bot.nlu.latin import LatinEvidence
from bot.nlu.restore import restored
from bot.nlu.spelling import canonical, in_latin, variants, with_typo
from bot.nlu.storage import load_evidence, save_evidence
from bot.nlu.text import plain, safe, without_diacritics

LINES: list[tuple[str, str | None]] = [
    ("Πού είναι η παραγγελία μου;", None),
    ("Θέλω να ακυρώσω την παραγγελία", None),
    ("Πότε θα έρθει το δέμα μου;", None),
    ("Къде ми е поръчката?", None),
    ("Искам да откажа поръчката", None),
    ("Кога ще пристигне пратката ми?", None),
    ("Where is my order?", "en"),
    ("Please cancel my order", "en"),
    ("Gdzie jest moja paczka?", None),
    ("Unde este comanda mea?", None),
]


@cache
def detector() -> LanguageDetector:
    return LanguageDetector(evidence=LatinEvidence.fit(labelled(LINES, DEFAULT_LANGUAGES), DEFAULT_LANGUAGES))


def spoken(text: str, conversation: str | None = None, locale: str | None = None) -> str:
    return detector().detect(text, conversation, locale).language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my order? It should have been here last week", "en"),
        ("Gdzie jest moje zamówienie? Czekam już tydzień", "pl"),
        ("gdzie jest moje zamowienie, czekam juz tydzien", "pl"),
        ("Πού είναι η παραγγελία μου;", "el"),
        ("που ειναι η παραγγελια μου", "el"),
        ("το iPhone 14 Pro Max", "el"),
        ("Къде ми е поръчката?", "bg"),
        ("Unde este comanda mea? Aștept de o săptămână", "ro"),
        ("unde este comanda mea, astept de o saptamana", "ro"),
        ("pou einai h paraggelia mou, thelo na tin akyroso", "el"),
        ("pou ine i paraggelia mou re paidia", "el"),
        ("kyde mi e pory4kata, iskam da q otkaja", "bg"),
        ("kade mi e porachkata, iskam da ya otkazha", "bg"),
    ],
)
def test_a_clear_message_is_read_whatever_was_spoken_before(text: str, language: str) -> None:
    for before in (None, *DEFAULT_LANGUAGES):
        reading = detector().detect(text, before)
        assert (reading.language, reading.certain) == (language, True)
        assert reading.written == language


NOTHING = ["ok", "OK!", "10024", "GR-10024", "#10024", "👍", "...", "", "   ", "a@b.com", "你好"]


@pytest.mark.parametrize("text", NOTHING)
@pytest.mark.parametrize("before", DEFAULT_LANGUAGES)
def test_a_message_that_says_nothing_keeps_the_language(text: str, before: str) -> None:
    reading = detector().detect(text, before)
    assert (reading.language, reading.certain, reading.written) == (before, False, "")


@pytest.mark.parametrize("text", ["no", "da", "nie", "stop", "super"])
@pytest.mark.parametrize("before", DEFAULT_LANGUAGES)
def test_one_short_word_of_several_languages_keeps_the_language(text: str, before: str) -> None:
    assert spoken(text, before) == before


def test_without_a_conversation_the_locale_decides_and_then_english() -> None:
    assert spoken("ok", None, "pl-PL") == "pl"
    assert spoken("ok", None, "bg") == "bg"
    assert spoken("ok", None, "pt_BR") == "en"
    assert spoken("ok") == "en"
    assert spoken("ok", "ro", "pl-PL") == "ro"
    assert spoken("ok", "xx", "pl-PL") == "pl"


def test_without_english_the_first_language_is_the_last_resort() -> None:
    assert LanguageDetector(Settings(("ro", "pl"))).detect("ok") == Reading("ro", 0.55, False)


def test_one_language_is_always_that_language() -> None:
    only = LanguageDetector(Settings(("el",)))
    assert [only.detect(text).language for text in ("", "hello there my friend", "γεια")] == ["el"] * 3


def test_scripts_are_divided_among_the_languages_that_use_them() -> None:
    slavic = LanguageDetector(Settings(("en", "bg", "uk")))
    assert slavic.detect("Де моє замовлення? Чекаю вже тиждень").language == "uk"
    assert slavic.detect("Къде ми е поръчката? Чакам вече седмица").language == "bg"
    assert slavic.detect("Πού είναι;", "bg") == slavic.detect("", "bg")


def test_no_language_is_refused() -> None:
    with pytest.raises(ValueError, match="language"):
        Settings(())


def test_evidence_survives_storage(tmp_path: Path) -> None:
    evidence = detector().evidence
    assert evidence is not None
    save_evidence(evidence, tmp_path)
    assert load_evidence(tmp_path).shares("kade mi e porachkata") == evidence.shares("kade mi e porachkata")


def test_lines_are_labelled_by_script_statement_and_words() -> None:
    found = dict(labelled(LINES, DEFAULT_LANGUAGES))
    assert found["Please cancel my order"] == "en"
    assert found["Къде ми е поръчката?"] == "bg"
    assert found["Gdzie jest moja paczka?"] == "pl"


@given(
    st.text(st.characters(), max_size=200), st.none() | st.text(max_size=4), st.none() | st.text(max_size=8)
)
@settings(max_examples=300, deadline=None)
def test_any_text_conversation_and_locale_give_a_configured_language(
    text: str, conversation: str | None, locale: str | None
) -> None:
    reading = detector().detect(text, conversation, locale)
    assert reading.language in DEFAULT_LANGUAGES
    assert 0.0 <= reading.confidence <= 1.0
    restored(text, reading.language)


@pytest.mark.parametrize("unit", ["a", "ą", "kade mi e ", "\x00", "\ud800", "1 ", "Ж", "@", "👍🏽"])
def test_very_long_text_is_read(unit: str) -> None:
    assert spoken(unit * (100_000 // len(unit))) in DEFAULT_LANGUAGES


def test_canonical_brings_the_spellings_of_a_word_together() -> None:
    assert canonical("Πόρτα") == canonical("πορτα") == canonical("porta") == "porta"
    assert canonical("Чакам") == canonical("чакам") == "chakam"


def test_variants_are_other_spellings_and_never_the_line_itself() -> None:
    found = variants("Къде е?")
    assert [variant.style for variant in found] == ["latin", "typos"]
    assert len({variant.text for variant in found}) == len(found)
    assert variants("is it on") == []
    assert [variant.text for variant in variants("Są tu")] == ["sa tu"]
    assert variants("Къде е?") == found


def test_one_person_writes_one_letter_always_the_same_way() -> None:
    people = {in_latin("ψωψω φωφω ω", seed) for seed in range(40)}
    assert len(people) > 3
    assert all(len({sign for sign in text if sign in "ow"}) == 1 for text in people)
    assert {(("w" in text), ("ph" in text)) for text in people} >= {
        (True, False),
        (False, False),
        (False, True),
    }


def test_a_typo_changes_long_words_only() -> None:
    assert with_typo("a bc def") == "a bc def"
    assert any(with_typo("zamówienie", seed) != "zamówienie" for seed in range(3))


def test_text_is_made_safe_without_moving_offsets() -> None:
    assert safe("a\x00b\ud800c") == "a b c"
    assert len(safe("x" * 10_000)) == 4_000
    assert plain("  Write TO a@b.com\nor https://x.y/z now ") == "write to or now"
    assert without_diacritics("Żółw și ψάρι, чай") == "Zolw si ψαρι, чай"
    assert in_latin("Γεια").isascii()


@pytest.mark.parametrize("locale", ["en-GB", "pl", "ro_RO", "el", "bg-BG"])
def test_the_locale_decides_where_text_and_conversation_do_not(locale: str) -> None:
    unsure = [
        reading
        for reading in (detector().detect(text, None, locale) for text in ("hej", "stop", "xyz", "agent"))
        if not reading.certain
    ]
    assert unsure
    assert {reading.language for reading in unsure} == {locale[:2]}
