"""The public sets of feelings on disk: tab-separated files, their labels brought to our emotions.

`docs/feelings.md` has the table of what counts as what. A line is used if all its labels come to one emotion of
ours; labels without counterpart (surprise, trust, anticipation, curiosity and the like) leave it out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.evaluation.feelingscore import Told
from bot.evaluation.heldout import read_columns
from bot.evaluation.twins import normal, normals
from bot.nlu.feelings import EMOTIONS, SIDES

MOST_TRAIN, MOST_TEST = 3000, 1500
"""Lines of a set, drawn with a fixed seed, when it has more. XED has fewer of each language, since it has five."""
_XED_TRAIN, _XED_TEST = 2000, 1000

FILES: Mapping[str, tuple[str, ...]] = {
    "goemotions": ("goemotions_en_train", "goemotions_en_test"),
    "brighter en": ("brighter_en_train", "brighter_en_test"),
    "brighter ro": ("brighter_ro_train", "brighter_ro_test"),
    "redv1": ("redv1_ro_train", "redv1_ro_test"),
    # Its training part was never published; the validation part stands for it.
    "redv2": ("redv2_ro_valid", "redv2_ro_test"),
    "cinexio": ("cinexio_bg_train", "cinexio_bg_dev"),
    "xed": ("xed_all",),
}

_GOEMOTIONS = {
    "anger": "anger", "disgust": "anger", "annoyance": "frustration",
    "disappointment": "disappointment", "sadness": "disappointment", "grief": "disappointment",
    "fear": "worry", "nervousness": "worry", "confusion": "confusion", "neutral": "neutral",
    "gratitude": "gratitude_joy", "joy": "gratitude_joy", "admiration": "gratitude_joy", "love": "gratitude_joy",
    "excitement": "gratitude_joy", "relief": "gratitude_joy",
}  # fmt: skip
_BASIC = {
    "anger": "anger", "disgust": "anger", "fear": "worry", "sadness": "disappointment", "joy": "gratitude_joy",
    "neutral": "neutral",
}  # fmt: skip
_REDV1 = {
    "Furie": "anger", "Frica": "worry", "Tristete": "disappointment", "Bucurie": "gratitude_joy",
    "Neutru": "neutral",
}  # fmt: skip
_SENTIMENTS = {side: emotions[0] for side, emotions in SIDES.items()}
"""Of film comments we know only the side."""
USUAL_VALENCE = dict.fromkeys(EMOTIONS, -0.6) | {"neutral": 0.0, "gratitude_joy": 0.6}
"""Stands for the valence in sets that do not tell it: only its side is meant."""
_MIDDLE_STARS, _STARS_A_SIDE = 3.0, 2.0

_TAGS = re.compile(r"\[[^\]]*\]|<\|[^|]*\|>")
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class FeelingSet:
    """One set: lines to train on, lines to judge by, and how many twins were taken out of the latter.

    `counts_as` tells what an emotion of ours is called in this set; those that it does not have are not in it.
    `valence`: whether the lines have one of their own, by stars, else only its side is right.
    """

    name: str
    train: tuple[Told, ...]
    test: tuple[Told, ...]
    twins: int
    counts_as: Mapping[str, str]
    valence: bool = False


def present(folder: Path) -> list[str]:
    """Return the names of the sets whose files all lie in `folder`."""
    return [
        name for name, files in FILES.items() if all((folder / f"{file}.tsv").is_file() for file in files)
    ]


def feeling_set(folder: Path, name: str) -> FeelingSet:
    """Read one of FILES. FileUnreadable for a file of another form, OSError if it is not there."""
    if name == "xed":
        return _xed(folder)
    train, test = ([*_lines(folder, name, file)] for file in FILES[name])
    known = normals(line.text for line in train)
    kept = [line for line in test if normal(line.text) not in known]
    return FeelingSet(
        name,
        tuple(_drawn(train, MOST_TRAIN, name)),
        tuple(_drawn(kept, MOST_TEST, name)),
        len(test) - len(kept),
        _counts_as({line.emotion for line in train}, sides_only=name == "cinexio"),
        valence=name == "cinexio",
    )


def _lines(folder: Path, name: str, file: str) -> Iterable[Told]:
    path = folder / f"{file}.tsv"
    language = file.split("_")[1]
    if name == "cinexio":
        for _, (text, sentiment, stars) in read_columns(path, ("text", "sentiment", "stars")):
            valence = max(-1.0, (float(stars) - _MIDDLE_STARS) / _STARS_A_SIDE)
            yield Told(language, _SENTIMENTS[sentiment], valence, text)
        return
    columns = ("Tweet", "Emotion") if name == "redv1" else ("text", "labels")
    names = {"redv1": _REDV1, "goemotions": _GOEMOTIONS}.get(name, _BASIC)
    for _, (text, labels) in read_columns(path, columns):
        emotion = _one_emotion(labels, names)
        if emotion:
            yield Told(language, emotion, USUAL_VALENCE[emotion], _TAGS.sub(" ", text).strip())


def _xed(folder: Path) -> FeelingSet:
    """Subtitles in five languages; translations of one line are never divided between training and test.

    Only the words are kept: the neutral lines are set otherwise, and would be known by that.
    """
    rows = read_columns(folder / f"{FILES['xed'][0]}.tsv", ("lang", "text", "labels", "group"))
    groups = sorted({group for _, (*_, group) in rows})
    tested = set(random.Random("xed").sample(groups, len(groups) // 3))
    train: dict[str, list[Told]] = {}
    test: dict[str, list[Told]] = {}
    for _, (language, text, labels, group) in rows:
        emotion = _one_emotion(labels, _BASIC)
        words = " ".join(_WORDS.findall(_TAGS.sub(" ", text).lower()))
        if emotion and words:
            told = Told(language, emotion, USUAL_VALENCE[emotion], words)
            (test if group in tested else train).setdefault(language, []).append(told)
    learned = [
        line for language, lines in train.items() for line in _drawn(lines, _XED_TRAIN, f"xed {language}")
    ]
    known = normals(line.text for line in learned)
    unseen = {
        language: [line for line in lines if normal(line.text) not in known]
        for language, lines in test.items()
    }
    judged = [
        line for language, lines in unseen.items() for line in _drawn(lines, _XED_TEST, f"xed {language}")
    ]
    twins = sum(map(len, test.values())) - sum(map(len, unseen.values()))
    names = {line.emotion for line in learned}
    return FeelingSet("xed", tuple(learned), tuple(judged), twins, _counts_as(names, sides_only=False))


def _one_emotion(labels: str, names: Mapping[str, str]) -> str | None:
    found = {names.get(label) for label in labels.split()}
    return found.pop() if len(found) == 1 else None


def _counts_as(names: set[str], *, sides_only: bool) -> dict[str, str]:
    if sides_only:
        return {emotion: ours[0] for ours in SIDES.values() for emotion in ours}
    usual = {emotion: emotion for emotion in EMOTIONS if emotion in names}
    return usual if "frustration" in names else {**usual, "frustration": "anger"}


def _drawn(lines: Sequence[Told], most: int, seed: str) -> list[Told]:
    if len(lines) <= most:
        return list(lines)
    return random.Random(seed).sample(list(lines), most)
