"""What a customer feels, by one message: probabilities of seven emotions and a valence, on the intents' vectors.

Two steps. The first is the way of the intents (decision 11): whitened sentence vectors and character n-grams of the
restored message give each emotion a share; and the training lines around it (`bot.nlu.feeling_neighbours`) give
another. The second looks at both, at a first valence and at the cues of the message as it was typed
(`bot.nlu.feeling_cues`), and was fitted on messages of writers whom the first had not seen: so its probabilities are
calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bot.nlu.classifier import IntentModel
from bot.nlu.feeling_cues import Cues
from bot.nlu.feeling_neighbours import Neighbours
from bot.nlu.linear import Floats, Linear, softmax

EMOTIONS = ("anger", "frustration", "disappointment", "worry", "confusion", "gratitude_joy", "neutral")
SIDES = {
    "negative": ("disappointment", "anger", "frustration", "worry", "confusion"),
    "neutral": ("neutral",),
    "positive": ("gratitude_joy",),
}
"""The emotions of each side; the least specific first."""
UNHAPPY, HAPPY = -0.2, 0.25
"""From these valences on a message is negative or positive; between them it is neutral."""

_BOUNDS = {"negative": (-1.0, UNHAPPY), "neutral": (UNHAPPY + 0.01, HAPPY - 0.01), "positive": (HAPPY, 1.0)}
_SMALLEST, _FEW = 1e-4, 0.01


@dataclass(frozen=True)
class Feeling:
    """What one message shows: `valence` from -1 (unhappy) to 1, and the probability of each of EMOTIONS.

    As it is read, the valence lies on the likeliest side.
    """

    valence: float
    emotions: Mapping[str, float]

    @property
    def emotion(self) -> str:
        """The likeliest."""
        return max(self.emotions, key=self.emotions.__getitem__)

    @property
    def side(self) -> str:
        """negative, neutral or positive, by the probabilities together."""
        sides = {side: sum(self.emotions[name] for name in names) for side, names in SIDES.items()}
        return max(sides, key=sides.__getitem__)


@dataclass(frozen=True)
class Second:
    """The second step: scaled features to probabilities; `usual` is the mean valence of each emotion."""

    shift: Floats
    scale: Floats
    emotions: Linear
    usual: Floats

    def read(self, row: Floats) -> Feeling:
        """What the features of one message tell."""
        shares = softmax(self.emotions.dense((row - self.shift) * self.scale))
        emotions = {name: float(share) for name, share in zip(EMOTIONS, shares, strict=True)}
        low, high = _BOUNDS[Feeling(0.0, emotions).side]
        return Feeling(min(max(float(shares @ self.usual), low), high), emotions)


@dataclass(frozen=True)
class First:
    """The first step: the way of the intents, a valence, and the training lines."""

    model: IntentModel
    valence: Linear
    neighbours: Neighbours

    def told(self, margins: Floats, vectors: Floats) -> Floats:
        """What it tells of each row: by the margins of its n-grams, and by its vector."""
        model, white = self.model, self.model.standard(vectors)
        order = [model.intents.index(name) if name in model.intents else -1 for name in EMOTIONS]
        shares = _placed(model.weighing.shares(model.logarithms(vectors), margins), order)
        around = self.neighbours.around(white)
        return np.hstack(
            [
                np.log(np.maximum(shares, _SMALLEST)),
                self.valence.dense(white),
                _placed(margins, order),
                np.log(around[:, :-1] + _FEW),
                around[:, -1:],
            ]
        ).astype(np.float32)


@dataclass(frozen=True)
class FeelingModel:
    """A trained model; reading is pure numpy and safe for threads."""

    first: First
    second: Second
    cues: Cues

    @property
    def dimension(self) -> int:
        """The length of the vectors that it reads."""
        return len(self.first.model.whitening.centre)

    def read(self, text: str, as_read: str, vector: Floats) -> Feeling:
        """What a message shows; neutral for one without any sign. Never raises for any text.

        `text` is as it was typed, `as_read` brought back to its own script and diacritics (`bot.nlu.restore`), and
        `vector` is the encoder's of the latter.
        """
        margins = self.first.model.margins(as_read, vector)
        told = self.first.told(margins[None, :], vector[None, :])[0]
        return self.second.read(np.concatenate([told, self.cues.of(text)]))


def _placed(columns: Floats, order: list[int]) -> Floats:
    """Columns in the order of EMOTIONS; zero for one that the training lines do not have (-1)."""
    wide = np.hstack([columns, np.zeros((len(columns), 1), dtype=np.float32)])
    return np.asarray(wide[:, order], dtype=np.float32)
