"""What the reader of feelings is compared with: word lists, and n-grams with logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.evaluation.feelingscore import Told
from bot.nlu.feeling_cues import Cues, load_cues
from bot.nlu.feelings import EMOTIONS, Feeling
from bot.nlu.linear import Floats, Linear, fit_linear, softmax

_NEUTRAL = 0.5
"""A message without any sign is neutral, one with half a sign may be either."""
_LOUDER = 0.3
_STRENGTH = 3.0


class WordLists:
    """Counts signs and words of `data/feelings/cues.yml`, without training, as VADER does for English.

    Exclamation marks make what is there stronger; praise beside a long wait is irony. There is no word for worry.
    """

    def __init__(self, cues: Cues | None = None) -> None:
        self._cues = cues or load_cues()

    def read(self, told: Sequence[Told], texts: Sequence[str]) -> list[Feeling]:
        """What each message shows as it was typed; `texts`, as it is read, is not looked at."""
        return [self._one(one.text) for one in told]

    def _one(self, text: str) -> Feeling:
        found = dict(zip(self._cues.names, self._cues.of(text).tolist(), strict=True))
        points = dict.fromkeys(EMOTIONS, 0.0)
        points["anger"] = found["swearing"] + found["sign angry"]
        points["frustration"] = found["again"] / 2 + found["irony of waiting"]
        points["disappointment"] = found["sign sad"]
        points["confusion"] = found["sign unsure"] + found["both"]
        points["gratitude_joy"] = found["sign glad"] + found["thanks"] * (1 - found["irony of waiting"])
        loud = 1 + _LOUDER * found["exclamations"]
        points = {name: count * loud for name, count in points.items()} | {"neutral": _NEUTRAL}
        total = sum(points.values())
        valence = (points["gratitude_joy"] - total + points["gratitude_joy"] + _NEUTRAL) / total
        return Feeling(valence, {name: count / total for name, count in points.items()})


@dataclass(frozen=True)
class NgramRegression:
    """TF-IDF of one to four characters and balanced logistic regression; the valence is what its emotions tell."""

    rows: Any
    model: Linear
    usual: Floats

    @classmethod
    def fit(cls, told: Sequence[Told], texts: Sequence[str]) -> NgramRegression:
        """Learn from messages and what is read of them."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        rows = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
        kinds = [EMOTIONS.index(line.emotion) for line in told]
        model = fit_linear(rows.fit_transform(texts), kinds, len(EMOTIONS), _STRENGTH)
        absent = [kind for kind in range(len(EMOTIONS)) if kind not in kinds]
        model.bias[absent] = -np.inf
        valences = [[line.valence for line in told if line.emotion == name] or [0.0] for name in EMOTIONS]
        return cls(rows, model, np.asarray([np.mean(found) for found in valences], dtype=np.float32))

    def read(self, told: Sequence[Told], texts: Sequence[str]) -> list[Feeling]:
        """What each message shows, by `texts`: as it is read."""
        shares = softmax(np.asarray(self.rows.transform(texts) @ self.model.weights + self.model.bias))
        return [
            Feeling(float(row @ self.usual), dict(zip(EMOTIONS, row.tolist(), strict=True))) for row in shares
        ]
