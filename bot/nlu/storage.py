"""Trained parts as plain files: arrays in .npz without pickle, names in .json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bot.nlu.certainty import Certainty
from bot.nlu.classifier import IntentModel
from bot.nlu.familiar import Familiar
from bot.nlu.latin import LatinEvidence
from bot.nlu.linear import Linear
from bot.nlu.ngrams import Ngrams
from bot.nlu.weighing import Weighing
from bot.nlu.whitening import Whitening


def save_intents(model: IntentModel, folder: Path) -> None:
    """Write the model into `folder`, which exists."""
    arrays = {
        "centre": model.whitening.centre, "turn": model.whitening.turn, "idf": model.ngrams.idf,
        "vector_weights": model.vectors.weights, "vector_bias": model.vectors.bias,
        "lines": model.known.lines.astype(np.float16),
        "character_weights": model.characters.weights, "character_bias": model.characters.bias,
        "beside": model.beside,
    }  # fmt: skip
    parts = {"weighing": asdict(model.weighing), "certainty": asdict(model.certainty)}
    names = {"intents": model.intents, **parts, **_terms(model.ngrams)}
    _save(folder, arrays, names)


def load_intents(folder: Path) -> IntentModel:
    """Read what `save_intents` wrote; raises OSError, KeyError, TypeError or ValueError if it cannot."""
    arrays, names = _load(folder)
    certainty = names["certainty"]
    first, second, third, fourth = certainty["weights"]
    return IntentModel(
        tuple(names["intents"]),
        Whitening(arrays["centre"], arrays["turn"]),
        Linear(arrays["vector_weights"], arrays["vector_bias"]),
        _ngrams(names, arrays["idf"]),
        Linear(arrays["character_weights"], arrays["character_bias"]),
        arrays["beside"],
        Weighing(**names["weighing"]),
        Familiar(arrays["lines"].astype(np.float32)),
        Certainty((first, second, third, fourth), certainty["bias"]),
    )


def save_evidence(evidence: LatinEvidence, folder: Path) -> None:
    """Write the language evidence into `folder`, which exists."""
    arrays = {"idf": evidence.ngrams.idf, "weights": evidence.linear.weights, "bias": evidence.linear.bias}
    _save(folder, arrays, {"languages": evidence.languages, **_terms(evidence.ngrams)})


def load_evidence(folder: Path) -> LatinEvidence:
    """Read what `save_evidence` wrote; raises OSError, KeyError or ValueError if it cannot."""
    arrays, names = _load(folder)
    linear = Linear(arrays["weights"], arrays["bias"])
    return LatinEvidence(tuple(names["languages"]), _ngrams(names, arrays["idf"]), linear)


def _terms(ngrams: Ngrams) -> dict[str, Any]:
    return {"shortest": ngrams.shortest, "longest": ngrams.longest, "terms": ngrams.terms}


def _ngrams(names: Mapping[str, Any], idf: Any) -> Ngrams:
    return Ngrams.of(names["longest"], names["terms"], idf, names["shortest"])


def _save(folder: Path, arrays: Mapping[str, Any], names: Mapping[str, Any]) -> None:
    np.savez_compressed(folder / "arrays.npz", **arrays)
    (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")


def _load(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    names: dict[str, Any] = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    return arrays, names
