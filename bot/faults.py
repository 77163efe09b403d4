"""Named crash points, so that tests can kill the process exactly where it hurts most.

`arm("work.before_commit:3")` makes the process kill itself (SIGKILL, no clean-up) when that point is reached for
the third time. Never armed in production, where a crash point costs one comparison.
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "keep.before_commit",
    "keep.after_commit",
    "update.taken",
    "update.done",
    "accept.before_commit",
    "accept.after_commit",
    "work.claimed",
    "work.answered",
    "work.before_commit",
    "work.after_commit",
    "attachment.put",
    "deliver.before_send",
    "deliver.after_send",
    "deliver.after_commit",
    "stream.before_publish",
    "stream.after_publish",
    "stream.after_commit",
)
"""All crash points, in the order in which a message meets them."""

_point = ""
_left = 0


def arm(spec: str) -> None:
    """Set the crash point `name` or `name:count`; ValueError if there is no such point."""
    global _point, _left
    name, _, count = spec.partition(":")
    if name not in POINTS:
        raise ValueError(f"{name!r} is not a crash point; there are {', '.join(POINTS)}")
    _point, _left = name, int(count or 1)


def reach(point: str) -> None:
    """Pass a crash point; the process ends here if it is the armed one."""
    global _left
    if point != _point:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
