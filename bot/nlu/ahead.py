"""A message encoded ahead, in another thread, so that the pipeline finds its vector in memory."""

from __future__ import annotations

from dataclasses import dataclass

from bot.nlu.encoder import Encoder
from bot.nlu.language import LanguageDetector
from bot.nlu.ownwords import OwnWords
from bot.nlu.restore import NOTHING_OWN, restored


@dataclass
class _Parts:
    detector: LanguageDetector | None = None
    encoder: Encoder | None = None
    own: OwnWords = NOTHING_OWN


_parts = _Parts()


def use_detector(detector: LanguageDetector) -> None:
    """Take this detector from now on; a loaded model calls it, the last one wins."""
    _parts.detector = detector


def use_encoder(encoder: Encoder, own: OwnWords = NOTHING_OWN) -> None:
    """Take this encoder and these words from now on; a loaded model calls it, the last one wins."""
    _parts.encoder, _parts.own = encoder, own


def encode_ahead(text: str, fixed_language: str | None = None) -> None:
    """Encode a message as the loaded model will; any thread may call it, before or while the model is used.

    Only a matter of time, never of results: without a loaded model nothing happens, and the pipeline computes
    itself what it does not find. Releases Python's lock for most of the time it takes.
    """
    encoder = _parts.encoder
    if encoder is not None and _parts.detector is not None:
        encoder.encode([as_encoded(text, fixed_language)])


def as_encoded(text: str, fixed_language: str | None = None, *, otherwise: str = "") -> str:
    """Return the text as the loaded model encodes it: in its own script and with its marks.

    The text itself tells its language, unless one that the model knows is fixed; without a model it is `otherwise`.
    """
    detector, language = _parts.detector, otherwise
    if detector is not None:
        known = detector.known(fixed_language)
        language = (fixed_language if known else detector.detect(text).written) or ""
    return restored(text, language, _parts.own)
