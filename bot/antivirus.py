"""The antivirus hook: a command of the operator's choice looks at each file before it is kept."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

_SECONDS = 120.0


async def infected(command: str, path: Path) -> bool:
    """Whether the command, called with the file's path at its end, ends with another exit code than 0.

    An empty command finds nothing. OSError if it cannot be run; asyncio.TimeoutError if it does not end.
    """
    if not command:
        return False
    # No shell: the path is ours, but nothing needs one.
    process = await asyncio.create_subprocess_exec(
        *shlex.split(command),
        str(path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        return await asyncio.wait_for(process.wait(), _SECONDS) != 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
