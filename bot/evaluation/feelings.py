"""Trains the reader of feelings on `data/feelings/lines` and judges it: `python -m bot.evaluation.feelings`.

python -m bot.evaluation.feelings train     cross-validates, trains on all lines, writes data/feelings/model
python -m bot.evaluation.feelings judge     judges the model that is there on tests/nlu/feelings.tsv
python -m bot.evaluation.feelings public DIR    judges it and its baselines on public sets too
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from bot.evaluation.feelingscore import LANGUAGES, Score, Told, as_table, by_language
from bot.evaluation.feelingsets import FeelingSet
from bot.evaluation.heldout import FileUnreadable, read_columns
from bot.evaluation.pipeline import encoded, own_words
from bot.evaluation.public import NoPublicSets
from bot.evaluation.publicfeelings import Result, run_public, save
from bot.evaluation.trainingdata import training_lines
from bot.nlu.encoder import cache_folder
from bot.nlu.feeling_cues import load_cues
from bot.nlu.feeling_files import FOLDER, Stored, load_feelings, save_feelings
from bot.nlu.feeling_training import Labelled, Lines, fit_first, fit_second, folds, unseen_features
from bot.nlu.feelings import EMOTIONS, Feeling, FeelingModel
from bot.nlu.linear import Floats
from bot.nlu.restore import restored

PROJECT = Path(__file__).resolve().parent.parent.parent
LINES = PROJECT / "data" / "feelings" / "lines"
HELDOUT = PROJECT / "tests" / "nlu" / "feelings.tsv"


def read_told(file: Path, language: str | None = None) -> list[Told]:
    """Messages of a file with the columns emotion, valence, text, and language or, where that is given, writer.

    FileUnreadable for a wrong column, emotion or valence; OSError if the file is not there.
    """
    columns = ["emotion", "valence", "text", "writer" if language else "language"]
    found = []
    for line, (emotion, valence, text, last) in read_columns(file, columns):
        if emotion not in EMOTIONS:
            raise FileUnreadable(file, line, f"{emotion!r} is none of {', '.join(EMOTIONS)}")
        try:
            told = Told(language or last, emotion, float(valence), text, writer=last if language else "")
            found.append(told)
        except ValueError:
            raise FileUnreadable(file, line, f"{valence!r} is no number from -1 to 1") from None
    return found


def train(folder: Path, say: Callable[[str], None]) -> dict[str, Score]:
    """Train on all lines and write the model with its accuracy; the scores of cross-validation."""
    told = _told()
    lines, cues = _lines(told, say), load_cues()
    say("cross-validating")
    rows = unseen_features(lines, cues)
    scores = by_language(told, _cross_validated(lines, rows))
    say("training on all lines")
    model = FeelingModel(fit_first(lines), fit_second(rows, lines.labelled), cues)
    accuracy = {name: round(one.sides, 4) for name, one in scores.items() if name != "all"}
    save_feelings(Stored(model, _version(told), accuracy), folder)
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


def public(folder: Path, file: Path, say: Callable[[str], None]) -> list[Result]:
    """Judge the model that is there and its baselines on messages of a file and on the public sets of a folder.

    NoPublicSets if the folder holds none.
    """
    same = {emotion: emotion for emotion in EMOTIONS}
    support = FeelingSet("support", (), tuple(read_told(file)), 0, same, valence=True)
    prepare = partial(_lines, say=say)
    return run_public(folder, _told(), support, prepare, load_feelings().model)


def main() -> int:
    """See the module."""
    options = _options()
    try:
        print(_done(options))
    except (FileUnreadable, NoPublicSets, OSError) as error:
        print(f"grija: {error}", file=sys.stderr)
        return 2
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bot.evaluation.feelings", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("what", choices=["train", "judge", "public"])
    parser.add_argument("folder", type=Path, nargs="?", help="of the public sets, for `public`")
    parser.add_argument("--file", type=Path, default=HELDOUT, help="messages to judge on")
    parser.add_argument(
        "--output", type=Path, default=Path("var") / "feelings", help="folder of the report on public sets"
    )
    options = parser.parse_args()
    if (options.folder is None) == (options.what == "public"):
        parser.error("`public`, and nothing else, needs the folder of the public sets")
    return options


def _done(options: argparse.Namespace) -> str:
    if options.what == "public":
        return save(public(options.folder, options.file, _say), options.output)
    return as_table(train(FOLDER, _say) if options.what == "train" else judge(options.file, _say))


def _told() -> list[Told]:
    return [one for language in LANGUAGES for one in read_told(LINES / f"{language}.tsv", language)]


def _cross_validated(lines: Lines, rows: Floats) -> list[Feeling]:
    """What is read of each line by models, in both steps, that know no line of its writer."""
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
        Labelled(one.text, text, one.emotion, one.valence, one.writer)
        for one, text in zip(told, read, strict=True)
    ]
    return Lines(labelled, np.asarray(vectors, dtype=np.float32))


def _version(told: Sequence[Told]) -> str:
    """Ten digits that change with the lines and with the code that reads and trains."""
    digest = hashlib.sha256(repr(told).encode())
    folder = PROJECT / "bot" / "nlu"
    for file in sorted(folder.glob("feeling*.py")):
        digest.update(file.read_bytes())
    return f"feelings-{digest.hexdigest()[:10]}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
