"""A long calculation in a second process, while this one goes on with something else."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class Meanwhile(Generic[Result]):
    """`work(*given)`, begun at once in another process; both must be importable and picklable.

    Another process, not a thread: calculations that draw random numbers from a library's one source come out the same
    each time. On a machine with one core, or if the other process does not deliver, this one works it out.
    """

    def __init__(self, work: Callable[..., Result], *given: Any) -> None:
        self._work, self._given = work, given
        self._answer: Connection | None = None
        if len(os.sched_getaffinity(0)) > 1:
            self._begin()

    def result(self) -> Result:
        """Return what the work gave, waiting for it; once. Raises what it raises."""
        if self._answer is not None:
            with self._answer:
                try:
                    answer: Result = self._answer.recv()
                except (EOFError, OSError):
                    logger.warning("a second process did not deliver: its part is worked out here")
                else:
                    return answer
                finally:
                    self._process.join()
        return self._work(*self._given)

    def _begin(self) -> None:
        # Spawned, not forked: what has threads (TensorFlow does) must not be forked.
        context = multiprocessing.get_context("spawn")
        self._answer, theirs = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_deliver, args=(theirs, self._work, self._given), name="meanwhile", daemon=True
        )
        self._process.start()
        theirs.close()


def _deliver(answer: Connection, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    # Not delivered, it is worked out by who waits, who meets the same error and tells it; or nobody waits any more.
    with suppress(Exception), answer:
        answer.send(work(*given))
