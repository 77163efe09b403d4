"""Our own encoder and classifier, trained on any lines, without Rasa."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.evaluation.heldout import Held
from bot.evaluation.judged import Judged, judge
from bot.nlu.classifier import Example, IntentModel, Ranked, fit_intents
from bot.nlu.encoder import MultilingualE5, Vectors
from bot.nlu.ownwords import OwnWords
from bot.nlu.restore import restored
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


def own_words(lines: Sequence[Line]) -> OwnWords:
    """Return what restoring messages learns from training lines."""
    return OwnWords.learned((line.text, line.language) for line in lines)


def as_read(lines: Sequence[Line], own: OwnWords) -> list[str]:
    """Return the texts as encoder and classifier see them."""
    return [restored(line.text, line.language, own) for line in lines]


def encoded(texts: Sequence[str], cache: Path, progress: Progress) -> Vectors:
    """Return the vectors of texts as they are read, from `cache` where they are already."""
    return encode_cached(MultilingualE5(), texts, cache, progress)


def trained(intents: Sequence[str], texts: Sequence[str], vectors: Vectors) -> IntentModel:
    """Train the classifier of config.yml on texts as they are read. ValueError without any."""
    examples = [Example(text, intent) for text, intent in zip(texts, intents, strict=True)]
    return fit_intents(examples, vectors)


def read(
    model: IntentModel, lines: Sequence[Line], texts: Sequence[str], vectors: Vectors, variant: str = "plain"
) -> list[Judged]:
    """Judge a trained model on lines, with no fallback and the language taken as right."""
    return [
        as_judged(line, model.rank(text, vector), variant)
        for line, text, vector in zip(lines, texts, np.asarray(vectors), strict=True)
    ]


def as_judged(line: Line, ranking: Sequence[Ranked], variant: str = "plain") -> Judged:
    """Put a ranking beside the truth."""
    named = [{"name": item.name, "confidence": item.confidence} for item in ranking]
    parsed = {"intent": named[0], "intent_ranking": named, "language": line.language}
    return judge(Held(line.language, variant, line.intent, line.text), parsed)
