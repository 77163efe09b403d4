"""Tasks: what the bot does about a wish. Each is a Rasa action, named after its intent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.memory import Given

if TYPE_CHECKING:
    from actions.talk import Talk


class Task(Action, ABC):  # type: ignore[misc]  # Rasa's SDK has no types
    """One wish and what is done about it.

    `go` is run from its beginning with every message until it returns: what was asked before answers at once, the
    next open question stops it. So it reads like one conversation, and looks facts up anew in every turn.
    """

    intent: ClassVar[str]
    aside: ClassVar[bool] = False
    """Answered in one go: an open task below goes on with its question, without a word about it."""
    leaves: ClassVar[bool] = False
    """Ends all open tasks."""
    each: ClassVar[str] = ""
    """An entity: a wish that names several of it is served for one after the other."""

    def name(self) -> str:
        """Return the name by which Rasa calls this action."""
        return f"action_{self.intent}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Serve one message of the customer, whatever is open. See `actions.serve`."""
        from actions.serve import serve

        return await serve(self, dispatcher, tracker, domain)

    def parts(self, given: Given) -> list[Given]:
        """Return what each run of the task is given: for "where are 10024 and 10025" these are two."""
        values = given.get(self.each, ())
        return [{**given, self.each: [value]} for value in values] if len(values) > 1 else [given]

    @abstractmethod
    async def go(self, talk: Talk) -> None:
        """Do what the customer wishes; ask, say and do everything through `talk`."""


def tasks() -> dict[str, Task]:
    """Return one of each task by its intent; the modules of the package must have been imported."""
    return {task.intent: task for task in _all(Task)}  # type: ignore[type-abstract]


def _all(base: type[Task]) -> list[Task]:
    found: list[Task] = []
    for kind in base.__subclasses__():
        found += [*([kind()] if hasattr(kind, "intent") else []), *_all(kind)]
    return found
