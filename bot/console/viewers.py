"""Who has which conversation open, and who of them types: known to this process, forgotten with the sockets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.store.shown import Viewer


@dataclass(eq=False)
class Window:
    """One open socket of an agent. `changed` is called when who looks at the same conversation has changed."""

    agent_id: str
    name: str
    changed: Callable[[], None]
    conversation: str | None = None
    typing: bool = field(default=False)


class Viewers:
    """All windows, by the conversation that they show."""

    def __init__(self) -> None:
        self._windows: dict[str, list[Window]] = {}

    def watch(self, window: Window, conversation_id: str | None) -> None:
        """Let a window show another conversation, or none."""
        former = window.conversation
        if former is not None:
            left = self._windows[former]
            left.remove(window)
            if not left:
                del self._windows[former]
        window.conversation, window.typing = conversation_id, False
        if conversation_id is not None:
            self._windows.setdefault(conversation_id, []).append(window)
        if former is not None and former != conversation_id:
            self._tell(former)
        if conversation_id is not None:
            self._tell(conversation_id)

    def type(self, window: Window, on: bool) -> None:
        """Note that somebody has begun to type in the conversation of their window, or has stopped."""
        if window.typing != on and window.conversation is not None:
            window.typing = on
            self._tell(window.conversation)

    def of(self, conversation_id: str) -> list[Viewer]:
        """Who has a conversation open, each agent once, in the order in which they came."""
        seen: dict[str, Viewer] = {}
        for window in self._windows.get(conversation_id, ()):
            former = seen.get(window.agent_id)
            types = window.typing or (former is not None and former.typing)
            seen[window.agent_id] = Viewer(window.agent_id, window.name, types)
        return list(seen.values())

    def _tell(self, conversation_id: str) -> None:
        for window in self._windows.get(conversation_id, ()):
            window.changed()
