"""Trained models on disk: `models/current` names the one that is served, with its SHA-256.

A model archive can name code to run, so it is only loaded if it is, byte for byte, the file that our own
training has put there.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ModelMissing, ModelRefused

CURRENT = "current"
_NAME = re.compile(r"[A-Za-z0-9._+-]{1,200}")
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class ModelFile:
    """A model archive and what its bytes must hash to."""

    path: Path
    sha256: str

    @property
    def name(self) -> str:
        return self.path.name


def read_current(folder: Path) -> ModelFile:
    """What `models/current` names, not yet checked. ModelMissing if nothing is trained."""
    pointer = folder / CURRENT
    try:
        name, _, digest = pointer.read_text(encoding="utf-8").strip().partition(" ")
    except FileNotFoundError:
        raise ModelMissing(f"there is no trained model: {pointer} is missing; run `make train`") from None
    except OSError as error:
        raise ModelMissing(f"{pointer} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        name = digest = ""
    if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
        raise ModelRefused(f"{pointer} must hold one line: <archive> <sha256>")
    path = folder / name
    if not path.is_file():
        raise ModelMissing(f"{pointer} names {name}, which does not exist; run `make train`")
    return ModelFile(path, digest)


def verify(model: ModelFile) -> None:
    """Return if the archive is the one that was promoted; ModelRefused if its bytes are others.

    ModelMissing if it has gone or cannot be read.
    """
    try:
        digest = sha256_of(model.path)
    except OSError as error:
        raise ModelMissing(f"{model.path} cannot be read: {error.strerror}") from None
    if digest != model.sha256:
        raise ModelRefused(
            f"{model.path} is not the model that was promoted (its SHA-256 differs); train again"
        )


def promote(path: Path, folder: Path) -> ModelFile:
    """Let `models/current` name an archive of the folder, atomically; servers notice and load it."""
    model = ModelFile(folder / path.name, sha256_of(path))
    temporary = folder / f".{CURRENT}.{os.getpid()}"
    temporary.write_text(f"{model.name} {model.sha256}\n", encoding="utf-8")
    os.replace(temporary, folder / CURRENT)
    return model


def sha256_of(path: Path) -> str:
    """The hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
