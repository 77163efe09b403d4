"""How well falls are found where the real reader reads: the scripted conversations through the trained model.

python -m tests.reader_arcs     a line for each language and one for all, for docs/signals.md
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.served_dialogue import ServedDialogue
from bot.settings import Settings
from bot.signals import Reading
from tests.scripted_arcs import LANGUAGES, Script, falls_found, scores, scripts
from tests.trained import models

SECONDS = 60.0


async def read(dialogue: ServedDialogue, script: Script) -> list[Reading]:
    """The readings of a conversation by the model in service, in the place of those by hand."""
    spoken: str | None = None
    readings = []
    for text, by_hand in zip(script.texts, script.readings, strict=True):
        parse = await dialogue.parse(text, spoken=spoken)
        spoken, felt = parse["language"], parse["sentiment"]
        readings.append(
            replace(by_hand, valence=felt["valence"], emotions=felt["emotions"], weak=felt["weak"])
        )
    return readings


async def read_all(chosen: Sequence[Script]) -> list[list[Reading]]:
    """The readings of these conversations by the tests' trained model."""
    settings = Settings(models=models())
    dialogue = ServedDialogue(settings.models, turns=settings.dialogue_turns, timeout=SECONDS)
    await dialogue.load()
    try:
        return [await read(dialogue, script) for script in chosen]
    finally:
        await dialogue.close()


def line(name: str, chosen: Sequence[Script], readings: Sequence[Sequence[Reading]]) -> str:
    """A line of a table: precision and recall of the falls, messages, and the mean error of their valence."""
    precision, recall, _ = scores(
        [(script, falls_found(script, own)) for script, own in zip(chosen, readings, strict=True)]
    )
    errors = [
        abs(by_hand.valence - reading.valence)
        for script, own in zip(chosen, readings, strict=True)
        for by_hand, reading in zip(script.readings, own, strict=True)
    ]
    falls = sum(len(script.falls) for script in chosen)
    return f"| {name} | {len(errors)} | {sum(errors) / len(errors):.2f} | {falls} | {precision:.2f} | {recall:.2f} |"


def main() -> None:
    """Print the table."""
    chosen = scripts()
    readings = asyncio.run(read_all(chosen))
    print("|  | messages | valence, error | falls | precision | recall |\n|---|---:|---:|---:|---:|---:|")
    for name in (*LANGUAGES, "all"):
        own = [place for place, script in enumerate(chosen) if name in (script.language, "all")]
        print(line(name, [chosen[place] for place in own], [readings[place] for place in own]))


if __name__ == "__main__":
    main()
