"""Trains the reader of feelings on `data/feelings/lines` and judges it: `python -m bot.evaluation.feelings`.

python -m bot.evaluation.feelings train     cross-validates, trains on all lines, writes data/feelings/model
python -m bot.evaluation.feelings judge     judges the model that is there on tests/nlu/feelings.tsv
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.evaluation.heldout import FileUnreadable, read_columns
from bot.evaluation.markdown import number, table
from bot.evaluation.pipeline import encoded, own_words
from bot.evaluation.trainingdata import training_lines
from bot.nlu.encoder import cache_folder
from bot.nlu.feeling_cues import load_cues
from bot.nlu.feeling_files import FOLDER, Stored, load_feelings, save_feelings
from bot.nlu.feeling_training import Labelled, Lines, fit_feelings, fit_second, folds, unseen_features
from bot.nlu.feelings import EMOTIONS, Feeling
from bot.nlu.restore import restored

PROJECT = Path(__file__).resolve().parent.parent.parent
LINES = PROJECT / "data" / "feelings" / "lines"
HELDOUT = PROJECT / "tests" / "nlu" / "feelings.tsv"
LANGUAGES = ("en", "pl", "el", "bg", "ro")
UNHAPPY, HAPPY = -0.2, 0.25
"""From these valences on a message is negative or positive; between them it is neutral."""

_NEGATIVE = ("anger", "frustration", "disappointment", "worry", "confusion")
_BINS = 10


@dataclass(frozen=True)
class Told:
    """A message with what it shows, by its writer."""

    language: str
    emotion: str
    valence: float
    text: str

    @property
    def side(self) -> str:
        """negative, neutral or positive."""
        return "negative" if self.valence <= UNHAPPY else "positive" if self.valence >= HAPPY else "neutral"


@dataclass(frozen=True)
class Score:
    """How well some messages were read: shares of 1, and the mean absolute error of the valence."""

    messages: int
    emotions: float
    sides: float
    valence_error: float
    calibration_error: float


def read_told(file: Path, language: str | None = None) -> list[Told]:
    """Messages of a file with the columns emotion, valence, text, and language where it is not given.

    FileUnreadable for a wrong column, emotion or valence; OSError if the file is not there.
    """
    columns = ["emotion", "valence", "text", *([] if language else ["language"])]
    found = []
    for line, (emotion, valence, text, *rest) in read_columns(file, columns):
        if emotion not in EMOTIONS:
            raise FileUnreadable(file, line, f"{emotion!r} is none of {', '.join(EMOTIONS)}")
        try:
            found.append(Told(language or rest[0], emotion, float(valence), text))
        except ValueError:
            raise FileUnreadable(file, line, f"{valence!r} is no number from -1 to 1") from None
    return found


def side_of(feeling: Feeling) -> str:
    """negative, neutral or positive, by the probabilities together."""
    sides = {
        "negative": sum(feeling.emotions[name] for name in _NEGATIVE),
        "neutral": feeling.emotions["neutral"],
        "positive": feeling.emotions["gratitude_joy"],
    }
    return max(sides, key=sides.__getitem__)


def score(told: Sequence[Told], read: Sequence[Feeling]) -> Score:
    """Judge readings; emotions by macro-F1 over those that occur, calibration of the likeliest emotion in ten bins."""
    right = [one.emotion == feeling.emotion for one, feeling in zip(told, read, strict=True)]
    sure = [feeling.emotions[feeling.emotion] for feeling in read]
    return Score(
        messages=len(told),
        emotions=_macro_f1([one.emotion for one in told], [feeling.emotion for feeling in read]),
        sides=float(np.mean([one.side == side_of(two) for one, two in zip(told, read, strict=True)])),
        valence_error=float(
            np.mean([abs(one.valence - two.valence) for one, two in zip(told, read, strict=True)])
        ),
        calibration_error=_calibration_error(sure, right),
    )


def by_language(told: Sequence[Told], read: Sequence[Feeling]) -> dict[str, Score]:
    """The score of each language that occurs, and of all together as "all"."""
    scores = {}
    for language in LANGUAGES:
        rows = [row for row, one in enumerate(told) if one.language == language]
        if rows:
            scores[language] = score([told[row] for row in rows], [read[row] for row in rows])
    return {**scores, "all": score(told, read)}


def as_table(scores: dict[str, Score]) -> str:
    """Scores as a Markdown table."""
    head = ["", "messages", "emotions, macro-F1", "negative/neutral/positive", "valence, error", "ECE"]
    rows = [
        [
            name,
            str(one.messages),
            number(one.emotions),
            number(one.sides),
            number(one.valence_error),
            number(one.calibration_error),
        ]
        for name, one in scores.items()
    ]
    return table(head, rows)


def train(folder: Path, say: Callable[[str], None]) -> dict[str, Score]:
    """Train on all lines and write the model with its accuracy; the scores of cross-validation."""
    told = [one for language in LANGUAGES for one in read_told(LINES / f"{language}.tsv", language)]
    lines, cues = _lines(told, say), load_cues()
    say("cross-validating")
    scores = by_language(told, _cross_validated(lines))
    say("training on all lines")
    accuracy = {name: round(one.sides, 4) for name, one in scores.items() if name != "all"}
    save_feelings(Stored(fit_feelings(lines, cues), _version(told), accuracy), folder)
    return scores


def judge(file: Path, say: Callable[[str], None]) -> dict[str, Score]:
    """Judge the model that is there on messages of a file."""
    told, model = read_told(file), load_feelings().model
    lines = _lines(told, say)
    read = [
        model.read(line.text, line.as_read, vector)
        for line, vector in zip(lines.labelled, lines.vectors, strict=True)
    ]
    return by_language(told, read)


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.evaluation.feelings", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("what", choices=["train", "judge"])
    parser.add_argument("--file", type=Path, default=HELDOUT, help="messages to judge on")
    options = parser.parse_args()
    try:
        scores = train(FOLDER, _say) if options.what == "train" else judge(options.file, _say)
    except (FileUnreadable, OSError) as error:
        print(f"grija: {error}", file=sys.stderr)
        return 2
    print(as_table(scores))
    return 0


def _cross_validated(lines: Lines) -> list[Feeling]:
    """What is read of each line by models that have not seen it: neither in the first step nor in the second."""
    cues = load_cues()
    rows = unseen_features(lines, cues)
    read: list[Feeling | None] = [None] * len(lines.labelled)
    for chosen, left in folds(lines):
        second = fit_second(rows[chosen], [lines.labelled[row] for row in chosen])
        for row in left:
            read[row] = second.read(rows[row])
    return [feeling for feeling in read if feeling is not None]


def _lines(told: Sequence[Told], say: Callable[[str], None]) -> Lines:
    own = own_words(training_lines(PROJECT / "data" / "nlu"))
    read = [restored(one.text, one.language, own) for one in told]
    say(f"{len(told)} messages")
    vectors = encoded(
        read, cache_folder() / "vectors.sqlite", lambda done, total: say(f"{done} of {total} encoded")
    )
    labelled = [
        Labelled(one.text, text, one.emotion, one.valence) for one, text in zip(told, read, strict=True)
    ]
    return Lines(labelled, np.asarray(vectors, dtype=np.float32))


def _version(told: Sequence[Told]) -> str:
    """Ten digits that change with the lines and with the code that reads and trains."""
    digest = hashlib.sha256(repr(told).encode())
    folder = PROJECT / "bot" / "nlu"
    for file in sorted(folder.glob("feeling*.py")):
        digest.update(file.read_bytes())
    return f"feelings-{digest.hexdigest()[:10]}"


def _macro_f1(truth: Sequence[str], read: Sequence[str]) -> float:
    found = []
    for name in sorted(set(truth)):
        hits = sum(one == two == name for one, two in zip(truth, read, strict=True))
        found.append(2 * hits / (truth.count(name) + read.count(name)))
    return sum(found) / len(found)


def _calibration_error(sure: Sequence[float], right: Sequence[bool]) -> float:
    places = np.minimum((np.asarray(sure) * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(np.mean(np.asarray(sure)[places == place]) - np.mean(np.asarray(right)[places == place]))
        * np.mean(places == place)
        for place in sorted(set(places.tolist()))
    ]
    return float(sum(gaps))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
