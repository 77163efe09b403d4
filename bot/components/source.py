"""What Rasa's training cache cannot see: the code that the components call."""

from __future__ import annotations

import hashlib
from pathlib import Path

import bot.nlu


def source_digest() -> str:
    """Return a digest of the source of `bot.nlu`: a changed module means that trained parts are not taken over."""
    folder = Path(str(bot.nlu.__file__)).parent
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
