"""Files that only their owner may read."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import mkstemp


def make_once(path: Path, content: bytes = b"") -> None:
    """Make the file (mode 0600) and its folder if they are not there; the first to come wins. OSError.

    It is written whole under another name and then linked, so that nobody reads half of it. An existing file is not
    opened: to close it here would drop the locks that SQLite holds on it in this process.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            return
    finally:
        os.unlink(name)
