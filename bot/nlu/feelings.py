"""What a customer feels, by one message: probabilities of seven emotions and a valence, on the intents' vectors.

Two steps. The first is the way of the intents (decision 11): whitened sentence vectors and character n-grams of the
restored message give each emotion a share. The second looks at these shares, at a first valence and at the cues of
the message as it was typed (`bot.nlu.feeling_cues`), and was fitted on messages that the first had not seen: so its
probabilities are calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.classifier import IntentModel
from bot.nlu.feeling_cues import Cues
from bot.nlu.linear import Floats, Linear, softmax

EMOTIONS = ("anger", "frustration", "disappointment", "worry", "confusion", "gratitude_joy", "neutral")

_SMALLEST = 1e-4


@dataclass(frozen=True)
class Feeling:
    """What one message shows: `valence` from -1 (unhappy) to 1, and the probability of each of EMOTIONS."""

    valence: float
    emotions: Mapping[str, float]

    @property
    def emotion(self) -> str:
        """The likeliest."""
        return max(self.emotions, key=self.emotions.__getitem__)


@dataclass(frozen=True)
class Second:
    """The second step: scaled features to probabilities and a valence."""

    shift: Floats
    scale: Floats
    emotions: Linear
    valence: Linear

    def read(self, row: Floats) -> Feeling:
        """What the features of one message tell."""
        scaled = (row - self.shift) * self.scale
        shares = softmax(self.emotions.dense(scaled))
        valence = float(np.clip(self.valence.dense(scaled)[0], -1.0, 1.0))
        return Feeling(valence, {name: float(share) for name, share in zip(EMOTIONS, shares, strict=True)})


@dataclass(frozen=True)
class FeelingModel:
    """A trained model; reading is pure numpy and safe for threads."""

    first: IntentModel
    first_valence: Linear
    second: Second
    cues: Cues

    def read(self, text: str, as_read: str, vector: Floats) -> Feeling:
        """What a message shows; neutral for one without any sign. Never raises for any text.

        `text` is as it was typed, `as_read` brought back to its own script and diacritics (`bot.nlu.restore`), and
        `vector` is the encoder's of the latter.
        """
        shares = in_order(self.first, self.first.shares(as_read, vector))
        valence = self.first_valence.dense(self.first.standard(vector))
        return self.second.read(features(shares, valence, self.cues.of(text)))


def features(shares: Floats, valence: Floats, cues: npt.NDArray[np.float32]) -> Floats:
    """What the second step looks at, for one message."""
    logarithms = np.log(np.maximum(shares, _SMALLEST))
    return np.asarray(np.concatenate([logarithms, valence, cues]), dtype=np.float32)


def in_order(model: IntentModel, shares: Floats) -> Floats:
    """The shares of the first step along the last axis, in the order of EMOTIONS."""
    return np.asarray(shares[..., [model.intents.index(name) for name in EMOTIONS]], dtype=np.float32)
