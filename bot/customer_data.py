"""`python -m bot export` and `erase`: everything about one customer, handed out or removed, files too."""

from __future__ import annotations

import asyncio
import json
import os
import zipfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.files import Files
from bot.models import now
from bot.settings import Settings
from bot.store import Connection, audit, customer_data, open_store
from bot.store.audit import COMMAND_LINE
from bot.store.customer_data import Erased

FORMAT = 1
"""Version of the exported document."""
FORGOTTEN_AFTER = 24 * 3600
"""Seconds after which a file that nobody names is taken for what an interrupted work has left behind."""


async def export(settings: Settings, customer_id: str, path: Path) -> int:
    """Write a ZIP archive of everything about a customer to `path`, which must be new; the number of its files.

    Unknown, OSError (also if `path` exists). In the archive: customer.json, and the files under files/. Every export
    is in the audit log before its archive is.
    """
    store = await open_store(settings.database)
    try:
        tables, files = await store.write(_read, customer_id)
    finally:
        await store.close()
    document = {"format": FORMAT, "customer": customer_id, "exported_at": now().isoformat(), "tables": tables}
    text = json.dumps(document, ensure_ascii=False, indent=1, default=_plain)
    kept = Files(files_folder(settings))
    return await asyncio.to_thread(_write, path, text, kept, files)


async def erase(settings: Settings, customer_id: str) -> Erased:
    """Remove everything about a customer, in one transaction, then the files that nobody else has sent. Unknown."""
    store = await open_store(settings.database)
    try:
        erased = await store.write(customer_data.erase, customer_id, actor=COMMAND_LINE)
        kept = Files(files_folder(settings))
        # Another customer may have sent the same file meanwhile.
        again = await store.read(customer_data.named, erased.files)
        await asyncio.to_thread(_unlink, kept, set(erased.files) - again)
        old = await asyncio.to_thread(_old, files_folder(settings))
        named = await store.read(customer_data.named, old)
        await asyncio.to_thread(_unlink, kept, set(old) - named)
    finally:
        await store.close()
    return erased


def files_folder(settings: Settings) -> Path:
    """Where customers' files are kept."""
    return settings.data / "files"


def _read(tx: Connection, customer_id: str) -> tuple[dict[str, Any], Sequence[Mapping[str, Any]]]:
    tables, files = customer_data.rows(tx, customer_id), customer_data.files(tx, customer_id)
    counts = {name: len(rows) for name, rows in tables.items()}
    audit.write(
        tx,
        actor=COMMAND_LINE,
        action="customer_exported",
        subject=customer_id,
        details={"rows": counts, "files": len(files)},
    )
    return tables, files


def _write(path: Path, text: str, kept: Files, files: Sequence[Mapping[str, Any]]) -> int:
    # Nobody else on the machine may read it, and nothing is written over.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    count = 0
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("customer.json", text)
            for item in files:
                source = kept.path(item["sha256"])
                if source.is_file():
                    # Its name is what a customer called it: only in the document, never a path.
                    archive.write(source, f"files/{item['id']}")
                    count += 1
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return count


def _old(folder: Path) -> list[str]:
    """Kept files that were written longer ago than FORGOTTEN_AFTER."""
    before = now().timestamp() - FORGOTTEN_AFTER
    found = []
    for path in folder.glob("??/*"):
        with suppress(OSError, ValueError):
            if Files(folder).path(path.name) == path and path.stat().st_mtime < before:
                found.append(path.name)
    return found


def _unlink(kept: Files, hashes: Collection[str]) -> None:
    for digest in hashes:
        kept.path(digest).unlink(missing_ok=True)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in the export")
