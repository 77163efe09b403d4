"""The trained reader of feelings as plain files: arrays in .npz without pickle, names in .json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.nlu.certainty import BARE
from bot.nlu.classifier import IntentModel
from bot.nlu.familiar import Familiar
from bot.nlu.feeling_cues import load_cues
from bot.nlu.feeling_neighbours import Neighbours, packed
from bot.nlu.feelings import EMOTIONS, FeelingModel, First, Second
from bot.nlu.linear import Floats, Linear
from bot.nlu.ngrams import Ngrams
from bot.nlu.weighing import Weighing
from bot.nlu.whitening import Whitening

FOLDER = Path(__file__).resolve().parent.parent.parent / "data" / "feelings" / "model"


@dataclass(frozen=True)
class Stored:
    """A model with what is known of it.

    `version` changes with the training lines and the code; `accuracy` has, by language, the share of messages whose
    negative, neutral or positive was read rightly in cross-validation.
    """

    model: FeelingModel
    version: str
    accuracy: Mapping[str, float]


def save_feelings(stored: Stored, folder: Path) -> None:
    """Write a model into `folder`, which is made: large tables in half precision, neighbours in a byte a number."""
    model, first, near = stored.model, stored.model.first.model, stored.model.first.neighbours
    arrays = {
        "centre": first.whitening.centre, "turn": _half(first.whitening.turn), "idf": first.ngrams.idf,
        "vector_weights": first.vectors.weights, "vector_bias": first.vectors.bias,
        "character_weights": _half(first.characters.weights), "character_bias": first.characters.bias,
        "beside": first.beside,
        "first_valence": model.first.valence.weights, "first_valence_bias": model.first.valence.bias,
        "near": packed(near.lines), "near_emotions": near.emotions.astype(np.uint8),
        "near_valences": _half(near.valences),
        "scale": model.second.scale, "shift": model.second.shift,
        "emotion_weights": model.second.emotions.weights, "emotion_bias": model.second.emotions.bias,
        "usual": model.second.usual,
    }  # fmt: skip
    names = {
        "version": stored.version,
        "accuracy": dict(stored.accuracy),
        "emotions": EMOTIONS,
        "cues": model.cues.names,
        "order": first.intents,
        "weighing": asdict(first.weighing),
        "shortest": first.ngrams.shortest,
        "longest": first.ngrams.longest,
        "terms": "\n".join(first.ngrams.terms),
    }
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "arrays.npz", **arrays)
    (folder / "names.json").write_text(
        json.dumps(names, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def load_feelings(folder: Path = FOLDER) -> Stored:
    """Read what `save_feelings` wrote; raises OSError, KeyError or ValueError if it cannot, or fits other cues."""
    with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
        arrays = {name: _single(stored[name]) for name in stored.files}
    names: dict[str, Any] = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    cues = load_cues()
    if tuple(names["emotions"]) != EMOTIONS or tuple(names["cues"]) != cues.names:
        raise ValueError(f"{folder} was made for other emotions or cues: run `make sentiment-model`")
    ngrams = Ngrams.of(names["longest"], names["terms"].split("\n"), arrays["idf"], names["shortest"])
    model = IntentModel(
        intents=tuple(names["order"]),
        whitening=Whitening(arrays["centre"], arrays["turn"]),
        vectors=Linear(arrays["vector_weights"], arrays["vector_bias"]),
        ngrams=ngrams,
        characters=Linear(arrays["character_weights"], arrays["character_bias"]),
        beside=arrays["beside"],
        weighing=Weighing(**names["weighing"]),
        known=Familiar(np.zeros((0, len(arrays["centre"])), dtype=np.float32)),
        certainty=BARE,
    )
    near = Neighbours.unpacked(
        arrays["near"], arrays["near_emotions"].astype(np.int64), arrays["near_valences"], len(EMOTIONS)
    )
    second = Second(
        shift=arrays["shift"],
        scale=arrays["scale"],
        emotions=Linear(arrays["emotion_weights"], arrays["emotion_bias"]),
        usual=arrays["usual"],
    )
    first = First(model, Linear(arrays["first_valence"], arrays["first_valence_bias"]), near)
    return Stored(FeelingModel(first, second, cues), names["version"], names["accuracy"])


def _half(table: Floats) -> Any:
    return table.astype(np.float16)


def _single(table: Any) -> Any:
    return table.astype(np.float32) if table.dtype == np.float16 else table
