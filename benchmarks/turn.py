"""`python -m benchmarks.turn`: what one turn costs on one core, from the text to the replies and on to the store.

The plain held-out messages of 11 to 13 words, with the served model and the embedded shop over SQLite. Each message
opens a conversation of its own with a customer whom the shop knows. Everything runs on the first core that this
process may use; the encoder's part is measured in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot import logs, shop
from bot.broker.memory import MemoryBroker
from bot.hub import Hub
from bot.metrics import Metrics
from bot.models import Conversation, Inbound, InboxItem, Outcome, new_id
from bot.nlu.encoder import MultilingualE5, Vectors
from bot.served_dialogue import ServedDialogue
from bot.settings import Settings
from bot.store import Store, conversations, open_store
from tests.doubles import PlatformChannel
from tests.shopping import PEOPLE

PROJECT = Path(__file__).resolve().parent.parent
HELDOUT = PROJECT / "tests" / "nlu" / "heldout.tsv"
WORDS = range(11, 14)
WARM = 5
"""The first turns of a language are not counted."""


class Watched(ServedDialogue):
    """The dialogue of the server, with a stop-watch."""

    seconds = 0.0
    """Of the last answer: from the text to the replies."""

    async def respond(self, conversation: Conversation, item: InboxItem) -> Outcome:
        """See `ServedDialogue.respond`."""
        began = time.perf_counter()
        try:
            return await super().respond(conversation, item)
        finally:
            self.seconds = time.perf_counter() - began


class Clock:
    """Milliseconds of all calls of the encoder since `restart`."""

    def __init__(self) -> None:
        self.encoder = 0.0
        encode = MultilingualE5.encode

        def watched(encoder: MultilingualE5, texts: Sequence[str]) -> Vectors:
            began = time.perf_counter()
            try:
                return encode(encoder, texts)
            finally:
                self.encoder += (time.perf_counter() - began) * 1000

        MultilingualE5.encode = watched  # type: ignore[method-assign,assignment]

    def restart(self) -> None:
        """Begin with the next turn."""
        self.encoder = 0.0


@dataclass(frozen=True)
class Turn:
    """One turn in milliseconds: accepted to written, of that from NLU to replies, of that the encoder."""

    whole: float
    answer: float
    encoder: float


def main() -> int:
    """Measure and print a line for each language and one for all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turn", description=__doc__)
    parser.add_argument(
        "--models", type=Path, default=PROJECT / "models", help="the folder of the served model"
    )
    parser.add_argument("--each", type=int, default=40, help="messages of a language")
    arguments = parser.parse_args()
    _on_one_core()
    logs.set_up(Settings(log_level="error", log_format="console"))
    print(f"load before: {os.getloadavg()[0]:.2f}")
    turns = asyncio.run(measure(arguments.models, messages(arguments.each)))
    for language, found in [
        *sorted(turns.items()),
        ("all", [turn for some in turns.values() for turn in some]),
    ]:
        print(line(language, found))
    return 0


def _on_one_core() -> None:
    """Begin anew on the first core: native libraries count the cores when they are loaded."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, {min(cores)})
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.turn", *sys.argv[1:]])


def messages(each: int) -> dict[str, list[str]]:
    """What customers say, by language."""
    by_language: dict[str, list[str]] = defaultdict(list)
    for row in HELDOUT.read_text(encoding="utf-8").splitlines()[1:]:
        language, variant, _, text, *_ = row.split("\t")
        if variant == "plain" and len(text.split()) in WORDS:
            by_language[language].append(text)
    return {language: texts[: each + WARM] for language, texts in by_language.items()}


async def measure(models: Path, said: dict[str, list[str]]) -> dict[str, list[Turn]]:
    """All turns by language, without the first of each."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="grija-turn-")))
        settings = Settings(data=data, knowledge=PROJECT / "data" / "knowledge")
        dialogue = Watched(models, turns=settings.dialogue_turns, timeout=60)
        await dialogue.load()
        stack.push_async_callback(dialogue.close)
        store = await open_store(settings.database)
        stack.push_async_callback(store.close)
        behind = shop.install(settings)
        stack.push_async_callback(behind.close)
        hub = Hub(
            store=store,
            broker=MemoryBroker(),
            dialogue=dialogue,
            channels={"platform": PlatformChannel()},
            settings=settings,
            metrics=Metrics(),
        )
        hub.lanes.open()
        try:
            return {
                language: (await _turns(hub, store, dialogue, clock, PEOPLE[language], texts))[WARM:]
                for language, texts in said.items()
            }
        finally:
            await hub.lanes.close(grace=5)


async def _turns(
    hub: Hub, store: Store, dialogue: Watched, clock: Clock, user: str, texts: list[str]
) -> list[Turn]:
    turns = []
    for text in texts:
        clock.restart()
        began = time.perf_counter()
        inbound = Inbound("platform", "x", new_id(), f"user:{user}", text=text, verified=True)
        accepted = await hub.accept(inbound)
        await hub.lanes.idle()
        whole = (time.perf_counter() - began) * 1000
        turns.append(Turn(whole, dialogue.seconds * 1000, clock.encoder))
        await hub.close(await store.read(conversations.find, accepted.conversation_id))
    return turns


def line(name: str, turns: list[Turn]) -> str:
    """The medians of some turns, for people to read."""
    whole, answer, encoder = (
        sorted(getattr(turn, part) for turn in turns) for part in ("whole", "answer", "encoder")
    )
    parts = {"NLU to reply": answer, "of it the encoder": encoder, "accepted to written": whole}
    told = "  ".join(
        f"{part} p50 {statistics.median(found):.1f} p95 {found[int(len(found) * 0.95)]:.1f} ms"
        for part, found in parts.items()
    )
    return f"{name:4} {len(turns):4} turns  {told}"


if __name__ == "__main__":
    raise SystemExit(main())
