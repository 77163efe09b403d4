"""Named crash points, so that tests can kill the process exactly where it hurts most.

`GRIJA_CRASH_POINT=work.before_commit:3` kills the process (SIGKILL, no clean-up) when that point is
reached for the third time. Unset, as always in production, a crash point costs one comparison.
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "accept.before_commit",
    "accept.after_commit",
    "work.claimed",
    "work.answered",
    "work.before_commit",
    "work.after_commit",
    "deliver.before_send",
    "deliver.after_send",
    "deliver.after_commit",
)
"""All crash points, in the order in which a message meets them."""

_point, _, _count = os.environ.get("GRIJA_CRASH_POINT", "").partition(":")
_left = int(_count or 1)


def reach(point: str) -> None:
    """Pass a crash point; the process ends here if it is the one asked for."""
    global _left
    if point != _point:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
